/* SPDX-License-Identifier: MIT
 * persist.c - collect dirty index entries and commit them in groups, with the xattrs that wait in
 * the journal. What was acknowledged is dirty in an index or written in the journal until a commit
 * has it.
 */
#include "persist.h"

#include <string.h>

#include "daemon.h"
#include "reserve.h"

#define GROUP 16384    /* changes of one transaction */
#define GROUP_SMALL 64 /* likewise, while there is no room */
#define GROW_TRIES 40

struct dirty {
	uint8_t key[RECORD_KEY_BYTES];
	size_t order; /* of two with one key the later counts */
	struct record record;
};

struct batch {
	struct dirty *rows;
	size_t n, capacity;
	uint32_t fsns;
};

/* Begin again with what the journal has; the index entries are still dirty. */
static int reopen(struct daemon *daemon, bool grow)
{
	int r = 0;

	for (int tries = 0; tries < GROW_TRIES; tries++) {
		store_abort(daemon->store);
		if (grow)
			r = store_grow(daemon->store);
		if (r == 0)
			r = journal_replay(&daemon->journal, daemon->store);
		if (r != -EXFULL)
			return r;
		grow = true;
	}
	return -ENOSPC;
}

int persist_change(struct daemon *daemon, persist_fn *change, void *context)
{
	for (int tries = 0; tries < GROW_TRIES; tries++) {
		int r = change(daemon, context);

		if (r >= 0)
			return r;

		if (r != -EXFULL) {
			/* Half of it may be in the transaction. If going back fails too, the next
			 * commit does, and that is told. */
			(void)reopen(daemon, false);
			return r;
		}

		r = reopen(daemon, true);
		if (r < 0)
			return r;
	}
	return -ENOSPC;
}

static int collect(void *context, struct record_key key, const struct record *record)
{
	struct batch *batch = context;

	if (batch->n == batch->capacity) {
		size_t capacity = batch->capacity ? batch->capacity * 2 : 1024;
		struct dirty *rows = realloc(batch->rows, capacity * sizeof(*rows));

		if (!rows)
			return -ENOMEM;

		batch->rows = rows;
		batch->capacity = capacity;
	}
	record_encode_key(batch->fsns, key, batch->rows[batch->n].key);
	batch->rows[batch->n].order = batch->n;
	batch->rows[batch->n].record = *record;
	batch->n++;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct dirty *first = a, *second = b;
	int order = memcmp(first->key, second->key, sizeof(first->key));

	if (order != 0)
		return order;

	return first->order < second->order ? -1 : first->order > second->order;
}

static int put(struct daemon *daemon, const struct dirty *row)
{
	const struct record *record = &row->record;
	struct record_key key;
	uint32_t fsns;
	int r = record_decode_key(row->key, sizeof(row->key), &fsns, &key);

	/* A volume number of 0 would be a writer gone wild; the store takes no such row. */
	if (r < 0)
		return 0;

	if (record->flags & RECORD_DOOMED)
		return store_delete_doomed(daemon->store, fsns, key, record->btime_ns);
	if (record->flags & RECORD_NONE)
		return store_delete_record(daemon->store, fsns, key, record->btime_ns);

	return store_put_record(daemon->store, fsns, key, record);
}

struct slice {
	const struct dirty *rows;
	size_t n;
};

static int put_slice(struct daemon *daemon, void *context)
{
	const struct slice *slice = context;
	int r = 0;

	for (size_t i = 0; r == 0 && i < slice->n; i++)
		r = put(daemon, &slice->rows[i]);
	return r;
}

static int commit(struct daemon *daemon)
{
	int r = store_commit(daemon->store);

	if (r == 0)
		return daemon->journal.size ? journal_cut(&daemon->journal, 0) : 0;

	/* If this fails as well, the next attempt to commit will. */
	(void)reopen(daemon, r == -EXFULL);
	return r;
}

/* The commit may be what finds the map full. It has grown since, and the group goes once more. */
static int put_group(struct daemon *daemon, struct slice *slice)
{
	int r = -EXFULL;

	for (int tries = 0; r == -EXFULL && tries < GROW_TRIES; tries++) {
		r = persist_change(daemon, put_slice, slice);
		if (r == 0)
			r = commit(daemon);
	}
	return r == -EXFULL ? -ENOSPC : r;
}

static int put_groups(struct daemon *daemon, const struct batch *batch, size_t group)
{
	size_t at = 0;

	do {
		size_t left = batch->n - at;
		struct slice slice = {batch->rows + at, left < group ? left : group};
		int r = put_group(daemon, &slice);

		if (r < 0)
			return r;

		at += slice.n;
	} while (at < batch->n);
	return 0;
}

static void end_all(struct daemon *daemon, const struct space *until, bool ok)
{
	for (struct space *space = daemon->spaces; space != until; space = space->next_space)
		index_flush_end(&space->cur.index, ok);
}

static int collect_all(struct daemon *daemon, struct batch *batch)
{
	for (struct space *space = daemon->spaces; space; space = space->next_space) {
		int n;

		batch->fsns = space->fsns;
		n = index_flush_begin(&space->cur.index, collect, batch);
		if (n < 0) {
			end_all(daemon, space, false);
			return n;
		}

		space->n_used += (uint64_t)n;
	}
	return 0;
}

int persist_flush(struct daemon *daemon)
{
	struct batch batch = {0};
	autofree struct dirty *rows = NULL;
	int r;

	/* Entries of frozen buckets cannot be collected. Where finishing fails, they stay dirty in
	 * the old segment and the new one, and both outlive us. */
	for (struct space *space = daemon->spaces; space; space = space->next_space)
		(void)space_grow_finish(daemon, space);

	r = collect_all(daemon, &batch);
	rows = batch.rows;
	if (r < 0)
		return r;

	if (batch.n > 0)
		qsort(batch.rows, batch.n, sizeof(*batch.rows), compare);
	r = put_groups(daemon, &batch, GROUP);
	if (r == -ENOSPC || r == -EIO) {
		reserve_release(daemon);
		r = put_groups(daemon, &batch, GROUP_SMALL);
	}
	end_all(daemon, NULL, r == 0);
	if (r == 0 && daemon->full)
		persist_keep_room(daemon);
	return r;
}

bool persist_is_dirty(const struct daemon *daemon)
{
	if (daemon->journal.size > 0)
		return true;

	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space->next.index.header || index_is_dirty(&space->cur.index))
			return true;
	}
	return false;
}
