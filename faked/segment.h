/* SPDX-License-Identifier: MIT
 * segment.h - one index segment as a file: make, map, name, remove. What is in it: core/index.h.
 */
#ifndef FAKED_SEGMENT_H
#define FAKED_SEGMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/index.h"

#define SEGMENT_NAME_MAX 32

struct segment {
	struct index index; /* header NULL: no segment */
	size_t size;
	uint32_t n_buckets; /* to be, while it is being made */
	size_t made;	    /* bytes allocated so far, while it is being made */
	int fd; /* kept: what the name stands for is compared with it, and a lease is asked of it */
};

#define SEGMENT_NONE ((struct segment){.fd = -1})

/* Allocate, never sparse, and format a file of this name; an old one of the name is removed.
 * State BUILDING. -ENOSPC: no room. The same in steps: segment_begin(), segment_extend() until it
 * returns 0, segment_end(). Whatever fails, segment_drop() undoes what was made. */
int segment_make(int dirfd, const char *name, uint32_t n_buckets, uint32_t fsns,
		 uint64_t generation, const uint8_t boot_id[16], struct segment *ret_segment);

int segment_begin(int dirfd, const char *name, uint32_t n_buckets, struct segment *ret_segment);

/* Allocate about `step` bytes more. 1: there is more to do; 0: all is there; or -errno. */
int segment_extend(struct segment *segment, size_t step);
int segment_end(struct segment *segment, uint32_t fsns, uint64_t generation,
		const uint8_t boot_id[16]);
void segment_drop(int dirfd, const char *name, struct segment *segment);

/* Map what a daemon before us left. -ENOENT; -EBADMSG when it is not a whole segment of this boot
 * and this filesystem namespace. */
int segment_map(int dirfd, const char *name, uint32_t fsns, const uint8_t boot_id[16],
		struct segment *ret_segment);

/* A large one is unmapped by a thread that does nothing else. */
void segment_close(struct segment *segment);

/* True while the name still stands for this very file. */
bool segment_is_named(int dirfd, const char *name, const struct segment *segment);

/* True when no other process has it open or mapped; then nobody can open it until it is closed. */
bool segment_is_alone(const struct segment *segment);

/* The same for the moment: others may open it again at once. */
bool segment_is_unshared(const struct segment *segment);

#endif
