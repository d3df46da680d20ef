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

/* 1 if its setuid and setgid bits or its capabilities may change `creds`, with what they say; 0 if not, or
 * if there is no such program: the kernel will say so; -EIO where that cannot be found out. Nothing is looked
 * at for root as he begins in a namespace where nothing of the kind is recorded. */
int program_look(const struct program *program, const struct creds *creds,
		 struct creds_file *ret_file);

#endif
