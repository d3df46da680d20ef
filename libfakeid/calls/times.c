/* SPDX-License-Identifier: MIT
 * times.c - utimensat and its older forms. Times are the disk's; here it is only asked who may set them.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "calls/gate.h"
#include "shim/next.h"
#include "shim/sys.h"

#define NS_PER_US 1000

static bool is_omitted(const struct timespec times[2])
{
	return times && times[0].tv_nsec == UTIME_OMIT && times[1].tv_nsec == UTIME_OMIT;
}

static bool is_now(const struct timespec times[2])
{
	return !times || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW);
}

static bool is_time(const struct timespec *t)
{
	return t->tv_nsec == UTIME_OMIT || t->tv_nsec == UTIME_NOW ||
	       (t->tv_nsec >= 0 && t->tv_nsec < 1000000000);
}

/* To set the time of now it is enough to be able to write. */
static int may_touch(const struct way *way, const struct timespec times[2])
{
	struct access_object object;

	if (permit_is_proc(&way->file))
		return 0;
	permit_object(&way->file, &object);
	if (access_owns(&way->who, &object))
		return 0;
	return is_now(times) ? way_permit(way, ACCESS_WRITE) : -EPERM;
}

static __attribute__((noinline)) long limited_utimens(int dirfd, const char *path,
						      const struct timespec times[2], int flags)
{
	/* Without a path the times are the descriptor's. */
	int at_flags = path ? flags : AT_EMPTY_PATH;
	WAY struct way way;
	long r;

	way.fd = -1;
	if (!path && dirfd < 0)
		return -EBADF; /* not the working directory */
	if (is_omitted(times) || (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) ||
	    (times && (!is_time(&times[0]) || !is_time(&times[1]))))
		return SYS4(SYS_utimensat, dirfd, path, times, flags);
	if (!path) {
		r = SYS3(SYS_fcntl, dirfd, F_GETFL, 0);
		if (r < 0 || (r & O_PATH))
			return -EBADF;
	}
	r = gate_find(&way, dirfd, path, at_flags);
	if (r == 0)
		r = may_touch(&way, times);
	return r < 0 ? r : SYS4(SYS_utimensat, way.dirfd, path ? way.path : NULL, times, flags);
}

static long of_libc(int saved, int r)
{
	if (r < 0) {
		r = -errno;
		errno = saved;
	}
	return r;
}

long wrap_utimensat(int dirfd, const char *path, const struct timespec times[2], int flags)
{
	/* As libc: without a path it is futimens(3), and not by this name. */
	if (path && permit_limited())
		return limited_utimens(dirfd, path, times, flags);
	return of_libc(errno, NEXT(utimensat)(dirfd, path, times, flags));
}

long wrap_futimens(int fd, const struct timespec times[2])
{
	if (permit_limited())
		return limited_utimens(fd, NULL, times, 0);
	return of_libc(errno, NEXT(futimens)(fd, times));
}

/* Out of range is EINVAL before anything else. */
static long limited_utimes(int dirfd, const char *path, const struct timeval times[2], int flags)
{
	struct timespec exact[2];

	for (int i = 0; times && i < 2; i++) {
		if (times[i].tv_usec < 0 || times[i].tv_usec >= 1000000)
			return -EINVAL;
		exact[i].tv_sec = times[i].tv_sec;
		exact[i].tv_nsec = times[i].tv_usec * NS_PER_US;
	}
	return limited_utimens(dirfd, path, times ? exact : NULL, flags);
}

long wrap_utimes(const char *path, const struct timeval times[2])
{
	if (permit_limited())
		return limited_utimes(AT_FDCWD, path, times, 0);
	return of_libc(errno, NEXT(utimes)(path, times));
}

long wrap_lutimes(const char *path, const struct timeval times[2])
{
	if (permit_limited())
		return limited_utimes(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW);
	return of_libc(errno, NEXT(lutimes)(path, times));
}

long wrap_futimes(int fd, const struct timeval times[2])
{
	if (permit_limited())
		return limited_utimes(fd, NULL, times, 0);
	return of_libc(errno, NEXT(futimes)(fd, times));
}

long wrap_futimesat(int dirfd, const char *path, const struct timeval times[2])
{
	if (permit_limited())
		return limited_utimes(dirfd, path, times, 0);
	return of_libc(errno, NEXT(futimesat)(dirfd, path, times));
}

long wrap_utime(const char *path, const struct utimbuf *times)
{
	struct timespec exact[2] = {{0}};

	if (!permit_limited())
		return of_libc(errno, NEXT(utime)(path, times));
	if (times) {
		exact[0].tv_sec = times->actime;
		exact[1].tv_sec = times->modtime;
	}
	return limited_utimens(AT_FDCWD, path, times ? exact : NULL, 0);
}
