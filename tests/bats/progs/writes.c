/* SPDX-License-Identifier: MIT
 * writes.c - every call that puts bytes into a file, once: `writes WAY FILE` says how it went. What
 * the file loses by it is seen from outside. Two bytes each, at the file's beginning where the call
 * can say so.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "expect.h"

/* Defined where libc has them, whatever its headers say. */
extern ssize_t __write(int fd, const void *bytes, size_t size);
extern ssize_t __pwrite64(int fd, const void *bytes, size_t size, off64_t offset);

extern int __dprintf_chk(int fd, int flag, const char *format, ...);
extern int __vdprintf_chk(int fd, int flag, const char *format, va_list args);

static const char bytes[] = "ab";
static const struct iovec parts[] = {{(void *)bytes, 1}, {(void *)(bytes + 1), 1}};
#define N_PARTS 2

/* Something to copy from, on the same file system. */
static int source(void)
{
	int fd = open(".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	expect(fd >= 0 && write(fd, bytes, 2) == 2 && lseek(fd, 0, SEEK_SET) == 0);
	return fd;
}

static ssize_t by_splice(int fd, int (*splicer)(int from, int to))
{
	int ends[2];

	expect(pipe(ends) == 0 && write(ends[1], bytes, 2) == 2);
	return splicer(ends[0], fd);
}

static int splice_libc(int from, int to)
{
	return (int)splice(from, NULL, to, NULL, 2, 0);
}

static int splice_raw(int from, int to)
{
	return (int)syscall(SYS_splice, from, NULL, to, NULL, 2, 0);
}

static int by_list(int fd, int (*writer)(int fd, const char *format, va_list args),
		   const char *format, ...)
{
	va_list args;
	int r;

	va_start(args, format);
	r = writer(fd, format, args);
	va_end(args);
	return r;
}

static int checked(int fd, const char *format, va_list args)
{
	return __vdprintf_chk(fd, 1, format, args);
}

static ssize_t beyond_limit(int fd)
{
	struct rlimit limit = {1, 1};

	expect(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && setrlimit(RLIMIT_FSIZE, &limit) == 0);
	return pwrite(fd, bytes, 2, 1);
}

/* -- streams: they write when libc thinks it is time -- */

static int stream_closed(const char *path, const char *mode, size_t size)
{
	static char block[8192];
	FILE *stream = fopen(path, mode);

	if (!stream || fwrite(block, 1, size, stream) != size)
		return -1;
	return fclose(stream);
}

static int stream_reopened(const char *path)
{
	FILE *stream = fopen(path, "a");

	if (!stream || fputs("ab", stream) < 0 || !freopen("/dev/null", "r", stream))
		return -1;
	return fclose(stream);
}

static int stream_left(int fd)
{
	expect(dup2(fd, STDOUT_FILENO) == STDOUT_FILENO);
	return printf("ab");
}

static int stream_flushed(int fd)
{
	FILE *stream = fdopen(dup(fd), "w");

	if (!stream || fputs("ab", stream) < 0 || fflush(stream) != 0)
		return -1;
	fprintf(stderr, "fflush: ok\n");
	_exit(0); /* and not closed */
}

/* Nobody can read what it is to write. */
static ssize_t from_nowhere(int fd)
{
	const char *volatile nowhere = NULL;

	return write(fd, nowhere, 2);
}

/* A descriptor that was written to, and then another file's number. */
static ssize_t in_its_place(int fd, const char *path)
{
	int other = source(), dirfd = open(".", O_PATH | O_CLOEXEC);

	expect(write(other, bytes, 2) == 2 && dup2(fd, other) == other &&
	       write(other, bytes, 2) == 2);
	expect(fchmodat(dirfd, path, 06777, 0) == 0 || errno == EPERM);
	return write(other, bytes, 2);
}

static int do_call(const char *way, const char *path, int fd, ssize_t *ret)
{
#define WAY(name, call)                 \
	if (strcmp(way, name) == 0) {   \
		*ret = (ssize_t)(call); \
		return 0;               \
	}
	WAY("write", write(fd, bytes, 2))
	WAY("__write", __write(fd, bytes, 2))
	WAY("pwrite", pwrite(fd, bytes, 2, 0))
	WAY("pwrite64", pwrite64(fd, bytes, 2, 0))
	WAY("__pwrite64", __pwrite64(fd, bytes, 2, 0))
	WAY("writev", writev(fd, parts, N_PARTS))
	WAY("pwritev", pwritev(fd, parts, N_PARTS, 0))
	WAY("pwritev64", pwritev64(fd, parts, N_PARTS, 0))
	WAY("pwritev2", pwritev2(fd, parts, N_PARTS, 0, 0))
	WAY("pwritev64v2", pwritev64v2(fd, parts, N_PARTS, 0, 0))
	WAY("sendfile", sendfile(fd, source(), NULL, 2))
	WAY("sendfile64", sendfile64(fd, source(), NULL, 2))
	WAY("copy_file_range", copy_file_range(source(), NULL, fd, NULL, 2, 0))
	WAY("splice", by_splice(fd, splice_libc))
	WAY("dprintf", dprintf(fd, "%s", bytes))
	WAY("__dprintf_chk", __dprintf_chk(fd, 1, "%s%d", bytes, 7))
	WAY("vdprintf", by_list(fd, vdprintf, "%s%d", bytes, 7))
	WAY("__vdprintf_chk", by_list(fd, checked, "%s%d", bytes, 7))
	WAY("fallocate", fallocate(fd, 0, 0, 2))
	WAY("fallocate64", fallocate64(fd, 0, 0, 100))
	WAY("posix_fallocate", posix_fallocate(fd, 0, 2))
	WAY("posix_fallocate64", posix_fallocate64(fd, 0, 100))
	WAY("punch", fallocate(fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, 4096))
	WAY("ftruncate", ftruncate(fd, 1))
	WAY("truncate", truncate(path, 1))
	WAY("SYS_write", syscall(SYS_write, fd, bytes, 2))
	WAY("SYS_pwrite64", syscall(SYS_pwrite64, fd, bytes, 2, 0))
	WAY("SYS_writev", syscall(SYS_writev, fd, parts, N_PARTS))
	WAY("SYS_pwritev", syscall(SYS_pwritev, fd, parts, N_PARTS, 0, 0))
	WAY("SYS_pwritev2", syscall(SYS_pwritev2, fd, parts, N_PARTS, 0, 0, 0))
	WAY("SYS_sendfile", syscall(SYS_sendfile, fd, source(), NULL, 2))
	WAY("SYS_copy_file_range", syscall(SYS_copy_file_range, source(), NULL, fd, NULL, 2, 0))
	WAY("SYS_splice", by_splice(fd, splice_raw))
	WAY("SYS_fallocate", syscall(SYS_fallocate, fd, 0, 0, 2))
	WAY("in_its_place", in_its_place(fd, path))
	WAY("fopen_a", stream_closed(path, "a", 2))
	WAY("fopen_r+", stream_closed(path, "r+", 2))
	WAY("fopen_w", stream_closed(path, "w", 2))
	WAY("fopen_blocks", stream_closed(path, "a", 8192))
	WAY("fopen_nothing", stream_closed(path, "a", 0))
	WAY("freopen", stream_reopened(path))
	WAY("stdout", stream_left(fd))
	WAY("fflush", stream_flushed(fd))
	/* What does not write, or not far enough. */
	WAY("nothing", write(fd, bytes, 0))
	WAY("nowhere", from_nowhere(fd))
	WAY("too_far", beyond_limit(fd))
	WAY("read_only", write(open(path, O_RDONLY | O_CLOEXEC), bytes, 2))
	return -1;
}

int main(int argc, char **argv)
{
	ssize_t r = -1;
	int fd;

	expect(argc == 3);
	fd = open(argv[2], O_RDWR | O_CLOEXEC);
	expect(fd >= 0);
	expect(do_call(argv[1], argv[2], fd, &r) == 0);
	/* Standard output may be the file. */
	fprintf(stderr, "%s: %s\n", argv[1], r < 0 ? strerrorname_np(errno) : "ok");
	return 0;
}
