/* SPDX-License-Identifier: MIT
 * index_move.c - growth: the entries of a segment go, bucket by bucket, into a larger one.
 * A frozen bucket never changes again, so whoever finds one may copy from it at leisure, and a
 * writer that needs a key of it goes on in the new segment by itself.
 */
#include <errno.h>

#include "index.h"
#include "index_layout.h"

/* Returns the word that stays. */
static uint64_t freeze(struct index_bucket *bucket)
{
	uint64_t word = atomic_load_explicit(&bucket->live, memory_order_acquire);

	if (!(word & WORD_FROZEN))
		word = atomic_fetch_or_explicit(&bucket->live, WORD_FROZEN, memory_order_seq_cst) |
		       WORD_FROZEN;
	return word;
}

/* In probe order: where the sequence ends can change no more once that bucket is frozen. */
void index_freeze_chain(const struct index *index, struct record_key key)
{
	struct index_hash hash = index_hash(key);

	for (uint32_t probe = 0; probe < index_n_probes(index); probe++) {
		uint64_t word = freeze(index_bucket(index, index_probe(index, &hash, probe)));

		if (!(word & WORD_OVERFLOWED))
			return;
	}
}

int index_move_bucket(const struct index *from, const struct index *to, uint32_t number)
{
	struct index_bucket *bucket = index_bucket(from, number);
	uint64_t word = freeze(bucket);
	uint32_t dirty = atomic_load_explicit(&bucket->dirty, memory_order_acquire) |
			 atomic_load_explicit(&bucket->flight, memory_order_acquire);

	for (uint32_t live = word & WORD_SLOTS; live != 0; live &= live - 1) {
		uint32_t slot = (uint32_t)__builtin_ctz(live);
		struct index_held held;
		struct index_change change = {.record = &held.record};
		int r;

		if (!index_read_slot(from, bucket, slot, &held))
			continue;

		change.version = held.version;
		/* A clean tombstone goes with the first commit after the move. */
		change.clean = !(dirty & index_bit(slot)) && !(held.record.flags & RECORD_NONE);
		r = index_insert(to, held.key, &change);
		if (r != 0 && r != -EEXIST)
			return r;
	}
	return 0;
}
