/* SPDX-License-Identifier: MIT
 * space.h - a filesystem namespace that is in use: its segment, the volumes it has records of, and
 * how it grows.
 */
#ifndef FAKED_SPACE_H
#define FAKED_SPACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "load.h"
#include "segment.h"

struct daemon;

struct space {
	struct space *next_space;
	uint32_t fsns;
	uint32_t n_sessions;
	int64_t used_ms; /* when the last session began or ended */
	struct segment cur;
	struct segment made; /* room for the next one, while it is being allocated */
	bool made_spilled;   /* in the state directory */
	struct segment next; /* while a migration runs */
	uint32_t move_at;    /* the bucket of `cur` to move next */
	uint64_t n_moved;    /* slots of those before */
	uint64_t n_used;     /* slots, guessed from the changes; a count makes it true */
	uint64_t recount_at; /* count again when the guess gets here */
	struct load load;    /* records that are still to come */
	uint32_t flush_at;   /* how far in `cur` the last commit came */
	uint32_t n_renewed;  /* growths in a row that kept the size */
	int grow_error;	     /* why the last growth did not happen, 0 = it did */
	uint32_t *volumes;   /* numbers this namespace may have records of */
	size_t n_volumes;
};

/* Where a growth stands after a slice of work. */
enum space_growth { SPACE_SETTLED, SPACE_MOVING };

/* Find the space in use, or make it so: adopt the segment an earlier daemon left, else build one
 * from the store. 0 or -errno. */
int space_open(struct daemon *daemon, uint32_t fsns, struct space **ret_space);
struct space *space_find(const struct daemon *daemon, uint32_t fsns);

/* For a request of a process whose launcher has not come back yet: open it if the store knows it.
 * -EINVAL: there is no such namespace. */
int space_need(struct daemon *daemon, uint32_t fsns, struct space **ret_space);

/* Let go of it. The files stay with INDEX_LIVE for `mark`; with INDEX_ABANDONED or INDEX_REMOVED
 * they go, and who maps them finds that mark. */
void space_close(struct daemon *daemon, struct space *space, enum index_state mark);

/* The same of one that nobody has open, nor can, so segment_is_alone(): what its files left behind
 * goes. */
void space_give_back(struct daemon *daemon, struct space *space);

/* Slots that its segment may come to use. */
uint64_t space_capacity(const struct space *space);

/* Likewise of the one that takes over, or will, while the space is growing. */
uint64_t space_promised(const struct space *space);

/* Buckets of a segment that takes over from one of `n_buckets`: twice as many, of large ones a
 * quarter more, so that a record never costs twice its 40 bytes. 0: there is no larger one. */
uint32_t space_larger(uint32_t n_buckets);

/* Buckets of the smallest segment in which `n` records take at most three fifths. */
uint32_t space_buckets_for(uint64_t n);
bool space_is_loading(const struct space *space);
bool space_is_growing(const struct space *space);

/* Generation of the segment that takes new keys. */
uint64_t space_newest(const struct space *space);

/* Tell each segment which device holds which volume, and whether some volume has no device. */
void space_bind_volumes(struct daemon *daemon, struct space *space);
int space_bind(struct daemon *daemon, struct space *space, uint64_t dev, uint32_t volume);

/* Find or make the volume of a device, of which `fd` is a file or -1, and bind it. */
int space_bind_device(struct daemon *daemon, struct space *space, uint64_t dev, int fd,
		      uint32_t *ret_volume);
int space_note_volume(struct space *space, uint32_t volume);

/* Set or clear flags in every segment of the space. */
void space_raise(struct space *space, uint32_t flags);
void space_clear(struct space *space, uint32_t flags);

/* Raise the flag of an xattr's class, before the store gets it. */
void space_note_xattr(struct space *space, const void *name, size_t size);

/* What that is good for has been seen to: no name can raise another flag. */
bool space_has_all_classes(const struct space *space);

/* grow.c: begin a migration, go on with it until about `until_ns`, or to its end. 0 or -errno; a
 * slice says how it stands. */
int space_grow_begin(struct daemon *daemon, struct space *space);
int space_grow_slice(struct daemon *daemon, struct space *space, int64_t until_ns);
int space_grow_finish(struct daemon *daemon, struct space *space);

/* Begin one if the segment is too small for `n` records. */
int space_grow_to(struct daemon *daemon, struct space *space, uint64_t n);

/* Let go of room that is being allocated. */
void space_grow_drop(struct daemon *daemon, struct space *space);

/* Take up the migration an earlier daemon was killed in. */
int space_grow_adopt(struct daemon *daemon, struct space *space);

/* If the segment seems to get full, begin to count; that begins a growth. True: it has begun. */
bool space_grow_if_needed(struct space *space);

/* n_used has just been made true. */
void space_counted(struct daemon *daemon, struct space *space);

#endif
