/* SPDX-License-Identifier: MIT
 * index_entry.h - private to index*.c: how a record lies in the slots of a bucket. Five words are
 * enough for nearly every record, because what most have in common is left out; what does not fit
 * takes a second slot. Any record goes in and comes out unchanged.
 */
#ifndef FAKEID_INDEX_ENTRY_H
#define FAKEID_INDEX_ENTRY_H

#include "index.h"

/* A compact entry leaves out the volume and the namespaces of its ids, which a row of the segment's
 * contexts has; and it has a birth time, or else a handle and a device number.
 *
 * A wide entry is two slots that are published and retired together. The second one by itself is
 * nobody's entry: its version is 0, and no volume goes with its context. */
enum entry_word {
	ENTRY_INO = 0,
	ENTRY_META = 1,	 /* version 32 bits, mode 16, flags 8, context 7, ENTRY_NO_BIRTH */
	ENTRY_BIRTH = 2, /* birth time, or with ENTRY_NO_BIRTH handle and device number */
	ENTRY_CTIME = 3,
	ENTRY_IDS = 4,	 /* gid, uid in their namespaces */
	ENTRY_WHERE = 4, /* of a wide entry: volume, second slot */
	ENTRY_WORDS = 5,

	SECOND_UID = 0,
	SECOND_META = 1, /* where ENTRY_META is */
	SECOND_GID = 2,
	SECOND_NUMBERS = 3, /* handle, device number */
	SECOND_FLAGS = 4,   /* all sixteen */
};

#define ENTRY_NO_BIRTH (UINT64_C(1) << 63)
#define ENTRY_CONTEXT_SHIFT 56u
#define CONTEXT_WIDE 0u
#define CONTEXT_SECOND (INDEX_CONTEXTS - 1)

/* A row: volume, the owner's namespace, the group's. Larger numbers make a wide entry. */
#define ROW_VOLUME_BITS 24u
#define ROW_NS_BITS 20u
#define ROW_NS_MASK ((UINT64_C(1) << ROW_NS_BITS) - 1)

struct index_entry {
	_Atomic uint64_t word[ENTRY_WORDS];
};

/* The context that a record goes with, which gets a row if it has none and one is left;
 * CONTEXT_WIDE: it needs two slots. */
uint32_t index_context(const struct index *index, uint32_t volume, const struct record *record);

static inline uint64_t index_entry_word(struct index_entry *entry, enum entry_word at)
{
	return atomic_load_explicit(&entry->word[at], memory_order_relaxed);
}

static inline uint32_t index_meta_context(uint64_t meta)
{
	return (uint32_t)(meta >> ENTRY_CONTEXT_SHIFT) & (INDEX_CONTEXTS - 1);
}

/* 0 where the entry is not compact. */
static inline uint64_t index_meta_row(const struct index *index, uint64_t meta)
{
	return atomic_load_explicit(&index->header->contexts[index_meta_context(meta)],
				    memory_order_relaxed);
}

static inline uint32_t index_row_volume(uint64_t row)
{
	return (uint32_t)(row >> 2 * ROW_NS_BITS);
}

static inline void index_unpack(struct index_entry *entry, uint64_t meta, uint64_t row,
				struct record *ret_record)
{
	uint64_t ids = index_entry_word(entry, ENTRY_IDS);
	uint64_t birth = index_entry_word(entry, ENTRY_BIRTH);

	ret_record->uid.value = (row >> ROW_NS_BITS & ROW_NS_MASK) << 32 | (uint32_t)ids;
	ret_record->gid.value = (row & ROW_NS_MASK) << 32 | ids >> 32;
	ret_record->btime_ns = (int64_t)birth;
	ret_record->rdev = 0;
	ret_record->handle = 0;
	ret_record->ctime_ns = (int64_t)index_entry_word(entry, ENTRY_CTIME);
	ret_record->mode = (uint16_t)(meta >> 32);
	ret_record->flags = (uint8_t)(meta >> 48);
	if (meta & ENTRY_NO_BIRTH) {
		ret_record->btime_ns = 0;
		ret_record->rdev = (uint32_t)birth;
		ret_record->handle = (uint32_t)(birth >> 32);
	}
}

#endif
