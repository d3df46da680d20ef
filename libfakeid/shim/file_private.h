/* SPDX-License-Identifier: MIT
 * file_private.h - what file.c and file_change.c share.
 */
#ifndef FAKEID_FILE_PRIVATE_H
#define FAKEID_FILE_PRIVATE_H

#include "core/index.h"
#include "shim/file.h"

/* Without either no look-up is needed. */
#define UNBOUND_OR_RECORDS INDEX_MAY(INDEX_HAS_RECORDS | INDEX_UNBOUND)

#define FILE_NS_PER_S INT64_C(1000000000)

static inline int64_t file_ns(struct statx_timestamp t)
{
	return t.tv_sec * FILE_NS_PER_S + t.tv_nsec;
}

static inline uint32_t file_pack_rdev(unsigned major, unsigned minor)
{
	return (minor & 0xffu) | (major & 0xfffu) << 8 | (minor & ~0xffu) << 12;
}

/* What the kernel said, as far as a record can differ from it. Inline: who asks needs but a part of
 * it. */
static inline struct disk file_disk(const struct file *file)
{
	const struct statx *stx = &file->stx;

	return (struct disk){
		.uid = stx->stx_uid,
		.gid = stx->stx_gid,
		.n_links = stx->stx_nlink,
		.mode = stx->stx_mode,
		.rdev = file_pack_rdev(stx->stx_rdev_major, stx->stx_rdev_minor),
		.btime_ns = stx->stx_mask & STATX_BTIME ? file_ns(stx->stx_btime) : 0,
		.ctime_ns = file_ns(stx->stx_ctime),
		.handle = file->handle,
	};
}

/* The path idmap that holds the object; NULL in almost every namespace. 0, -ENOENT, or -EIO. */
int file_find_shift(int dirfd, const char *path, int at_flags,
		    const struct fakeid_idmap **ret_shift);

uint32_t file_index_flags(const struct index_view *view);

/* Ask the daemon which volume the object's device is: once a device and boot. 0 or negative
 * errno. */
int file_bind_volume(int dirfd, const char *path, int at_flags, uint64_t dev, uint32_t *ret_volume);

/* Find the record of file->key in the index. A record that is not the file's own is dropped, its
 * version kept: an update then replaces it. 0 (found or not) or negative errno. */
int file_find_record(struct index_view *view, struct file *file);

/* The file handle tells the files of an inode apart where there is no birth time, and where two
 * births in one tick of the clock matter: a nameless file is forgotten by nobody when it is closed.
 * Ask for it. */
void file_find_handle(int dirfd, const char *path, int at_flags, struct file *file);

#endif
