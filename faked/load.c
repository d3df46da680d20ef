/* SPDX-License-Identifier: MIT
 * load.c - records from the store into a segment, behind its readers. A key has to be asked for as
 * long as the segment says INDEX_LOADING and has no entry of it; whatever is there came later than
 * the store's record, or is the same, so that nothing here ever replaces an entry or a tombstone.
 * A tombstone is freed when its deletion is committed, and then the store has no record to bring
 * back. A daemon killed on the way leaves the flag up, and the next one begins again.
 */
#include "load.h"

#include <errno.h>
#include <stdlib.h>

#include "daemon.h"
#include "namespace_private.h"
#include "persist.h"
#include "space.h"

#define CHECK_ROWS 128u	 /* between two looks at the clock */
#define COUNT_ROWS 8192u /* likewise, where they are only counted */
#define TIDY_BUCKETS 256u
#define RETRY_MS 1000
#define GROUP_INODES 32u /* neighbours that share a page of the index */

/* No file was born then: a deletion of it takes no xattrs along. */
static const struct record absent = {.flags = RECORD_NONE, .btime_ns = INT64_MIN};

static bool is_foreign(const struct nsview *view, const struct record *record)
{
	uint32_t ignored;

	return ((record->flags & RECORD_UID) &&
		idspace_up(&view->home[FAKEID_UID], record->uid, &ignored) < 0) ||
	       ((record->flags & RECORD_GID) &&
		idspace_up(&view->home[FAKEID_GID], record->gid, &ignored) < 0);
}

/* Whether there are ids that only other namespaces know, the records themselves say; before they
 * are loaded. */
static void note_foreign(struct space *space, const struct record *record)
{
	uint32_t flags = atomic_load(&space->cur.index.header->flags);

	if (!(flags & INDEX_HAS_FOREIGN) && is_foreign(space->load.view, record))
		space_raise(space, INDEX_HAS_FOREIGN);
}

static int load_record(void *context, struct record_key key, const struct record *record)
{
	struct space *space = context;

	note_foreign(space, record);
	return index_load(&space->cur.index, key, record);
}

static int prepare(struct daemon *daemon, struct space *space)
{
	load_end(&space->load);
	return namespace_view(daemon, space->fsns, &space->load.view);
}

struct slice {
	struct space *space;
	int64_t until_ns;
	uint32_t n;
};

static int note_name(void *context, struct record_key key, const void *name, size_t size)
{
	struct slice *slice = context;
	struct record_key *at = &slice->space->load.at;

	/* Where we go on is a file of which no name was seen. */
	if (key.ino != at->ino || key.volume != at->volume) {
		*at = key;
		if (++slice->n % CHECK_ROWS == 0 && util_now_ns() >= slice->until_ns)
			return 1;
	}
	space_note_xattr(slice->space, name, size);
	return space_has_all_classes(slice->space);
}

/* From the xattrs themselves and not from their files' records, one of which may still be on its
 * way from a process to us. */
static int load_names(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	struct slice slice = {space, until_ns, 0};
	int r = store_each_name(daemon->store, space->fsns, space->load.at, note_name, &slice);

	return r == 1 && space_has_all_classes(space) ? 0 : r;
}

int load_all(struct daemon *daemon, struct space *space)
{
	int r = prepare(daemon, space);

	if (r == 0)
		r = load_names(daemon, space, INT64_MAX);
	if (r == 0)
		r = store_each_record(daemon->store, space->fsns, (struct record_key){0},
				      load_record, space);
	load_end(&space->load);
	return r;
}

int load_begin(struct daemon *daemon, struct space *space)
{
	int r = prepare(daemon, space);

	if (r == 0)
		space->load.stage = LOAD_COUNT;
	return r;
}

void load_pause(struct load *load)
{
	load->retry_ms = util_now_ms() + RETRY_MS;
}

void load_end(struct load *load)
{
	free(load->view);
	*load = (struct load){.stage = LOAD_NONE};
}

static int take_first(void *context, struct record_key key, const struct record *record)
{
	(void)record; /* that there is one is all */
	*(struct record_key *)context = key;
	return 1;
}

int load_volumes(struct daemon *daemon, struct space *space)
{
	struct record_key at = {0};
	int r;

	while ((r = store_each_record(daemon->store, space->fsns, at, take_first, &at)) == 1) {
		r = space_note_volume(space, at.volume);
		if (r < 0)
			return r;

		at.ino = UINT64_MAX; /* on to the next volume */
	}
	return r;
}

/* -- a key that somebody asks for -- */

struct group {
	struct space *space;
	struct record_key asked;
	uint64_t last;	  /* inode of the group */
	uint32_t present; /* bit i: the store has the record of its inode i */
};

static int settle(struct space *space, struct record_key key, const struct record *record)
{
	const struct index_view view = {&space->cur.index,
					space->next.index.header ? &space->next.index : NULL};
	int r;

	note_foreign(space, record);
	r = index_settle(&view, key, record);
	if (r == 0)
		space->load.n_fetched++;
	return r == -EEXIST ? 0 : r;
}

static int settle_row(void *context, struct record_key key, const struct record *record)
{
	struct group *group = context;

	if (key.volume != group->asked.volume || key.ino > group->last)
		return 1;

	group->present |= UINT32_C(1) << key.ino % GROUP_INODES;
	return settle(group->space, key, record);
}

static int fetch_one(struct daemon *daemon, struct space *space, struct record_key key)
{
	struct record record;
	int r = store_get_record(daemon->store, space->fsns, key, &record);

	if (r < 0 && r != -ENOENT)
		return r;

	return settle(space, key, r == 0 ? &record : &absent);
}

int load_fetch(struct daemon *daemon, struct space *space, struct record_key key)
{
	const uint64_t first = key.ino / GROUP_INODES * GROUP_INODES;
	struct group group = {space, key, first + GROUP_INODES - 1, 0};
	struct record_key after = {.volume = key.volume, .ino = first ? first - 1 : 0};
	int r = fetch_one(daemon, space, key);

	/* Who walks a tree asks for its neighbours next. They are a favour: not where room is
	 * scarce. */
	if (r < 0 || space->load.n_fetched > space_capacity(space) / 4)
		return r;

	r = store_each_record(daemon->store, space->fsns, after, settle_row, &group);
	for (uint32_t i = 0; r >= 0 && i < GROUP_INODES; i++) {
		if (!(group.present >> i & 1))
			r = settle(space, (struct record_key){first + i, key.volume}, &absent);
	}
	return 0;
}

/* -- all the others -- */

static int load_row(void *context, struct record_key key, const struct record *record)
{
	struct slice *slice = context;
	int r = load_record(slice->space, key, record);

	if (r < 0 && r != -EEXIST)
		return r;

	slice->space->load.at = key;
	return ++slice->n % CHECK_ROWS == 0 && util_now_ns() >= slice->until_ns;
}

/* Each of these returns 1 while there is more to do, 0 when its stage is done, or -errno. */
static int count_rows(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	struct load *load = &space->load;
	int r;

	do {
		uint64_t n = 0;

		r = store_count_some(daemon->store, space->fsns, &load->at, COUNT_ROWS, &n);
		load->n_rows += n;
	} while (r == 1 && util_now_ns() < until_ns);
	if (r == 0 && space->n_used < load->n_rows)
		space->n_used = load->n_rows;
	return r;
}

static int make_room(struct daemon *daemon, struct space *space)
{
	/* Done when we come here again: nothing is loaded while a segment grows. */
	return space_grow_to(daemon, space, space->load.n_rows + space->load.n_fetched);
}

static int load_rows(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	struct slice slice = {space, until_ns, 0};
	int r = store_each_record(daemon->store, space->fsns, space->load.at, load_row, &slice);

	if (r != -EXFULL)
		return r;

	r = space_grow_begin(daemon, space);
	return r < 0 ? r : 1;
}

static int tidy(struct space *space, int64_t until_ns)
{
	const struct index *index = &space->cur.index;
	struct load *load = &space->load;

	while (load->tidy_at < index->n_buckets && util_now_ns() < until_ns) {
		load->n_live += index_tidy(index, load->tidy_at, TIDY_BUCKETS, load->sweep);
		load->tidy_at += TIDY_BUCKETS;
	}
	if (load->tidy_at < index->n_buckets)
		return 1;

	space->n_used = load->n_live + (space->n_used - load->n_used);
	return 0;
}

void load_count_anew(struct space *space)
{
	space->load.tidy_at = 0;
	space->load.n_live = 0;
	space->load.n_used = space->n_used;
}

void load_count(struct space *space)
{
	load_count_anew(space);
	space->load.stage = LOAD_TIDY;
}

static int work(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	switch (space->load.stage) {
	case LOAD_NONE:
		break;
	case LOAD_COUNT:
		return count_rows(daemon, space, until_ns);
	case LOAD_ROOM:
		return make_room(daemon, space);
	case LOAD_NAMES:
		return load_names(daemon, space, until_ns);
	case LOAD_ROWS:
		return load_rows(daemon, space, until_ns);
	case LOAD_TIDY:
		return tidy(space, until_ns);
	}
	return 0;
}

static void next_stage(struct daemon *daemon, struct space *space)
{
	struct load *load = &space->load;

	load->at = (struct record_key){0};
	if (load->stage == LOAD_ROWS) {
		space_clear(space, INDEX_LOADING);
		load->sweep = true;
		load_count(space);
	} else if (load->stage == LOAD_TIDY) {
		load_end(load);
		space_counted(daemon, space);
	} else {
		load->stage++;
	}
}

bool load_slice(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	struct load *load = &space->load;
	int r;

	if (load->stage == LOAD_NONE || util_now_ms() < load->retry_ms)
		return false;

	r = work(daemon, space, until_ns);
	load->error = r < 0 ? r : 0;
	load->retry_ms = 0;
	if (r < 0)
		load_pause(load);
	if (r == 0)
		next_stage(daemon, space);
	return r >= 0 && load->stage != LOAD_NONE;
}
