/* SPDX-License-Identifier: MIT
 * kernel.h - what the shim asks the kernel about files, in the form the rest wants, and the layouts
 * of stat and statx.
 */
#ifndef FAKEID_KERNEL_H
#define FAKEID_KERNEL_H

#include <errno.h>
#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "shim/process.h"
#include "shim/sys.h"

struct file;

/* statx with birth time and what else `mask` asks for; for a lent descriptor (lent.h), its
 * placeholder's. With mask 0 through newfstatat, without birth time, where statx is not to be had
 * or the program's own seccomp filter may forbid it. 0 or negative errno. */
static inline int kernel_statx(int dirfd, const char *path, int at_flags, unsigned mask,
			       struct statx *ret_stx);

/* What may follow on the call, which gave `r`. */
int kernel_statx_follow(int r, int dirfd, const char *path, int at_flags, unsigned mask,
			struct statx *ret_stx);

static inline int kernel_statx(int dirfd, const char *path, int at_flags, unsigned mask,
			       struct statx *ret_stx)
{
	int r = -ENOSYS;

	if (mask || !process_filtered())
		r = (int)SYS5(SYS_statx, dirfd, path, at_flags,
			      mask | STATX_BASIC_STATS | STATX_BTIME, ret_stx);
	if (__builtin_expect(r == -ENOSYS || (at_flags & AT_EMPTY_PATH), 0))
		r = kernel_statx_follow(r, dirfd, path, at_flags, mask, ret_stx);
	return r;
}

/* newfstatat, in libc's layout. */
int kernel_stat(int dirfd, const char *path, int at_flags, struct stat *ret_stat);

/* An O_PATH descriptor of the object, or negative errno. */
long kernel_open_path(int dirfd, const char *path, int at_flags);

/* A descriptor of what dirfd, path and at_flags name: dirfd where that is it, else a new one as by
 * kernel_open_path(), for the caller to close. Or negative errno. */
long kernel_hold(int dirfd, const char *path, int at_flags, bool *ret_is_new);

/* A hash of the object's file handle, which holds the inode's generation; 0 where there is none. */
uint32_t kernel_handle(int dirfd, const char *path, int at_flags);

/* The name the kernel has for what `fd` is open on: its length, without the NUL that follows it, or
 * negative errno; -ENAMETOOLONG where `size` does not suffice. Not always a path: see proc(5),
 * "fd". */
long kernel_fd_path(int fd, char *ret_path, size_t size);

/* Room for "/proc/self/fd/N", and the writing of it. */
#define KERNEL_FD_NAME_BYTES 32u
void kernel_fd_name(int fd, char ret_name[KERNEL_FD_NAME_BYTES]);

long kernel_chown(int dirfd, const char *path, uint32_t uid, uint32_t gid, int at_flags);

/* The real chmod of what dirfd/path name (AT_EMPTY_PATH: of dirfd); symlinks are followed. */
long kernel_chmod(int dirfd, const char *path, unsigned mode, int at_flags);

/* `dev` is the device of `stx`, packed. */
void kernel_stat_from_statx(const struct statx *restrict stx, uint64_t dev,
			    struct stat *restrict ret_stat);

/* Put a file's virtual ids, mode and rdev into a stat answer of the same file. */
void kernel_patch_stat(const struct file *file, struct stat *st);

#endif
