/* SPDX-License-Identifier: MIT
 * mounts.h - what is mounted, as /proc/self/mountinfo tells.
 */
#ifndef FAKED_MOUNTS_H
#define FAKED_MOUNTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mount {
	uint64_t dev;
	const char *point, *type, *source,
		*options; /* options of the filesystem, not of the mount */
};

struct mounts {
	char *text; /* what the rows point into */
	struct mount *rows;
	size_t n;
};

/* Parse `size` bytes, which are taken over; lines that are not understood are left out.
 * 0 or -ENOMEM, then `text` is freed. */
int mounts_parse(char *text, size_t size, struct mounts *ret_mounts);

/* Read the table whole from an open descriptor. 0 or -errno. */
int mounts_read(int fd, struct mounts *ret_mounts);
void mounts_done(struct mounts *mounts);

/* True if the mount with this unique id (STATX_MNT_ID_UNIQUE) is there. Does not touch it. False too
 * where the kernel cannot tell, which is before 6.8. */
bool mount_exists(uint64_t unique_id);

#endif
