/* SPDX-License-Identifier: MIT
 * write.c - calls that put bytes into a file by its descriptor. They are the kernel's; what a write
 * takes away from a file is taken away here. All but a few find that nothing can be, without a
 * system call: seen.h. And the calls that give a descriptor to another file. Streams write inside
 * libc, when it thinks it is time. What that takes away goes when the stream is flushed or closed,
 * or the program ends.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "calls/cut.h"
#include "calls/raw.h"
#include "shim/next.h"
#include "shim/permit.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/wraps.h"

/* The kernel takes it before it looks whether the bytes can be had, or have room. */
static bool took_effect(long r)
{
	return r > 0 || r == -EFAULT || r == -ENOSPC || r == -EDQUOT || r == -EIO;
}

/* After a call of libc's with the result `r`, and errno: what to answer. */
static __attribute__((noinline)) ssize_t finish(int fd, ssize_t r)
{
	int saved = errno, lost = took_effect(r < 0 ? -saved : r) ? cut_written(fd) : 0;

	errno = lost < 0 ? -lost : saved;
	return lost < 0 ? -1 : r;
}

/* Apart, so that most writes are a few tests and a jump. */
#define WRITER(name, params, args)                                                         \
	static __attribute__((noinline)) ssize_t look_and_##name params                    \
	{                                                                                  \
		return seen_was_plain(fd) ? NEXT(name) args : finish(fd, NEXT(name) args); \
	}                                                                                  \
	FAKEID_EXPORT ssize_t name params                                                  \
	{                                                                                  \
		return seen_all_plain() ? NEXT(name) args : look_and_##name args;          \
	}

WRITER(write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRITER(__write, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRITER(pwrite, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))
WRITER(pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size, at))
WRITER(__pwrite64, (int fd, const void *bytes, size_t size, off64_t at), (fd, bytes, size, at))
WRITER(writev, (int fd, const struct iovec *parts, int n), (fd, parts, n))
WRITER(pwritev, (int fd, const struct iovec *parts, int n, off_t at), (fd, parts, n, at))
WRITER(pwritev64, (int fd, const struct iovec *parts, int n, off64_t at), (fd, parts, n, at))
WRITER(pwritev2, (int fd, const struct iovec *parts, int n, off_t at, int flags),
       (fd, parts, n, at, flags))
WRITER(pwritev64v2, (int fd, const struct iovec *parts, int n, off64_t at, int flags),
       (fd, parts, n, at, flags))
WRITER(sendfile, (int fd, int from, off_t *at, size_t size), (fd, from, at, size))
WRITER(sendfile64, (int fd, int from, off64_t *at, size_t size), (fd, from, at, size))
WRITER(splice, (int from, off64_t *from_at, int fd, off64_t *at, size_t size, unsigned flags),
       (from, from_at, fd, at, size, flags))
WRITER(copy_file_range,
       (int from, off64_t *from_at, int fd, off64_t *at, size_t size, unsigned flags),
       (from, from_at, fd, at, size, flags))

/* By the descriptor, past any stream. */
#define PRINTER(name, lister, params, args) \
	FAKEID_EXPORT int name params       \
	{                                   \
		va_list list;               \
		int r;                      \
                                            \
		va_start(list, format);     \
		r = lister args;            \
		va_end(list);               \
		return r;                   \
	}

FAKEID_EXPORT int vdprintf(int fd, const char *format, va_list list)
{
	int r = NEXT(vdprintf)(fd, format, list);

	return seen_is_plain(fd) ? r : (int)finish(fd, r);
}

FAKEID_EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list list)
{
	int r = NEXT(__vdprintf_chk)(fd, flag, format, list);

	return seen_is_plain(fd) ? r : (int)finish(fd, r);
}

PRINTER(dprintf, vdprintf, (int fd, const char *format, ...), (fd, format, list))
PRINTER(__dprintf_chk, __vdprintf_chk, (int fd, int flag, const char *format, ...),
	(fd, flag, format, list))

/* -- those that answer 0 -- */

static int finish_room(int fd, int r)
{
	int lost = r == 0 ? cut_written(fd) : 0;

	if (lost < 0)
		errno = -lost;
	return lost < 0 ? -1 : r;
}

FAKEID_EXPORT int fallocate(int fd, int mode, off_t at, off_t size)
{
	int r = NEXT(fallocate)(fd, mode, at, size);

	return seen_is_plain(fd) ? r : finish_room(fd, r);
}

FAKEID_EXPORT int fallocate64(int fd, int mode, off64_t at, off64_t size)
{
	return fallocate(fd, mode, at, size);
}

/* The error is the result. */
int wrap_posix_fallocate(int fd, off_t at, off_t size)
{
	int r = NEXT(posix_fallocate)(fd, at, size);

	return r == 0 && !seen_is_plain(fd) ? -cut_written(fd) : r;
}

int wrap_posix_fallocate64(int fd, off64_t at, off64_t size)
{
	return wrap_posix_fallocate(fd, at, size);
}

/* -- by number: which argument is the descriptor -- */

static int written_argument(long n)
{
	switch (n) {
	case SYS_write:
	case SYS_pwrite64:
	case SYS_writev:
	case SYS_pwritev:
	case SYS_pwritev2:
	case SYS_sendfile:
	case SYS_fallocate:
		return 0;
	case SYS_splice:
	case SYS_copy_file_range:
		return 2;
	default:
		return -1;
	}
}

bool raw_write_call(long n, const long arg[6], long *ret)
{
	int at = written_argument(n), fd, lost;

	if (at < 0)
		return false;
	fd = (int)arg[at];
	*ret = sys_call(n, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
	if (seen_is_plain(fd) || !(took_effect(*ret) || (n == SYS_fallocate && *ret == 0)))
		return true;
	lost = cut_written(fd);
	if (lost < 0)
		*ret = lost;
	return true;
}

/* -- streams -- */

FAKEID_EXPORT int fflush(FILE *stream)
{
	int lost = cut_stream(stream ? stream : stdout), r = NEXT(fflush)(stream);

	return r == 0 ? lost : r;
}

FAKEID_EXPORT int fflush_unlocked(FILE *stream)
{
	int lost = cut_stream(stream ? stream : stdout), r = NEXT(fflush_unlocked)(stream);

	return r == 0 ? lost : r;
}

FAKEID_EXPORT int fclose(FILE *stream)
{
	int lost = cut_stream(stream), r = NEXT(fclose)(stream);

	return r == 0 ? lost : r;
}

FAKEID_EXPORT int _IO_fclose(FILE *stream)
{
	return fclose(stream);
}

/* At exit, before libc writes what is left. Other streams that the program does not close are
 * not known. */
__attribute__((destructor)) static void on_unload(void)
{
	(void)cut_stream(stdout); /* nobody is left to be told */
	(void)cut_stream(stderr);
}

/* -- another file behind a number -- */

static int now_another(int fd)
{
	seen_forget(fd);
	return fd;
}

FAKEID_EXPORT int dup(int fd)
{
	return now_another(NEXT(dup)(fd));
}

FAKEID_EXPORT int dup2(int fd, int to)
{
	return now_another(NEXT(dup2)(fd, to));
}

FAKEID_EXPORT int __dup2(int fd, int to)
{
	return now_another(NEXT(dup2)(fd, to));
}

FAKEID_EXPORT int dup3(int fd, int to, int flags)
{
	return now_another(NEXT(dup3)(fd, to, flags));
}

/* Whatever the third argument is, it is in a register, or nobody looks at it. */
#define FCNTL(name)                                                                    \
	FAKEID_EXPORT int name(int fd, int command, ...)                               \
	{                                                                              \
		va_list args;                                                          \
		void *argument;                                                        \
		int r;                                                                 \
                                                                                       \
		va_start(args, command);                                               \
		argument = va_arg(args, void *);                                       \
		va_end(args);                                                          \
		r = permit_limited() ? fcntl_allowed(fd, command, (long)argument) : 0; \
		if (r < 0) {                                                           \
			errno = -r;                                                    \
			return -1;                                                     \
		}                                                                      \
		r = NEXT(fcntl)(fd, command, argument);                                \
		if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)                  \
			seen_forget(r);                                                \
		return r;                                                              \
	}

FCNTL(fcntl)
FCNTL(fcntl64)
FCNTL(__fcntl)
