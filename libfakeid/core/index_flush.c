/* SPDX-License-Identifier: MIT
 * index_flush.c - what the daemon does to bring dirty entries into the store. One thread of one
 * process calls these; writers go on beside it. Dirty bits pass through `flight` while the store
 * commits, so that wherever the daemon dies each of them is in one of the two words.
 */
#include <errno.h>

#include "index.h"
#include "index_layout.h"

/* Hand over the entries of `taken`. A slot that is claimed and not live may be published at any
 * moment: its mark goes back. One that is neither was superseded, and its successor has its own. */
static int hand_over(const struct index *index, uint32_t number, uint32_t taken, index_dirty_fn *fn,
		     void *context)
{
	struct index_bucket *bucket = index_bucket(index, number);
	int n = 0;

	for (; taken != 0; taken &= taken - 1) {
		uint32_t slot = (uint32_t)__builtin_ctz(taken);
		struct index_held held;

		if (index_read_slot(index, bucket, slot, &held)) {
			int r = fn(context, held.key, &held.record);

			if (r < 0)
				return r;
			n++;
		} else if (!(held.word & index_bit(slot)) &&
			   atomic_load_explicit(&bucket->claimed, memory_order_seq_cst) &
				   index_bit(slot)) {
			atomic_fetch_or_explicit(&bucket->dirty, index_bit(slot),
						 memory_order_seq_cst);
			index_mark_bucket(index, number);
		}
	}
	return n;
}

static int take_bucket(const struct index *index, uint32_t number, index_dirty_fn *fn,
		       void *context)
{
	struct index_bucket *bucket = index_bucket(index, number);
	uint32_t dirty;

	/* Its keys may have newer entries in the next segment by now; the move keeps them dirty. */
	if (atomic_load_explicit(&bucket->live, memory_order_acquire) & WORD_FROZEN) {
		atomic_fetch_or_explicit(&index->dirty_map[number / 64], UINT64_C(1) << number % 64,
					 memory_order_seq_cst);
		return 0;
	}

	dirty = atomic_load_explicit(&bucket->dirty, memory_order_seq_cst);
	atomic_fetch_or_explicit(&bucket->flight, dirty, memory_order_seq_cst);
	atomic_fetch_and_explicit(&bucket->dirty, ~dirty, memory_order_seq_cst);
	return hand_over(index, number, dirty, fn, context);
}

/* The buckets of one word of the map. */
static int take_word(const struct index *index, uint32_t i, index_dirty_fn *fn, void *context)
{
	uint64_t bits = atomic_load_explicit(&index->dirty_map[i], memory_order_seq_cst);
	int n = 0;

	if (bits == 0)
		return 0;
	atomic_fetch_or_explicit(&index_flight_map(index)[i], bits, memory_order_seq_cst);
	atomic_fetch_and_explicit(&index->dirty_map[i], ~bits, memory_order_seq_cst);
	for (; bits != 0; bits &= bits - 1) {
		int r = take_bucket(index, i * 64 + (uint32_t)__builtin_ctzll(bits), fn, context);

		if (r < 0)
			return r;
		n += r;
	}
	return n;
}

int index_flush_some(const struct index *index, uint32_t *at, uint32_t enough, index_dirty_fn *fn,
		     void *context)
{
	const uint32_t n_words = index->n_buckets / 64;
	uint32_t left = n_words, n = 0;

	atomic_store_explicit(&index->header->dirty, 0, memory_order_seq_cst);
	for (*at %= n_words; left > 0 && n < enough; left--, *at = (*at + 1) % n_words) {
		int r = take_word(index, *at, fn, context);

		if (r < 0) {
			index_flush_end(index, false);
			return r;
		}
		n += (uint32_t)r;
	}
	if (left > 0)
		atomic_store_explicit(&index->header->dirty, 1, memory_order_seq_cst);
	return (int)n;
}

int index_flush_begin(const struct index *index, index_dirty_fn *fn, void *context)
{
	uint32_t at = 0;

	return index_flush_some(index, &at, UINT32_MAX, fn, context);
}

/* A tombstone the store has acted upon need not be found any more. */
static void retire_tombstone(const struct index *index, struct index_bucket *bucket, uint32_t slot)
{
	struct index_held held;

	do {
		if (!index_read_slot(index, bucket, slot, &held) || (held.word & WORD_FROZEN) ||
		    !(held.record.flags & RECORD_NONE))
			return;
		/* Then it is another entry than the one that was committed. */
		if (atomic_load_explicit(&bucket->dirty, memory_order_seq_cst) & index_bit(slot))
			return;
	} while (!atomic_compare_exchange_strong_explicit(
		&bucket->live, &held.word, (held.word & ~(uint64_t)held.slots) + WORD_COUNT_ONE,
		memory_order_seq_cst, memory_order_relaxed));
	atomic_fetch_and_explicit(&bucket->claimed, ~held.slots, memory_order_release);
}

static void end_bucket(const struct index *index, uint32_t number, bool ok, bool tombstones)
{
	struct index_bucket *bucket = index_bucket(index, number);
	uint32_t flight = atomic_load_explicit(&bucket->flight, memory_order_seq_cst);

	if (!ok && flight)
		atomic_fetch_or_explicit(&bucket->dirty, flight, memory_order_seq_cst);
	/* Also without `flight`: a daemon may have died between taking the map and the bucket. */
	if (!ok && atomic_load_explicit(&bucket->dirty, memory_order_seq_cst))
		index_mark_bucket(index, number);
	for (uint32_t left = ok && tombstones ? flight : 0; left != 0; left &= left - 1)
		retire_tombstone(index, bucket, (uint32_t)__builtin_ctz(left));
	if (flight)
		atomic_store_explicit(&bucket->flight, 0, memory_order_seq_cst);
}

void index_flush_end(const struct index *index, bool ok)
{
	_Atomic uint64_t *flight_map = index_flight_map(index);
	bool tombstones = atomic_load_explicit(&index->header->next_generation,
					       memory_order_seq_cst) == 0;

	for (uint32_t i = 0; i < index->n_buckets / 64; i++) {
		uint64_t bits = atomic_load_explicit(&flight_map[i], memory_order_seq_cst);

		for (uint64_t left = bits; left != 0; left &= left - 1)
			end_bucket(index, i * 64 + (uint32_t)__builtin_ctzll(left), ok, tombstones);
		if (bits)
			atomic_store_explicit(&flight_map[i], 0, memory_order_seq_cst);
	}
}

void index_flush_recover(const struct index *index)
{
	/* What a daemon took has its bucket in the map of flights until all of it is done. */
	index_flush_end(index, false);
}

static uint32_t live_slots(struct index_bucket *bucket)
{
	return (uint32_t)(atomic_load_explicit(&bucket->live, memory_order_acquire) & WORD_SLOTS);
}

/* Of a tombstone in flight the store may still have the record. */
static void sweep_bucket(const struct index *index, struct index_bucket *bucket)
{
	uint32_t flight = atomic_load_explicit(&bucket->flight, memory_order_seq_cst);

	for (uint32_t left = live_slots(bucket) & ~flight; left; left &= left - 1)
		retire_tombstone(index, bucket, (uint32_t)__builtin_ctz(left));
}

uint64_t index_tidy(const struct index *index, uint32_t first, uint32_t n, bool sweep)
{
	uint64_t n_live = 0;

	for (uint32_t number = first; n > 0 && number < index->n_buckets; number++, n--) {
		struct index_bucket *bucket = index_bucket(index, number);

		if (sweep)
			sweep_bucket(index, bucket);
		n_live += index_count_bits(live_slots(bucket));
	}
	return n_live;
}

static uint32_t pending(struct index_bucket *bucket)
{
	uint32_t marks = atomic_load_explicit(&bucket->dirty, memory_order_seq_cst) |
			 atomic_load_explicit(&bucket->flight, memory_order_seq_cst);

	return marks & (uint32_t)atomic_load_explicit(&bucket->live, memory_order_seq_cst);
}

/* Entries that the store may lack, at most about `enough`. */
static uint64_t count_pending(const struct index *index, uint64_t enough)
{
	uint64_t n = 0;

	for (uint32_t i = 0; i < index->n_buckets / 64 && n < enough; i++) {
		uint64_t bits = atomic_load_explicit(&index->dirty_map[i], memory_order_seq_cst) |
				atomic_load_explicit(&index_flight_map(index)[i],
						     memory_order_seq_cst);

		for (; bits != 0 && n < enough; bits &= bits - 1) {
			uint32_t number = i * 64 + (uint32_t)__builtin_ctzll(bits);

			for (uint32_t left = pending(index_bucket(index, number)); left;
			     left &= left - 1)
				n++;
		}
	}
	return n;
}

bool index_is_dirty(const struct index *index)
{
	return count_pending(index, 1) > 0;
}

uint64_t index_count_dirty(const struct index *index)
{
	return count_pending(index, UINT64_MAX);
}
