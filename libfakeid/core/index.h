/* SPDX-License-Identifier: MIT
 * index.h - the shared index: a file of fixed layout that every process of a filesystem namespace
 * maps. Look-ups and updates happen here, lock-free, without a system call. Pure over the mapped
 * region: no I/O, no errno, no malloc. Same layout on 32- and 64-bit. See ARCHITECTURE.md, "The
 * index".
 */
#ifndef FAKEID_INDEX_H
#define FAKEID_INDEX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "record.h"

#define INDEX_MAGIC UINT64_C(0x7864694449454b46)
#define INDEX_LAYOUT 6u
#define INDEX_SLOTS 24u	       /* of a bucket; bits 0..23 of its words */
#define INDEX_INSERT_SLOTS 20u /* a new key goes elsewhere from here on: updates need free slots */
#define INDEX_VOLUMES 120u     /* rows of the volume table */
#define INDEX_BUCKETS_MIN 64u
#define INDEX_SMALL_BUCKETS 2048u /* 2 MiB: below, memory does not matter */
#define INDEX_HEADER_BYTES 4096u
#define INDEX_BUCKET_BYTES 1024u /* four of them, of neighbouring inodes, share a page */
#define INDEX_CONTEXTS 128u	 /* the first and the last are none */
#define INDEX_NODE_BITS 4096u

enum index_flags { /* header->flags, sticky until the next generation */
		   INDEX_HAS_RECORDS =
			   1 << 0, /* set before the first publish; clear = every look-up misses */
		   INDEX_HAS_NODES = 1 << 1,  /* some record is a virtual device */
		   INDEX_HANDS_DOWN = 1 << 2, /* some record may be of a directory that hands down
					       * its group or a default ACL */
		   INDEX_HAS_XATTRS = 1 << 3, /* some record has privileged xattrs */
		   INDEX_FULL = 1 << 4,	      /* the daemon has no room: updates are -ENOSPC */
		   INDEX_UNBOUND =
			   1
			   << 5, /* the store knows volumes whose device is not in the table yet */
		   INDEX_HAS_SUID = 1 << 6, /* some record may be a setuid or setgid file */
		   INDEX_HAS_FOREIGN =
			   1
			   << 7, /* some record may hold an id that is none of the namespace's own:
				    * the daemon's to set, before a process can make one */
		   VOLUME_COPIES_UP =
			   1
			   << 8, /* of a volume only: an overlay, where a change makes a new inode */
		   INDEX_LOADING =
			   1 << 9, /* the store has records that are not here yet: of a key without
				  * even a tombstone the daemon has to be asked. It alone clears it */

		   /* Of which classes the privileged xattrs are (core/xattrs.h): the daemon's to
		    * set, before it keeps the first one. */
		   INDEX_HAS_ACLS = 1 << 10,
		   INDEX_HAS_CAPS = 1 << 11, /* security.capability */
		   INDEX_HAS_SECURITY = 1 << 12,
		   INDEX_HAS_TRUSTED = 1 << 13,
};

#define INDEX_XATTR_CLASSES \
	(INDEX_HAS_ACLS | INDEX_HAS_CAPS | INDEX_HAS_SECURITY | INDEX_HAS_TRUSTED)

/* To test flags of a header for: while records are still being loaded, any may be among them. */
#define INDEX_MAY(bits) ((uint32_t)(bits) | (uint32_t)INDEX_LOADING)

/* All of them that say what there may be. */
#define INDEX_MAY_HOLD                                                                          \
	((uint32_t)(INDEX_HAS_RECORDS | INDEX_HAS_NODES | INDEX_HANDS_DOWN | INDEX_HAS_XATTRS | \
		    INDEX_UNBOUND | INDEX_HAS_SUID | INDEX_HAS_FOREIGN | INDEX_XATTR_CLASSES))

enum index_state {
	INDEX_BUILDING = 0, /* not to be used yet */
	INDEX_LIVE = 1,
	INDEX_RETIRED = 2,   /* everything is in header->next_generation */
	INDEX_ABANDONED = 3, /* attach anew, by name */
	INDEX_REMOVED = 4,   /* the namespace is gone, for good */
};

/* One device of this boot. Appended by the daemon; `volume` 0 = the row is empty. */
struct index_volume {
	_Atomic uint64_t dev;
	_Atomic uint32_t volume;
	_Atomic uint32_t flags; /* enum index_flags: VOLUME_COPIES_UP */
};

struct index_header {
	uint64_t magic;
	uint32_t layout;
	uint32_t n_buckets; /* a multiple of INDEX_BUCKETS_MIN */
	uint8_t boot_id[16];
	uint64_t generation; /* counts up from 1 over the life of a filesystem namespace's index */
	uint32_t fsns;
	_Atomic uint32_t proc_dev; /* device of /proc, 0 = not known; written by the daemon */
	_Alignas(64) _Atomic uint64_t next_generation; /* not 0: a larger segment is being filled */
	_Atomic uint32_t state;			       /* enum index_state */
	_Atomic uint32_t flags;			       /* enum index_flags */
	_Atomic uint32_t n_volumes;
	_Alignas(64) _Atomic uint32_t dirty; /* set by writers, taken by the daemon */
	_Atomic uint32_t activity;	     /* set by writers; the daemon's idle clock reads it */
	_Atomic uint32_t
		n_privileged; /* records published that may be of a setuid file or hold xattrs */
	_Alignas(64) struct index_volume volumes[INDEX_VOLUMES];
	_Alignas(64) _Atomic uint64_t contexts[INDEX_CONTEXTS]; /* see index_entry.h */
	_Atomic uint64_t nodes[INDEX_NODE_BITS / 64];		/* see index_may_be_node() */
};

/* A handle on one mapped segment; cheap to copy, owns nothing. */
struct index {
	struct index_header *header;
	_Atomic uint64_t *dirty_map; /* one bit per bucket */
	void *buckets;
	uint32_t n_buckets;
};

/* The segment in use and, while a migration runs, the one being filled; `next` may be NULL. */
struct index_view {
	const struct index *cur;
	const struct index *next;
};

/* Bytes of a segment with `n_buckets` buckets (a multiple of INDEX_BUCKETS_MIN). */
size_t index_size(uint32_t n_buckets);

/* Lay out an empty segment, state BUILDING, in zeroed memory of index_size(n_buckets) bytes. */
void index_format(void *memory, uint32_t n_buckets, uint32_t fsns, uint64_t generation,
		  const uint8_t boot_id[16]);

/* Check header against size; 0 or -EBADMSG. */
int index_open(void *memory, size_t size, struct index *ret_index);

/* How many rows of the volume table have ever been used. */
uint32_t index_n_volumes(const struct index *index);

/* Volume number of a device, or 0 when the table does not hold it. */
uint32_t index_volume_of(const struct index *index, uint64_t dev);

/* May an inode of this number, on whatever volume, be a virtual device? Each of those sets the bit of
 * the number's low digits, and there are few: so most of a directory's entries need no look-up. */
static inline bool index_may_be_node(const struct index *index, uint64_t ino)
{
	const struct index_header *header = index->header;
	uint32_t flags = atomic_load_explicit(&header->flags, memory_order_acquire);
	uint32_t at = (uint32_t)ino % INDEX_NODE_BITS;

	if (!(flags & INDEX_MAY(INDEX_HAS_NODES)))
		return false;
	return (atomic_load_explicit(&header->nodes[at / 64], memory_order_acquire) >> at % 64 &
		1) ||
	       (flags & INDEX_LOADING) ||
	       atomic_load_explicit(&header->state, memory_order_acquire) != INDEX_LIVE;
}

/* The look-up. Returns 0 with the record (tombstones are not found) and its version, never 0;
 * -ENOENT, then *ret_version is 0 or the version of a tombstone: hand it to index_publish();
 * -ESTALE when the answer is in a segment the view does not hold (map it, try again);
 * -EINPROGRESS when the segment does not have the key and is still loading (ask the daemon, try
 * again); with any of them, *ret_record is no record of anybody's. Wait-free but for retries that
 * each mean another process made progress. */
int index_find(const struct index_view *view, struct record_key key, struct record *ret_record,
	       uint64_t *ret_version);

/* Publish `record` for `key` in one compare-and-swap, if the key's entry still is version `expected`
 * (0: none). A record whose flags are RECORD_NONE is a deletion.
 * Returns 0; -EAGAIN somebody else was first, or the key is not loaded, look up again; -ENOSPC the
 * daemon has no room; -EXFULL no slot left: ask the daemon for a segment later than
 * index_newest(), try again; -ESTALE as index_find(). */
int index_publish(const struct index_view *view, struct record_key key, uint64_t expected,
		  const struct record *record);

/* Generation of the segment that takes new keys, as far as the view holds it. */
uint64_t index_newest(const struct index_view *view);

/* -- the daemon's side -- */

/* Insert a clean record (it is in the store already) unless the key has an entry, a tombstone too.
 * Beside writers, but not while the segment is being moved. Returns 0, -EEXIST, or -EXFULL. */
int index_load(const struct index *index, struct record_key key, const struct record *record);

/* The same at any time, for one key that was asked for; RECORD_NONE: the store does not have it,
 * and a clean tombstone says so. Returns 0, -EEXIST, -EXFULL, or -ESTALE as index_find(). */
int index_settle(const struct index_view *view, struct record_key key, const struct record *record);

/* Slots in use of `n` buckets from `first` on, by tombstones too. With `sweep`, clean tombstones
 * that are not in flight are freed first; not while the segment is loading or being moved. */
uint64_t index_tidy(const struct index *index, uint32_t first, uint32_t n, bool sweep);

/* Append or rebind the row of a device; volume 0 empties it. -ENOSPC when the table is full. */
int index_bind_volume(const struct index *index, uint64_t dev, uint32_t volume);

/* Nobody is to take an answer of the segment any more: `state` is not LIVE. Its flags say that it may
 * hold anything, for whoever looks at them alone would not learn of what comes after it. */
void index_leave(const struct index *index, enum index_state state);

/* Move one bucket of `from` to `to`: freeze it, then copy each live entry that `to` does not have,
 * tombstones too, with its version, dirty if it was dirty. Safe to repeat, beside writers, and
 * after a crash half way. Returns 0; -EXFULL; -ESTALE when `to` is frozen itself.
 *
 * The order of a growth: format `to`, bind its volumes, state LIVE; from->next_generation; move
 * each bucket; index_leave(from, RETIRED). A daemon that died in between goes on with the same `to`: it
 * may already hold changes that `from` lacks. When `to` proves too small, format a third segment,
 * move all of `to` there, then all of `from`, retire both; until then clients get -ESTALE. */
int index_move_bucket(const struct index *from, const struct index *to, uint32_t bucket);

/* Called for each dirty entry; a negative return stops the collection and leaves all of it
 * dirty. */
typedef int index_dirty_fn(void *context, struct record_key key, const struct record *record);

/* Hand every dirty entry to `fn`. Between begin and end the entries taken are marked as in flight,
 * so that a daemon killed there finds them again (index_flush_recover). Returns the number of
 * entries handed over, or fn's error. Call index_flush_end(ok) after the commit: ok = false makes
 * them dirty again; ok = true also frees clean tombstones, except in a segment that is being moved.
 * One key may come twice in a collection; the later one counts. Frozen buckets are left alone
 * (their entries are dirty in `to` once moved). Do not flush `to` before `from` is RETIRED: a
 * tombstone freed there would let the move bring the old record back. */
int index_flush_begin(const struct index *index, index_dirty_fn *fn, void *context);

/* The same until about `enough` are handed over, from where the last one came to: `*at`. */
int index_flush_some(const struct index *index, uint32_t *at, uint32_t enough, index_dirty_fn *fn,
		     void *context);
void index_flush_end(const struct index *index, bool ok);
void index_flush_recover(const struct index *index);

/* True if an entry is dirty or in flight. */
bool index_is_dirty(const struct index *index);

/* How many are, at one moment or the next. */
uint64_t index_count_dirty(const struct index *index);

/* Slots that hold something, tombstones too. A record takes one, seldom two. */
uint64_t index_count_slots(const struct index *index);

/* Records in `n` buckets from `first` on, those on their way out left out. */
uint64_t index_count_records(const struct index *index, uint32_t first, uint32_t n);

/* Visit every live entry, tombstones left out. For tools and export. */
void index_each(const struct index *index, index_dirty_fn *fn, void *context);

#endif
