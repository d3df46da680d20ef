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

/* Slots whose tag is `tag`: eight bytes at a time, exact. */
static uint32_t match_tags(struct index_bucket *bucket, uint8_t tag)
{
	const uint64_t sevens = UINT64_C(0x7f7f7f7f7f7f7f7f);
	uint32_t match = 0;

	for (uint32_t i = 0; i < 4; i++) {
		uint64_t x = atomic_load_explicit(&bucket->tags[i], memory_order_relaxed) ^
			     tag * UINT64_C(0x0101010101010101);
		uint64_t zero = ~(((x & sevens) + sevens) | x | sevens); /* 0x80 in equal bytes */

		match |= (uint32_t)((zero >> 7) * UINT64_C(0x0102040810204080) >> 56) << 8 * i;
	}
	return match;
}

static void copy_record(struct index_entry *entry, struct record *ret_record)
{
	const memory_order relaxed = memory_order_relaxed;

	ret_record->uid.value = atomic_load_explicit(&entry->uid, relaxed);
	ret_record->gid.value = atomic_load_explicit(&entry->gid, relaxed);
	ret_record->btime_ns = (int64_t)atomic_load_explicit(&entry->btime, relaxed);
	ret_record->ctime_ns = (int64_t)atomic_load_explicit(&entry->ctime, relaxed);
	ret_record->rdev = atomic_load_explicit(&entry->rdev, relaxed);
	ret_record->handle = atomic_load_explicit(&entry->handle, relaxed);
	ret_record->mode = atomic_load_explicit(&entry->mode, relaxed);
	ret_record->flags = atomic_load_explicit(&entry->flags, relaxed);
}

/* Was what we read since `word` was loaded the content of one moment? A slot is written only after
 * the change of the word that retired its old entry, and the writer's release fence lies between
 * the two: had we read a byte of that, we would now see a changed word. */
static bool still_is(struct index_bucket *bucket, uint64_t word)
{
	atomic_thread_fence(memory_order_acquire);
	return atomic_load_explicit(&bucket->live, memory_order_relaxed) == word;
}

/* One bucket at one moment: the word, and the key's slot in `ret_place` if it is there. */
static bool look(struct index_bucket *bucket, struct record_key key, uint8_t tag,
		 struct index_place *ret_place, struct record *ret_record)
{
	uint64_t word;

	do {
		uint32_t match;

		word = atomic_load_explicit(&bucket->live, memory_order_acquire);
		match = match_tags(bucket, tag) & (uint32_t)(word & WORD_SLOTS);
		ret_place->version = 0;
		for (; match != 0; match &= match - 1) {
			uint32_t slot = (uint32_t)__builtin_ctz(match);
			struct index_entry *entry = &bucket->entries[slot];

			if (atomic_load_explicit(&entry->ino, memory_order_relaxed) != key.ino ||
			    atomic_load_explicit(&entry->volume, memory_order_relaxed) !=
				    key.volume)
				continue;
			ret_place->slot = slot;
			ret_place->version = atomic_load_explicit(&entry->version,
								  memory_order_relaxed);
			if (ret_record)
				copy_record(entry, ret_record);
			break;
		}
	} while (!still_is(bucket, word));

	ret_place->word = word;
	return ret_place->version != 0;
}

int index_lookup(const struct index *index, struct record_key key, bool frozen_too,
		 struct index_place *ret_place, struct record *ret_record)
{
	struct index_hash hash = index_hash(key);

	for (uint32_t probe = 0; probe < INDEX_PROBES; probe++) {
		uint32_t number = index_probe(index, &hash, probe);
		struct index_bucket *bucket = index_bucket(index, number);
		bool found = look(bucket, key, hash.tag, ret_place, ret_record);

		if ((ret_place->word & WORD_FROZEN) && !frozen_too)
			return -ESTALE;

		ret_place->bucket = bucket;
		ret_place->number = number;
		if (found)
			return 0;
		if (!(ret_place->word & WORD_OVERFLOWED))
			return -ENOENT;
	}
	ret_place->bucket = NULL;
	return -ENOENT;
}

uint64_t index_read_slot(struct index_bucket *bucket, uint32_t slot, struct record_key *ret_key,
			 struct record *ret_record, uint64_t *ret_version)
{
	struct index_entry *entry = &bucket->entries[slot];
	uint64_t word;

	do {
		word = atomic_load_explicit(&bucket->live, memory_order_acquire);
		if (!(word & index_bit(slot)))
			return word;
		ret_key->ino = atomic_load_explicit(&entry->ino, memory_order_relaxed);
		ret_key->volume = atomic_load_explicit(&entry->volume, memory_order_relaxed);
		*ret_version = atomic_load_explicit(&entry->version, memory_order_relaxed);
		copy_record(entry, ret_record);
	} while (!still_is(bucket, word));
	return word;
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

int index_find(const struct index_view *view, struct record_key key, struct record *ret_record,
	       uint64_t *ret_version)
{
	struct index_header *header = view->cur->header;
	struct index_place place;
	int r;

	if (atomic_load_explicit(&header->state, memory_order_acquire) != INDEX_LIVE)
		return -ESTALE;

	if (!(atomic_load_explicit(&header->flags, memory_order_acquire) & INDEX_HAS_RECORDS)) {
		*ret_version = 0;
		return -ENOENT;
	}

	r = index_lookup(view->cur, key, false, &place, ret_record);
	if (r == -ESTALE)
		r = find_moving(view, key, &place, ret_record);
	if (r != 0 && r != -ENOENT)
		return r;

	*ret_version = place.version;
	return r != 0 || (ret_record->flags & RECORD_NONE) ? -ENOENT : 0;
}

void index_each(const struct index *index, index_dirty_fn *fn, void *context)
{
	for (uint32_t number = 0; number < index->n_buckets; number++) {
		struct index_bucket *bucket = index_bucket(index, number);
		uint64_t word = atomic_load_explicit(&bucket->live, memory_order_acquire);

		for (uint32_t live = word & WORD_SLOTS; live != 0; live &= live - 1) {
			uint32_t slot = (uint32_t)__builtin_ctz(live);
			struct record_key key;
			struct record record;
			uint64_t version;

			word = index_read_slot(bucket, slot, &key, &record, &version);
			if (!(word & index_bit(slot)) || (record.flags & RECORD_NONE))
				continue;
			if (fn(context, key, &record) < 0)
				return;
		}
	}
}
