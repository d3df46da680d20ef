/* SPDX-License-Identifier: MIT
 * spawn_files.c - what the file actions of posix_spawn(3) open and enter. libc does it in the child,
 * past us; so what has to be asked, made or recorded is so before, and the child opens what is there.
 */
#include "calls/spawn_files.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "calls/carry.h"
#include "calls/cut.h"
#include "calls/gate.h"
#include "calls/open.h"
#include "shim/kernel.h"
#include "shim/sys.h"

/* As every glibc since 2.29 has it; later ones have more kinds, with nothing to be asked. */
enum kind { DO_CLOSE, DO_DUP2, DO_OPEN, DO_CHDIR, DO_FCHDIR };

struct action {
	int kind;
	union {
		struct {
			int from, to;
		} dup2;
		struct {
			int fd;
		} fchdir;
		struct {
			int fd;
			char *path;
			int flags;
			mode_t mode;
		} open;
		struct {
			char *path;
		} chdir;
	};
};

static bool is_ours(const struct action *action)
{
	return action->kind == DO_OPEN || action->kind == DO_CHDIR || action->kind == DO_FCHDIR;
}

static bool has_any(const posix_spawn_file_actions_t *actions)
{
	const struct action *action = actions ? (const void *)actions->__actions : NULL;

	for (int i = 0; actions && i < actions->__used; i++)
		if (is_ours(&action[i]))
			return true;
	return false;
}

/* What the child will get as well, before any later action: then nothing is asked any more. */
#define WILL_FAIL 1

static int refusal(int r)
{
	if (r >= 0)
		return 0;
	return r == -EACCES || r == -EPERM ? r : WILL_FAIL;
}

static bool makes_fd(const struct action *action)
{
	return action->kind == DO_OPEN || action->kind == DO_DUP2;
}

/* Has the child got descriptors by then that are not ours? */
static bool has_made(const struct spawn_files *files, const struct action *before)
{
	for (const struct action *action = files->memory; action < before; action++)
		if (makes_fd(action))
			return true;
	return false;
}

/* What lies there depends on who looks. */
static bool is_childs(const struct spawn_files *files, const struct action *before,
		      const char *path)
{
	static const char places[][19] = {"/dev/fd/", "/dev/std", "/proc/self/",
					  "/proc/thread-self/"};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return has_made(files, before);
	return false;
}

static void move_to(struct spawn_files *files, int cwd, bool is_new)
{
	if (files->is_new)
		(void)SYS1(SYS_close, files->cwd); /* O_PATH: nothing to lose */
	files->cwd = cwd;
	files->is_new = is_new;
}

/* Is the child's descriptor another than ours of that number? */
static bool is_made(const struct spawn_files *files, const struct action *before, int fd)
{
	const struct action *action = files->memory;

	for (; action < before; action++)
		if ((action->kind == DO_OPEN && action->open.fd == fd) ||
		    (action->kind == DO_DUP2 && action->dup2.to == fd))
			return true;
	return false;
}

/* The directory, by a number that no action names: it must find closed what was closed. */
static int open_dir(const struct spawn_files *files, int dirfd, const char *path)
{
	long fd = SYS4(SYS_openat, dirfd, path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0), above;

	if (fd < 0)
		return (int)fd;
	above = SYS3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, files->above);
	(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return (int)above;
}

/* Where that cannot be known, names from there on are left to the child. */
static int enter(struct spawn_files *files, const struct action *action)
{
	bool by_fd = action->kind == DO_FCHDIR;
	int dirfd = by_fd ? action->fchdir.fd : files->cwd;
	const char *path = by_fd ? "" : action->chdir.path;
	int at_flags = by_fd ? AT_EMPTY_PATH : 0;
	WAY struct way way;
	int fd, r = 0;

	way.fd = -1;
	if (by_fd ? is_made(files, action, dirfd)
		  : (files->cwd == SPAWN_NOWHERE && *path != '/') ||
			    is_childs(files, action, path)) {
		move_to(files, SPAWN_NOWHERE, false);
		return 0;
	}
	if (permit_limited())
		r = gate_enter(&way, dirfd, path, at_flags);
	r = refusal(r);
	if (r != 0)
		return r;
	fd = open_dir(files, dirfd, by_fd ? "." : path);
	move_to(files, fd < 0 ? SPAWN_NOWHERE : fd, fd >= 0);
	return 0;
}

static long open_really(void *context, int dirfd, const char *path, int flags, mode_t mode)
{
	(void)context;
	return SYS4(SYS_openat, dirfd, path, flags, mode);
}

/* Made, or emptied, as by an open of our own; the child finds it so. */
static int make(int cwd, struct action *action)
{
	long fd = open_file(open_really, NULL, cwd, action->open.path,
			    action->open.flags | O_CLOEXEC | O_NOCTTY, action->open.mode);

	if (fd < 0)
		return (int)fd;
	(void)SYS1(SYS_close, fd); /* nothing was written */
	action->open.flags &= ~(O_CREAT | O_EXCL | O_TRUNC);
	return 0;
}

static int lend(struct action *action, const struct file *file)
{
	if ((action->open.flags & O_CREAT) && (action->open.flags & O_EXCL))
		return 0; /* refused in libc's words */
	action->open.path = (char *)open_host_device(&file->record);
	action->open.flags &= ~(O_CREAT | O_NOFOLLOW | O_NOATIME);
	return action->open.path ? 0 : -ENXIO;
}

static int look_and_open(const struct spawn_files *files, struct action *action)
{
	const char *path = action->open.path;
	int cwd = files->cwd, flags = action->open.flags;
	struct file file;
	WAY struct way way;
	int r;

	way.fd = -1;
	if (is_childs(files, action, path))
		return 0;
	if (permit_limited()) {
		r = refusal(gate_open(&way, cwd, path, flags));
		if (r != 0)
			return way.is_magic && has_made(files, action) ? 0 : r;
	}
	if (flags & O_PATH)
		return 0;
	r = file_look(cwd, path, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &file);
	if (r == 0 && (file.record.flags & RECORD_NODE))
		return lend(action, &file);
	/* A link could lead to the child's descriptors as well: nobody else's file is emptied. */
	if (r == 0 ? (flags & O_TRUNC) && !(flags & O_EXCL) && S_ISREG(file.stx.stx_mode) &&
			     !has_made(files, action) && cut_may_lose()
		   : r == -ENOENT && (flags & O_CREAT))
		return make(cwd, action);
	return r < 0 ? WILL_FAIL : 0;
}

/* The first number above all that the actions name. */
static int above_all(const struct action *action, int n)
{
	int above = 0, high;

	for (; n > 0; action++, n--) {
		if (action->kind == DO_CHDIR)
			continue;
		high = action->kind == DO_DUP2 && action->dup2.to > action->dup2.from
			       ? action->dup2.to
			       : action->dup2.from; /* where the others have theirs, too */
		if (high >= above && high < INT_MAX)
			above = high + 1;
	}
	return above;
}

static int begin(struct spawn_files *files, const posix_spawn_file_actions_t *actions)
{
	struct action *action;
	int r = carry_map((size_t)actions->__used * sizeof *action, &files->memory);

	if (r < 0)
		return r;
	files->size = (size_t)actions->__used * sizeof *action;
	action = files->memory;
	memcpy(action, actions->__actions, files->size);
	files->ours = *actions;
	files->ours.__actions = files->memory;
	files->actions = &files->ours;
	files->above = above_all(action, actions->__used);
	for (int i = 0; r == 0 && i < actions->__used; i++, action++) {
		if (action->kind == DO_CHDIR || action->kind == DO_FCHDIR)
			r = enter(files, action);
		else if (action->kind == DO_OPEN &&
			 (files->cwd != SPAWN_NOWHERE || *action->open.path == '/'))
			r = look_and_open(files, action);
	}
	return r == WILL_FAIL ? 0 : r;
}

int spawn_files_begin(struct spawn_files *files, const posix_spawn_file_actions_t *actions)
{
	*files = (struct spawn_files){.actions = actions, .cwd = AT_FDCWD};
	return process_may_look() && has_any(actions) ? begin(files, actions) : 0;
}

void spawn_files_end(struct spawn_files *files)
{
	move_to(files, AT_FDCWD, false);
	if (files->memory)
		carry_unmap(files->memory, files->size);
}
