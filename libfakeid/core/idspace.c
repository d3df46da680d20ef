/* SPDX-License-Identifier: MIT
 * idspace.c - the ids of one namespace as kids, parents worked in. Pure.
 */
#include "core/idspace.h"

#include <errno.h>

#include "core/idmap_private.h"

/* Below an id that has a place in a child's map, but none where that leads. No namespace has this
 * number (store_take_number()). */
#define NS_NOWHERE UINT32_MAX

static bool is_nowhere(struct fakeid_kid kid)
{
	return fakeid_kid_ns(kid) == NS_NOWHERE;
}

void idspace_host(struct idspace *ret_space)
{
	ret_space->own = 0;
	fakeid_idmap_identity(&ret_space->map);
}

int idspace_down(const struct idspace *space, uint32_t id, struct fakeid_kid *ret_kid)
{
	struct fakeid_kid kid;

	if (fakeid_idmap_down(&space->map, id, &kid) < 0) {
		if (!space->own || id == FAKEID_ID_INVALID)
			return -ENXIO;
		kid = fakeid_kid_make(space->own, id);
	}
	if (is_nowhere(kid))
		return -ENXIO;

	*ret_kid = kid;
	return 0;
}

int idspace_up(const struct idspace *space, struct fakeid_kid kid, uint32_t *ret_id)
{
	if (is_nowhere(kid))
		return -ENXIO;
	if (fakeid_idmap_up(&space->map, kid, ret_id) == 0)
		return 0;
	if (!space->own || fakeid_kid_ns(kid) != space->own)
		return -ENXIO;
	*ret_id = fakeid_kid_id(kid);
	return 0;
}

/* Does the extent hold an id of the parent that leads nowhere? */
static bool reaches_nowhere(const struct idspace *parent, const struct fakeid_idmap_extent *extent)
{
	uint64_t first = extent->lower.value, end = first + extent->count;

	for (uint32_t i = 0; i < parent->map.n; i++) {
		const struct fakeid_idmap_extent *held = &parent->map.extent[i];

		if (is_nowhere(held->lower) && first < (uint64_t)held->upper + held->count &&
		    held->upper < end)
			return true;
	}
	return false;
}

int idspace_fit(const struct fakeid_idmap_extent *extents, size_t n, const struct idspace *parent,
		enum fakeid_idmap_mode mode, struct fakeid_idmap_split *ret_split,
		struct fakeid_idmap_report *ret_report)
{
	for (size_t i = 0; i < n; i++)
		if (reaches_nowhere(parent, &extents[i]) &&
		    fakeid_idmap_check(extents, n, 0, NULL) == 0) {
			(void)idmap_refuse(ret_report, FAKEID_IDMAP_UNMAPPED, i, i);
			return -EPERM;
		}
	return idmap_split_in(extents, n, &parent->map, parent->own, mode, ret_split, ret_report);
}

/* What the parent holds of one extent, piece by piece. What it does not hold is nobody's: not even
 * `own` ids, since the map says that they are the parent's. */
static int add_extent(struct fakeid_idmap *map, const struct idspace *parent, uint32_t own,
		      const struct fakeid_idmap_extent *extent)
{
	uint32_t lower = fakeid_kid_id(extent->lower), upper = extent->upper, left = extent->count;

	while (left > 0) {
		struct fakeid_kid kid;
		uint32_t room = idmap_piece(&parent->map, parent->own, lower, left, &kid);

		if (room == 0) {
			room = idmap_hole(&parent->map, lower, left);
			kid = fakeid_kid_make(NS_NOWHERE, 0);
		}
		if (is_nowhere(kid))
			kid = fakeid_kid_make(NS_NOWHERE, upper); /* as no other extent */
		if (own || !is_nowhere(kid)) {
			if (map->n == FAKEID_IDMAP_MAX)
				return -E2BIG;
			map->extent[map->n++] = (struct fakeid_idmap_extent){upper, room, kid};
		}
		lower += room;
		upper += room;
		left -= room;
	}
	return 0;
}

int idspace_make(const struct fakeid_idmap *map, const struct idspace *parent, uint32_t own,
		 struct idspace *ret_space)
{
	ret_space->own = own;
	ret_space->map.n = 0;
	for (uint32_t i = 0; i < map->n; i++) {
		int r = add_extent(&ret_space->map, parent, own, &map->extent[i]);

		if (r < 0)
			return r;
	}
	idmap_index(&ret_space->map); /* the pieces come in the order of their upper ids */
	return 0;
}
