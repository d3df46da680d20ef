/* SPDX-License-Identifier: MIT
 * tally.c - how many records there are, of millions in slices beside other requests. A session that
 * asked waits; when a count is there its request is handled anew and finds it.
 */
#include "tally.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon.h"

#define AT_ONCE_BUCKETS 16384u /* of an index, or */
#define AT_ONCE_ROWS 200000u   /* of the store: some milliseconds */
#define STEP_BUCKETS 1024u     /* between two looks at the clock */
#define STEP_ROWS 8192u

struct row {
	uint32_t fsns;
	uint64_t n;
};

struct tally {
	void *frame;
	size_t size;
	struct row *rows; /* what is counted */
	size_t n_rows;
	struct row now; /* what is being counted; fsns 0 = nothing */
	int error;
	uint64_t generation; /* of the index, 0 = in the store */
	uint32_t at;	     /* the next bucket */
	struct record_key after;
};

/* Else the store has them, or has some that the index has not yet. */
static bool has_all(const struct space *space)
{
	return space && !space_is_loading(space);
}

static int count_at_once(struct daemon *daemon, const struct space *space, uint32_t fsns,
			 uint64_t *ret_count)
{
	if (!has_all(space))
		return store_count_records(daemon->store, fsns, ret_count);

	*ret_count = index_count_records(&space->cur.index, 0, UINT32_MAX);
	return 0;
}

static bool is_small(struct daemon *daemon, const struct space *space)
{
	uint64_t n = 0;

	if (has_all(space))
		return space->cur.index.n_buckets <= AT_ONCE_BUCKETS;

	return store_count_all(daemon->store, &n) == 0 && n <= AT_ONCE_ROWS;
}

int tally_records(struct daemon *daemon, struct tally **tally, uint32_t fsns, uint64_t *ret_count)
{
	const struct space *space = space_find(daemon, fsns);

	for (size_t i = 0; tally && *tally && i < (*tally)->n_rows; i++) {
		if ((*tally)->rows[i].fsns == fsns) {
			*ret_count = (*tally)->rows[i].n;
			return 0;
		}
	}
	if (!tally || is_small(daemon, space))
		return count_at_once(daemon, space, fsns, ret_count);

	if (!*tally)
		*tally = calloc(1, sizeof(**tally));
	if (!*tally)
		return -ENOMEM;

	if ((*tally)->error)
		return (*tally)->error;

	(*tally)->now = (struct row){fsns, 0};
	(*tally)->generation = 0;
	(*tally)->after = (struct record_key){0};
	return -EINPROGRESS;
}

/* A segment that another one took over from begins anew: who moved to it was counted or not. */
static int count_buckets(struct tally *tally, const struct index *index)
{
	if (tally->generation != index->header->generation) {
		tally->generation = index->header->generation;
		tally->at = 0;
		tally->now.n = 0;
	}
	tally->now.n += index_count_records(index, tally->at, STEP_BUCKETS);
	tally->at += STEP_BUCKETS;
	return tally->at < index->n_buckets;
}

static int count_rows(struct daemon *daemon, struct tally *tally)
{
	uint64_t n = 0;
	int r;

	if (tally->generation != 0) {
		tally->generation = 0;
		tally->after = (struct record_key){0};
		tally->now.n = 0;
	}
	r = store_count_some(daemon->store, tally->now.fsns, &tally->after, STEP_ROWS, &n);
	tally->now.n += n;
	return r;
}

static int note(struct tally *tally)
{
	struct row *rows = realloc(tally->rows, (tally->n_rows + 1) * sizeof(*rows));

	if (!rows)
		return -ENOMEM;

	tally->rows = rows;
	rows[tally->n_rows++] = tally->now;
	return 0;
}

bool tally_slice(struct daemon *daemon, struct tally *tally, int64_t until_ns)
{
	const struct space *space = space_find(daemon, tally->now.fsns);
	int r;

	if (tally->now.fsns == 0)
		return false;

	do
		r = has_all(space) ? count_buckets(tally, &space->cur.index)
				   : count_rows(daemon, tally);
	while (r == 1 && util_now_ns() < until_ns);
	if (r == 1)
		return true;

	tally->error = r < 0 ? r : note(tally);
	tally->now.fsns = 0;
	return false;
}

int tally_keep_frame(struct tally *tally, const void *frame, size_t size)
{
	if (tally->frame)
		return 0;

	tally->frame = malloc(size);
	if (!tally->frame)
		return -ENOMEM;

	memcpy(tally->frame, frame, size);
	tally->size = size;
	return 0;
}

const void *tally_frame(const struct tally *tally, size_t *ret_size)
{
	*ret_size = tally->size;
	return tally->frame;
}

void tally_free(struct tally *tally)
{
	if (!tally)
		return;

	free(tally->frame);
	free(tally->rows);
	free(tally);
}
