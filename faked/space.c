/* SPDX-License-Identifier: MIT
 * space.c - filesystem namespaces in use: adopting or building their segments, volumes and flags.
 */
#include "space.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "namespace_private.h"
#include "persist.h"

#define BUCKETS_MAX (UINT32_C(1) << 30)
#define SMALL_BUCKETS 2048u /* 2 MiB */
#define NEW_BUCKETS 128u    /* what the smallest has */

struct space *space_find(const struct daemon *daemon, uint32_t fsns)
{
	struct space *space = daemon->spaces;

	while (space && space->fsns != fsns)
		space = space->next_space;
	return space;
}

uint64_t space_capacity(const struct space *space)
{
	return (uint64_t)space->cur.index.n_buckets * INDEX_INSERT_SLOTS;
}

void space_raise(struct space *space, uint32_t flags)
{
	atomic_fetch_or(&space->cur.index.header->flags, flags);
	if (space->next.index.header)
		atomic_fetch_or(&space->next.index.header->flags, flags);
}

void space_clear(struct space *space, uint32_t flags)
{
	atomic_fetch_and(&space->cur.index.header->flags, ~flags);
	if (space->next.index.header)
		atomic_fetch_and(&space->next.index.header->flags, ~flags);
}

static int note_volume_of(void *context, struct record_key key, const struct record *record)
{
	struct space *space = context;

	(void)record; /* that there is one is all */
	if (space->n_volumes > 0 && space->volumes[space->n_volumes - 1] == key.volume)
		return 0;

	return space_note_volume(space, key.volume);
}

static int load_record(void *context, struct record_key key, const struct record *record)
{
	struct space *space = context;
	int r = note_volume_of(space, key, record);

	return r < 0 ? r : index_load(&space->cur.index, key, record);
}

/* The smallest segment in which `n` records take at most three fifths of the slots. */
static uint32_t buckets_for(uint64_t n)
{
	uint64_t n_steps = n * 5 / 3 / (INDEX_BUCKETS_MIN * INDEX_SLOTS) + 1;
	uint64_t n_buckets = n_steps * INDEX_BUCKETS_MIN;

	if (n_buckets < NEW_BUCKETS)
		return NEW_BUCKETS;

	return n_buckets < BUCKETS_MAX ? (uint32_t)n_buckets : BUCKETS_MAX;
}

uint32_t space_larger(uint32_t n_buckets)
{
	uint32_t more = n_buckets < SMALL_BUCKETS
				? n_buckets
				: n_buckets / 4 / INDEX_BUCKETS_MIN * INDEX_BUCKETS_MIN;

	return more > BUCKETS_MAX - n_buckets ? 0 : n_buckets + more;
}

/* Versions of entries begin with the generation. A segment built anew must not give one that a
 * client remembers from the segment before it, so the number comes from the clock since boot. */
static uint64_t first_generation(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for this clock */
	return 1 + (uint64_t)now.tv_sec * 16 + (uint64_t)now.tv_nsec / 62500000;
}

static int build_once(struct daemon *daemon, struct space *space, const char *name,
		      uint32_t n_buckets)
{
	char temporary[SEGMENT_NAME_MAX];
	int r;

	(void)snprintf(temporary, sizeof(temporary), FAKEID_SEGMENT_FORMAT ".new", space->fsns);
	r = segment_make(daemon->place.dirfd, temporary, n_buckets, space->fsns, first_generation(),
			 daemon->boot_id, &space->cur);
	if (r < 0)
		return r;

	space_bind_volumes(daemon, space);
	r = store_each_record(daemon->store, space->fsns, (struct record_key){0}, load_record,
			      space);
	if (r == 0) {
		/* Again, for the volumes that loading found. */
		space_bind_volumes(daemon, space);
		if (daemon->full)
			space_raise(space, INDEX_FULL);
		atomic_store(&space->cur.index.header->state, INDEX_LIVE);
		if (renameat(daemon->place.dirfd, temporary, daemon->place.dirfd, name) < 0)
			r = -errno;
	}
	if (r < 0) {
		(void)unlinkat(daemon->place.dirfd, temporary, 0); /* nobody knows it yet */
		segment_close(&space->cur);
	}
	return r;
}

static int build(struct daemon *daemon, struct space *space, const char *name)
{
	uint64_t n_records;
	uint32_t n_buckets;
	int r = store_count_records(daemon->store, space->fsns, &n_records);

	if (r < 0)
		return r;

	/* Inodes that crowd into few buckets may need more than their number says. */
	n_buckets = buckets_for(n_records);
	for (int tries = 0; tries < 4 && n_buckets; tries++) {
		r = build_once(daemon, space, name, n_buckets);
		if (r != -EXFULL)
			return r;
		n_buckets = space_larger(n_buckets);
	}
	return -ENOSPC;
}

/* Take over a segment that outlived its daemon, with whatever in it the store lacks. */
static int adopt(struct daemon *daemon, struct space *space, const char *name)
{
	int r = segment_map(daemon->place.dirfd, name, space->fsns, daemon->boot_id, &space->cur);

	if (r < 0)
		return r;

	index_flush_recover(&space->cur.index);
	r = space_grow_adopt(daemon, space);
	if (r < 0)
		return r;

	index_each(&space->cur.index, note_volume_of, space);
	space_bind_volumes(daemon, space);
	if (!daemon->full)
		space_clear(space, INDEX_FULL);
	return 0;
}

struct foreign {
	const struct nsview *view;
	bool found;
};

static int find_foreign(void *context, struct record_key key, const struct record *record)
{
	struct foreign *foreign = context;
	const struct idspace *home = foreign->view->home;
	uint32_t ignored;

	(void)key; /* which file it is does not matter */
	foreign->found = ((record->flags & RECORD_UID) &&
			  idspace_up(&home[FAKEID_UID], record->uid, &ignored) < 0) ||
			 ((record->flags & RECORD_GID) &&
			  idspace_up(&home[FAKEID_GID], record->gid, &ignored) < 0);
	return foreign->found ? -ECANCELED : 0;
}

/* Whether there are ids that only other namespaces know, the records themselves say. */
static int note_foreign(struct daemon *daemon, struct space *space)
{
	autofree struct nsview *view = NULL;
	struct foreign foreign = {.found = false};
	int r = namespace_view(daemon, space->fsns, &view);

	if (r < 0)
		return r;

	foreign.view = view;
	index_each(&space->cur.index, find_foreign, &foreign);
	if (foreign.found)
		space_raise(space, INDEX_HAS_FOREIGN);
	return 0;
}

static void free_space(struct space *space)
{
	segment_close(&space->cur);
	segment_close(&space->next);
	free(space->volumes);
	free(space);
}

int space_open(struct daemon *daemon, uint32_t fsns, struct space **ret_space)
{
	struct space *space = space_find(daemon, fsns);
	char name[SEGMENT_NAME_MAX];
	int r;

	if (space) {
		*ret_space = space;
		return 0;
	}

	space = calloc(1, sizeof(*space));
	if (!space)
		return -ENOMEM;

	space->fsns = fsns;
	space->cur = SEGMENT_NONE;
	space->next = SEGMENT_NONE;
	(void)snprintf(name, sizeof(name), FAKEID_SEGMENT_FORMAT, fsns);
	r = adopt(daemon, space, name);
	if (r == -ENOENT || r == -EBADMSG) {
		segment_close(&space->cur);
		r = build(daemon, space, name);
	}
	if (r == 0)
		r = note_foreign(daemon, space);
	if (r < 0) {
		free_space(space);
		return r;
	}

	space->n_used = index_count_slots(&space->cur.index);
	space->used_ms = util_now_ms();
	space->next_space = daemon->spaces;
	daemon->spaces = space;
	persist_keep_room(daemon);
	*ret_space = space;
	return 0;
}

int space_need(struct daemon *daemon, uint32_t fsns, struct space **ret_space)
{
	struct store_namespace entry;
	int r;

	*ret_space = space_find(daemon, fsns);
	if (*ret_space)
		return 0;

	r = store_get_namespace(daemon->store, fsns, &entry, NULL);
	if (r < 0)
		return r == -ENOENT ? -EINVAL : r;

	return space_open(daemon, fsns, ret_space);
}

void space_close(struct daemon *daemon, struct space *space, enum index_state mark)
{
	char name[SEGMENT_NAME_MAX], next[SEGMENT_NAME_MAX];

	for (struct space **at = &daemon->spaces; *at; at = &(*at)->next_space) {
		if (*at == space) {
			*at = space->next_space;
			break;
		}
	}
	(void)snprintf(name, sizeof(name), FAKEID_SEGMENT_FORMAT, space->fsns);
	(void)snprintf(next, sizeof(next), FAKEID_SEGMENT_NEXT_FORMAT, space->fsns);
	if (mark != INDEX_LIVE) {
		/* Names first: who finds the mark looks for the name. */
		if (segment_is_named(daemon->place.dirfd, name, &space->cur))
			(void)unlinkat(daemon->place.dirfd, name, 0); /* gone already is as well */
		if (space->next.index.header)
			(void)unlinkat(daemon->place.dirfd, next, 0); /* likewise */
		atomic_store(&space->cur.index.header->state, mark);
		if (space->next.index.header)
			atomic_store(&space->next.index.header->state, mark);
	}
	free_space(space);
}

struct orphans {
	uint32_t fsns, n;
};

static int drop_orphans(struct daemon *daemon, void *context)
{
	struct orphans *orphans = context;

	return store_drop_orphans(daemon->store, orphans->fsns, &orphans->n);
}

void space_give_back(struct daemon *daemon, struct space *space)
{
	struct orphans orphans = {.fsns = space->fsns};

	/* What fails is done another time. */
	if (persist_change(daemon, drop_orphans, &orphans) == 0 && orphans.n > 0)
		(void)persist_flush(daemon);
	space_close(daemon, space, INDEX_ABANDONED);
}
