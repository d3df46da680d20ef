/* SPDX-License-Identifier: MIT
 * exec.c - the exec family. glibc's own spellings enter the kernel by private names that a preload
 * never sees (exec.bats, "every exec spelling keeps the session"), so each has its row.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "calls/carry.h"
#include "calls/gate.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/wraps.h"

enum exec_form { EXEC_PATH, EXEC_SEARCH, EXEC_FD, EXEC_AT };

struct exec_request {
	enum exec_form form;
	int fd, flags;
	const char *path;
	char *const *argv;
	long result;
};

static long libc_exec(const struct exec_request *request, char *const envp[])
{
	int r;

	if (request->form == EXEC_SEARCH)
		r = NEXT(execvpe)(request->path, request->argv, envp);
	else if (request->form == EXEC_FD)
		r = NEXT(fexecve)(request->fd, request->argv, envp);
	else
		r = NEXT(execve)(request->path, request->argv, envp);
	return r < 0 ? -errno : 0;
}

static void exec_run(void *data, char *const envp[])
{
	struct exec_request *request = data;

	/* libc has execveat only since 2.34, syscall(2) before. */
	if (request->form == EXEC_AT)
		request->result = SYS5(SYS_execveat, request->fd, request->path, request->argv,
				       envp, request->flags);
	else
		request->result = libc_exec(request, envp);
}

/* The kernel said EACCES to the real user, who owns the file, and only others than its owner may
 * run it: one of them does, or root. Give the owner that bit on disk; the record keeps the mode. */
static bool unlock(int dirfd, const char *path, int at_flags)
{
	struct change change = {.what = CHANGE_MODE};
	struct statx shown;
	struct file file;

	if (!process_on() || !path || file_look(dirfd, path, at_flags, &file) < 0 ||
	    !S_ISREG(file.stx.stx_mode) || (file.record.flags & RECORD_NODE) ||
	    file.stx.stx_uid != (uint32_t)SYS0(SYS_geteuid) || (file.stx.stx_mode & 0100))
		return false;
	shown = file.stx;
	file_show(&file, &shown);
	if (!(shown.stx_mode & 0111) || file_look_for_update(dirfd, path, at_flags, &file) < 0 ||
	    file_room() < 0 ||
	    kernel_chmod(dirfd, path, (file.stx.stx_mode & 07777u) | 0100u, at_flags) < 0)
		return false;
	file.stx.stx_mode |= 0100;
	change.mode = shown.stx_mode & 07777;
	return file_change(&file, &change) == 0;
}

static bool unlock_request(const struct exec_request *request)
{
	switch (request->form) {
	case EXEC_FD:
		return unlock(request->fd, "", AT_EMPTY_PATH);
	case EXEC_AT:
		return unlock(request->fd, request->path,
			      request->flags & (AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW));
	case EXEC_SEARCH:
		if (!request->path || !strchr(request->path, '/'))
			return false;
		break;
	case EXEC_PATH:
		break;
	}
	return unlock(AT_FDCWD, request->path, 0);
}

static long exec_allowed(struct exec_request request, char *const envp[])
{
	const struct program program = {
		.search = request.form == EXEC_SEARCH,
		.dirfd = request.form == EXEC_FD || request.form == EXEC_AT ? request.fd : AT_FDCWD,
		.path = request.form == EXEC_FD ? "" : request.path,
		.at_flags = request.form == EXEC_FD ? AT_EMPTY_PATH : request.flags,
	};
	int r = carry_program(&program, envp, exec_run, &request);

	if (r == 0 && request.result == -EACCES && unlock_request(&request))
		r = carry_env(envp, exec_run, &request);
	return r < 0 ? r : request.result;
}

/* -- for a process that has to be allowed to: what it may not run is not tried -- */

struct search {
	struct exec_request request;
	char *const *envp;
};

static long try_path(void *data, const char *path)
{
	const struct search *search = data;
	struct exec_request request = search->request;
	long r = program_may_run(AT_FDCWD, path, 0);

	request.path = path;
	return r < 0 ? r : exec_allowed(request, search->envp);
}

static __attribute__((noinline)) long limited_exec(const struct exec_request *request,
						   char *const envp[])
{
	struct search search = {*request, envp};
	long r = 0;

	switch (request->form) {
	case EXEC_SEARCH:
		if (!request->path || !*request->path)
			break;
		/* libc's own search stops at a program that the kernel runs and this process may
		 * not. */
		if (!strchr(request->path, '/'))
			return program_search(request->path, try_path, &search);
		return try_path(&search, request->path);
	case EXEC_PATH:
		r = program_may_run(AT_FDCWD, request->path, 0);
		break;
	case EXEC_FD:
		r = request->fd < 0 ? 0 : program_may_run(request->fd, "", AT_EMPTY_PATH);
		break;
	case EXEC_AT:
		if (!(request->flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)))
			r = program_may_run(request->fd, request->path, request->flags);
		break;
	}
	return r < 0 ? r : exec_allowed(*request, envp);
}

static long exec_with(struct exec_request request, char *const envp[])
{
	return permit_limited() ? limited_exec(&request, envp) : exec_allowed(request, envp);
}

long wrap_execve(const char *path, char *const argv[], char *const envp[])
{
	return exec_with((struct exec_request){EXEC_PATH, .path = path, .argv = argv}, envp);
}

long wrap_execv(const char *path, char *const argv[])
{
	return wrap_execve(path, argv, environ);
}

/* The search goes through this program's PATH, not through that of `envp`, as in libc. */
long wrap_execvpe(const char *file, char *const argv[], char *const envp[])
{
	return exec_with((struct exec_request){EXEC_SEARCH, .path = file, .argv = argv}, envp);
}

long wrap_execvp(const char *file, char *const argv[])
{
	return wrap_execvpe(file, argv, environ);
}

long wrap_fexecve(int fd, char *const argv[], char *const envp[])
{
	return exec_with((struct exec_request){EXEC_FD, .fd = fd, .argv = argv}, envp);
}

long wrap_execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags)
{
	return exec_with((struct exec_request){EXEC_AT, dirfd, flags, path, argv, 0}, envp);
}

/* -- arguments one by one -- */

#define LIST_ON_STACK 256u

static size_t list_count(const char *first, va_list rest)
{
	size_t n = 0;

	for (const char *arg = first; arg; arg = va_arg(rest, const char *))
		n++;
	return n;
}

/* Fills `argv`; the environment is what follows the list (execle) or our own. */
static char *const *list_fill(char **argv, bool takes_env, const char *first, va_list rest)
{
	size_t n = 0;

	for (const char *arg = first; arg; arg = va_arg(rest, const char *))
		argv[n++] = (char *)arg;
	argv[n] = NULL;
	return takes_env ? va_arg(rest, char *const *) : environ;
}

/* -1 and errno, as the exported calls below answer. */
static int list_exec(enum exec_form form, const char *path, bool takes_env, const char *first,
		     va_list rest)
{
	struct exec_request request = {form, .path = path};
	char *small[LIST_ON_STACK], **argv = small;
	char *const *envp;
	va_list counted;
	void *memory;
	size_t size;
	long r;

	va_copy(counted, rest);
	size = (list_count(first, counted) + 1) * sizeof(char *);
	va_end(counted);
	if (size > sizeof small) {
		r = carry_map(size, &memory);
		if (r < 0) {
			errno = (int)-r;
			return -1;
		}
		argv = memory;
	}

	envp = list_fill(argv, takes_env, first, rest);
	request.argv = argv;
	r = exec_with(request, envp);
	if (argv != small)
		carry_unmap(argv, size);
	errno = (int)-r;
	return -1;
}

FAKEID_EXPORT int execl(const char *path, const char *arg, ...)
{
	va_list rest;
	int r;

	va_start(rest, arg);
	r = list_exec(EXEC_PATH, path, false, arg, rest);
	va_end(rest);
	return r;
}

FAKEID_EXPORT int execlp(const char *file, const char *arg, ...)
{
	va_list rest;
	int r;

	va_start(rest, arg);
	r = list_exec(EXEC_SEARCH, file, false, arg, rest);
	va_end(rest);
	return r;
}

FAKEID_EXPORT int execle(const char *path, const char *arg, ...)
{
	va_list rest;
	int r;

	va_start(rest, arg);
	r = list_exec(EXEC_PATH, path, true, arg, rest);
	va_end(rest);
	return r;
}
