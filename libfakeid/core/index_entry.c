/* SPDX-License-Identifier: MIT
 * index_entry.c - the contexts of a segment: rows that come and never change or go, so that whoever
 * reads a row's number in an entry finds what it stood for when that was written.
 */
#include "index_entry.h"

/* The row that a compact entry of this record goes with; 0: it takes a wide one. */
static uint64_t row_of(uint32_t volume, const struct record *record)
{
	uint64_t uid_ns = fakeid_kid_ns(record->uid), gid_ns = fakeid_kid_ns(record->gid);

	if (volume >> ROW_VOLUME_BITS || (uid_ns | gid_ns) > ROW_NS_MASK ||
	    (record->btime_ns != 0 && (record->rdev | record->handle) != 0) ||
	    record->flags > UINT8_MAX)
		return 0;

	return (uint64_t)volume << 2 * ROW_NS_BITS | uid_ns << ROW_NS_BITS | gid_ns;
}

uint32_t index_context(const struct index *index, uint32_t volume, const struct record *record)
{
	uint64_t row = row_of(volume, record);

	for (uint32_t i = CONTEXT_WIDE + 1; i < CONTEXT_SECOND && row != 0; i++) {
		_Atomic uint64_t *context = &index->header->contexts[i];
		uint64_t held = atomic_load_explicit(context, memory_order_relaxed);

		if (held == 0)
			(void)atomic_compare_exchange_strong_explicit(
				context, &held, row, memory_order_relaxed, memory_order_relaxed);
		/* Ours, or that of whoever was first. */
		if (held == 0 || held == row)
			return i;
	}
	return CONTEXT_WIDE;
}
