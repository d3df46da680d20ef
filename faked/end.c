/* SPDX-License-Identifier: MIT
 * end.c - the end of namespaces and of the daemon. Nothing is removed that holds what the store
 * lacks or that a process still maps.
 */
#include "end.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "namespace.h"
#include "namespace_private.h"
#include "persist.h"
#include "server.h"
#include "session.h"
#include "spill.h"

static bool is_listening_here(const struct daemon *daemon)
{
	struct stat st;

	return fstatat(daemon->place.dirfd, FAKEID_SOCKET_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       S_ISSOCK(st.st_mode) && st.st_ino == daemon->socket_ino;
}

bool end_place_is_ours(const struct daemon *daemon)
{
	char name[SEGMENT_NAME_MAX];

	if (!place_is_ours(daemon->dirfd, &daemon->place) || !is_listening_here(daemon))
		return false;

	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		(void)snprintf(name, sizeof(name), FAKEID_SEGMENT_FORMAT, space->fsns);
		if (!segment_is_named(daemon->place.dirfd, name, &space->cur))
			return false;
	}
	return true;
}

/* Move everything into memory of our own. That freezes every bucket, so that no writer who had
 * looked at the state before we changed it can still publish where nobody will look again. */
static int draw_in(struct daemon *daemon, struct space *space)
{
	const struct index *cur = &space->cur.index;
	/* In one of the same size some keys might find no room. */
	uint32_t larger = space_larger(cur->n_buckets);
	uint32_t n_buckets = larger ? larger : cur->n_buckets;
	struct segment copy = {.size = index_size(n_buckets), .fd = -1};
	void *memory = mmap(NULL, copy.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0);
	int r = 0;

	if (memory == MAP_FAILED)
		return -errno;

	index_format(memory, n_buckets, space->fsns, cur->header->generation + 1, daemon->boot_id);
	r = index_open(memory, copy.size, &copy.index);
	if (r == 0)
		atomic_store(&copy.index.header->state, INDEX_LIVE);
	for (uint32_t i = 0; r == 0 && i < cur->n_buckets; i++)
		r = index_move_bucket(cur, &copy.index, i);
	if (r < 0) {
		(void)munmap(memory, copy.size); /* we mapped it */
		return r;
	}

	segment_close(&space->cur);
	space->cur = copy;
	return 0;
}

static void abandon(struct daemon *daemon)
{
	for (struct space *space = daemon->spaces; space; space = space->next_space)
		index_leave(&space->cur.index, INDEX_ABANDONED);

	/* What could be committed already is: drawing in takes memory, and may fail. */
	(void)persist_flush(daemon);
	for (struct space *space = daemon->spaces; space; space = space->next_space)
		(void)draw_in(daemon, space); /* then what is there is all we can commit */
	(void)persist_flush(daemon);
}

static int remove_view(struct daemon *daemon, uint32_t number)
{
	char segment[SEGMENT_NAME_MAX], name[NAMESPACE_VIEW_NAME_MAX];
	struct store_namespace namespace;
	struct stat st;

	if (store_get_namespace(daemon->store, number, &namespace, NULL) == 0) {
		(void)snprintf(segment, sizeof(segment), FAKEID_SEGMENT_FORMAT, namespace.fsns);
		if (fstatat(daemon->place.dirfd, segment, &st, AT_SYMLINK_NOFOLLOW) == 0)
			return 0;
	}
	(void)snprintf(name, sizeof(name), FAKEID_VIEW_FORMAT, number);
	(void)unlinkat(daemon->place.dirfd, name, 0); /* ours, and of no use */
	return 0;
}

void end_remove_views(struct daemon *daemon)
{
	(void)namespace_each_view(daemon, remove_view); /* what stays goes another time */
}

static void remove_clean(struct daemon *daemon)
{
	struct space *next;

	for (struct space *space = daemon->spaces; space; space = next) {
		next = space->next_space;
		/* While we hold the lease nobody can open it, and nobody has it: the look is
		 * final. */
		if (space->n_sessions == 0 && segment_is_alone(&space->cur) &&
		    !index_is_dirty(&space->cur.index))
			space_give_back(daemon, space);
		else
			space_close(daemon, space, INDEX_LIVE);
	}
}

void server_end(struct daemon *daemon)
{
	uint32_t n_left;

	util_close(&daemon->listen_fd);
	if (daemon->store)
		(void)persist_flush(daemon); /* what fails stays in the segments */
	if (daemon->lost) {
		abandon(daemon);
		for (struct space *space = daemon->spaces; space; space = daemon->spaces)
			space_close(daemon, space, INDEX_LIVE);
	} else if (daemon->place.dirfd >= 0) {
		if (is_listening_here(daemon))
			(void)unlinkat(daemon->place.dirfd, FAKEID_SOCKET_NAME, 0); /* ours */
		/* Where that fails, the next end tries again. */
		(void)namespace_end_unused(daemon, &n_left);
		remove_clean(daemon);
		spill_sweep(daemon);
		end_remove_views(daemon);
		if (daemon->journal.fd >= 0 && daemon->journal.size == 0)
			(void)unlinkat(daemon->place.dirfd, "journal", 0); /* empty */
		place_remove(&daemon->place);
	}
	while (daemon->n_sessions > 0)
		session_free(daemon->sessions[--daemon->n_sessions]);
	free(daemon->sessions);
	journal_close(&daemon->journal);
	volumes_done(&daemon->volumes);
	procs_done(&daemon->procs);
	relatives_done(&daemon->relatives);
	store_close(daemon->store);
}
