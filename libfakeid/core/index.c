/* SPDX-License-Identifier: MIT
 * index.c - make and open a segment, and look into it. Nothing here writes to a bucket.
 */
#include "index.h"

#include <errno.h>
#include <string.h>

#include "index_layout.h"

#define MAP_UNIT 4096u

/* Both maps, rounded up to pages. */
static size_t maps_size(uint32_t n_buckets)
{
	return ((size_t)n_buckets / 4 + MAP_UNIT - 1) / MAP_UNIT * MAP_UNIT;
}

size_t index_size(uint32_t n_buckets)
{
	return INDEX_HEADER_BYTES + maps_size(n_buckets) + (size_t)n_buckets * INDEX_BUCKET_BYTES;
}

void index_format(void *memory, uint32_t n_buckets, uint32_t fsns, uint64_t generation,
		  const uint8_t boot_id[16])
{
	struct index_header *header = memory;

	header->magic = INDEX_MAGIC;
	header->layout = INDEX_LAYOUT;
	header->n_buckets = n_buckets;
	memcpy(header->boot_id, boot_id, sizeof(header->boot_id));
	header->generation = generation;
	header->fsns = fsns;
}

int index_open(void *memory, size_t size, struct index *ret_index)
{
	struct index_header *header = memory;
	uint32_t n_buckets;

	if (size < INDEX_HEADER_BYTES || header->magic != INDEX_MAGIC ||
	    header->layout != INDEX_LAYOUT || header->generation == 0)
		return -EBADMSG;

	/* Divide first: on 32 bit a wild number must not overflow the sum. */
	n_buckets = header->n_buckets;
	if (n_buckets == 0 || n_buckets % INDEX_BUCKETS_MIN != 0 ||
	    n_buckets > size / INDEX_BUCKET_BYTES || index_size(n_buckets) > size)
		return -EBADMSG;

	*ret_index = (struct index){
		.header = header,
		.dirty_map = (void *)((uint8_t *)memory + INDEX_HEADER_BYTES),
		.buckets = (uint8_t *)memory + INDEX_HEADER_BYTES + maps_size(n_buckets),
		.n_buckets = n_buckets,
	};
	return 0;
}

/* The top bit of each byte of eight tags that is `tag`, and perhaps of the one above it. */
static inline uint64_t match_eight(struct index_bucket *bucket, uint32_t i, uint8_t tag)
{
	const uint64_t ones = UINT64_C(0x0101010101010101), tops = ones << 7;
	uint64_t x = atomic_load_explicit(&bucket->tags[i], memory_order_relaxed) ^ tag * ones;

	return (x - ones) & ~x & tops;
}

/* Slots that may have this tag: bit 8 * j + i is for slot 8 * i + j. */
static inline uint64_t match_tags(struct index_bucket *bucket, uint8_t tag)
{
	return match_eight(bucket, 0, tag) >> 7 | match_eight(bucket, 1, tag) >> 6 |
	       match_eight(bucket, 2, tag) >> 5;
}

/* Of the entry whose first slot this is. Returns its slots. */
static __attribute__((noinline)) uint32_t read_wide(struct index_bucket *bucket, uint32_t slot,
						    uint64_t meta, struct record *ret_record)
{
	struct index_entry *first = &bucket->entries[slot], *second;
	uint32_t other = (uint32_t)index_entry_word(first, ENTRY_WHERE);
	uint64_t numbers;

	/* What is being written may be any number; it will not be taken for an answer. */
	other = other < INDEX_SLOTS ? other : 0;
	second = &bucket->entries[other];
	numbers = index_entry_word(second, SECOND_NUMBERS);
	if (ret_record)
		*ret_record = (struct record){
			.uid = {index_entry_word(second, SECOND_UID)},
			.gid = {index_entry_word(second, SECOND_GID)},
			.btime_ns = (int64_t)index_entry_word(first, ENTRY_BIRTH),
			.ctime_ns = (int64_t)index_entry_word(first, ENTRY_CTIME),
			.rdev = (uint32_t)numbers,
			.handle = (uint32_t)(numbers >> 32),
			.mode = (uint16_t)(meta >> 32),
			.flags = (uint16_t)index_entry_word(second, SECOND_FLAGS),
		};
	return index_bit(slot) | index_bit(other);
}

/* Likewise. `ret_record` may be NULL. */
static inline uint32_t read_entry(struct index_bucket *bucket, uint32_t slot, uint64_t meta,
				  uint64_t row, struct record *ret_record)
{
	if (__builtin_expect(row == 0, 0))
		return read_wide(bucket, slot, meta, ret_record);

	if (ret_record)
		index_unpack(&bucket->entries[slot], meta, row, ret_record);
	return index_bit(slot);
}

static inline uint32_t volume_of(struct index_entry *entry, uint64_t meta, uint64_t row)
{
	return __builtin_expect(index_meta_context(meta) == CONTEXT_WIDE, 0)
		       ? (uint32_t)(index_entry_word(entry, ENTRY_WHERE) >> 32)
		       : index_row_volume(row);
}

/* Was what we read since `word` was loaded the content of one moment? A slot is written only after
 * the change of the word that retired its old entry, and the writer's release fence lies between
 * the two: had we read a byte of that, we would now see a changed word. */
static bool still_is(struct index_bucket *bucket, uint64_t word)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&bucket->live, memory_order_relaxed) == word;
}

/* One bucket: its word, and the key's slots in `ret_place` if it is there. False if it was changed
 * meanwhile, and this is not what it held at any moment. */
static inline __attribute__((always_inline)) bool look_once(const struct index *index,
							    struct index_bucket *bucket,
							    struct record_key key, uint8_t tag,
							    struct index_place *ret_place,
							    struct record *ret_record)
{
	uint64_t match;

	ret_place->word = atomic_load_explicit(&bucket->live, memory_order_acquire);
	ret_place->version = 0;
	for (match = match_tags(bucket, tag); match != 0; match &= match - 1) {
		uint32_t bit = (uint32_t)__builtin_ctzll(match), slot = bit % 8 * 8 + bit / 8;
		struct index_entry *entry = &bucket->entries[slot];
		uint64_t meta, row;

		if (!(ret_place->word & index_bit(slot)) ||
		    index_entry_word(entry, ENTRY_INO) != key.ino)
			continue;
		meta = index_entry_word(entry, ENTRY_META);
		row = index_meta_row(index, meta);
		if (volume_of(entry, meta, row) != key.volume)
			continue;
		ret_place->version = (uint32_t)meta;
		ret_place->slots = read_entry(bucket, slot, meta, row, ret_record);
		break;
	}
	return still_is(bucket, ret_place->word);
}

int index_lookup(const struct index *index, struct record_key key, bool frozen_too,
		 struct index_place *ret_place, struct record *ret_record)
{
	struct index_hash hash = index_hash(key);
	uint32_t probe = 0;

	do {
		uint32_t number = index_probe(index, &hash, probe);
		struct index_bucket *bucket = index_bucket(index, number);

		while (!look_once(index, bucket, key, hash.tag, ret_place, ret_record))
			continue;
		if ((ret_place->word & WORD_FROZEN) && !frozen_too)
			return -ESTALE;

		ret_place->bucket = bucket;
		ret_place->number = number;
		if (ret_place->version != 0)
			return 0;
		if (!(ret_place->word & WORD_OVERFLOWED))
			return -ENOENT;
	} while (++probe < index_n_probes(index));
	ret_place->bucket = NULL;
	return -ENOENT;
}

bool index_read_slot(const struct index *index, struct index_bucket *bucket, uint32_t slot,
		     struct index_held *ret_held)
{
	struct index_entry *entry = &bucket->entries[slot];

	do {
		uint64_t meta, row;

		ret_held->word = atomic_load_explicit(&bucket->live, memory_order_acquire);
		if (!(ret_held->word & index_bit(slot)))
			return false;
		meta = index_entry_word(entry, ENTRY_META);
		row = index_meta_row(index, meta);
		ret_held->key.ino = index_entry_word(entry, ENTRY_INO);
		ret_held->key.volume = volume_of(entry, meta, row);
		ret_held->version = (uint32_t)meta;
		ret_held->slots = read_entry(bucket, slot, meta, row, &ret_held->record);
	} while (!still_is(bucket, ret_held->word));
	return ret_held->version != 0;
}

const struct index *index_moving_to(const struct index_view *view)
{
	const struct index *next = view->next;
	uint64_t generation = atomic_load_explicit(&view->cur->header->next_generation,
						   memory_order_acquire);

	return next && next->header->generation == generation ? next : NULL;
}

/* A bucket of the key's is frozen, so `next` may know better. What it does not have has not changed
 * since the freeze, and `cur` still has that. */
static int find_moving(const struct index_view *view, struct record_key key,
		       struct index_place *ret_place, struct record *ret_record)
{
	const struct index *next = index_moving_to(view);
	int r;

	if (!next)
		return -ESTALE;

	r = index_lookup(next, key, false, ret_place, ret_record);
	if (r != -ENOENT)
		return r;

	/* After the look-up: once everything is moved, tombstones are freed in `next`, and a miss
	 * there does not send us back here any more. */
	if (atomic_load_explicit(&view->cur->header->state, memory_order_acquire) != INDEX_LIVE)
		return -ESTALE;

	return index_lookup(view->cur, key, true, ret_place, ret_record);
}

/* Not where it is looked for first. */
static __attribute__((noinline)) int find_further(const struct index_view *view,
						  struct record_key key,
						  struct index_place *ret_place,
						  struct record *ret_record)
{
	int r = index_lookup(view->cur, key, false, ret_place, ret_record);

	return r == -ESTALE ? find_moving(view, key, ret_place, ret_record) : r;
}

/* index_lookup() and what follows it; most keys are in their first bucket or nowhere. */
static inline int find(const struct index_view *view, struct record_key key,
		       struct index_place *ret_place, struct record *ret_record)
{
	struct index_hash hash = index_hash(key);
	struct index_bucket *bucket = index_bucket(view->cur, index_probe(view->cur, &hash, 0));

	if (__builtin_expect(look_once(view->cur, bucket, key, hash.tag, ret_place, ret_record) &&
				     !(ret_place->word & WORD_FROZEN),
			     1)) {
		if (ret_place->version != 0)
			return 0;
		if (!(ret_place->word & WORD_OVERFLOWED))
			return -ENOENT;
	}
	return find_further(view, key, ret_place, ret_record);
}

int index_find(const struct index_view *view, struct record_key key, struct record *ret_record,
	       uint64_t *ret_version)
{
	struct index_header *header = view->cur->header;
	struct index_place place;
	uint32_t flags;
	int r;

	if (atomic_load_explicit(&header->state, memory_order_acquire) != INDEX_LIVE)
		return -ESTALE;

	/* Before the look-up: what is loaded after it is loaded before the flag goes. */
	flags = atomic_load_explicit(&header->flags, memory_order_acquire);
	if (!(flags & INDEX_MAY(INDEX_HAS_RECORDS))) {
		*ret_version = 0;
		return -ENOENT;
	}

	r = find(view, key, &place, ret_record);
	if (r != 0 && r != -ENOENT)
		return r;

	*ret_version = place.version;
	if (r == 0)
		return ret_record->flags & RECORD_NONE ? -ENOENT : 0;
	if (index_is_gone(view->cur))
		return -ESTALE;
	return (flags & INDEX_LOADING) && !place.version ? -EINPROGRESS : -ENOENT;
}

uint64_t index_newest(const struct index_view *view)
{
	const struct index *next = index_moving_to(view);

	return (next ? next : view->cur)->header->generation;
}

void index_each(const struct index *index, index_dirty_fn *fn, void *context)
{
	for (uint32_t number = 0; number < index->n_buckets; number++) {
		struct index_bucket *bucket = index_bucket(index, number);
		uint64_t word = atomic_load_explicit(&bucket->live, memory_order_acquire);

		for (uint32_t live = word & WORD_SLOTS; live != 0; live &= live - 1) {
			struct index_held held;

			if (!index_read_slot(index, bucket, (uint32_t)__builtin_ctz(live), &held) ||
			    (held.record.flags & RECORD_NONE))
				continue;
			if (fn(context, held.key, &held.record) < 0)
				return;
		}
	}
}

uint64_t index_count_records(const struct index *index, uint32_t first, uint32_t n)
{
	uint64_t count = 0;

	for (uint32_t number = first; n > 0 && number < index->n_buckets; number++, n--) {
		struct index_bucket *bucket = index_bucket(index, number);
		uint64_t word = atomic_load_explicit(&bucket->live, memory_order_acquire);

		for (uint32_t live = word & WORD_SLOTS; live != 0; live &= live - 1) {
			struct index_held held;

			count += index_read_slot(index, bucket, (uint32_t)__builtin_ctz(live),
						 &held) &&
				 !(held.record.flags & (RECORD_NONE | RECORD_DOOMED));
		}
	}
	return count;
}

uint64_t index_count_slots(const struct index *index)
{
	return index_tidy(index, 0, UINT32_MAX, false);
}
