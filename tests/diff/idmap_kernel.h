/* SPDX-License-Identifier: MIT
 * idmap_kernel.h - the parts of idmap_kernel: what is compared, and how a difference is told.
 */
#ifndef IDMAP_KERNEL_H
#define IDMAP_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <fakeid/idmap.h>

enum { N_CHAINS = 300, MAX_DEPTH = 3, TEXT_BYTES = 8192 };

/* The library's maps of the namespace at one depth. */
struct level {
	struct fakeid_idmap own[FAKEID_IDKIND_N];      /* to the parent's ids */
	struct fakeid_idmap absolute[FAKEID_IDKIND_N]; /* to the host's */
	bool has_setgroups;
};

/* Seen by all processes, of which but one works at a time. */
struct shared {
	struct level level[MAX_DEPTH + 1];
	char text[FAKEID_IDKIND_N][TEXT_BYTES];
	unsigned accepted[MAX_DEPTH + 1], invalid, unmapped, many, answers;
};
extern struct shared *shared;

extern const char *const map_names[FAKEID_IDKIND_N]; /* of files in /proc/PID */
extern uint64_t random_state;
extern size_t page_bytes;
extern int file; /* the file in question */

/* -- idmap_kernel.c -- */

uint32_t any(uint32_t below);

/* Print where we are and what is wrong, and end. */
__attribute__((format(printf, 1, 2), noreturn)) void fail(const char *format, ...);
void must(bool fine, const char *what);

/* A result of a call: itself, or negative errno. */
int answer(long result);
void compare(const char *what, uint64_t about, int64_t kernel, int64_t ours);

/* Write to a file in /proc/PID: 0 or negative errno. */
int write_proc(pid_t pid, const char *name, const char *text, size_t len);

/* The host's side: looks at the file, and changes its owner first if asked to, in ids of the
 * host. */
struct question {
	uint32_t set_owner; /* else only look */
	uint32_t id[FAKEID_IDKIND_N];
};

void ask_host(struct question *question);

/* -- idmap_kernel_check.c: inside a namespace -- */

/* setresuid(2) or setresgid(2) of all three ids. */
int set_ids(enum fakeid_idkind kind, uint32_t id);

/* Every id at an edge, every way. */
void check_namespace(const struct level *level);

/* -- idmap_kernel_make.c -- */

/* A random text for a map below `parent`: mostly a good one. */
void make_text(const struct fakeid_idmap *parent, char ret_text[TEXT_BYTES]);

/* -- idmap_kernel_text.c -- */

/* Texts by hand: each alone in a namespace of its own. */
void check_by_hand(void);

#endif
