/* SPDX-License-Identifier: MIT
 * times.c - utimensat and its older forms. Times are the disk's; here it is only asked who may set
 * them.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "calls/gate.h"
#include "calls/raw.h"
#include "shim/next.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/user.h"

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

/* What is wrong with the call whatever the file: without a path the times are the descriptor's. */
static int check_arguments(int dirfd, const char *path, int flags)
{
	if (!path && dirfd != AT_FDCWD)
		return flags ? -EINVAL : seen_refuse_path(dirfd);
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	return path ? 0 : -EFAULT;
}

static __attribute__((noinline)) long limited_utimens(int dirfd, const char *path,
						      const struct timespec program_times[2],
						      int flags)
{
	struct timespec copy[2], *times = program_times ? copy : NULL;
	WAY struct way way;
	int r = 0;

	way.fd = -1;
	/* The kernel reads them first, and has nothing to do if both stay. */
	if (program_times)
		r = user_read(copy, program_times, sizeof copy);
	if (r < 0 || is_omitted(times))
		return r;
	r = check_arguments(dirfd, path, flags);
	if (r == 0)
		r = gate_find(&way, dirfd, path, path ? flags : AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (times && (!is_time(&times[0]) || !is_time(&times[1])))
		return -EINVAL;
	r = gate_unless_read_only(&way, may_touch(&way, times));
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

/* As the kernel has it, which takes a descriptor without a path. */
long times_raw(int dirfd, const char *path, const struct timespec times[2], int flags)
{
	return permit_limited() ? limited_utimens(dirfd, path, times, flags)
				: SYS4(SYS_utimensat, dirfd, path, times, flags);
}

long wrap_futimens(int fd, const struct timespec times[2])
{
	if (permit_limited())
		return fd < 0 ? -EBADF : limited_utimens(fd, NULL, times, 0);
	return of_libc(errno, NEXT(futimens)(fd, times));
}

/* Out of range is EINVAL before anything else. */
static long limited_utimes(int dirfd, const char *path, const struct timeval program_times[2],
			   int flags)
{
	struct timeval times[2];
	struct timespec exact[2];
	int r = program_times ? user_read(times, program_times, sizeof times) : 0;

	if (r < 0)
		return r;
	for (int i = 0; program_times && i < 2; i++) {
		if (times[i].tv_usec < 0 || times[i].tv_usec >= 1000000)
			return -EINVAL;
		exact[i].tv_sec = times[i].tv_sec;
		exact[i].tv_nsec = times[i].tv_usec * NS_PER_US;
	}
	return limited_utimens(dirfd, path, program_times ? exact : NULL, flags);
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
	struct utimbuf copy;

	if (!permit_limited())
		return of_libc(errno, NEXT(utime)(path, times));
	if (times) {
		if (user_read(&copy, times, sizeof copy) < 0)
			return -EFAULT;
		exact[0].tv_sec = copy.actime;
		exact[1].tv_sec = copy.modtime;
	}
	return limited_utimens(AT_FDCWD, path, times ? exact : NULL, 0);
}
