/* SPDX-License-Identifier: MIT
 * dir.c - calls that change nothing and show no ids, but need the right to go there: chdir, chroot,
 * readlink, opendir, connect. They are the kernel's, and pass through here for the sake of
 * processes that gave up root.
 */
#include "shim/wraps.h"

#include <errno.h>
#include <linux/capability.h>

#include "calls/gate.h"
#include "shim/next.h"
#include "shim/procowner.h"
#include "shim/sys.h"

/* Once more than needed is better than a way that is not compiled out of line: 4 KiB of stack. */
#define LIMITED static __attribute__((noinline)) long

LIMITED limited_chdir(int fd, const char *path, int at_flags)
{
	WAY struct way way;
	long r = gate_enter(&way, fd, path, at_flags);

	if (r < 0)
		return r;
	if (at_flags & AT_EMPTY_PATH)
		return SYS1(SYS_fchdir, fd);
	if (way.fd < 0)
		return SYS1(SYS_chdir, way.path);
	r = SYS4(SYS_openat, way.dirfd, way.path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (r >= 0) {
		long fd_there = r;

		r = SYS1(SYS_fchdir, fd_there);
		(void)SYS1(SYS_close, fd_there); /* O_PATH: nothing to lose */
	}
	return r;
}

long wrap_chdir(const char *path)
{
	return permit_limited() ? limited_chdir(AT_FDCWD, path, 0) : SYS1(SYS_chdir, path);
}

long wrap_fchdir(int fd)
{
	/* AT_FDCWD is no descriptor here. */
	return fd >= 0 && permit_limited() ? limited_chdir(fd, "", AT_EMPTY_PATH)
					   : SYS1(SYS_fchdir, fd);
}

/* Who may not even go there learns that first. Nobody is moved who could not be moved outside. */
LIMITED limited_chroot(const char *path)
{
	WAY struct way way;
	int r = gate_enter(&way, AT_FDCWD, path, 0);

	if (r < 0)
		return r;
	if (!S_ISDIR(way.file.stx.stx_mode))
		return -ENOTDIR;
	return way.who.caps >> CAP_SYS_CHROOT & 1 ? SYS1(SYS_chroot, path) : -EPERM;
}

long wrap_chroot(const char *path)
{
	return permit_limited() ? limited_chroot(path) : SYS1(SYS_chroot, path);
}

LIMITED limited_readlink(int dirfd, const char *path, char *buffer, size_t size)
{
	WAY struct way way;
	long r;

	if ((int)size <= 0)
		return -EINVAL;
	r = gate_find(&way, dirfd, path, AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	if (r == 0 && S_ISLNK(way.file.stx.stx_mode) && permit_is_proc(&way.file))
		r = procowner_peek(&way.who, &way.file, way.dirfd, way.path,
				   AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH);
	return r < 0 ? r : SYS4(SYS_readlinkat, way.dirfd, way.path, buffer, size);
}

long wrap_readlinkat(int dirfd, const char *path, char *buffer, size_t size)
{
	return permit_limited() ? limited_readlink(dirfd, path, buffer, size)
				: SYS4(SYS_readlinkat, dirfd, path, buffer, size);
}

long wrap_readlink(const char *path, char *buffer, size_t size)
{
	if (permit_limited())
		return limited_readlink(AT_FDCWD, path, buffer, size);
#ifdef SYS_readlink
	return SYS3(SYS_readlink, path, buffer, size);
#else
	return SYS4(SYS_readlinkat, AT_FDCWD, path, buffer, size);
#endif
}

/* Fortified: libc ends a program whose size is larger than its buffer. */
long wrap___readlink_chk(const char *path, char *buffer, size_t size, size_t room)
{
	return size > room ? NEXT(__readlink_chk)(path, buffer, size, room)
			   : wrap_readlink(path, buffer, size);
}

long wrap___readlinkat_chk(int dirfd, const char *path, char *buffer, size_t size, size_t room)
{
	return size > room ? NEXT(__readlinkat_chk)(dirfd, path, buffer, size, room)
			   : wrap_readlinkat(dirfd, path, buffer, size);
}

/* libc looks at each name on the way itself. */
static __attribute__((noinline)) bool may_resolve(const char *path)
{
	WAY struct way way;
	int r;

	way.fd = -1;
	r = path && permit_limited() ? gate_find(&way, AT_FDCWD, path, 0) : 0;
	if (r == -EACCES)
		errno = EACCES;
	return r != -EACCES;
}

char *wrap_realpath(const char *path, char *resolved)
{
	return may_resolve(path) ? NEXT(realpath)(path, resolved) : NULL;
}

char *wrap___realpath_chk(const char *path, char *resolved, size_t room)
{
	return may_resolve(path) ? NEXT(__realpath_chk)(path, resolved, room) : NULL;
}

char *wrap_canonicalize_file_name(const char *path)
{
	return may_resolve(path) ? NEXT(canonicalize_file_name)(path) : NULL;
}

DIR *wrap_opendir(const char *path)
{
	DIR *dir;
	int fd;

	if (!permit_limited())
		return NEXT(opendir)(path);
	fd = open(path, O_RDONLY | O_NONBLOCK | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : NEXT(fdopendir)(fd);
	if (fd >= 0 && !dir)
		(void)SYS1(SYS_close, fd); /* errno says why there is no stream */
	return dir;
}

/* libc's own glob opens and looks inside. Its flag for other functions serves: both spellings of
 * all types are one layout here. */
_Static_assert(sizeof(glob_t) == sizeof(glob64_t), "one layout serves both spellings");

static void *open_for_glob(const char *path)
{
	return wrap_opendir(path);
}

static struct dirent *read_for_glob(void *dir)
{
	return readdir(dir);
}

static void close_for_glob(void *dir)
{
	(void)closedir(dir); /* glob has no use for an error */
}

static void take_functions(glob_t *list)
{
	list->gl_opendir = open_for_glob;
	list->gl_readdir = read_for_glob;
	list->gl_closedir = close_for_glob;
	list->gl_stat = stat;
	list->gl_lstat = lstat;
}

int wrap_glob(const char *pattern, int flags, int (*error)(const char *, int), glob_t *list)
{
	if (permit_limited() && !(flags & GLOB_ALTDIRFUNC)) {
		take_functions(list);
		flags |= GLOB_ALTDIRFUNC;
	}
	return NEXT(glob)(pattern, flags, error, list);
}

int wrap_glob64(const char *pattern, int flags, int (*error)(const char *, int), glob64_t *list)
{
	if (permit_limited() && !(flags & GLOB_ALTDIRFUNC)) {
		take_functions((glob_t *)list);
		flags |= GLOB_ALTDIRFUNC;
	}
	return NEXT(glob64)(pattern, flags, error, list);
}

long wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	int saved = errno, r = permit_limited() ? gate_socket(address, size, false) : 0;

	if (r < 0)
		return r;
	/* libc's, a cancellation point. */
	r = NEXT(connect)(fd, address, size);
	if (r < 0) {
		r = -errno;
		errno = saved;
	}
	/* Maybe a virtual device, which is closed on disk, and no socket. */
	if (r == -EACCES && process_on() && gate_is_device(address, size))
		r = -ECONNREFUSED;
	return r;
}
