/* SPDX-License-Identifier: MIT
 * index_help.h - what the index tests share: regions, records that prove themselves, random
 * numbers, and a whole growth in one call.
 */
#ifndef FAKEID_INDEX_HELP_H
#define FAKEID_INDEX_HELP_H

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "core/index.h"
#include "core/index_layout.h"
#include "run_suite.h"

/* Check's own asserts write to a pipe each time; these run millions of times. */
#define must(condition)                                                            \
	do {                                                                       \
		if (!(condition))                                                  \
			ck_abort_msg("%s:%d: %s", __FILE__, __LINE__, #condition); \
	} while (0)

#define FSNS 7u
#define VOLUME 3u

static inline uint64_t help_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

/* A live segment in memory that forked processes share. */
static inline struct index help_segment(uint32_t n_buckets, uint64_t generation)
{
	static const uint8_t boot_id[16] = "0123456789abcdef";
	size_t size = index_size(n_buckets);
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct index index;

	ck_assert_ptr_ne(memory, MAP_FAILED);
	index_format(memory, n_buckets, FSNS, generation, boot_id);
	ck_assert_int_eq(index_open(memory, size, &index), 0);
	atomic_store(&index.header->state, INDEX_LIVE);
	return index;
}

static inline void help_unmap(const struct index *index)
{
	munmap(index->header, index_size(index->n_buckets));
}

static inline struct record_key help_key(uint64_t ino)
{
	return (struct record_key){ino, VOLUME};
}

/* Odd seeds make records that take two slots. Of the others every second has no birth time. */
static inline bool help_is_wide(uint64_t seed)
{
	return seed % 2;
}

/* Every field follows from `seed` and the key, so a mix of two records shows. */
static inline struct record help_record(struct record_key key, uint64_t seed)
{
	uint64_t x = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) ^ key.ino;
	struct record record = {
		.uid = {seed},
		.gid = {x},
		.btime_ns = (int64_t)(x * 3),
		.ctime_ns = (int64_t)(x * 5 + 1),
		.rdev = (uint32_t)(x >> 7),
		.handle = (uint32_t)(x >> 13),
		.mode = (uint16_t)(x >> 19 & 05777),
		.flags = RECORD_UID | RECORD_GID,
	};

	if (help_is_wide(seed))
		return record;

	record.gid.value &= UINT32_MAX;
	if (seed % 4 == 0)
		record.rdev = record.handle = 0;
	else
		record.btime_ns = 0;
	return record;
}

static inline bool help_equal(const struct record *a, const struct record *b)
{
	return a->uid.value == b->uid.value && a->gid.value == b->gid.value &&
	       a->btime_ns == b->btime_ns && a->ctime_ns == b->ctime_ns && a->rdev == b->rdev &&
	       a->handle == b->handle && a->mode == b->mode && a->flags == b->flags;
}

/* Is this what somebody wrote with help_record()? */
static inline bool help_is_whole(struct record_key key, const struct record *record)
{
	struct record expected = help_record(key, record->uid.value);

	return help_equal(record, &expected);
}

static inline struct record help_tombstone(void)
{
	return (struct record){.flags = RECORD_NONE};
}

/* Write until nobody is in the way; asserts it works. */
static inline void help_put(const struct index_view *view, struct record_key key,
			    const struct record *record)
{
	int r;

	do {
		struct record old;
		uint64_t version;

		r = index_find(view, key, &old, &version);
		must(r == 0 || r == -ENOENT);
		r = index_publish(view, key, version, record);
	} while (r == -EAGAIN);
	must(r == 0);
}

static inline void help_set(const struct index_view *view, uint64_t ino, uint64_t seed)
{
	struct record record = help_record(help_key(ino), seed);

	help_put(view, help_key(ino), &record);
}

/* The seed found for the key, or -ENOENT; asserts that the record is whole. */
static inline int64_t help_get(const struct index_view *view, uint64_t ino)
{
	struct record record;
	uint64_t version;
	int r = index_find(view, help_key(ino), &record, &version);

	if (r != 0)
		return r;
	must(version != 0);
	must(help_is_whole(help_key(ino), &record));
	return (int64_t)record.uid.value;
}

static inline uint64_t help_version(const struct index_view *view, uint64_t ino)
{
	struct record record;
	uint64_t version;
	int r = index_find(view, help_key(ino), &record, &version);

	must(r == 0 || r == -ENOENT);
	return version;
}

static inline void help_move_all(const struct index *from, const struct index *to)
{
	for (uint32_t i = 0; i < from->n_buckets; i++)
		must(index_move_bucket(from, to, i) == 0);
}

static inline void help_announce(const struct index *from, const struct index *to)
{
	atomic_store(&from->header->next_generation, to->header->generation);
}

static inline int help_count(void *context, struct record_key key, const struct record *record)
{
	(void)key;
	(void)record;
	++*(int *)context;
	return 0;
}

static inline int help_flush(const struct index *index)
{
	int n = 0, r = index_flush_begin(index, help_count, &n);

	must(n == r);
	index_flush_end(index, true);
	return r;
}

#endif
