/* SPDX-License-Identifier: MIT
 * fsinfo.c - statfs, pathconf, ftok, inotify_add_watch: the kernel's and libc's answers show no ids, but
 * who gave up root must be allowed to go there.
 */
#include "shim/wraps.h"

#include <errno.h>
#include <sys/inotify.h>

#include "calls/gate.h"
#include "shim/next.h"
#include "shim/sys.h"

/* Out of line, as everywhere: 4 KiB of stack. */
static __attribute__((noinline)) long may_go(const char *path)
{
	WAY struct way way;

	way.fd = -1;
	return gate_find(&way, AT_FDCWD, path, 0);
}

static long may_see(const char *path)
{
	return permit_limited() ? may_go(path) : 0;
}

long wrap_statfs(const char *path, struct statfs *fs)
{
	long r = may_see(path);

	return r < 0 ? r : SYS2(SYS_statfs, path, fs);
}

long wrap_statfs64(const char *path, struct statfs64 *fs)
{
	return wrap_statfs(path, (struct statfs *)fs);
}

long wrap___statfs(const char *path, struct statfs *fs)
{
	return wrap_statfs(path, fs);
}

long wrap_statvfs(const char *path, struct statvfs *fs)
{
	long r = may_see(path);

	return r < 0 ? r : next_result(NEXT(statvfs)(path, fs));
}

long wrap_statvfs64(const char *path, struct statvfs64 *fs)
{
	long r = may_see(path);

	return r < 0 ? r : next_result(NEXT(statvfs64)(path, fs));
}

/* libc knows some answers without a look. */
static bool asks_kernel(int name)
{
	return name == _PC_LINK_MAX || name == _PC_NAME_MAX || name == _PC_FILESIZEBITS ||
	       name == _PC_2_SYMLINKS || name == _PC_CHOWN_RESTRICTED || name == _PC_ASYNC_IO ||
	       name == _PC_REC_MIN_XFER_SIZE || name == _PC_REC_XFER_ALIGN ||
	       name == _PC_ALLOC_SIZE_MIN;
}

/* -1 with errno as it was is an answer: there is no limit. */
long wrap_pathconf(const char *path, int name)
{
	long r = asks_kernel(name) ? may_see(path) : 0;

	if (r == 0)
		return NEXT(pathconf)(path, name);
	errno = (int)-r;
	return -1;
}

/* libc looks by a private name. */
key_t wrap_ftok(const char *path, int id)
{
	long r = may_see(path);

	if (r == 0)
		return NEXT(ftok)(path, id);
	errno = (int)-r;
	return -1;
}

/* A watch is for those who may read. */
static __attribute__((noinline)) long limited_watch(int fd, const char *path, uint32_t mask)
{
	WAY struct way way;
	long r = SYS3(SYS_inotify_add_watch, fd, NULL, mask);

	way.fd = -1;
	if (r != -EFAULT)
		return r; /* what is wrong with the rest comes before the path */
	r = gate_find(&way, AT_FDCWD, path, mask & IN_DONT_FOLLOW ? AT_SYMLINK_NOFOLLOW : 0);
	if (r == 0 && (!(mask & IN_ONLYDIR) || S_ISDIR(way.file.stx.stx_mode)))
		r = way_permit(&way, ACCESS_READ);
	return r < 0 ? r : SYS3(SYS_inotify_add_watch, fd, path, mask);
}

long wrap_inotify_add_watch(int fd, const char *path, uint32_t mask)
{
	return permit_limited() ? limited_watch(fd, path, mask)
				: SYS3(SYS_inotify_add_watch, fd, path, mask);
}

/* The same, and all that lies in a directory. Without a path `dirfd` is the object. */
static __attribute__((noinline)) long limited_mark(int fd, unsigned flags, uint64_t mask, int dirfd,
						   const char *path)
{
	int at_flags = path ? 0 : AT_EMPTY_PATH;
	WAY struct way way;
	long r = SYS5(SYS_fanotify_mark, fd, flags, mask, -1, "x");

	way.fd = -1;
	if (r != -EBADF)
		return r; /* wrong in itself, or about no file */
	if (flags & FAN_MARK_DONT_FOLLOW)
		at_flags |= AT_SYMLINK_NOFOLLOW;
	r = gate_find(&way, dirfd, path ? path : "", at_flags);
	if (r == 0 && (!(flags & FAN_MARK_ONLYDIR) || S_ISDIR(way.file.stx.stx_mode)))
		r = way_permit(&way, ACCESS_READ);
	return r < 0 ? r : SYS5(SYS_fanotify_mark, fd, flags, mask, dirfd, path);
}

long wrap_fanotify_mark(int fd, unsigned flags, uint64_t mask, int dirfd, const char *path)
{
	return permit_limited() ? limited_mark(fd, flags, mask, dirfd, path)
				: SYS5(SYS_fanotify_mark, fd, flags, mask, dirfd, path);
}
