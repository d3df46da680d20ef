/* SPDX-License-Identifier: MIT
 * envlist.h - the environment handed to a new program, so that it starts inside the session
 * whatever the program before it did to its own. Pure: the program's list is read and never
 * changed.
 */
#ifndef FAKEID_ENVLIST_H
#define FAKEID_ENVLIST_H

#include <stdbool.h>
#include <stddef.h>

/* What the new program must find. */
struct envlist_want {
	const char *session; /* value of FAKEID_SESSION */
	const char *creds;   /* value of FAKEID_CREDS; NULL = there must be none */
	const char *key;     /* value of FAKEROOTKEY where the program gives none of its own */
	const char *preload; /* the path that must be among those of LD_PRELOAD; "" = not known */
	const char *ids;     /* value of FAKEID_IDS; NULL = as it is */
	/* AT_SECURE: without what the loader takes away then, other libraries of LD_PRELOAD too. */
	bool secure;
};

struct envlist_plan {
	bool differs;	   /* false: the program's own list will do */
	size_t n_pointers; /* of the new list, the NULL at its end included */
	size_t size;	   /* bytes that envlist_build() needs, aligned for a pointer */
};

/* One pass over `envp` (NULL = empty, as execve(2) takes it). No memory is needed. */
void envlist_plan(char *const envp[], const struct envlist_want *want,
		  struct envlist_plan *ret_plan);

/* Build the list in `memory`, which has room for plan.size bytes. Untouched entries are shared with
 * `envp`. FAKEID_SESSION, FAKEID_CREDS and FAKEID_IDS become what is wanted, also where they stand
 * twice; each LD_PRELOAD keeps its own paths and has ours behind them (the loader takes the last
 * variable of a name, getenv(3) the first); what is missing comes at the end. */
char **envlist_build(char *const envp[], const struct envlist_want *want,
		     const struct envlist_plan *plan, void *memory);

#endif
