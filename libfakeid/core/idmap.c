/* SPDX-License-Identifier: MIT
 * idmap.c - what makes extents a map, and looking up ids both ways. The rules are those of
 * map_write(), map_id_range_down() and map_id_up() in the kernel's user_namespace.c;
 * tests/diff/idmap_kernel.c compares.
 */
#include <fakeid/idmap.h>

#include <errno.h>
#include <string.h>

#include "core/idmap_private.h"

int idmap_refuse(struct fakeid_idmap_report *ret_report, enum fakeid_idmap_fault fault,
		 size_t extent, size_t other)
{
	if (ret_report)
		*ret_report = (struct fakeid_idmap_report){
			.fault = fault, .extent = (uint32_t)extent, .other = (uint32_t)other};
	return -EINVAL;
}

/* `count` ids from the low half of `first` on, none of which is -1. */
static bool has_room(uint32_t first, uint32_t count)
{
	return count <= FAKEID_ID_INVALID - first;
}

static bool overlaps(uint64_t a, uint32_t a_count, uint64_t b, uint32_t b_count)
{
	return a <= b ? b - a < a_count : a - b < b_count;
}

/* The rules for one extent alone. */
static enum fakeid_idmap_fault check_extent(const struct fakeid_idmap_extent *extent,
					    unsigned flags)
{
	uint32_t lower = fakeid_kid_id(extent->lower);

	if (!(flags & FAKEID_IDMAP_64) && fakeid_kid_ns(extent->lower) != FAKEID_NS_HOST)
		return FAKEID_IDMAP_NUMBER;
	if (extent->upper == FAKEID_ID_INVALID || lower == FAKEID_ID_INVALID)
		return FAKEID_IDMAP_ID_INVALID;
	if (extent->count == 0)
		return FAKEID_IDMAP_COUNT_ZERO;
	if (!has_room(extent->upper, extent->count) || !has_room(lower, extent->count))
		return FAKEID_IDMAP_WRAP;
	return FAKEID_IDMAP_FINE;
}

/* The rules for an extent and one that came before it. */
static enum fakeid_idmap_fault check_pair(const struct fakeid_idmap_extent *a,
					  const struct fakeid_idmap_extent *b)
{
	if (overlaps(a->upper, a->count, b->upper, b->count))
		return FAKEID_IDMAP_OVERLAP_UPPER;
	if (overlaps(a->lower.value, a->count, b->lower.value, b->count))
		return FAKEID_IDMAP_OVERLAP_LOWER;
	return FAKEID_IDMAP_FINE;
}

int fakeid_idmap_check(const struct fakeid_idmap_extent *extents, size_t n, unsigned flags,
		       struct fakeid_idmap_report *ret_report)
{
	for (size_t i = 0; i < n; i++) {
		enum fakeid_idmap_fault fault = check_extent(&extents[i], flags);

		if (fault != FAKEID_IDMAP_FINE)
			return idmap_refuse(ret_report, fault, i, i);

		if (i == FAKEID_IDMAP_MAX)
			return idmap_refuse(ret_report, FAKEID_IDMAP_TOO_MANY, i, i);

		for (size_t j = 0; j < i; j++) {
			fault = check_pair(&extents[j], &extents[i]);
			if (fault != FAKEID_IDMAP_FINE)
				return idmap_refuse(ret_report, fault, i, j);
		}

		if (i > 0 && flags & FAKEID_IDMAP_ORDERED &&
		    (extents[i].upper < extents[i - 1].upper ||
		     extents[i].lower.value < extents[i - 1].lower.value))
			return idmap_refuse(ret_report, FAKEID_IDMAP_ORDER, i, i - 1);
	}
	return 0;
}

/* Insertion sorts: maps are short, made once, and mostly in order; qsort(3) may allocate. */
static void sort_extents(struct fakeid_idmap_extent *extent, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		struct fakeid_idmap_extent moved = extent[i];
		uint32_t at = i;

		for (; at > 0 && extent[at - 1].upper > moved.upper; at--)
			extent[at] = extent[at - 1];
		extent[at] = moved;
	}
}

void idmap_index(struct fakeid_idmap *map)
{
	for (uint32_t i = 0; i < map->n; i++) {
		uint64_t lower = map->extent[i].lower.value;
		uint32_t at = i;

		for (; at > 0 && map->extent[map->by_lower[at - 1]].lower.value > lower; at--)
			map->by_lower[at] = map->by_lower[at - 1];
		map->by_lower[at] = (uint16_t)i;
	}
}

int fakeid_idmap_make(const struct fakeid_idmap_extent *extents, size_t n, unsigned flags,
		      struct fakeid_idmap *ret_map, struct fakeid_idmap_report *ret_report)
{
	int r = fakeid_idmap_check(extents, n, flags, ret_report);

	if (r < 0)
		return r;

	if (n > 0)
		memmove(ret_map->extent, extents, n * sizeof(*extents));
	ret_map->n = (uint32_t)n;
	sort_extents(ret_map->extent, ret_map->n);
	idmap_index(ret_map);
	return 0;
}

void fakeid_idmap_identity(struct fakeid_idmap *ret_map)
{
	ret_map->n = 1;
	ret_map->by_lower[0] = 0;
	ret_map->extent[0] = (struct fakeid_idmap_extent){.upper = 0, .count = FAKEID_ID_INVALID};
}

bool fakeid_idmap_equal(const struct fakeid_idmap *a, const struct fakeid_idmap *b)
{
	if (a->n != b->n)
		return false;

	for (uint32_t i = 0; i < a->n; i++)
		if (a->extent[i].upper != b->extent[i].upper ||
		    a->extent[i].count != b->extent[i].count ||
		    !fakeid_kid_equal(a->extent[i].lower, b->extent[i].lower))
			return false;
	return true;
}

const struct fakeid_idmap_extent *idmap_find_upper(const struct fakeid_idmap *map, uint32_t id)
{
	uint32_t low = 0, high = map->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct fakeid_idmap_extent *extent = &map->extent[middle];

		if (id < extent->upper)
			high = middle;
		else if (id - extent->upper >= extent->count)
			low = middle + 1;
		else
			return extent;
	}
	return NULL;
}

static const struct fakeid_idmap_extent *find_lower(const struct fakeid_idmap *map,
						    struct fakeid_kid kid)
{
	uint32_t low = 0, high = map->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;
		const struct fakeid_idmap_extent *extent = &map->extent[map->by_lower[middle]];

		if (kid.value < extent->lower.value)
			high = middle;
		else if (kid.value - extent->lower.value >= extent->count)
			low = middle + 1;
		else
			return extent;
	}
	return NULL;
}

int fakeid_idmap_down_range(const struct fakeid_idmap *map, uint32_t id, uint32_t count,
			    struct fakeid_kid *ret_kid)
{
	const struct fakeid_idmap_extent *extent = idmap_find_upper(map, id);

	if (count == 0)
		return -EINVAL;
	if (!extent || count > extent->count - (id - extent->upper))
		return -ENXIO;

	ret_kid->value = extent->lower.value + (id - extent->upper);
	return 0;
}

int fakeid_idmap_up_range(const struct fakeid_idmap *map, struct fakeid_kid kid, uint32_t count,
			  uint32_t *ret_id)
{
	const struct fakeid_idmap_extent *extent = find_lower(map, kid);

	if (count == 0)
		return -EINVAL;
	if (!extent || count > extent->count - (kid.value - extent->lower.value))
		return -ENXIO;

	*ret_id = extent->upper + (uint32_t)(kid.value - extent->lower.value);
	return 0;
}

int fakeid_idmap_down(const struct fakeid_idmap *map, uint32_t id, struct fakeid_kid *ret_kid)
{
	return fakeid_idmap_down_range(map, id, 1, ret_kid);
}

int fakeid_idmap_up(const struct fakeid_idmap *map, struct fakeid_kid kid, uint32_t *ret_id)
{
	return fakeid_idmap_up_range(map, kid, 1, ret_id);
}

int fakeid_idmap_crossmap(const struct fakeid_idmap *from, const struct fakeid_idmap *to,
			  uint32_t id, uint32_t *ret_id)
{
	struct fakeid_kid kid;
	int r = fakeid_idmap_down(from, id, &kid);

	return r < 0 ? r : fakeid_idmap_up(to, kid, ret_id);
}

int fakeid_idmap_remap(const struct fakeid_idmap *from, const struct fakeid_idmap *to,
		       struct fakeid_kid kid, struct fakeid_kid *ret_kid)
{
	uint32_t id;
	int r = fakeid_idmap_up(from, kid, &id);

	return r < 0 ? r : fakeid_idmap_down(to, id, ret_kid);
}
