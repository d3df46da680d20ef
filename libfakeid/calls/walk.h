/* SPDX-License-Identifier: MIT
 * walk.h - what the decoder of syscall(2) needs of the directory family.
 */
#ifndef FAKEID_WALK_H
#define FAKEID_WALK_H

#include <stddef.h>

/* Entries as getdents64(2), or the old getdents(2), has just filled them in. */
void walk_fix_dirents(void *entries, size_t size);
void walk_fix_dirents_old(void *entries, size_t size);

/* Show what libc looked at inside. A path that is too long to be a second look's is one that it
 * could not stat either. */
struct stat;
void walk_patch(const char *path, struct stat *st);

#endif
