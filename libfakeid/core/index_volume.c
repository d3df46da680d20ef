/* SPDX-License-Identifier: MIT
 * index_volume.c - the volume table of a segment, and the flags that say what it holds. Flags only
 * ever rise; each is up before the first record that calls for it.
 */
#include <errno.h>

#include "index.h"
#include "index_layout.h"

#define MODE_SETUID 04000u
#define MODE_SETGID 02000u
#define MODE_TYPE 0170000u
#define MODE_DIR 0040000u

uint32_t index_n_volumes(const struct index *index)
{
	uint32_t n = atomic_load_explicit(&index->header->n_volumes, memory_order_seq_cst);

	return n < INDEX_VOLUMES ? n : INDEX_VOLUMES;
}

uint32_t index_volume_of(const struct index *index, uint64_t dev)
{
	uint32_t n = index_n_volumes(index);

	for (uint32_t i = 0; i < n; i++) {
		struct index_volume *row = &index->header->volumes[i];
		uint32_t volume = atomic_load_explicit(&row->volume, memory_order_acquire);

		if (volume == 0 || atomic_load_explicit(&row->dev, memory_order_relaxed) != dev)
			continue;
		/* A row changes hands by way of volume 0, so the same number twice is one row. */
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&row->volume, memory_order_relaxed) == volume)
			return volume;
	}
	return 0;
}

static void raise_bits(_Atomic uint32_t *flags, uint32_t bits)
{
	if ((atomic_load_explicit(flags, memory_order_seq_cst) & bits) != bits)
		atomic_fetch_or_explicit(flags, bits, memory_order_seq_cst);
}

/* Of a record that does not say what kind of file it is, it may. */
static bool may_be_directory(const struct record *record)
{
	uint16_t type = record->mode & MODE_TYPE;

	return type == MODE_DIR || type == 0;
}

static uint32_t flags_for(const struct record *record)
{
	uint32_t bits = INDEX_HAS_RECORDS;

	if (record->flags & RECORD_NODE)
		bits |= INDEX_HAS_NODES;
	if (may_be_directory(record) &&
	    (((record->flags & RECORD_MODE) && (record->mode & MODE_SETGID)) ||
	     (record->flags & RECORD_ACL)))
		bits |= INDEX_HANDS_DOWN;
	if ((record->flags & RECORD_MODE) && (record->mode & (MODE_SETUID | MODE_SETGID)) &&
	    (record->mode & MODE_TYPE) != MODE_DIR)
		bits |= INDEX_HAS_SUID;
	if (record->flags & (RECORD_XATTRS | RECORD_ACL))
		bits |= INDEX_HAS_XATTRS;
	return bits;
}

uint32_t index_raise_flags(const struct index *index, struct record_key key,
			   const struct record *record)
{
	struct index_header *header = index->header;
	uint32_t bits = flags_for(record), at = (uint32_t)key.ino % INDEX_NODE_BITS;

	raise_bits(&header->flags, bits);
	if (bits & INDEX_HAS_NODES)
		atomic_fetch_or_explicit(&header->nodes[at / 64], UINT64_C(1) << at % 64,
					 memory_order_seq_cst);
	return bits;
}

int index_bind_volume(const struct index *index, uint64_t dev, uint32_t volume)
{
	struct index_header *header = index->header;
	struct index_volume *row = NULL;
	uint32_t n = index_n_volumes(index), at = n;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t held = atomic_load_explicit(&header->volumes[i].volume,
						     memory_order_relaxed);

		if (held == 0 && at == n)
			at = i;
		if (held != 0 &&
		    atomic_load_explicit(&header->volumes[i].dev, memory_order_relaxed) == dev) {
			if (held == volume)
				return 0;
			at = i;
			row = &header->volumes[i];
			break;
		}
	}
	if (!row && volume == 0)
		return 0;
	if (at == INDEX_VOLUMES)
		return -ENOSPC;

	row = &header->volumes[at];
	atomic_store_explicit(&row->volume, 0, memory_order_seq_cst);
	atomic_thread_fence(memory_order_release);
	atomic_store_explicit(&row->dev, dev, memory_order_relaxed);
	if (volume == 0)
		return 0;

	atomic_store_explicit(&row->flags, 0, memory_order_relaxed);
	atomic_store_explicit(&row->volume, volume, memory_order_seq_cst);
	if (at == n)
		atomic_store_explicit(&header->n_volumes, n + 1, memory_order_seq_cst);
	return 0;
}

void index_leave(const struct index *index, enum index_state state)
{
	atomic_fetch_or_explicit(&index->header->flags, INDEX_MAY_HOLD, memory_order_seq_cst);
	atomic_store_explicit(&index->header->state, state, memory_order_seq_cst);
}
