/* SPDX-License-Identifier: MIT
 * idmap_whole.c - maps out of maps: compose, invert, and fit into a parent, in one piece or in
 * several.
 */
#include <fakeid/idmap.h>

#include <errno.h>
#include <string.h>

#include "core/idmap_private.h"

/* Copied extent by extent: a map holds a few, and room for many. */
static void copy_map(const struct fakeid_idmap *map, struct fakeid_idmap *ret_map)
{
	ret_map->n = map->n;
	memcpy(ret_map->by_lower, map->by_lower, map->n * sizeof(map->by_lower[0]));
	memcpy(ret_map->extent, map->extent, map->n * sizeof(map->extent[0]));
}

static bool is_plain(const struct fakeid_idmap *map)
{
	for (uint32_t i = 0; i < map->n; i++)
		if (fakeid_kid_ns(map->extent[i].lower) != FAKEID_NS_HOST)
			return false;
	return true;
}

static int append(struct fakeid_idmap *map, uint32_t upper, uint64_t lower, uint32_t count)
{
	if (map->n == FAKEID_IDMAP_MAX)
		return -E2BIG;

	map->extent[map->n++] = (struct fakeid_idmap_extent){
		.upper = upper, .count = count, .lower = {.value = lower}};
	return 0;
}

/* Add what one extent of the child and one of the parent have in common, if anything. */
static int append_common(struct fakeid_idmap *map, const struct fakeid_idmap_extent *child,
			 const struct fakeid_idmap_extent *parent)
{
	uint64_t child_first = child->lower.value, child_end = child_first + child->count;
	uint64_t parent_first = parent->upper, parent_end = parent_first + parent->count;
	uint64_t first = child_first > parent_first ? child_first : parent_first;
	uint64_t end = child_end < parent_end ? child_end : parent_end;

	if (first >= end)
		return 0;
	return append(map, child->upper + (uint32_t)(first - child_first),
		      parent->lower.value + (first - parent_first), (uint32_t)(end - first));
}

int fakeid_idmap_compose(const struct fakeid_idmap *child, const struct fakeid_idmap *parent,
			 struct fakeid_idmap *ret_map)
{
	struct fakeid_idmap map = {.n = 0};

	if (!is_plain(child))
		return -ERANGE;

	/* Child and parent are each in order, so the pieces come in the order of their upper
	 * ids. */
	for (uint32_t i = 0; i < child->n; i++) {
		for (uint32_t j = 0; j < parent->n; j++) {
			int r = append_common(&map, &child->extent[i], &parent->extent[j]);

			if (r < 0)
				return r;
		}
	}
	idmap_index(&map);
	copy_map(&map, ret_map);
	return 0;
}

int fakeid_idmap_invert(const struct fakeid_idmap *map, struct fakeid_idmap *ret_map)
{
	struct fakeid_idmap inverse = {.n = 0};

	if (!is_plain(map))
		return -ERANGE;

	for (uint32_t i = 0; i < map->n; i++) {
		const struct fakeid_idmap_extent *extent = &map->extent[map->by_lower[i]];

		(void)append(&inverse, fakeid_kid_id(extent->lower), extent->upper,
			     extent->count); /* as many extents as before: there is room */
	}
	idmap_index(&inverse);
	copy_map(&inverse, ret_map);
	return 0;
}

/* -EPERM, as the kernel says it of what the parent cannot give. */
static int refuse_parent(struct fakeid_idmap_report *ret_report, enum fakeid_idmap_fault fault,
			 size_t extent)
{
	(void)idmap_refuse(ret_report, fault, extent, extent); /* its -EINVAL is for other faults */
	return -EPERM;
}

uint32_t idmap_hole(const struct fakeid_idmap *map, uint32_t first, uint32_t left)
{
	uint32_t room = FAKEID_ID_INVALID - first;

	for (uint32_t i = 0; i < map->n; i++) {
		if (map->extent[i].upper > first) {
			room = map->extent[i].upper - first;
			break;
		}
	}
	return room < left ? room : left;
}

uint32_t idmap_piece(const struct fakeid_idmap *map, uint32_t own, uint32_t first, uint32_t left,
		     struct fakeid_kid *ret_kid)
{
	const struct fakeid_idmap_extent *found = idmap_find_upper(map, first);
	uint32_t room;

	if (!found && !own)
		return 0;
	if (!found) {
		*ret_kid = fakeid_kid_make(own, first);
		return idmap_hole(map, first, left);
	}
	room = found->count - (first - found->upper);
	ret_kid->value = found->lower.value + (first - found->upper);
	return room < left ? room : left;
}

/* In how many pieces the parent holds the extent; 0 if not all of it. */
static uint64_t count_pieces(const struct fakeid_idmap *parent, uint32_t own,
			     const struct fakeid_idmap_extent *extent)
{
	uint32_t first = fakeid_kid_id(extent->lower), left = extent->count;
	struct fakeid_kid ignored;
	uint64_t n = 0;

	while (left > 0) {
		uint32_t room = idmap_piece(parent, own, first, left, &ignored);

		if (room == 0)
			return 0;
		first += room;
		left -= room;
		n++;
	}
	return n;
}

/* Cut one extent into the pieces that the parent holds, the first of which may be all of it. */
static int cut_extent(struct fakeid_idmap_split *split, const struct fakeid_idmap *parent,
		      uint32_t own, const struct fakeid_idmap_extent *extent, uint32_t index)
{
	uint32_t upper = extent->upper, lower = fakeid_kid_id(extent->lower), left = extent->count;
	struct fakeid_kid ignored;

	while (left > 0) {
		uint32_t room = idmap_piece(parent, own, lower, left, &ignored);
		int r = append(&split->applied, upper, lower, room);

		if (r < 0)
			return r;

		upper += room;
		lower += room;
		left -= room;
		if (left > 0)
			split->cut[split->n_cuts++] = (struct fakeid_idmap_cut){
				.extent = index, .upper = upper, .lower = lower};
	}
	return 0;
}

int idmap_fits(const struct fakeid_idmap_extent *extents, size_t n,
	       const struct fakeid_idmap *parent, uint32_t own, enum fakeid_idmap_mode mode,
	       struct fakeid_idmap_report *ret_report)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t n_pieces = count_pieces(parent, own, &extents[i]);

		if (n_pieces == 0)
			return refuse_parent(ret_report, FAKEID_IDMAP_UNMAPPED, i);
		if (n_pieces > 1 && mode == FAKEID_IDMAP_STRICT)
			return refuse_parent(ret_report, FAKEID_IDMAP_SPANS, i);
	}
	return 0;
}

int idmap_split_in(const struct fakeid_idmap_extent *extents, size_t n,
		   const struct fakeid_idmap *parent, uint32_t own, enum fakeid_idmap_mode mode,
		   struct fakeid_idmap_split *ret_split, struct fakeid_idmap_report *ret_report)
{
	struct fakeid_idmap_split split = {.n_cuts = 0};
	int r = fakeid_idmap_check(extents, n, 0, ret_report);

	if (r == 0)
		r = idmap_fits(extents, n, parent, own, mode, ret_report);
	if (r < 0)
		return r;

	for (size_t i = 0; i < n; i++) {
		r = cut_extent(&split, parent, own, &extents[i], (uint32_t)i);
		if (r < 0) {
			(void)idmap_refuse(ret_report, FAKEID_IDMAP_TOO_MANY, i, i);
			return r;
		}
	}
	(void)fakeid_idmap_make(split.applied.extent, split.applied.n, 0, &split.applied,
				NULL); /* pieces of what was checked: only the order is missing */
	*ret_split = split;
	return 0;
}

int fakeid_idmap_split(const struct fakeid_idmap_extent *extents, size_t n,
		       const struct fakeid_idmap *parent, enum fakeid_idmap_mode mode,
		       struct fakeid_idmap_split *ret_split, struct fakeid_idmap_report *ret_report)
{
	return idmap_split_in(extents, n, parent, 0, mode, ret_split, ret_report);
}
