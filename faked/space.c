/* SPDX-License-Identifier: MIT
 * space.c - filesystem namespaces in use: adopting or building their segments, volumes and flags.
 */
#include "space.h"

#include <stdio.h>
#include <string.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "persist.h"

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

static int count_one(void *context, struct record_key key, const struct record *record)
{
	uint64_t *count = context;

	(void)key; /* a count looks at neither */
	(void)record;
	++*count;
	return 0;
}

uint64_t space_count(struct space *space)
{
	uint64_t count = 0;

	index_each(&space->cur.index, count_one, &count);
	return count;
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

int space_note_volume(struct space *space, uint32_t volume)
{
	uint32_t *volumes;

	for (size_t i = 0; i < space->n_volumes; i++) {
		if (space->volumes[i] == volume)
			return 0;
	}

	volumes = realloc(space->volumes, (space->n_volumes + 1) * sizeof(*volumes));
	if (!volumes)
		return -ENOMEM;

	volumes[space->n_volumes++] = volume;
	space->volumes = volumes;
	return 0;
}

/* On an overlay the first change of a file makes a new inode of it: the shim wants to know. */
static void mark_copies_up(const struct daemon *daemon, const struct index *index, uint32_t volume)
{
	if (!volume_copies_up(&daemon->volumes, volume))
		return;
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		struct index_volume *row = &index->header->volumes[i];

		if (atomic_load(&row->volume) == volume)
			atomic_fetch_or(&row->flags, VOLUME_COPIES_UP);
	}
}

/* A full table gives up the rows whose device is not mounted any more. */
static int make_row(struct daemon *daemon, const struct index *index, uint64_t dev, uint32_t volume)
{
	int r = index_bind_volume(index, dev, volume);

	if (r != -ENOSPC)
		return r;

	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		uint64_t held = atomic_load(&index->header->volumes[i].dev);
		uint32_t number = atomic_load(&index->header->volumes[i].volume);

		if (number != 0 && volumes_device(&daemon->volumes, number) != held)
			(void)index_bind_volume(index, held, 0); /* emptying a row cannot fail */
	}
	return index_bind_volume(index, dev, volume);
}

static int bind_row(struct daemon *daemon, const struct index *index, uint64_t dev, uint32_t volume)
{
	int r = make_row(daemon, index, dev, volume);

	if (r == 0)
		mark_copies_up(daemon, index, volume);
	return r;
}

int space_bind(struct daemon *daemon, struct space *space, uint64_t dev, uint32_t volume)
{
	int r = bind_row(daemon, &space->cur.index, dev, volume);

	if (r == 0 && space->next.index.header)
		r = bind_row(daemon, &space->next.index, dev, volume);
	return r;
}

void space_bind_volumes(struct daemon *daemon, struct space *space)
{
	bool all = true;

	/* Rows whose device now is another filesystem or none go first: anonymous devices are reused. */
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		struct index_volume *row = &space->cur.index.header->volumes[i];
		uint32_t number = atomic_load(&row->volume);

		if (number != 0 &&
		    volumes_device(&daemon->volumes, number) != atomic_load(&row->dev))
			(void)space_bind(daemon, space, atomic_load(&row->dev),
					 0); /* cannot fail */
	}

	for (size_t i = 0; i < daemon->volumes.n; i++) {
		const struct volume *volume = &daemon->volumes.rows[i];

		/* A table that is full stays so; what is asked for later comes through VOLUME. */
		if (volume->dev != 0 && space_bind(daemon, space, volume->dev, volume->number) < 0)
			all = false;
	}

	for (size_t i = 0; all && i < space->n_volumes; i++)
		all = volumes_device(&daemon->volumes, space->volumes[i]) != 0;
	if (all)
		space_clear(space, INDEX_UNBOUND);
	else
		space_raise(space, INDEX_UNBOUND);
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

/* The smallest segment in which `n` records take at most two fifths. */
static uint32_t buckets_for(uint64_t n)
{
	uint32_t n_buckets = INDEX_BUCKETS_MIN;

	while ((uint64_t)n_buckets * INDEX_INSERT_SLOTS * 2 < n * 5 &&
	       n_buckets < (UINT32_C(1) << 30))
		n_buckets *= 2;
	return n_buckets;
}

static int build_once(struct daemon *daemon, struct space *space, const char *name,
		      uint32_t n_buckets)
{
	char temporary[SEGMENT_NAME_MAX];
	int r;

	(void)snprintf(temporary, sizeof(temporary), FAKEID_SEGMENT_FORMAT ".new", space->fsns);
	r = segment_make(daemon->place.dirfd, temporary, n_buckets, space->fsns, 1, daemon->boot_id,
			 &space->cur);
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
	for (int tries = 0; tries < 4; tries++) {
		r = build_once(daemon, space, name, n_buckets);
		if (r != -EXFULL)
			return r;
		n_buckets *= 2;
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

static void free_space(struct space *space)
{
	segment_close(&space->cur);
	segment_close(&space->next);
	free(space->volumes);
	free(space);
}

int space_open(struct daemon *daemon, uint32_t fsns, bool nameless, struct space **ret_space)
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
	space->nameless = nameless;
	space->cur = SEGMENT_NONE;
	space->next = SEGMENT_NONE;
	(void)snprintf(name, sizeof(name), FAKEID_SEGMENT_FORMAT, fsns);
	r = adopt(daemon, space, name);
	if (r == -ENOENT || r == -EBADMSG) {
		segment_close(&space->cur);
		r = build(daemon, space, name);
	}
	if (r < 0) {
		free_space(space);
		return r;
	}

	space->n_used = space_count(space);
	space->next_space = daemon->spaces;
	daemon->spaces = space;
	persist_keep_room(daemon);
	*ret_space = space;
	return 0;
}

void space_close(struct daemon *daemon, struct space *space, bool remove)
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
	if (remove) {
		/* Names first: who finds the mark looks for the name. */
		if (segment_is_named(daemon->place.dirfd, name, &space->cur))
			(void)unlinkat(daemon->place.dirfd, name, 0); /* gone already is as well */
		if (space->next.index.header)
			(void)unlinkat(daemon->place.dirfd, next, 0); /* likewise */
		atomic_store(&space->cur.index.header->state, INDEX_ABANDONED);
		if (space->next.index.header)
			atomic_store(&space->next.index.header->state, INDEX_ABANDONED);
	}
	free_space(space);
}
