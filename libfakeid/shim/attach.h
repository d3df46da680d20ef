/* SPDX-License-Identifier: MIT
 * attach.h - this process's mapping of the shared index: attach at first need, follow a migration.
 */
#ifndef FAKEID_ATTACH_H
#define FAKEID_ATTACH_H

#include <stdbool.h>

#include "core/index.h"

/* The header of the segment in use, NULL before the first need: for calls too frequent to attach
 * for. */
extern _Atomic(struct index_header *) attach_header;

/* The view to hand to index_find() and index_publish(). Attaches at the first call: one open, one
 * mmap, one close. 0, or -EIO when the index cannot be mapped; the answer may then only be EIO. */
int attach_view(struct index_view *ret_view);

/* The flags of the index (enum index_flags), by a short look at its file where it is not mapped:
 * for a process that is about to be another one. 0 or -EIO. */
int attach_flags(uint32_t *ret_flags);

/* After -ESTALE: map what the view lacks. 0, or -EIO when no progress was possible in time. */
int attach_follow(struct index_view *view);

/* The segment as it is now, not one that was left, and writable: before an update, and before the
 * process installs a seccomp filter. 0 or -EIO. */
int attach_writable(struct index_view *view);

/* The same, and wait until all records are loaded: for a process that will not be able to ask. */
void attach_whole(void);

#endif
