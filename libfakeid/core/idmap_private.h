/* SPDX-License-Identifier: MIT
 * idmap_private.h - what the files of the idmap library share, and nobody outside may use.
 */
#ifndef FAKEID_IDMAP_PRIVATE_H
#define FAKEID_IDMAP_PRIVATE_H

#include <fakeid/idmap.h>

/* Fill in the report, if one is wanted. Always -EINVAL. */
int idmap_refuse(struct fakeid_idmap_report *ret_report, enum fakeid_idmap_fault fault,
		 size_t extent, size_t other);

/* Put `by_lower` in order; the extents are. */
void idmap_index(struct fakeid_idmap *map);

/* The extent that holds an upper id, or NULL. */
const struct fakeid_idmap_extent *idmap_find_upper(const struct fakeid_idmap *map, uint32_t id);

/* Does the parent (ids outside of it: (own, id), unless own is 0) hold these extents, which are a
 * map, each in one piece or (when not strict) in several? 0, or -EPERM with the report. */
int idmap_fits(const struct fakeid_idmap_extent *extents, size_t n,
	       const struct fakeid_idmap *parent, uint32_t own, enum fakeid_idmap_mode mode,
	       struct fakeid_idmap_report *ret_report);

/* fakeid_idmap_split() into a parent whose ids outside `parent` are (own, id), unless own is 0. */
int idmap_split_in(const struct fakeid_idmap_extent *extents, size_t n,
		   const struct fakeid_idmap *parent, uint32_t own, enum fakeid_idmap_mode mode,
		   struct fakeid_idmap_split *ret_split, struct fakeid_idmap_report *ret_report);

/* How many of the `left` ids from `first` on go down in one piece, and where the first of them
 * goes: in an extent of `map`, or (own, id) unless own is 0. 0: the first does not. `first` is no
 * 4294967295. */
uint32_t idmap_piece(const struct fakeid_idmap *map, uint32_t own, uint32_t first, uint32_t left,
		     struct fakeid_kid *ret_kid);

/* How many of them no extent holds, where the first is such a one. */
uint32_t idmap_hole(const struct fakeid_idmap *map, uint32_t first, uint32_t left);

/* A text being written: what does not fit is dropped and noted. `end` is kept free for the NUL. */
struct idmap_out {
	char *at, *end;
	bool full;
};

void idmap_put_bytes(struct idmap_out *out, const char *bytes, size_t len);
void idmap_put_number(struct idmap_out *out, uint64_t value, unsigned width);

/* A decimal number at *at, before `end`: true and *at moved, or false with the fault. */
bool idmap_take_number(const char **at, const char *end, uint64_t max, uint64_t *ret_value,
		       enum fakeid_idmap_fault *ret_fault);

#endif
