/* SPDX-License-Identifier: MIT
 * spill.h - segments for which the runtime place has no room. They lie in the state directory, in a
 * folder of their own, and a symbolic link in the place stands for each.
 */
#ifndef FAKED_SPILL_H
#define FAKED_SPILL_H

#include <stdint.h>

#include "segment.h"

struct daemon;

/* segment_begin() for a file of that folder. -ENOSPC also where too little would be left for the
 * store, and where the place is on the same filesystem. */
int spill_begin(const struct daemon *daemon, const char *file, uint32_t n_buckets,
		struct segment *ret_segment);

/* Let `name` in the place stand for it. 0 or -errno. */
int spill_link(const struct daemon *daemon, const char *file, const char *name);

/* The state directory may have been moved while no daemon ran: let the links of the place lead to
 * where it is now. Before any segment is mapped. */
void spill_find(const struct daemon *daemon);

/* segment_drop() of one that has no link yet. */
void spill_drop(const struct daemon *daemon, const char *file, struct segment *segment);

/* Remove the files that no link of the place stands for. */
void spill_sweep(const struct daemon *daemon);

#endif
