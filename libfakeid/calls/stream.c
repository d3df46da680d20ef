/* SPDX-License-Identifier: MIT
 * stream.c - libc functions that make or open files inside, where no wrapper of ours is passed:
 * streams, temporary files, POSIX shared memory and semaphores.
 */
#include <errno.h>
#include <mntent.h>
#include <semaphore.h>
#include <stdarg.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/mman.h>

#include "calls/cut.h"
#include "calls/gate.h"
#include "calls/open.h"
#include "core/procpath.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/text.h"
#include "shim/wraps.h"

/* The open flags of a stream's mode string (fopen(3)), as far as they decide about creation. */
static int flags_of(const char *mode)
{
	bool plus = strchr(mode, '+') != NULL;
	int flags = plus ? O_RDWR : O_WRONLY;

	switch (mode[0]) {
	case 'w':
		flags |= O_CREAT | O_TRUNC;
		break;
	case 'a':
		flags |= O_CREAT | O_APPEND;
		break;
	default:
		flags = plus ? O_RDWR : O_RDONLY;
	}
	for (const char *c = mode; *c && *c != ','; c++) {
		flags |= *c == 'x' ? O_EXCL : 0;
		flags |= *c == 'e' ? O_CLOEXEC : 0;
	}
	return flags;
}

static FILE *open_stream(const char *path, const char *mode)
{
	int fd = open(path, flags_of(mode), 0666);
	FILE *stream = fd < 0 ? NULL : NEXT(fdopen)(fd, mode);

	if (fd >= 0 && !stream)
		(void)SYS1(SYS_close, fd); /* errno says why there is no stream */
	return stream;
}

static FILE *fopen_any(FILE *(*real)(const char *, const char *), const char *path,
		       const char *mode)
{
	int saved = errno, flags = mode ? flags_of(mode) : 0;
	FILE *stream;

	if (!process_on() || !path || !mode)
		return real(path, mode);
	if (process.real_root || permit_limited() ||
	    ((flags & O_CREAT) && file_creation_needs_record(S_IFREG | 0666)) ||
	    ((flags & O_TRUNC) && cut_may_lose()) || procpath_file(path) != PROCPATH_NONE)
		return open_stream(path, mode);
	stream = real(path, mode);
	if (stream)
		seen_forget(fileno(stream));
	if (stream || errno != EACCES)
		return stream;
	errno = saved;
	return open_stream(path, mode); /* a virtual device, or closed by its mode bits only */
}

FAKEID_EXPORT FILE *fopen(const char *path, const char *mode)
{
	return fopen_any(NEXT(fopen), path, mode);
}

FAKEID_EXPORT FILE *fopen64(const char *path, const char *mode)
{
	return fopen_any(NEXT(fopen64), path, mode);
}

/* As libc does, which opens by a private name. */
FAKEID_EXPORT FILE *setmntent(const char *path, const char *mode)
{
	char more[16];
	struct text t = text_into(more, sizeof more);
	FILE *stream;

	text_add(&t, mode);
	text_add(&t, "ce");
	if (!text_end(&t))
		return NEXT(setmntent)(path, mode);
	stream = fopen(path, more);
	if (stream)
		(void)__fsetlocking(stream, FSETLOCKING_BYCALLER); /* it was by libc */
	return stream;
}

FAKEID_EXPORT FILE *__setmntent(const char *path, const char *mode)
{
	return setmntent(path, mode);
}

/* Only libc can close the stream without freeing it: by a failure of its own. */
static FILE *freopen_failed(FILE *(*real)(const char *, const char *, FILE *), const char *path,
			    const char *mode, FILE *stream)
{
	int saved = errno;

	/* The kernel refuses alike, but for what only this process may not. */
	if (!permit_limited())
		return real(path, mode, stream);
	(void)real("", mode, stream); /* there is no such file */
	errno = saved;
	return NULL;
}

/* freopen closes the stream when it fails, so the file is opened before, and libc then reopens it
 * by descriptor. */
static FILE *reopen(FILE *(*real)(const char *, const char *, FILE *), const char *path,
		    const char *mode, FILE *stream)
{
	char name[KERNEL_FD_NAME_BYTES];
	struct file file;
	FILE *ret;
	int fd, flags = mode ? flags_of(mode) : 0;

	if (!process_on() || !path || !mode)
		return real(path, mode, stream);
	if (!permit_limited() && procpath_file(path) == PROCPATH_NONE &&
	    !(flags & O_CREAT && file_creation_needs_record(S_IFREG | 0666)) &&
	    (file_look(AT_FDCWD, path, 0, &file) < 0 || !file.record.flags))
		return real(path, mode, stream);
	fd = open(path, flags | O_CLOEXEC, 0666);
	if (fd < 0)
		return freopen_failed(real, path, mode, stream);
	kernel_fd_name(fd, name);
	ret = real(name, mode, stream);
	(void)SYS1(SYS_close, fd); /* the stream has its own by now */
	return ret;
}

static FILE *freopen_any(FILE *(*real)(const char *, const char *, FILE *), const char *path,
			 const char *mode, FILE *stream)
{
	FILE *ret;

	(void)cut_stream(stream); /* libc, too, tells nobody how writing the rest goes */
	ret = reopen(real, path, mode, stream);

	if (ret)
		seen_forget(fileno(ret));
	return ret;
}

FAKEID_EXPORT FILE *freopen(const char *path, const char *mode, FILE *stream)
{
	return freopen_any(NEXT(freopen), path, mode, stream);
}

FAKEID_EXPORT FILE *freopen64(const char *path, const char *mode, FILE *stream)
{
	return freopen_any(NEXT(freopen64), path, mode, stream);
}

/* Record what a libc function has just made. The function's result `fd` comes back, or -1 with
 * errno when the record could not be stored. */
static int finish(const struct creation *creation, const char *path, int fd)
{
	int r = fd < 0 ? 0 : creation_end(creation, AT_FDCWD, path, fd);

	if (r < 0) {
		(void)SYS1(SYS_close, fd); /* r says what went wrong */
		errno = -r;
		return -1;
	}
	return fd;
}

/* Before a function that makes a file of its own name in the directory of `template`. */
static int template_begin(struct creation *creation, const char *template, unsigned asked)
{
	int r = 0;

	*creation = (struct creation){0};
	if (permit_limited()) {
		WAY struct way way;

		r = gate_create(&way, AT_FDCWD, template, false);
	}
	return r < 0 ? r : creation_begin(creation, AT_FDCWD, template, asked);
}

#define MKSTEMP(name, params, args)                                                           \
	FAKEID_EXPORT int name params                                                         \
	{                                                                                     \
		struct creation creation;                                                     \
		int r = template_begin(&creation, template, S_IFREG | 0600 | FILE_EXCLUSIVE); \
                                                                                              \
		if (r < 0) {                                                                  \
			errno = -r;                                                           \
			return -1;                                                            \
		}                                                                             \
		return finish(&creation, template, NEXT(name) args);                          \
	}

MKSTEMP(mkstemp, (char *template), (template))
MKSTEMP(mkstemp64, (char *template), (template))
MKSTEMP(mkostemp, (char *template, int flags), (template, flags))
MKSTEMP(mkostemp64, (char *template, int flags), (template, flags))
MKSTEMP(mkstemps, (char *template, int suffix), (template, suffix))
MKSTEMP(mkstemps64, (char *template, int suffix), (template, suffix))
MKSTEMP(mkostemps, (char *template, int suffix, int flags), (template, suffix, flags))
MKSTEMP(mkostemps64, (char *template, int suffix, int flags), (template, suffix, flags))

FAKEID_EXPORT char *mkdtemp(char *template)
{
	struct creation creation;
	int r = template_begin(&creation, template, S_IFDIR | 0700 | FILE_EXCLUSIVE);
	char *name = r < 0 ? NULL : NEXT(mkdtemp)(template);

	if (name)
		r = creation_end(&creation, AT_FDCWD, name, -1);
	if (r < 0) {
		errno = -r;
		return NULL;
	}
	return name;
}

static FILE *tmpfile_any(FILE *(*real)(void))
{
	struct creation creation;
	int r = creation_begin(&creation, AT_FDCWD, NULL, S_IFREG | 0600);
	FILE *stream = r < 0 ? NULL : real();

	if (stream)
		r = creation_end(&creation, AT_FDCWD, NULL, fileno(stream));
	if (r < 0) {
		if (stream)
			(void)fclose(stream); /* r says what went wrong */
		errno = -r;
		return NULL;
	}
	return stream;
}

FAKEID_EXPORT FILE *tmpfile(void)
{
	return tmpfile_any(NEXT(tmpfile));
}

FAKEID_EXPORT FILE *tmpfile64(void)
{
	return tmpfile_any(NEXT(tmpfile64));
}

/* -- names in /dev/shm -- */

static const char *shm_path(const char *prefix, const char *name, char *buffer, size_t size)
{
	struct text t = text_into(buffer, size);

	while (*name == '/')
		name++;
	text_add(&t, "/dev/shm/");
	text_add(&t, prefix);
	text_add(&t, name);
	return text_end(&t) ? buffer : NULL;
}

/* libc opens by a private name. */
static int may_open_shared(const char *path, int flags)
{
	WAY struct way way;

	return gate_open(&way, AT_FDCWD, path, flags);
}

FAKEID_EXPORT int shm_open(const char *name, int flags, mode_t mode)
{
	struct creation creation = {0};
	char buffer[PATH_MAX];
	const char *path = shm_path("", name, buffer, sizeof buffer);
	int r = 0, fd;

	if (path && permit_limited())
		r = may_open_shared(path, flags | O_NOFOLLOW);
	if (r == 0 && path && (flags & O_CREAT))
		r = creation_begin(&creation, AT_FDCWD, path, S_IFREG | (mode & 0777));
	if (r < 0) {
		errno = -r;
		return -1;
	}
	fd = NEXT(shm_open)(name, flags, mode);
	seen_forget(fd);
	return finish(&creation, path, fd);
}

FAKEID_EXPORT sem_t *sem_open(const char *name, int flags, ...)
{
	struct creation creation = {0};
	char buffer[PATH_MAX];
	const char *path = shm_path("sem.", name, buffer, sizeof buffer);
	unsigned value = 0;
	mode_t mode = 0;
	sem_t *sem;
	int r = 0;

	if (path && permit_limited())
		r = may_open_shared(path, O_RDWR | O_NOFOLLOW | (flags & (O_CREAT | O_EXCL)));
	if (r == 0 && (flags & O_CREAT)) {
		va_list args;

		va_start(args, flags);
		mode = va_arg(args, mode_t);
		value = va_arg(args, unsigned);
		va_end(args);
		if (path)
			r = creation_begin(&creation, AT_FDCWD, path, S_IFREG | (mode & 0777));
	}
	if (r < 0) {
		errno = -r;
		return SEM_FAILED;
	}
	sem = NEXT(sem_open)(name, flags, mode, value);
	if (sem != SEM_FAILED)
		r = creation_end(&creation, AT_FDCWD, path, -1);
	if (r < 0) {
		(void)NEXT(sem_close)(sem); /* r says what went wrong */
		errno = -r;
		return SEM_FAILED;
	}
	return sem;
}

/* For who may have to be asked; libc says EACCES where the kernel's unlink says EPERM. */
static int may_unlink_shared(const char *prefix, const char *name)
{
	char buffer[PATH_MAX];
	const char *path = shm_path(prefix, name, buffer, sizeof buffer);
	WAY struct way way;
	int r = path ? gate_remove(&way, AT_FDCWD, path, 0) : 0;

	return r == -EPERM ? -EACCES : r;
}

#define SHARED_UNLINK(name_, prefix)                                            \
	FAKEID_EXPORT int name_(const char *name)                               \
	{                                                                       \
		int r = permit_limited() ? may_unlink_shared(prefix, name) : 0; \
                                                                                \
		if (r < 0) {                                                    \
			errno = -r;                                             \
			return -1;                                              \
		}                                                               \
		return NEXT(name_)(name);                                       \
	}

SHARED_UNLINK(shm_unlink, "")
SHARED_UNLINK(sem_unlink, "sem.")
