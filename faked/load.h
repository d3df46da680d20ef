/* SPDX-License-Identifier: MIT
 * load.h - records from the store into a segment: a few at once, many in slices behind their
 * readers. While they come the segment says INDEX_LOADING, and who misses a key asks for it.
 */
#ifndef FAKED_LOAD_H
#define FAKED_LOAD_H

#include <stdbool.h>
#include <stdint.h>

#include "core/nsview.h"
#include "core/record.h"

struct daemon;
struct space;

enum load_stage {
	LOAD_NONE,  /* nothing is missing */
	LOAD_COUNT, /* how many records are there? */
	LOAD_ROOM,  /* a segment that takes them all */
	LOAD_NAMES, /* of which classes are their xattrs? */
	LOAD_ROWS,
	LOAD_TIDY, /* all are there: count them; tombstones of keys the store never had go */
};

struct load {
	enum load_stage stage;
	uint64_t n_rows;      /* in the store, once they are counted */
	uint64_t n_fetched;   /* entries made because somebody asked */
	struct record_key at; /* the last one seen to */
	uint32_t tidy_at;     /* the bucket to look at next */
	uint64_t n_live;      /* slots in use of those before */
	uint64_t n_used;      /* the space's guess when that began */
	bool sweep;	      /* there may be tombstones to free */
	struct nsview *view;  /* which ids are the namespace's own */
	int64_t retry_ms;     /* not before, after an error; else 0 */
	int error;
};

/* Begin. The segment is live, and INDEX_LOADING up. 0 or -errno. */
int load_begin(struct daemon *daemon, struct space *space);

/* Go on until about `until_ns`. True: there is more to do. */
bool load_slice(struct daemon *daemon, struct space *space, int64_t until_ns);

/* All at once, into a segment that nobody uses yet. 0 or -errno, -EXFULL where it is too small. */
int load_all(struct daemon *daemon, struct space *space);

/* See to one key of a space that is loading, and to its neighbours if it costs little. 0, -EXFULL,
 * or -errno. */
int load_fetch(struct daemon *daemon, struct space *space, struct record_key key);

/* The volumes that the store has records of, into the space's list. */
int load_volumes(struct daemon *daemon, struct space *space);

/* Make the space's n_used true. Nothing is to be loaded. */
void load_count(struct space *space);

/* Another segment has taken over: what was counted is not true of it. */
void load_count_anew(struct space *space);

/* What it needs cannot be had: go on later. */
void load_pause(struct load *load);

void load_end(struct load *load);

#endif
