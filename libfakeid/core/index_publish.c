/* SPDX-License-Identifier: MIT
 * index_publish.c - change an entry. A live entry is never overwritten: a writer claims a free slot
 * of the bucket, fills it, and swaps it in with one compare-and-swap of the live word, which
 * retires the old slot in the same store. A writer that dies on the way leaves the old or the new
 * entry, and at worst a claimed slot, lost until the next segment.
 */
#include <errno.h>

#include "index.h"
#include "index_layout.h"

#define CLAIM_TRIES 200u

static uint32_t count_bits(uint32_t x)
{
	x -= x >> 1 & 0x55555555u;
	x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0fu;
	return x * 0x01010101u >> 24;
}

/* Take a free slot. All are taken only for moments, unless many writers died here. */
static int claim_slot(struct index_bucket *bucket, uint32_t *ret_slot)
{
	for (uint32_t tries = 0; tries < CLAIM_TRIES; tries++) {
		uint32_t claimed = atomic_load_explicit(&bucket->claimed, memory_order_relaxed);
		uint32_t slot;

		while (~claimed & (uint32_t)WORD_SLOTS) {
			slot = (uint32_t)__builtin_ctz(~claimed);
			if (!atomic_compare_exchange_weak_explicit(
				    &bucket->claimed, &claimed, claimed | index_bit(slot),
				    memory_order_acq_rel, memory_order_relaxed))
				continue;
			*ret_slot = slot;
			return 0;
		}
	}
	return -EXFULL;
}

static void free_slot(struct index_bucket *bucket, uint32_t slot)
{
	atomic_fetch_and_explicit(&bucket->claimed, ~index_bit(slot), memory_order_release);
}

/* From the bucket a key hashes to first, wherever it lies: so no key ever gets a number twice. */
static uint64_t new_version(const struct index *index, const struct index_hash *hash)
{
	struct index_bucket *first = index_bucket(index, index_probe(index, hash, 0));
	uint64_t seq = atomic_fetch_add_explicit(&first->seq, 1, memory_order_relaxed) + 1;

	return index->header->generation << VERSION_SEQ_BITS |
	       (seq & ((UINT64_C(1) << VERSION_SEQ_BITS) - 1));
}

/* Only the owner of the slot's claim changes its byte, so one exchange by difference is enough. */
static void set_tag(struct index_bucket *bucket, uint32_t slot, uint8_t tag)
{
	_Atomic uint64_t *word = &bucket->tags[slot / 8];
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed) >> (slot % 8 * 8);

	atomic_fetch_xor_explicit(word, ((old ^ tag) & 0xff) << (slot % 8 * 8),
				  memory_order_relaxed);
}

static void fill_entry(struct index_entry *entry, struct record_key key, uint64_t version,
		       const struct record *record)
{
	const memory_order relaxed = memory_order_relaxed;

	atomic_store_explicit(&entry->ino, key.ino, relaxed);
	atomic_store_explicit(&entry->version, version, relaxed);
	atomic_store_explicit(&entry->uid, record->uid.value, relaxed);
	atomic_store_explicit(&entry->gid, record->gid.value, relaxed);
	atomic_store_explicit(&entry->btime, (uint64_t)record->btime_ns, relaxed);
	atomic_store_explicit(&entry->ctime, (uint64_t)record->ctime_ns, relaxed);
	atomic_store_explicit(&entry->volume, key.volume, relaxed);
	atomic_store_explicit(&entry->rdev, record->rdev, relaxed);
	atomic_store_explicit(&entry->handle, record->handle, relaxed);
	atomic_store_explicit(&entry->mode, record->mode, relaxed);
	atomic_store_explicit(&entry->flags, record->flags, relaxed);
}

/* Writers set from the slot up to the header and look at each step; the daemon clears from the
 * header down to the slot and then looks at the slot. All are sequentially consistent, so either
 * the daemon meets the slot now or the writer finds the mark gone and sets it. A mark already there
 * may be that of a writer who died before the next step: look at each. */
void index_mark_bucket(const struct index *index, uint32_t number)
{
	const memory_order seq_cst = memory_order_seq_cst;
	struct index_header *header = index->header;
	_Atomic uint64_t *map = &index->dirty_map[number / 64];
	uint64_t bit = UINT64_C(1) << number % 64;

	if (!(atomic_load_explicit(map, seq_cst) & bit))
		atomic_fetch_or_explicit(map, bit, seq_cst);
	if (!atomic_load_explicit(&header->dirty, seq_cst))
		atomic_store_explicit(&header->dirty, 1, seq_cst);
}

/* Apart from the above, which the daemon calls too: its own doings must not keep it awake. */
static void mark_activity(const struct index *index)
{
	_Atomic uint32_t *activity = &index->header->activity;

	if (!atomic_load_explicit(activity, memory_order_seq_cst))
		atomic_store_explicit(activity, 1, memory_order_seq_cst);
}

int index_commit(const struct index *index, struct record_key key, const struct index_place *place,
		 const struct index_change *change)
{
	struct index_hash hash = index_hash(key);
	struct index_bucket *bucket = place->bucket;
	uint64_t version, word = place->word, next;
	uint32_t slot;
	int r;

	r = claim_slot(bucket, &slot);
	if (r != 0)
		return r;

	version = change->version ? change->version : new_version(index, &hash);
	/* Whoever reads what we write from here on also sees that the slot was retired. */
	atomic_thread_fence(memory_order_release);
	fill_entry(&bucket->entries[slot], key, version, change->record);
	set_tag(bucket, slot, hash.tag);
	/* Before it is published, or death in between would hide the change from the daemon. */
	if (change->clean) {
		atomic_fetch_and_explicit(&bucket->dirty, ~index_bit(slot), memory_order_seq_cst);
	} else {
		atomic_fetch_or_explicit(&bucket->dirty, index_bit(slot), memory_order_seq_cst);
		index_mark_bucket(index, place->number);
		mark_activity(index);
	}

	next = (word | index_bit(slot)) + WORD_COUNT_ONE;
	if (place->version)
		next &= ~(uint64_t)index_bit(place->slot);
	if (!atomic_compare_exchange_strong_explicit(&bucket->live, &word, next,
						     memory_order_seq_cst, memory_order_relaxed)) {
		free_slot(bucket, slot);
		return -EAGAIN;
	}

	if (place->version)
		free_slot(bucket, place->slot);
	return 0;
}

int index_lookup_room(const struct index *index, struct record_key key,
		      struct index_place *ret_place)
{
	for (;;) {
		struct index_bucket *bucket;
		int r = index_lookup(index, key, false, ret_place, NULL);

		if (r != -ENOENT)
			return r;
		bucket = ret_place->bucket;
		if (!bucket)
			return -EXFULL;
		if (count_bits(atomic_load_explicit(&bucket->claimed, memory_order_relaxed)) <
		    INDEX_INSERT_SLOTS)
			return -ENOENT;
		/* One compare-and-swap decides for everybody: no key can be inserted both here and
		 * further on, for those who still want to insert here fail now. */
		atomic_compare_exchange_strong_explicit(&bucket->live, &ret_place->word,
							(ret_place->word | WORD_OVERFLOWED) +
								WORD_COUNT_ONE,
							memory_order_acq_rel, memory_order_relaxed);
	}
}

int index_insert(const struct index *index, struct record_key key,
		 const struct index_change *change)
{
	struct index_place place;
	int r;

	do {
		r = index_lookup_room(index, key, &place);
		if (r == 0)
			return -EEXIST;
		if (r != -ENOENT)
			return r;
		(void)index_raise_flags(index, key.volume, change->record);
		r = index_commit(index, key, &place, change);
	} while (r == -EAGAIN);
	return r;
}

int index_load(const struct index *index, struct record_key key, const struct record *record)
{
	return index_insert(index, key, &(struct index_change){.record = record, .clean = true});
}

/* The key's truth moves from `cur` to `next`. When we return 0 or -ENOENT, `ret_place` says where
 * in `next` a new entry goes and `ret_version` what it would replace. */
static int locate_moving(const struct index_view *view, struct record_key key,
			 const struct index **ret_index, struct index_place *ret_place,
			 uint64_t *ret_version)
{
	const struct index *next = index_moving_to(view);
	struct index_place old;
	int r;

	if (!next)
		return -ESTALE;

	/* Before we look in `next`: while one bucket of the key is open, others may still write
	 * it in `cur`. */
	index_freeze_chain(view->cur, key);
	r = index_lookup_room(next, key, ret_place);
	*ret_index = next;
	*ret_version = ret_place->version;
	if (r != -ENOENT)
		return r;

	/* After the look-up, as in find_moving(). */
	if (atomic_load_explicit(&view->cur->header->state, memory_order_acquire) != INDEX_LIVE)
		return -ESTALE;

	r = index_lookup(view->cur, key, true, &old, NULL);
	*ret_version = old.version;
	return r;
}

static bool is_full(const struct index *index)
{
	return atomic_load_explicit(&index->header->flags, memory_order_acquire) & INDEX_FULL;
}

/* After a record is published: whoever looked at a file before saw the number before. */
static void count_privileged(const struct index *index)
{
	atomic_fetch_add_explicit(&index->header->n_privileged, 1, memory_order_seq_cst);
}

/* One attempt; -EAGAIN only if the version is another one. `*ret_lost`: the bucket has changed, not
 * necessarily the key. */
static int publish_once(const struct index_view *view, struct record_key key, uint64_t expected,
			const struct record *record, bool *ret_lost)
{
	const struct index *index = view->cur;
	struct index_place place;
	uint64_t version;
	uint32_t flags;
	int r;

	*ret_lost = false;
	if (atomic_load_explicit(&index->header->state, memory_order_acquire) != INDEX_LIVE)
		return -ESTALE;

	if (is_full(index))
		return -ENOSPC;

	r = index_lookup_room(index, key, &place);
	version = place.version;
	if (r == -ESTALE)
		r = locate_moving(view, key, &index, &place, &version);
	if (r != 0 && r != -ENOENT)
		return r;

	if (version != expected)
		return -EAGAIN;

	/* Readers ask `cur` for its flags even when the record goes to `next`. */
	flags = index_raise_flags(view->cur, key.volume, record);
	if (index != view->cur) {
		if (is_full(index))
			return -ENOSPC;
		(void)index_raise_flags(index, key.volume, record);
	}
	r = index_commit(index, key, &place, &(struct index_change){.record = record});
	*ret_lost = r == -EAGAIN;
	if (r == 0 && (flags & (uint32_t)(INDEX_HAS_SUID | INDEX_HAS_XATTRS))) {
		count_privileged(view->cur);
		count_privileged(index);
	}
	return r;
}

int index_publish(const struct index_view *view, struct record_key key, uint64_t expected,
		  const struct record *record)
{
	bool lost;
	int r;

	do
		r = publish_once(view, key, expected, record, &lost);
	while (lost);
	return r;
}
