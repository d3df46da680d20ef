/* SPDX-License-Identifier: MIT
 * reach.c - which processes this one reaches, and visits to many of them.
 */
#include "calls/reach.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

#include <fakeid/wire.h>

#include "core/procpath.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/space.h"
#include "shim/sys.h"
#include "shim/text.h"

#define PIECE_BYTES 1024u

/* Capabilities count in the own namespace and below, so only who has something above him has to
 * look. */
static bool is_nested(void)
{
	return process.session_flags & SESSION_HAS_VIEW && space_load() == 0 &&
	       process.view.space->level > 1;
}

static bool has_cap(enum reach what)
{
	return creds_has_cap(process_creds(), reach_cap(what));
}

bool reach_limited(enum reach what)
{
	return process_may_look() && (!has_cap(what) || is_nested());
}

static bool agrees(enum reach what, const struct peer *peer)
{
	struct reach_other other = {
		.permitted = peer->creds.cap[CREDS_CAP_PERMITTED],
		.undumpable = peer->creds.undumpable,
	};
	struct creds creds;

	process_creds_copy(&creds);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		for (int i = 0; i < CREDS_ID_N; i++)
			other.id[kind][i] = peer->foreign[kind][i] ? FAKEID_ID_INVALID
								   : peer->id[kind][i];
	}
	return reach_by_ids(what, &creds, &other);
}

bool reach_peer(enum reach what, const struct peer *peer)
{
	if (peer->is_self || peer->place != PEER_INSIDE)
		return true;
	if (peer->ns == process.ns)
		return has_cap(what) || agrees(what, peer);
	return !peer_is_above(peer->ns) || agrees(what, peer);
}

/* A thread of this process, which may have credentials of its own. Signals are for all of them, and
 * so is memory. */
static bool reach_thread(enum reach what, int32_t tid)
{
	struct peer thread = {.is_self = true};

	if (what == REACH_SIGNAL || what == REACH_TRACE || has_cap(what) ||
	    tid == (int32_t)SYS0(SYS_gettid))
		return true;
	process_creds_copy_thread(tid, &thread.creds);
	memcpy(thread.id, thread.creds.id, sizeof(thread.id));
	return agrees(what, &thread);
}

int reach_ask(enum reach what, int32_t pid)
{
	struct peer peer;

	if (pid <= 0 || !reach_limited(what))
		return 0;
	if (process_has_thread(pid))
		return reach_thread(what, pid) ? 0 : -EPERM;
	if (!peer_look(pid, &peer))
		return 0;
	return reach_peer(what, &peer) ? 0 : -EPERM;
}

int32_t reach_pidfd(int fd)
{
	char path[KERNEL_FD_NAME_BYTES + 8], content[256];
	struct text t = text_into(path, sizeof(path));
	const char *at;
	int32_t pid = 0;
	bool is_dir;
	long n, info;

	n = kernel_fd_path(fd, content, sizeof(content));
	if (n < 0 || *content == '/')
		return n < 0 ? 0 : procpath_process(content, &is_dir);
	text_add(&t, "/proc/self/fdinfo/");
	text_add_number(&t, (uint64_t)fd);
	(void)text_end(&t); /* fits: a number and a few bytes */
	info = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (info < 0)
		return 0;
	n = SYS3(SYS_read, info, content, sizeof(content) - 1);
	(void)SYS1(SYS_close, info); /* opened for reading */
	content[n < 0 ? 0 : n] = '\0';
	at = strstr(content, "\nPid:\t");
	for (at = at ? at + 6 : ""; *at >= '0' && *at <= '9' && pid < INT32_MAX / 10; at++)
		pid = pid * 10 + (*at - '0');
	return pid;
}

/* -- visits -- */

static int32_t number_of(const char *name)
{
	int64_t number = 0;

	for (; *name >= '0' && *name <= '9' && number <= INT32_MAX; name++)
		number = number * 10 + (*name - '0');
	return *name || number > INT32_MAX ? 0 : (int32_t)number;
}

static void each_entry(const char *entries, long size, reach_act *act, void *context)
{
	int32_t own = process_pid();

	for (long at = 0; at < size;) {
		const struct dirent64 *entry = (const void *)(entries + at);
		int32_t number = number_of(entry->d_name);

		if (number > 0 && number != own)
			act(context, number);
		at += entry->d_reclen;
	}
}

static long each_number(const char *dir, reach_act *act, void *context)
{
	_Alignas(struct dirent64) char piece[PIECE_BYTES];
	long n, fd = SYS4(SYS_openat, AT_FDCWD, dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	while ((n = SYS3(SYS_getdents64, fd, piece, sizeof(piece))) > 0)
		each_entry(piece, n, act, context);
	(void)SYS1(SYS_close, fd); /* opened for reading */
	return n;
}

long reach_each(reach_act *act, void *context)
{
	long r = each_number("/proc", act, context);

	if (r == 0)
		act(context, process_pid());
	return r;
}

long reach_each_thread(int32_t pid, reach_act *act, void *context)
{
	char path[40];
	struct text t = text_into(path, sizeof(path));
	long r;

	text_add(&t, "/proc/");
	text_add_number(&t, (uint64_t)pid);
	text_add(&t, "/task");
	(void)text_end(&t); /* fits: a number and a few bytes */
	r = each_number(path, act, context);
	if (r == 0 && pid == process_pid())
		act(context, pid);
	return r;
}

struct group_visit {
	int32_t group;
	reach_act *act;
	void *context;
};

static void visit_member(void *context, int32_t pid)
{
	const struct group_visit *visit = context;

	if (SYS1(SYS_getpgid, pid) == visit->group)
		visit->act(visit->context, pid);
}

long reach_each_of_group(int32_t group, reach_act *act, void *context)
{
	struct group_visit visit = {
		.group = group ? group : (int32_t)SYS1(SYS_getpgid, 0),
		.act = act,
		.context = context,
	};

	return reach_each(visit_member, &visit);
}
