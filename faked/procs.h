/* SPDX-License-Identifier: MIT
 * procs.h - which processes live in which namespace: by the environment they were started with,
 * which the kernel keeps and every exec of the library renews.
 */
#ifndef FAKED_PROCS_H
#define FAKED_PROCS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The namespaces of all processes there are, each as often as it has processes. */
struct procs {
	uint32_t *ns;
	size_t n;
};

/* Look at every process whose session belongs to the state directory `dir`. Processes that nobody
 * may look at (of others, or not dumpable) are not found. 0 or -errno. */
int procs_scan(const char *dir, struct procs *ret_procs);
void procs_done(struct procs *procs);

uint32_t procs_count(const struct procs *procs, uint32_t ns);

/* The namespace in a list of variables, each ending in NUL; false if it names none, or another
 * directory. */
bool procs_parse(const char *environment, size_t size, const char *dir, uint32_t *ret_ns);

#endif
