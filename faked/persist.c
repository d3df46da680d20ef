/* SPDX-License-Identifier: MIT
 * persist.c - collect dirty index entries and commit them in groups, with the xattrs that wait in
 * the journal. What was acknowledged is dirty in an index or written in the journal until a commit
 * has it.
 */
#include "persist.h"

#include <string.h>

#include "daemon.h"
#include "reserve.h"
#include "server.h"

#define GROUP 16384	/* changes of one transaction */
#define GROUP_STEP 2048 /* likewise, where clients may be waiting */
#define ENOUGH 8192	/* collected at once, likewise: sorting takes a millisecond for 4096 */
#define GROUP_SMALL 64	/* likewise, while there is no room */
#define GROW_TRIES 40

struct dirty {
	uint8_t key[RECORD_KEY_BYTES];
	size_t order; /* of two with one key the later counts */
	struct record record;
};

struct collect {
	struct flush *flush;
	struct space *space;
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
	const struct collect *collect = context;
	struct flush *flush = collect->flush;
	int r = space_note_volume(collect->space, key.volume);

	if (r < 0)
		return r;

	if (flush->n == flush->capacity) {
		size_t capacity = flush->capacity ? flush->capacity * 2 : 1024;
		struct dirty *rows = realloc(flush->rows, capacity * sizeof(*rows));

		if (!rows)
			return -ENOMEM;

		flush->rows = rows;
		flush->capacity = capacity;
	}
	record_encode_key(collect->space->fsns, key, flush->rows[flush->n].key);
	flush->rows[flush->n].order = flush->n;
	flush->rows[flush->n].record = *record;
	flush->n++;
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

/* The commit may be what finds the map full. It has grown since, and the change is made once more. */
static int change_and_commit(struct daemon *daemon, persist_fn *change, void *context)
{
	int r = -EXFULL;

	for (int tries = 0; r == -EXFULL && tries < GROW_TRIES; tries++) {
		r = persist_change(daemon, change, context);
		if (r == 0)
			r = commit(daemon);
	}
	return r == -EXFULL ? -ENOSPC : r;
}

int persist_commit(struct daemon *daemon, persist_fn *change, void *context)
{
	int r;

	persist_settle(daemon);
	r = change_and_commit(daemon, change, context);
	if (r == -ENOSPC || r == -EIO) {
		reserve_release(daemon);
		r = change_and_commit(daemon, change, context);
		persist_keep_room(daemon);
	}
	return r;
}

static void end_all(struct daemon *daemon, const struct space *until, bool ok)
{
	for (struct space *space = daemon->spaces; space != until; space = space->next_space)
		index_flush_end(&space->cur.index, ok);
}

static int collect_all(struct daemon *daemon, uint32_t enough)
{
	for (struct space *space = daemon->spaces; space; space = space->next_space) {
		struct collect context = {&daemon->flush, space};
		int n = index_flush_some(&space->cur.index, &space->flush_at, enough, collect,
					 &context);

		if (n < 0) {
			end_all(daemon, space, false);
			return n;
		}

		space->n_used += (uint64_t)n;
		daemon->flush.more |= (uint32_t)n >= enough;
	}
	return 0;
}

/* 1 while there are more. An empty flush commits what else is open. */
static int put_next(struct daemon *daemon, size_t group)
{
	struct flush *flush = &daemon->flush;
	size_t left = flush->n - flush->at;
	struct slice slice = {flush->rows + flush->at, left < group ? left : group};
	int r = change_and_commit(daemon, put_slice, &slice);

	if (r < 0)
		return r;

	flush->at += slice.n;
	return flush->at < flush->n;
}

static int put_all(struct daemon *daemon, size_t group)
{
	int r;

	do
		r = put_next(daemon, group);
	while (r == 1);
	return r;
}

static int done(struct daemon *daemon, int r)
{
	/* Smaller steps need less room. What is there already goes once more. */
	if (r == -ENOSPC || r == -EIO) {
		reserve_release(daemon);
		daemon->flush.at = 0;
		r = put_all(daemon, GROUP_SMALL);
	}
	end_all(daemon, NULL, r == 0);
	free(daemon->flush.rows);
	daemon->flush = (struct flush){.running = false};
	if (r == 0 && daemon->full)
		persist_keep_room(daemon);
	return r;
}

static int begin(struct daemon *daemon, uint32_t enough)
{
	struct flush *flush = &daemon->flush;
	int r;

	persist_settle(daemon);
	flush->more = false;
	r = collect_all(daemon, enough);
	if (r < 0) {
		free(flush->rows);
		*flush = (struct flush){.running = false};
		return r;
	}

	if (flush->n > 0)
		qsort(flush->rows, flush->n, sizeof(*flush->rows), compare);
	flush->running = true;
	return 1;
}

int persist_begin(struct daemon *daemon)
{
	return begin(daemon, ENOUGH);
}

int persist_step(struct daemon *daemon)
{
	struct flush *flush = &daemon->flush;
	const size_t left = flush->n - flush->at;
	bool more = flush->more;
	int r;

	if (!flush->running) {
		/* If a segment has begun to move, the next tick sees to the rest. */
		flush->more = false;
		return server_is_moving(daemon) ? 0 : persist_begin(daemon);
	}

	/* No commit for a few. */
	r = put_next(daemon, left > GROUP_STEP * 3 / 2 ? GROUP_STEP : left);
	if (r == 1)
		return 1;

	r = done(daemon, r);
	flush->more = r == 0 && more;
	return flush->more ? 1 : r;
}

static int drop_some(struct daemon *daemon, void *context)
{
	(void)context; /* all there is to know is in `past` */
	return store_drop_past(daemon->store, &daemon->past, GROUP_STEP);
}

int persist_drop_past(struct daemon *daemon)
{
	int r = persist_change(daemon, drop_some, NULL);

	daemon->has_past = r == 1;
	return r < 0 ? r : persist_begin(daemon);
}

void persist_settle(struct daemon *daemon)
{
	if (daemon->flush.running)
		(void)done(daemon, put_all(daemon, GROUP)); /* what fails is dirty again */
}

int persist_flush(struct daemon *daemon)
{
	int r;

	persist_settle(daemon);
	/* Entries of frozen buckets cannot be collected. Where finishing fails, they stay dirty in
	 * the old segment and the new one, and both outlive us. */
	for (struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space->next.index.header)
			(void)space_grow_finish(daemon, space);
	}
	r = begin(daemon, UINT32_MAX);
	return r < 0 ? r : done(daemon, put_all(daemon, GROUP));
}

bool persist_is_dirty(const struct daemon *daemon)
{
	if (daemon->flush.running || daemon->journal.size > 0)
		return true;

	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space->next.index.header || index_is_dirty(&space->cur.index))
			return true;
	}
	return false;
}
