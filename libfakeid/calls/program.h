/* SPDX-License-Identifier: MIT
 * program.h - the file that is about to become a program: does it change who runs it?
 */
#ifndef FAKEID_PROGRAM_H
#define FAKEID_PROGRAM_H

#include <stdbool.h>

#include "core/creds.h"

/* As exec names it. */
struct program {
	bool search; /* through PATH, where the name has no slash */
	int dirfd;
	const char *path;
	int at_flags; /* AT_EMPTY_PATH, AT_SYMLINK_NOFOLLOW */
};

/* 1 if its setuid and setgid bits or its capabilities may change `creds`, with what they say; 0
 * if not, or if there is no such program: the kernel will say so; -EIO where that cannot be
 * found out. Nothing is looked at for root as he begins in a namespace where nothing of the kind
 * is recorded. */
int program_look(const struct program *program, const struct creds *creds,
		 struct creds_file *ret_file);

/* For a process that has to be allowed to: may it run the program, and what a script names to
 * run it? 0 or negative errno; what is no program is left to the kernel. */
int program_may_run(int dirfd, const char *path, int at_flags);

/* Try `file` in each directory of PATH, as libc does for execvp and posix_spawnp, until one does
 * not fail as one that is elsewhere. Its result, or what the search comes to. */
typedef long program_try_fn(void *data, const char *path);
long program_search(const char *file, program_try_fn *try, void *data);

#endif
