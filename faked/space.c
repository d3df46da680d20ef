/* SPDX-License-Identifier: MIT
 * space.c - filesystem namespaces in use: adopting or building their segments, volumes and flags.
 */
#include "space.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fakeid/wire.h>

#include "core/xattrs.h"

#include "daemon.h"
#include "namespace_private.h"
#include "persist.h"
#include "spill.h"

#define BUCKETS_MAX (UINT32_C(1) << 30)
#define NEW_BUCKETS 128u      /* what the smallest has */
#define LOAD_AT_ONCE 1000u    /* records: less than a millisecond */
#define LOADING_BUCKETS 1024u /* 1 MiB, until they are counted and there is room for all */

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

uint64_t space_promised(const struct space *space)
{
	uint32_t n_buckets = space->cur.index.n_buckets;

	if (space->next.index.header && space->next.index.n_buckets > n_buckets)
		n_buckets = space->next.index.n_buckets;
	if (space->made.fd >= 0 && space->made.n_buckets > n_buckets)
		n_buckets = space->made.n_buckets;
	return (uint64_t)n_buckets * INDEX_INSERT_SLOTS;
}

bool space_is_loading(const struct space *space)
{
	return atomic_load(&space->cur.index.header->flags) & INDEX_LOADING;
}

bool space_is_growing(const struct space *space)
{
	return space->next.index.header || space->made.fd >= 0;
}

uint64_t space_newest(const struct space *space)
{
	const struct segment *newest = space->next.index.header ? &space->next : &space->cur;

	return newest->index.header->generation;
}

void space_raise(struct space *space, uint32_t flags)
{
	atomic_fetch_or(&space->cur.index.header->flags, flags);
	if (space->next.index.header)
		atomic_fetch_or(&space->next.index.header->flags, flags);
}

void space_note_xattr(struct space *space, const void *name, size_t size)
{
	char text[XATTRS_NAME_MAX + 1] = "";
	uint32_t flag;

	if (size > XATTRS_NAME_MAX)
		return; /* no such name can be kept, or asked for */

	memcpy(text, name, size);
	flag = xattrs_index_flag(xattrs_classify(text));
	if (!(atomic_load(&space->cur.index.header->flags) & flag))
		space_raise(space, flag);
}

bool space_has_all_classes(const struct space *space)
{
	return !(INDEX_XATTR_CLASSES & ~atomic_load(&space->cur.index.header->flags));
}

void space_clear(struct space *space, uint32_t flags)
{
	atomic_fetch_and(&space->cur.index.header->flags, ~flags);
	if (space->next.index.header)
		atomic_fetch_and(&space->next.index.header->flags, ~flags);
}

uint32_t space_buckets_for(uint64_t n)
{
	uint64_t n_steps = n * 5 / 3 / (INDEX_BUCKETS_MIN * INDEX_SLOTS) + 1;
	uint64_t n_buckets = n_steps * INDEX_BUCKETS_MIN;

	if (n_buckets < NEW_BUCKETS)
		return NEW_BUCKETS;

	return n_buckets < BUCKETS_MAX ? (uint32_t)n_buckets : BUCKETS_MAX;
}

uint32_t space_larger(uint32_t n_buckets)
{
	uint32_t more = n_buckets < INDEX_SMALL_BUCKETS
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

/* Into its place, with `flags` up. */
static int publish(struct daemon *daemon, struct space *space, const char *temporary,
		   const char *name, uint32_t flags)
{
	space_bind_volumes(daemon, space);
	space_raise(space, flags | (daemon->full ? INDEX_FULL : 0));
	atomic_store(&space->cur.index.header->state, INDEX_LIVE);
	return renameat(daemon->place.dirfd, temporary, daemon->place.dirfd, name) < 0 ? -errno : 0;
}

static int build_once(struct daemon *daemon, struct space *space, const char *name,
		      uint32_t n_buckets, bool at_once)
{
	char temporary[SEGMENT_NAME_MAX];
	int r;

	(void)snprintf(temporary, sizeof(temporary), FAKEID_SEGMENT_FORMAT ".new", space->fsns);
	r = segment_make(daemon->place.dirfd, temporary, n_buckets, space->fsns, first_generation(),
			 daemon->boot_id, &space->cur);
	if (r < 0)
		return r;

	space_bind_volumes(daemon, space);
	if (at_once)
		r = load_all(daemon, space);
	if (r == 0)
		r = publish(daemon, space, temporary, name, at_once ? 0 : INDEX_LOADING);
	if (r < 0)
		segment_drop(daemon->place.dirfd, temporary, &space->cur);
	return r;
}

/* More than a few records are counted and loaded when the first look-ups are served already, and
 * grow out of a segment that is allocated in no time. */
static int build(struct daemon *daemon, struct space *space, const char *name)
{
	struct record_key after = {0};
	uint64_t n_records = 0;
	uint32_t n_buckets;
	int more = store_count_some(daemon->store, space->fsns, &after, LOAD_AT_ONCE + 1,
				    &n_records);
	int r = more < 0 ? more : load_volumes(daemon, space);

	if (r < 0)
		return r;

	n_buckets = more ? LOADING_BUCKETS : space_buckets_for(n_records);
	/* Inodes that crowd into few buckets may need more than their number says. */
	for (int tries = 0; tries < 4 && n_buckets; tries++) {
		space->n_used = n_records; /* counted again, it would touch every page */
		r = build_once(daemon, space, name, n_buckets, !more);
		if (r != -EXFULL)
			return r;
		n_buckets = space_larger(n_buckets);
	}
	return -ENOSPC;
}

/* Take over a segment that outlived its daemon, with whatever in it the store lacks. Its flags are
 * those of its records; a load that was not finished begins again. */
static int adopt(struct daemon *daemon, struct space *space, const char *name)
{
	int r = segment_map(daemon->place.dirfd, name, space->fsns, daemon->boot_id, &space->cur);

	if (r < 0)
		return r;

	index_flush_recover(&space->cur.index);
	r = space_grow_adopt(daemon, space);
	space->n_used = index_count_slots(&space->cur.index);
	if (r == 0)
		r = load_volumes(daemon, space);
	for (uint32_t i = 0; r == 0 && i < INDEX_VOLUMES; i++) {
		uint32_t volume = atomic_load(&space->cur.index.header->volumes[i].volume);

		r = volume ? space_note_volume(space, volume) : 0;
	}
	if (r < 0)
		return r;

	space_bind_volumes(daemon, space);
	if (!daemon->full)
		space_clear(space, INDEX_FULL);
	return 0;
}

static int take_up(struct daemon *daemon, struct space *space)
{
	uint64_t n_sized_for = space_capacity(space) / 5 * 3;

	if (!space_is_loading(space))
		return 0;

	/* Of what is to come we know only what it was made for. */
	if (space->n_used < n_sized_for)
		space->n_used = n_sized_for;
	return load_begin(daemon, space);
}

static void free_space(struct space *space)
{
	segment_close(&space->cur);
	segment_close(&space->next);
	segment_close(&space->made); /* space_grow_adopt() removes the file */
	load_end(&space->load);
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
	space->made = SEGMENT_NONE;
	(void)snprintf(name, sizeof(name), FAKEID_SEGMENT_FORMAT, fsns);
	r = adopt(daemon, space, name);
	if (r == -ENOENT || r == -EBADMSG) {
		if (space->cur.index.header)
			index_leave(&space->cur.index, INDEX_ABANDONED);
		segment_close(&space->cur);
		r = build(daemon, space, name);
	}
	if (r == 0)
		r = take_up(daemon, space);
	if (r < 0) {
		free_space(space);
		return r;
	}

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

	/* Nothing of it may reach the store once its rows have gone from there. */
	persist_settle(daemon);
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
		index_leave(&space->cur.index, mark);
		if (space->next.index.header)
			index_leave(&space->next.index, mark);
	}
	if (space->made.fd >= 0)
		space_grow_drop(daemon, space);
	if (mark != INDEX_LIVE)
		spill_sweep(daemon);
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
