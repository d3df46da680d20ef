/* SPDX-License-Identifier: MIT
 * peer.c - who another process is, as seen from this one's namespace.
 */
#include "shim/peer.h"

#include <errno.h>
#include <string.h>
#include <time.h>

#include <fakeid/wire.h>

#include "core/envscan.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/space.h"
#include "shim/sys.h"
#include "shim/text.h"

#define PIECE_BYTES 2048u /* little, because it is a stranger's stack */

/* A change takes some hundred instructions, but its process may be interrupted there, or stopped
 * for good. */
#define IDS_TRIES 200
#define IDS_HASTY_TRIES 20
#define IDS_PAUSE_NS 500000L

static long open_environment(int32_t pid)
{
	char path[32];
	struct text t = text_into(path, sizeof(path));

	text_add(&t, "/proc/");
	text_add_number(&t, (uint64_t)pid);
	text_add(&t, "/environ");
	(void)text_end(&t); /* fits: a number and a few bytes */
	return SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
}

static long scan_environment(long fd, struct envscan *ret_scan)
{
	char piece[PIECE_BYTES];
	long n;

	envscan_init(ret_scan, process.dir);
	do
		n = SYS3(SYS_read, fd, piece, sizeof(piece));
	while (n > 0 && !envscan_feed(ret_scan, piece, (size_t)n));
	return n;
}

/* The line as it was at one moment; it may have been read in two pieces, or while it was
 * written. */
static int settle_ids(long fd, struct envscan *scan, struct creds *ret_creds)
{
	const struct timespec pause = {.tv_nsec = IDS_PAUSE_NS};

	for (int i = 0; i < IDS_TRIES; i++) {
		if (idline_parse(scan->ids, ret_creds) == 0)
			return 0;
		if (i >= IDS_HASTY_TRIES)
			(void)SYS4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause,
				   NULL); /* a signal only shortens it */
		if (SYS4(SYS_pread64, fd, scan->ids, sizeof(scan->ids), scan->ids_at) !=
		    (long)sizeof(scan->ids))
			break;
	}
	return -EIO;
}

/* In the process's own namespace. */
static void take_ids(struct peer *peer)
{
	memcpy(peer->id, peer->creds.id, sizeof(peer->id));
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		peer->owner[kind] = peer->creds.undumpable ? 0 : peer->id[kind][CREDS_EFFECTIVE];
}

/* Its place, and where that is INSIDE its ids as they are in its own namespace. */
static enum peer_place read_peer(int32_t pid, struct peer *ret_peer)
{
	struct envscan scan;
	enum peer_place place = PEER_GONE;
	long fd;

	if (process_filtered())
		return PEER_GONE;
	fd = open_environment(pid);
	if (fd < 0)
		return PEER_GONE;
	if (scan_environment(fd, &scan) >= 0) {
		if (!scan.has_session)
			place = PEER_HOST;
		else if (scan.is_ours && scan.has_ids &&
			 settle_ids(fd, &scan, &ret_peer->creds) == 0)
			place = PEER_INSIDE;
	}
	(void)SYS1(SYS_close, fd); /* opened for reading */
	take_ids(ret_peer);
	ret_peer->ns = scan.ns;
	ret_peer->session_flags = scan.flags;
	return place;
}

/* An id of another namespace, in place: true where it has no place here. */
static bool translate(const struct nsview *view, uint32_t ns, enum fakeid_idkind kind, uint32_t *id)
{
	struct fakeid_kid kid = fakeid_kid_make(ns, *id);

	if ((!view || idspace_down(&view->id[kind], *id, &kid) == 0) &&
	    space_up(kind, kid, id) == 0)
		return false;
	*id = FAKEID_ID_OVERFLOW;
	return true;
}

static void translate_all(const struct nsview *view, struct peer *peer)
{
	for (int i = 0; i < FAKEID_IDKIND_N; i++) {
		enum fakeid_idkind kind = (enum fakeid_idkind)i;

		for (int k = 0; k < CREDS_ID_N; k++)
			peer->foreign[kind][k] = translate(view, peer->ns, kind,
							   &peer->id[kind][k]);
		(void)translate(view, peer->ns, kind, &peer->owner[kind]); /* then nobody's */
	}
}

static void fill(struct peer *peer, uint32_t uid, uint32_t gid)
{
	for (int i = 0; i < CREDS_ID_N; i++) {
		peer->id[FAKEID_UID][i] = uid;
		peer->id[FAKEID_GID][i] = gid;
	}
	peer->owner[FAKEID_UID] = uid;
	peer->owner[FAKEID_GID] = gid;
}

static void find_self(struct peer *ret_peer)
{
	process_creds_copy_thread(0, &ret_peer->creds);
	ret_peer->place = PEER_INSIDE;
	ret_peer->is_self = true;
	ret_peer->ns = process.ns;
	ret_peer->session_flags = process.session_flags;
	take_ids(ret_peer);
}

void peer_find(int32_t pid, uint32_t uid, uint32_t gid, struct peer *ret_peer)
{
	const struct nsview *view = NULL;

	*ret_peer = (struct peer){.place = PEER_GONE};
	if (pid > 0 && pid == process_pid()) {
		find_self(ret_peer);
		return;
	}
	/* Sessions are one real user's; whoever has other real ids is outside of them, the kernel
	 * too. */
	if (uid != process.view.user[FAKEID_UID])
		ret_peer->place = PEER_HOST;
	else if (pid > 0)
		ret_peer->place = read_peer(pid, ret_peer);
	if (ret_peer->place == PEER_INSIDE && ret_peer->ns == process.ns)
		return;

	if (ret_peer->place == PEER_HOST) {
		ret_peer->ns = FAKEID_NS_HOST;
		fill(ret_peer, uid, gid);
	}
	if (ret_peer->place == PEER_GONE ||
	    space_other(ret_peer->ns, ret_peer->session_flags & SESSION_HAS_VIEW, &view) < 0) {
		*ret_peer = (struct peer){.place = PEER_GONE, .ns = FAKEID_NS_HOST};
		fill(ret_peer, FAKEID_ID_OVERFLOW, FAKEID_ID_OVERFLOW);
		memset(ret_peer->foreign, true, sizeof(ret_peer->foreign));
		return;
	}
	translate_all(view, ret_peer);
	space_forget(view);
}

bool peer_look(int32_t pid, struct peer *ret_peer)
{
	char path[32];
	struct text t = text_into(path, sizeof(path));
	struct statx stx;

	text_add(&t, "/proc/");
	text_add_number(&t, (uint64_t)pid);
	if (!text_end(&t) || process_filtered() || kernel_statx(AT_FDCWD, path, 0, 0, &stx) < 0)
		return false;
	peer_find(pid, stx.stx_uid, stx.stx_gid, ret_peer);
	return true;
}

/* Is `ns` on the way from the namespace of `view` up to the host? That of the first level may be
 * plain and have no view, but it is nobody's child either. */
static bool is_on_the_way(const struct nsview *view, uint32_t ns)
{
	const struct nsview *at = view, *parent;
	bool found = false;

	while (at->level > 1) {
		found = at->parent == ns;
		if (found || at->level == 2 || space_other(at->parent, true, &parent) < 0)
			break;
		if (at != view)
			space_forget(at);
		at = parent;
	}
	if (at != view)
		space_forget(at);
	return found;
}

bool peer_is_above(uint32_t ns)
{
	return space_load() == 0 && process.view.space && is_on_the_way(process.view.space, ns);
}

bool peer_is_below(const struct peer *peer)
{
	const struct nsview *view;
	bool found;

	if (peer->place != PEER_INSIDE ||
	    space_other(peer->ns, peer->session_flags & SESSION_HAS_VIEW, &view) < 0 || !view)
		return false;
	found = is_on_the_way(view, process.ns);
	space_forget(view);
	return found;
}
