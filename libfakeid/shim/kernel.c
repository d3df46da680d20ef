/* SPDX-License-Identifier: MIT
 * kernel.c - what the shim asks the kernel about files, and the layouts of stat and statx.
 */
#include "shim/kernel.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "shim/file.h"
#include "shim/lent.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/text.h"

static struct statx_timestamp stamp_from(struct timespec t)
{
	return (struct statx_timestamp){.tv_sec = t.tv_sec, .tv_nsec = (uint32_t)t.tv_nsec};
}

static struct timespec stamp_to(struct statx_timestamp t)
{
	return (struct timespec){.tv_sec = t.tv_sec, .tv_nsec = (long)t.tv_nsec};
}

static void statx_from_stat(const struct stat *st, struct statx *ret_stx)
{
	*ret_stx = (struct statx){
		.stx_mask = STATX_BASIC_STATS,
		.stx_blksize = (uint32_t)st->st_blksize,
		.stx_nlink = (uint32_t)st->st_nlink,
		.stx_uid = st->st_uid,
		.stx_gid = st->st_gid,
		.stx_mode = (uint16_t)st->st_mode,
		.stx_ino = st->st_ino,
		.stx_size = (uint64_t)st->st_size,
		.stx_blocks = (uint64_t)st->st_blocks,
		.stx_atime = stamp_from(st->st_atim),
		.stx_mtime = stamp_from(st->st_mtim),
		.stx_ctime = stamp_from(st->st_ctim),
		.stx_rdev_major = major(st->st_rdev),
		.stx_rdev_minor = minor(st->st_rdev),
		.stx_dev_major = major(st->st_dev),
		.stx_dev_minor = minor(st->st_dev),
	};
}

/* Zeros in what lies between two fields. All at once takes longer than the system call's own copy. */
#define AFTER(field) (offsetof(struct stat, field) + sizeof(((struct stat *)0)->field))
#define CLEAR(st, field, end) memset((char *)(st) + AFTER(field), 0, (end)-AFTER(field))

_Static_assert(AFTER(st_gid) <= offsetof(struct stat, st_rdev) &&
		       AFTER(st_rdev) <= offsetof(struct stat, st_size) &&
		       AFTER(st_blksize) <= offsetof(struct stat, st_blocks) &&
		       AFTER(st_blocks) <= offsetof(struct stat, st_ctim),
	       "the fields lie in another order here");

void kernel_stat_from_statx(const struct statx *restrict stx, uint64_t dev,
			    struct stat *restrict ret_stat)
{
	ret_stat->st_dev = dev;
	ret_stat->st_ino = stx->stx_ino;
	ret_stat->st_nlink = stx->stx_nlink;
	ret_stat->st_mode = stx->stx_mode;
	ret_stat->st_uid = stx->stx_uid;
	ret_stat->st_gid = stx->stx_gid;
	ret_stat->st_rdev = 0;
	if (stx->stx_rdev_major | stx->stx_rdev_minor)
		ret_stat->st_rdev = makedev(stx->stx_rdev_major, stx->stx_rdev_minor);
	ret_stat->st_size = (off_t)stx->stx_size;
	ret_stat->st_blksize = (blksize_t)stx->stx_blksize;
	ret_stat->st_blocks = (blkcnt_t)stx->stx_blocks;
	ret_stat->st_atim = stamp_to(stx->stx_atime);
	ret_stat->st_mtim = stamp_to(stx->stx_mtime);
	ret_stat->st_ctim = stamp_to(stx->stx_ctime);
	CLEAR(ret_stat, st_gid, offsetof(struct stat, st_rdev));
	CLEAR(ret_stat, st_rdev, offsetof(struct stat, st_size));
	CLEAR(ret_stat, st_blksize, offsetof(struct stat, st_blocks));
	CLEAR(ret_stat, st_ctim, sizeof(struct stat));
}

int kernel_stat(int dirfd, const char *path, int at_flags, struct stat *ret_stat)
{
	return (int)SYS4(SYS_newfstatat, dirfd, path, ret_stat, at_flags);
}

int kernel_statx_follow(int r, int dirfd, const char *path, int at_flags, unsigned mask,
			struct statx *ret_stx)
{
	struct stat st;

	if (r == -ENOSYS && !mask) {
		r = kernel_stat(dirfd, path, at_flags, &st);
		if (r == 0)
			statx_from_stat(&st, ret_stx);
	}
	if (r == 0 && (at_flags & AT_EMPTY_PATH) && (!path || !*path))
		lent_replace(dirfd, ret_stx);
	return r;
}

long kernel_open_path(int dirfd, const char *path, int at_flags)
{
	int flags = O_PATH | O_CLOEXEC | (at_flags & AT_SYMLINK_NOFOLLOW ? O_NOFOLLOW : 0);

	return SYS4(SYS_openat, dirfd, path, flags, 0);
}

long kernel_hold(int dirfd, const char *path, int at_flags, bool *ret_is_new)
{
	bool is_empty = (at_flags & AT_EMPTY_PATH) && (!path || !*path);

	*ret_is_new = !is_empty || dirfd == AT_FDCWD;
	if (!*ret_is_new)
		return dirfd;
	return kernel_open_path(dirfd, is_empty ? "." : path, at_flags);
}

uint32_t kernel_handle(int dirfd, const char *path, int at_flags)
{
	union {
		struct file_handle head;
		unsigned char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	const unsigned char *bytes = handle.room + offsetof(struct file_handle, f_handle);
	int flags = at_flags & AT_EMPTY_PATH;
	uint32_t hash = 2166136261u; /* FNV-1a */
	int mount_id;

	flags |= at_flags & AT_SYMLINK_NOFOLLOW ? 0 : AT_SYMLINK_FOLLOW;
	if (SYS5(SYS_name_to_handle_at, dirfd, path, &handle, &mount_id, flags) < 0)
		return 0;
	for (unsigned i = 0; i < handle.head.handle_bytes && i < MAX_HANDLE_SZ; i++)
		hash = (hash ^ bytes[i]) * 16777619u;
	return hash ? hash : 1;
}

void kernel_fd_name(int fd, char ret_name[KERNEL_FD_NAME_BYTES])
{
	struct text t = text_into(ret_name, KERNEL_FD_NAME_BYTES);

	text_add(&t, "/proc/self/fd/");
	text_add_number(&t, (uint64_t)fd);
	(void)text_end(&t); /* fits: a number and a few bytes */
}

long kernel_fd_path(int fd, char *ret_path, size_t size)
{
	char name[KERNEL_FD_NAME_BYTES];
	long len;

	kernel_fd_name(fd, name);
	len = SYS4(SYS_readlinkat, AT_FDCWD, name, ret_path, size);
	if (len < 0)
		return len;
	if ((size_t)len == size)
		return -ENAMETOOLONG;
	ret_path[len] = '\0';
	return len;
}

long kernel_chown(int dirfd, const char *path, uint32_t uid, uint32_t gid, int at_flags)
{
	return SYS5(SYS_fchownat, dirfd, path, uid, gid,
		    at_flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
}

long kernel_chmod(int dirfd, const char *path, unsigned mode, int at_flags)
{
	char name[KERNEL_FD_NAME_BYTES];
	long r;

	if (!(at_flags & AT_EMPTY_PATH) || (path && *path))
		return SYS3(SYS_fchmodat, dirfd, path, mode);
	if (dirfd == AT_FDCWD)
		return SYS3(SYS_fchmodat, dirfd, ".", mode);
	r = SYS2(SYS_fchmod, dirfd, mode);
	if (r != -EBADF)
		return r;
	/* An O_PATH descriptor: its magic link leads to the object. */
	kernel_fd_name(dirfd, name);
	return SYS3(SYS_fchmodat, AT_FDCWD, name, mode);
}

void kernel_patch_stat(const struct file *file, struct stat *st)
{
	struct statx stx = file->stx;

	file_show(file, &stx);
	st->st_uid = stx.stx_uid;
	st->st_gid = stx.stx_gid;
	st->st_mode = stx.stx_mode;
	if (file->record.flags & RECORD_NODE)
		st->st_rdev = makedev(stx.stx_rdev_major, stx.stx_rdev_minor);
	if (file->record.flags)
		st->st_ctim = stamp_to(stx.stx_ctime);
}
