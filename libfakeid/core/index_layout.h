/* SPDX-License-Identifier: MIT
 * index_layout.h - private to index*.c: what lies in a segment, and the one way to look into a
 * bucket.
 *
 * A segment is a header page, two bit maps (buckets with dirty entries, buckets in flight), and the
 * buckets. All of it is read and written through atomics; every process may die at any instruction.
 */
#ifndef FAKEID_INDEX_LAYOUT_H
#define FAKEID_INDEX_LAYOUT_H

#include "index_entry.h"

/* gcc notes that TSan does not model fences. It need not: all shared words are atomics. */
#if defined(__SANITIZE_THREAD__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wtsan"
#endif

/* Buckets a key may lie in at most: those of 64 pages. How many are looked at depends on how full
 * they are; this many means that the segment is. */
#define INDEX_PROBES 256u
#define INDEX_PROBES_SMALL 32u /* of a small one, where memory is cheaper than long walks */
#define INDEX_PAGE_BUCKETS 4u

/* The live word. Whoever changes a bit of it by compare-and-swap counts the counter up, so a word
 * read again with the same value means that nothing happened in between: slots may be reused, yet
 * neither a reader nor a writer that slept meanwhile is fooled by equal bits. (It would have to
 * sleep through an exact multiple of 2^38 updates of one bucket.) */
#define WORD_SLOTS ((UINT64_C(1) << INDEX_SLOTS) - 1)
#define WORD_OVERFLOWED (UINT64_C(1) << 24) /* takes no new keys any more: look on, too */
#define WORD_FROZEN (UINT64_C(1) << 25)	    /* no compare-and-swap may change the word any more */
#define WORD_COUNT_ONE (UINT64_C(1) << 26)

/* A slot is free, claimed by one writer (not for readers yet), live, or claimed and retired for the
 * moment until its last owner frees it. Its entry is written only between claim and publish. */
struct index_bucket {
	_Alignas(64) _Atomic uint64_t live; /* WORD_* */
	_Atomic uint32_t seq;		    /* versions given to keys whose first bucket this is */
	_Atomic uint32_t claimed;	    /* bit i: slot i is not free */
	_Atomic uint32_t dirty;	 /* bit i: the store may lack what is or will be in slot i */
	_Atomic uint32_t flight; /* dirty bits the daemon took and has not committed */
	_Atomic uint64_t
		tags[INDEX_SLOTS / 8]; /* a byte of the key's hash per slot, slot 0 lowest */
	uint64_t reserved[2];
	struct index_entry entries[INDEX_SLOTS];
};

_Static_assert(sizeof(struct index_volume) == 16, "same layout on 32 and 64 bit");
_Static_assert(offsetof(struct index_header, generation) == 32, "same layout on 32 and 64 bit");
_Static_assert(offsetof(struct index_header, dirty) == 128, "same layout on 32 and 64 bit");
_Static_assert(offsetof(struct index_header, volumes) == 192, "same layout on 32 and 64 bit");
_Static_assert(offsetof(struct index_header, contexts) == 2112, "same layout on 32 and 64 bit");
_Static_assert(offsetof(struct index_header, nodes) == 3136, "same layout on 32 and 64 bit");
_Static_assert(sizeof(struct index_header) <= INDEX_HEADER_BYTES, "the header is one page");
_Static_assert(offsetof(struct index_bucket, entries) == 64, "the head is a cache line");
_Static_assert(sizeof(struct index_bucket) == INDEX_BUCKET_BYTES, "four buckets are a page");

/* Where a key may lie: bucket p of its probe sequence is index_probe(hash, p). */
struct index_hash {
	uint32_t page, step, quarter;
	uint8_t tag;
};

static inline uint64_t index_mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	x *= UINT64_C(0xd6e8feb86659fd93);
	x ^= x >> 32;
	return x;
}

/* 32 neighbouring inodes share a page, so that a tree walk touches few. The parities of the low
 * bits' even and odd ones split them evenly between its four buckets, also where a filesystem gives
 * only every second or fourth number. */
static inline struct index_hash index_hash(struct record_key key)
{
	uint64_t mixed = index_mix(key.ino >> 5 ^ (uint64_t)key.volume << 40 ^ key.volume);
	uint32_t low = (uint32_t)key.ino & 31;

	return (struct index_hash){
		.page = (uint32_t)mixed,
		.step = (uint32_t)(mixed >> 27),
		.quarter = (low ^ low >> 2 ^ low >> 4 ^ (uint32_t)(mixed >> 62)) & 3,
		.tag = (uint8_t)((mixed >> 55) + low * 157u),
	};
}

/* `of` spread evenly over 0 to n - 1. */
static inline uint32_t index_scale(uint32_t of, uint32_t n)
{
	return (uint32_t)((uint64_t)of * n >> 32);
}

static inline uint32_t index_n_probes(const struct index *index)
{
	return index->n_buckets < INDEX_SMALL_BUCKETS ? INDEX_PROBES_SMALL : INDEX_PROBES;
}

/* The steps are short enough that none of the pages comes twice. */
static inline uint32_t index_probe(const struct index *index, const struct index_hash *hash,
				   uint32_t probe)
{
	uint32_t n_pages = index->n_buckets / INDEX_PAGE_BUCKETS;
	uint32_t page = index_scale(hash->page, n_pages);

	if (__builtin_expect(probe >= INDEX_PAGE_BUCKETS, 0)) {
		uint32_t n_steps = index_n_probes(index) / INDEX_PAGE_BUCKETS;

		page += probe / INDEX_PAGE_BUCKETS *
			(1 + index_scale(hash->step, n_pages / n_steps));
		page -= page >= n_pages ? n_pages : 0;
	}
	return page * INDEX_PAGE_BUCKETS + (hash->quarter ^ probe % INDEX_PAGE_BUCKETS);
}

static inline struct index_bucket *index_bucket(const struct index *index, uint32_t number)
{
	return (struct index_bucket *)index->buckets + number;
}

/* The second map, beside dirty_map: buckets with entries in flight. */
static inline _Atomic uint64_t *index_flight_map(const struct index *index)
{
	return index->dirty_map + index->n_buckets / 64;
}

static inline uint32_t index_count_bits(uint32_t x)
{
	x -= x >> 1 & 0x55555555u;
	x = (x & 0x33333333u) + (x >> 2 & 0x33333333u);
	x = (x + (x >> 4)) & 0x0f0f0f0fu;
	return x * 0x01010101u >> 24;
}

static inline uint32_t index_bit(unsigned int slot)
{
	return UINT32_C(1) << slot;
}

/* A key's entry at one moment, or where it would go. */
struct index_place {
	struct index_bucket *bucket; /* NULL: every bucket it may lie in is overflowed */
	uint64_t word;		     /* the bucket's live word at that moment */
	uint64_t version;	     /* 0: absent */
	uint32_t number;	     /* of the bucket */
	uint32_t slots;		     /* a bit for each the entry has, if there is one */
};

/* Walk the probe sequence. Returns 0, -ENOENT, or -ESTALE at the first frozen bucket unless
 * `frozen_too`. `ret_record` may be NULL; without a hit its content is no record of anybody's. */
int index_lookup(const struct index *index, struct record_key key, bool frozen_too,
		 struct index_place *ret_place, struct record *ret_record);

/* What a slot holds, at one moment. */
struct index_held {
	uint64_t word; /* the bucket's live word; the rest counts only if it has the slot */
	struct record_key key;
	struct record record;
	uint64_t version; /* 0: the second slot of a wide entry, which is met at the first */
	uint32_t slots;	  /* a bit for each the entry has */
};

/* True if the slot is the first of a live entry. */
bool index_read_slot(const struct index *index, struct index_bucket *bucket, uint32_t slot,
		     struct index_held *ret_held);

/* What goes into a slot. `version` 0: give it a new one. */
struct index_change {
	const struct record *record;
	uint64_t version;
	bool clean;
};

/* Publish at `place`, as long as its bucket is as it was there. Returns 0, -EAGAIN if it is not,
 * -EXFULL. Nothing but a spent version remains of a failure. */
int index_commit(const struct index *index, struct record_key key, const struct index_place *place,
		 const struct index_change *change);

/* Insert unless the key is there. Returns 0, -EEXIST, -EXFULL or -ESTALE. */
int index_insert(const struct index *index, struct record_key key,
		 const struct index_change *change);

/* Make room for a new key: index_lookup() until it ends at a bucket that takes one more.
 * Returns as index_lookup() does; -EXFULL when there is none. */
int index_lookup_room(const struct index *index, struct record_key key,
		      struct index_place *ret_place);

/* The process gave the segment's memory back, and has zeros in its place: no answer of it counts. */
static inline bool index_is_gone(const struct index *index)
{
	return atomic_load_explicit(&index->header->state, memory_order_acquire) == INDEX_BUILDING;
}

/* Set what a record calls for in the header, and return the flags. Before it is published. */
uint32_t index_raise_flags(const struct index *index, struct record_key key,
			   const struct record *record);

/* Note in the maps and the header that the bucket has something for the daemon. */
void index_mark_bucket(const struct index *index, uint32_t number);

/* Freeze every bucket a key may lie in. */
void index_freeze_chain(const struct index *index, struct record_key key);

/* The segment that `view->cur` is being moved to, or NULL if the view does not hold it. */
const struct index *index_moving_to(const struct index_view *view);

#endif
