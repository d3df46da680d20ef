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

/* Take the lowest free slot, or two at once, so that nobody waits with one for another. There are
 * too few only for moments, unless many writers died here. */
static int claim_slots(struct index_bucket *bucket, bool two, uint32_t *ret_slots)
{
	for (uint32_t tries = 0; tries < CLAIM_TRIES; tries++) {
		uint32_t claimed = atomic_load_explicit(&bucket->claimed, memory_order_relaxed);

		for (;;) {
			uint32_t free = ~claimed & (uint32_t)WORD_SLOTS;
			uint32_t rest = two ? free & (free - 1) : free;

			if (rest == 0)
				break;
			*ret_slots = (free & -free) | (rest & -rest);
			if (atomic_compare_exchange_weak_explicit(
				    &bucket->claimed, &claimed, claimed | *ret_slots,
				    memory_order_acq_rel, memory_order_relaxed))
				return 0;
		}
	}
	return -EXFULL;
}

static void free_slots(struct index_bucket *bucket, uint32_t slots)
{
	atomic_fetch_and_explicit(&bucket->claimed, ~slots, memory_order_release);
}

/* From the bucket a key hashes to first, wherever it lies: so no key gets a number twice before that
 * bucket has seen 2^32 changes. Each generation begins far from those before it: a number that
 * somebody remembers from one of them is not given here for millions of changes. Never 0. */
static uint32_t new_version(const struct index *index, const struct index_hash *hash)
{
	struct index_bucket *first = index_bucket(index, index_probe(index, hash, 0));
	uint32_t begin = (uint32_t)index->header->generation * UINT32_C(0x9e3779b1);
	uint32_t version;

	do
		version = begin + atomic_fetch_add_explicit(&first->seq, 1, memory_order_relaxed) +
			  1;
	while (version == 0);
	return version;
}

/* Only the owner of the slot's claim changes its byte, so one exchange by difference is enough. */
static void set_tag(struct index_bucket *bucket, uint32_t slot, uint8_t tag)
{
	_Atomic uint64_t *word = &bucket->tags[slot / 8];
	uint64_t old = atomic_load_explicit(word, memory_order_relaxed) >> (slot % 8 * 8);

	atomic_fetch_xor_explicit(word, ((old ^ tag) & 0xff) << (slot % 8 * 8),
				  memory_order_relaxed);
}

static inline void put(struct index_entry *entry, enum entry_word at, uint64_t value)
{
	atomic_store_explicit(&entry->word[at], value, memory_order_relaxed);
}

static void fill_compact(struct index_entry *entry, struct record_key key, uint64_t meta,
			 const struct record *record)
{
	uint64_t birth = (uint64_t)record->btime_ns;

	if (birth == 0) {
		meta |= ENTRY_NO_BIRTH;
		birth = (uint64_t)record->handle << 32 | record->rdev;
	}
	put(entry, ENTRY_INO, key.ino);
	put(entry, ENTRY_META, meta);
	put(entry, ENTRY_BIRTH, birth);
	put(entry, ENTRY_CTIME, (uint64_t)record->ctime_ns);
	put(entry, ENTRY_IDS,
	    (uint64_t)fakeid_kid_id(record->gid) << 32 | fakeid_kid_id(record->uid));
}

static void fill_wide(struct index_entry *first, struct index_bucket *bucket, uint32_t slot,
		      struct record_key key, uint64_t meta, const struct record *record)
{
	struct index_entry *second = &bucket->entries[slot];

	put(first, ENTRY_INO, key.ino);
	put(first, ENTRY_META, meta);
	put(first, ENTRY_BIRTH, (uint64_t)record->btime_ns);
	put(first, ENTRY_CTIME, (uint64_t)record->ctime_ns);
	put(first, ENTRY_WHERE, (uint64_t)key.volume << 32 | slot);
	put(second, SECOND_UID, record->uid.value);
	put(second, SECOND_META, (uint64_t)CONTEXT_SECOND << ENTRY_CONTEXT_SHIFT);
	put(second, SECOND_GID, record->gid.value);
	put(second, SECOND_NUMBERS, (uint64_t)record->handle << 32 | record->rdev);
	put(second, SECOND_FLAGS, record->flags);
}

static void fill_slots(struct index_bucket *bucket, uint32_t slots, uint32_t context,
		       struct record_key key, uint32_t version, const struct record *record)
{
	uint64_t meta = version | (uint64_t)record->mode << 32 |
			(uint64_t)(uint8_t)record->flags << 48 |
			(uint64_t)context << ENTRY_CONTEXT_SHIFT;
	struct index_entry *first = &bucket->entries[__builtin_ctz(slots)];
	uint32_t rest = slots & (slots - 1);

	if (rest == 0)
		fill_compact(first, key, meta, record);
	else
		fill_wide(first, bucket, (uint32_t)__builtin_ctz(rest), key, meta, record);
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

/* Before it is published, or death in between would hide the change from the daemon. Only the first
 * slot is marked: the second goes with it. */
static void mark_slots(const struct index *index, const struct index_place *place, uint32_t slots,
		       bool clean)
{
	_Atomic uint32_t *dirty = &place->bucket->dirty;
	uint32_t marked = clean ? 0 : slots & -slots;

	if (slots != marked)
		atomic_fetch_and_explicit(dirty, ~(slots ^ marked), memory_order_seq_cst);
	if (clean)
		return;

	atomic_fetch_or_explicit(dirty, marked, memory_order_seq_cst);
	index_mark_bucket(index, place->number);
	mark_activity(index);
}

int index_commit(const struct index *index, struct record_key key, const struct index_place *place,
		 const struct index_change *change)
{
	struct index_hash hash = index_hash(key);
	struct index_bucket *bucket = place->bucket;
	uint64_t word = place->word, next;
	uint32_t context = index_context(index, key.volume, change->record);
	uint32_t version, slots;
	int r;

	r = claim_slots(bucket, context == CONTEXT_WIDE, &slots);
	if (r != 0)
		return r;

	version = change->version ? (uint32_t)change->version : new_version(index, &hash);
	/* Whoever reads what we write from here on also sees that the slots were retired. */
	atomic_thread_fence(memory_order_release);
	fill_slots(bucket, slots, context, key, version, change->record);
	set_tag(bucket, (uint32_t)__builtin_ctz(slots), hash.tag);
	mark_slots(index, place, slots, change->clean);

	next = (word | slots) + WORD_COUNT_ONE;
	if (place->version)
		next &= ~(uint64_t)place->slots;
	if (!atomic_compare_exchange_strong_explicit(&bucket->live, &word, next,
						     memory_order_seq_cst, memory_order_relaxed)) {
		free_slots(bucket, slots);
		return -EAGAIN;
	}

	if (place->version)
		free_slots(bucket, place->slots);
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
		if (index_count_bits(atomic_load_explicit(&bucket->claimed, memory_order_relaxed)) <
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
		(void)index_raise_flags(index, key, change->record);
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

/* After index_lookup_room() in `cur` said `r`, -ESTALE or -EXFULL. A segment without a slot for the
 * key that is being moved is as good as a frozen one. */
static __attribute__((noinline)) int locate_next(int r, const struct index_view *view,
						 struct record_key key,
						 const struct index **ret_index,
						 struct index_place *ret_place,
						 uint64_t *ret_version)
{
	if (r == -EXFULL &&
	    atomic_load_explicit(&view->cur->header->next_generation, memory_order_acquire) == 0)
		return r;

	return locate_moving(view, key, ret_index, ret_place, ret_version);
}

static uint32_t flags_of(const struct index *index)
{
	return atomic_load_explicit(&index->header->flags, memory_order_acquire);
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

	flags = flags_of(index);
	if (flags & INDEX_FULL)
		return -ENOSPC;

	r = index_lookup_room(index, key, &place);
	version = place.version;
	if (r == -ESTALE || r == -EXFULL)
		r = locate_next(r, view, key, &index, &place, &version);
	if (r != 0 && r != -ENOENT)
		return r;

	/* A key that is not loaded has no version yet. */
	if (version != expected || (!version && (flags & INDEX_LOADING)))
		return -EAGAIN;

	/* Readers ask `cur` for its flags even when the record goes to `next`. */
	flags = index_raise_flags(view->cur, key, record);
	if (index != view->cur) {
		if (flags_of(index) & INDEX_FULL)
			return -ENOSPC;
		(void)index_raise_flags(index, key, record);
	}
	r = index_commit(index, key, &place, &(struct index_change){.record = record});
	*ret_lost = r == -EAGAIN;
	if (r == 0 && index_is_gone(index))
		return -ESTALE;
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

int index_settle(const struct index_view *view, struct record_key key, const struct record *record)
{
	const struct index_change change = {.record = record, .clean = true};
	const struct index *index;
	struct index_place place;
	uint64_t version;
	int r;

	do {
		if (atomic_load_explicit(&view->cur->header->state, memory_order_acquire) !=
		    INDEX_LIVE)
			return -ESTALE;

		index = view->cur;
		r = index_lookup_room(index, key, &place);
		version = place.version;
		if (r == -ESTALE || r == -EXFULL)
			r = locate_next(r, view, key, &index, &place, &version);
		if (r == 0)
			return -EEXIST;
		if (r != -ENOENT)
			return r;

		if (!(record->flags & RECORD_NONE)) {
			(void)index_raise_flags(view->cur, key, record);
			(void)index_raise_flags(index, key, record);
		}
		r = index_commit(index, key, &place, &change);
	} while (r == -EAGAIN);
	return r;
}
