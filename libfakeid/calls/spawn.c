/* SPDX-License-Identifier: MIT
 * spawn.c - libc calls that start a program and come back: the posix_spawn family. Their
 * result is an error number, and errno stays as it was.
 */
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include "calls/carry.h"
#include "calls/gate.h"
#include "calls/spawn_files.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/wraps.h"

struct spawn_request {
	bool search;
	bool as_pidfd;
	pid_t *pid;
	int *pidfd;
	const char *path;
	const posix_spawn_file_actions_t *actions;
	int cwd; /* where the child looks for a relative name, or SPAWN_NOWHERE */
	const posix_spawnattr_t *attr;
	char *const *argv;
	int result;
};

static int spawn_by_pid(const struct spawn_request *q, pid_t *pid, char *const envp[])
{
	if (q->search)
		return NEXT(posix_spawnp)(pid, q->path, q->actions, q->attr, q->argv, envp);
	return NEXT(posix_spawn)(pid, q->path, q->actions, q->attr, q->argv, envp);
}

/* pidfd_spawn(3) is of glibc 2.39, but callers probe for the name at run time and now find ours, so
 * it has to work before. */
static int spawn_by_pidfd(const struct spawn_request *q, char *const envp[])
{
	pid_t pid;
	long fd;
	int r;

	if (q->search)
		r = NEXT(pidfd_spawnp)(q->pidfd, q->path, q->actions, q->attr, q->argv, envp);
	else
		r = NEXT(pidfd_spawn)(q->pidfd, q->path, q->actions, q->attr, q->argv, envp);
	if (r >= 0)
		return r;

	r = spawn_by_pid(q, &pid, envp);
	if (r != 0)
		return r;

	fd = SYS2(SYS_pidfd_open, pid, 0);
	if (fd < 0) {
		/* Without a descriptor the caller could never reap the child. */
		(void)SYS2(SYS_kill, pid, SIGKILL);
		(void)SYS4(SYS_wait4, pid, NULL, 0, NULL);
		return (int)-fd;
	}
	*q->pidfd = (int)fd;
	return 0;
}

static void spawn_run(void *data, char *const envp[])
{
	struct spawn_request *q = data;

	q->result = q->as_pidfd ? spawn_by_pidfd(q, envp) : spawn_by_pid(q, q->pid, envp);
}

static int spawn_allowed(struct spawn_request q, char *const envp[])
{
	const struct program program = {
		.search = q.search,
		.dirfd = q.cwd == SPAWN_NOWHERE ? AT_FDCWD : q.cwd,
		.path = q.path,
	};
	int saved = errno;
	int r = carry_program(&program, envp, spawn_run, &q);

	errno = saved;
	return r < 0 ? -r : q.result;
}

/* -- for a process that has to be allowed to -- */

struct search {
	struct spawn_request request;
	char *const *envp;
};

static long try_path(void *data, const char *path)
{
	const struct search *search = data;
	struct spawn_request request = search->request;
	int r = *path == '/' || request.cwd != SPAWN_NOWHERE ? program_may_run(request.cwd, path, 0)
							     : 0;

	request.path = path;
	request.search = false;
	return r < 0 ? r : -spawn_allowed(request, search->envp);
}

static int spawn_as_who(struct spawn_request q, char *const envp[])
{
	SPAWN_FILES struct spawn_files files;
	struct search search;
	int saved = errno, r = spawn_files_begin(&files, q.actions);

	errno = saved;
	if (r < 0)
		return -r;
	q.actions = files.actions;
	q.cwd = files.cwd;
	search = (struct search){q, envp};
	if (!permit_limited() || !q.path || !*q.path)
		return spawn_allowed(q, envp);
	return -(int)(q.search && !strchr(q.path, '/') ? program_search(q.path, try_path, &search)
						       : try_path(&search, q.path));
}

/* -- POSIX_SPAWN_RESETIDS: the child takes its real ids before it opens, enters or runs anything -- */

static int take_real_ids(struct creds *creds, const void *unused)
{
	(void)unused;
	/* To a real id always succeeds. */
	(void)creds_seteid(creds, FAKEID_UID, creds->id[FAKEID_UID][CREDS_REAL]);
	return creds_seteid(creds, FAKEID_GID, creds->id[FAKEID_GID][CREDS_REAL]);
}

static int put_back(struct creds *creds, const void *before)
{
	*creds = *(const struct creds *)before;
	return 0;
}

static int spawn_with_real_ids(const struct spawn_request *q, char *const envp[])
{
	struct creds before;
	int r;

	process_creds_copy(&before);
	r = process_creds_change(PROCESS_THREAD, take_real_ids, NULL);
	if (r < 0)
		return -r;
	r = spawn_as_who(*q, envp);
	(void)process_creds_change(PROCESS_THREAD, put_back, &before); /* has its memory */
	return r;
}

static bool differs(enum fakeid_idkind kind)
{
	const uint32_t *id = process_creds()->id[kind];

	return id[CREDS_EFFECTIVE] != id[CREDS_REAL] || id[CREDS_FS] != id[CREDS_REAL];
}

static int spawn_with(struct spawn_request q, char *const envp[])
{
	short flags = 0;

	if (q.attr)
		(void)NEXT(posix_spawnattr_getflags)(q.attr, &flags); /* cannot fail */
	if ((flags & POSIX_SPAWN_RESETIDS) && process_on() &&
	    (differs(FAKEID_UID) || differs(FAKEID_GID)))
		return spawn_with_real_ids(&q, envp);
	return spawn_as_who(q, envp);
}

int wrap_posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return spawn_with(
		(struct spawn_request){
			.pid = pid, .path = path, .actions = actions, .attr = attr, .argv = argv},
		envp);
}

int wrap_posix_spawnp(pid_t *pid, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return spawn_with((struct spawn_request){.search = true,
						 .pid = pid,
						 .path = file,
						 .actions = actions,
						 .attr = attr,
						 .argv = argv},
			  envp);
}

int wrap_pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
		     const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return spawn_with((struct spawn_request){.as_pidfd = true,
						 .pidfd = pidfd,
						 .path = path,
						 .actions = actions,
						 .attr = attr,
						 .argv = argv},
			  envp);
}

int wrap_pidfd_spawnp(int *pidfd, const char *file, const posix_spawn_file_actions_t *actions,
		      const posix_spawnattr_t *attr, char *const argv[], char *const envp[])
{
	return spawn_with((struct spawn_request){.search = true,
						 .as_pidfd = true,
						 .pidfd = pidfd,
						 .path = file,
						 .actions = actions,
						 .attr = attr,
						 .argv = argv},
			  envp);
}
