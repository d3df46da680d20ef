/* SPDX-License-Identifier: MIT
 * grow.c - a segment that gets too small moves into a larger one, in slices, beside its writers.
 * The order of the steps is that of index_move_bucket(); a daemon killed between any two of them
 * leaves files from which space_grow_adopt() goes on.
 */
#include <stdio.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "persist.h"
#include "reserve.h"
#include "spill.h"
#include "space.h"

#define KEPT_FLAGS (INDEX_MAY_HOLD | INDEX_FULL | INDEX_LOADING)
#define GROW_AT_TENTHS 7u	    /* of all slots */
#define RENEW_BELOW_TENTHS 6u	    /* likewise: what is written during the move has to fit, too */
#define RENEW_SMALL_BELOW_TENTHS 4u /* few are looked through there for a slot */
#define RENEWALS_MAX 8u
#define STEP_BYTES (UINT32_C(512) << 10)  /* allocated between two looks at the clock */
#define AT_ONCE_BYTES (UINT32_C(8) << 20) /* that much is allocated in no time */
#define STEP_BUCKETS 128u		  /* moved between two looks at the clock */
#define COUNT_BUCKETS 16384u		  /* of more nobody may wait for a count */
#define SAMPLE_BUCKETS 2048u		  /* instead so many are looked at */

struct names {
	char cur[SEGMENT_NAME_MAX], next[SEGMENT_NAME_MAX], made[SEGMENT_NAME_MAX];
	char spilled[SEGMENT_NAME_MAX + 24]; /* of the one that is being made */
};

static struct names names_of(const struct space *space)
{
	struct names names;

	(void)snprintf(names.cur, sizeof(names.cur), FAKEID_SEGMENT_FORMAT, space->fsns);
	(void)snprintf(names.next, sizeof(names.next), FAKEID_SEGMENT_NEXT_FORMAT, space->fsns);
	(void)snprintf(names.made, sizeof(names.made), FAKEID_SEGMENT_FORMAT ".new", space->fsns);
	(void)snprintf(names.spilled, sizeof(names.spilled), FAKEID_SEGMENT_FORMAT ".%llu",
		       space->fsns, (unsigned long long)space_newest(space) + 1);
	return names;
}

static void carry_flags(const struct index *from, const struct index *to)
{
	atomic_fetch_or(&to->header->flags, atomic_load(&from->header->flags) & KEPT_FLAGS);
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		uint32_t number = atomic_load(&from->header->volumes[i].volume);

		for (uint32_t j = 0; number != 0 && j < INDEX_VOLUMES; j++) {
			if (atomic_load(&to->header->volumes[j].volume) == number)
				atomic_fetch_or(&to->header->volumes[j].flags,
						atomic_load(&from->header->volumes[i].flags));
		}
	}
}

static void carry_volumes(const struct index *from, const struct index *to)
{
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		uint32_t number = atomic_load(&from->header->volumes[i].volume);

		/* The tables are equally long. */
		if (number != 0)
			(void)index_bind_volume(to, atomic_load(&from->header->volumes[i].dev),
						number);
	}
	carry_flags(from, to);
}

static bool is_above(const struct space *space, uint64_t n_slots, uint32_t tenths)
{
	return n_slots * 10 >= (uint64_t)space->cur.index.n_buckets * INDEX_SLOTS * tenths;
}

/* n_used does not know of what a fast writer has not seen committed. */
static uint64_t count_slots(const struct space *space)
{
	const struct index *index = &space->cur.index;
	uint64_t n = 0;

	if (index->n_buckets <= COUNT_BUCKETS)
		return index_count_slots(index);

	for (uint64_t i = 0; i < SAMPLE_BUCKETS; i++)
		n += index_tidy(index, (uint32_t)(i * index->n_buckets / SAMPLE_BUCKETS), 1, false);
	return n * index->n_buckets / SAMPLE_BUCKETS;
}

void space_grow_drop(struct daemon *daemon, struct space *space)
{
	const struct names names = names_of(space);

	if (space->made_spilled)
		spill_drop(daemon, names.spilled, &space->made);
	else
		segment_drop(daemon->place.dirfd, names.made, &space->made);
	persist_keep_room(daemon);
}

static int begin_made(struct daemon *daemon, struct space *space, uint32_t n_buckets)
{
	const struct names names = names_of(space);
	int r;

	if (n_buckets == 0)
		return -ENOSPC;

	space->made_spilled = false;
	r = segment_begin(daemon->place.dirfd, names.made, n_buckets, &space->made);
	if (r == 0)
		r = reserve_offer(daemon, space_is_loading(space));
	return r;
}

/* The place has no room, but the state directory may have. 1 as of a step that was made. */
static int spill(struct daemon *daemon, struct space *space)
{
	const struct names names = names_of(space);
	uint32_t n_buckets = space->made.n_buckets;
	int r;

	segment_drop(daemon->place.dirfd, names.made, &space->made);
	r = spill_begin(daemon, names.spilled, n_buckets, &space->made);
	space->made_spilled = r == 0;
	return r < 0 ? r : 1;
}

/* 1: there is more to do; 0: all is allocated; or -errno. */
static int extend_made(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	int r;

	do {
		r = segment_extend(&space->made, STEP_BYTES);
		if (r == -ENOSPC && !space->made_spilled)
			r = spill(daemon, space);
	} while (r == 1 && util_now_ns() < until_ns);
	return r;
}

/* Ready to be moved into, from `from`. */
static int open_made(struct daemon *daemon, struct space *space, const struct index *from)
{
	int r = segment_end(&space->made, space->fsns, from->header->generation + 1,
			    daemon->boot_id);

	if (r < 0)
		return r;

	carry_volumes(from, &space->made.index);
	atomic_store(&space->made.index.header->state, INDEX_LIVE);
	return 0;
}

static int name_made(struct daemon *daemon, struct space *space)
{
	const struct names names = names_of(space);
	int dirfd = daemon->place.dirfd;
	int r = space->made_spilled ? spill_link(daemon, names.spilled, names.made) : 0;

	return r < 0 ? r : renameat(dirfd, names.made, dirfd, names.next) < 0 ? -errno : 0;
}

/* From now on clients know of it. */
static void announce_made(struct space *space)
{
	space->next = TAKE(space->made, SEGMENT_NONE);
	space->move_at = 0;
	space->n_moved = 0;
	atomic_store(&space->cur.index.header->next_generation,
		     space->next.index.header->generation);
}

static int allocate(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	int r = extend_made(daemon, space, until_ns);

	if (r == 1)
		return 0;

	if (r == 0)
		r = open_made(daemon, space, &space->cur.index);
	if (r == 0)
		r = name_made(daemon, space);
	if (r < 0) {
		space_grow_drop(daemon, space);
		return r;
	}

	announce_made(space);
	return 0;
}

static int begin(struct daemon *daemon, struct space *space, uint32_t n_buckets)
{
	int r = begin_made(daemon, space, n_buckets);

	if (r < 0)
		space_grow_drop(daemon, space);
	else if (space->made.size <= AT_ONCE_BYTES)
		r = allocate(daemon, space, INT64_MAX);
	space->grow_error = r;
	return r;
}

int space_grow_begin(struct daemon *daemon, struct space *space)
{
	uint32_t n_buckets = space->cur.index.n_buckets;

	if (space_is_growing(space))
		return 0;

	/* Where slots leaked, or many writers met at one bucket, a new start is enough. */
	if (!space_is_loading(space) &&
	    !is_above(space, count_slots(space),
		      n_buckets < INDEX_SMALL_BUCKETS ? RENEW_SMALL_BELOW_TENTHS
						      : RENEW_BELOW_TENTHS) &&
	    space->n_renewed < RENEWALS_MAX) {
		space->n_renewed++;
	} else {
		space->n_renewed = 0;
		n_buckets = space_larger(n_buckets);
	}
	return begin(daemon, space, n_buckets);
}

int space_grow_to(struct daemon *daemon, struct space *space, uint64_t n)
{
	uint32_t n_buckets = space_buckets_for(n);

	if (space_is_growing(space) || space->cur.index.n_buckets >= n_buckets)
		return 0;

	return begin(daemon, space, n_buckets);
}

static int move_all(const struct index *from, const struct index *to)
{
	int r = 0;

	for (uint32_t i = 0; r == 0 && i < from->n_buckets; i++)
		r = index_move_bucket(from, to, i);
	return r;
}

/* The target proved too small: everything in it goes to a third, larger again, which takes its
 * place. */
static int enlarge_target(struct daemon *daemon, struct space *space)
{
	struct segment old = space->next;
	int r = begin_made(daemon, space, space_larger(old.index.n_buckets));

	if (r == 0)
		r = extend_made(daemon, space, INT64_MAX);
	if (r == 0)
		r = open_made(daemon, space, &old.index);
	if (r == 0)
		r = move_all(&old.index, &space->made.index);
	if (r == 0)
		r = name_made(daemon, space);
	if (r < 0) {
		space_grow_drop(daemon, space);
		return r;
	}

	carry_flags(&old.index, &space->made.index);
	announce_made(space);
	index_leave(&old.index, INDEX_RETIRED);
	segment_close(&old);
	return 0;
}

static int complete(struct daemon *daemon, struct space *space)
{
	const struct names names = names_of(space);

	/* What a daemon before us had left already has all flags. */
	if (atomic_load(&space->cur.index.header->state) == INDEX_LIVE) {
		carry_flags(&space->cur.index, &space->next.index);
		index_leave(&space->cur.index, INDEX_RETIRED);
	}
	if (renameat(daemon->place.dirfd, names.next, daemon->place.dirfd, names.cur) < 0)
		daemon->lost = true; /* the place is gone; the watch commits and ends us */
	segment_close(&space->cur);
	space->cur = TAKE(space->next, SEGMENT_NONE);
	spill_sweep(daemon);
	/* Writers' own are counted when they are committed. */
	space->n_used = space->n_moved < space->load.n_rows ? space->load.n_rows : space->n_moved;
	space->recount_at = 0;
	load_count_anew(space);
	persist_keep_room(daemon);
	return 0;
}

static int move(struct space *space, int64_t until_ns)
{
	const struct index *cur = &space->cur.index;

	while (space->move_at < cur->n_buckets) {
		int r = index_move_bucket(cur, &space->next.index, space->move_at);

		if (r < 0)
			return r;

		space->n_moved += index_tidy(cur, space->move_at, 1, false);
		if (++space->move_at % STEP_BUCKETS == 0 && util_now_ns() >= until_ns)
			break;
	}
	return 0;
}

int space_grow_slice(struct daemon *daemon, struct space *space, int64_t until_ns)
{
	int r;

	if (!space_is_growing(space))
		return SPACE_SETTLED;

	if (space->made.fd >= 0) {
		r = allocate(daemon, space, until_ns);
		space->grow_error = r;
		if (r < 0)
			load_pause(&space->load); /* else it would ask for room again at once */
		return r < 0 ? r : SPACE_MOVING;
	}

	r = move(space, until_ns);
	if (r == -EXFULL || r == -ESTALE)
		r = enlarge_target(daemon, space);
	space->grow_error = r;
	if (r < 0)
		return r;

	if (space->move_at < space->cur.index.n_buckets)
		return SPACE_MOVING;

	return complete(daemon, space);
}

int space_grow_finish(struct daemon *daemon, struct space *space)
{
	int r = SPACE_MOVING;

	while (r == SPACE_MOVING)
		r = space_grow_slice(daemon, space, INT64_MAX);
	return r;
}

int space_grow_adopt(struct daemon *daemon, struct space *space)
{
	const struct names names = names_of(space);
	struct index_header *header = space->cur.index.header;
	uint64_t next_generation = atomic_load(&header->next_generation);
	int r;

	/* Never finished: what it was to hold is still where it was. */
	(void)unlinkat(daemon->place.dirfd, names.made, 0);
	r = segment_map(daemon->place.dirfd, names.next, space->fsns, daemon->boot_id,
			&space->next);
	if (r < 0 && next_generation != 0)
		return -EBADMSG;

	if (next_generation == 0) {
		/* Killed before the first client heard of it. */
		(void)unlinkat(daemon->place.dirfd, names.next, 0);
		segment_close(&space->next);
		return 0;
	}

	if (space->next.index.header->generation < next_generation) {
		segment_close(&space->next);
		return -EBADMSG;
	}

	index_flush_recover(&space->next.index);
	if (atomic_load(&header->state) == INDEX_RETIRED)
		return complete(daemon, space);

	atomic_store(&header->next_generation, space->next.index.header->generation);
	space->move_at = 0;
	return space_grow_finish(daemon, space);
}

bool space_grow_if_needed(struct space *space)
{
	if (space_is_growing(space) || space->load.stage != LOAD_NONE ||
	    !is_above(space, space->n_used, GROW_AT_TENTHS) || space->n_used < space->recount_at)
		return false;

	load_count(space);
	return true;
}

void space_counted(struct daemon *daemon, struct space *space)
{
	space->recount_at = space->n_used + space_capacity(space) / 64;
	if (is_above(space, space->n_used, GROW_AT_TENTHS))
		(void)space_grow_begin(daemon, space); /* grow_error tells; GROW asks again */
	else
		persist_keep_room(daemon);
}
