/* SPDX-License-Identifier: MIT
 * ns_help.h - what the tests of namespaces share: assertions that cost nothing where they hold, and
 * random maps whose edges meet at the ids where code goes wrong.
 */
#ifndef NS_HELP_H
#define NS_HELP_H

#include <errno.h>

#include "core/idspace.h"
#include "idmap_help.h"
#include "run_suite.h"

#define NO FAKEID_ID_INVALID
#define LAST (FAKEID_ID_INVALID - 1) /* the largest id there is */

/* Check's own assertions note down each one that holds: too slow for millions. */
#define holds(condition)                                        \
	do {                                                    \
		if (!(condition))                               \
			ck_abort_msg("not so: %s", #condition); \
	} while (0)

static const uint32_t corners[] = {0,	  1,	 2,	999,	    1000,	1001,	  65533,
				   65534, 65535, 65536, 0x7fffffff, 0x80000000, LAST - 1, LAST};

/* An id at a corner or near one; FAKEID_ID_INVALID too. */
static inline uint32_t corner(uint64_t *state)
{
	uint32_t id = corners[below(state, (uint32_t)LEN(corners))], away = below(state, 12);

	return below(state, 2) ? id + away : id - away;
}

/* Up to `n` extents, whatever of them fits together; so ids of one map are often those of
 * another. */
static inline struct fakeid_idmap corner_map(uint64_t *state, uint32_t n)
{
	struct fakeid_idmap_extent extents[FAKEID_IDMAP_MAX];
	struct fakeid_idmap map;
	uint32_t taken = 0;

	for (uint32_t i = 0; i < n; i++) {
		extents[taken] = (struct fakeid_idmap_extent){
			.upper = corner(state),
			.lower = fakeid_kid_make(FAKEID_NS_HOST, corner(state)),
			.count = below(state, 3) ? 1 + below(state, 20) : 1 + corner(state) / 2,
		};
		taken += fakeid_idmap_check(extents, taken + 1, 0, NULL) == 0;
	}
	holds(fakeid_idmap_make(extents, taken, 0, &map, NULL) == 0);
	return map;
}

/* What a map says of an id, without any cleverness: false if nothing. */
static inline bool naive_down(const struct fakeid_idmap *map, uint32_t id,
			      struct fakeid_kid *ret_kid)
{
	for (uint32_t i = 0; i < map->n; i++) {
		const struct fakeid_idmap_extent *extent = &map->extent[i];

		if (id < extent->upper || id - extent->upper >= extent->count)
			continue;
		*ret_kid = (struct fakeid_kid){extent->lower.value + (id - extent->upper)};
		return true;
	}
	return false;
}

static inline bool naive_up(const struct fakeid_idmap *map, struct fakeid_kid kid, uint32_t *ret_id)
{
	for (uint32_t i = 0; i < map->n; i++) {
		const struct fakeid_idmap_extent *extent = &map->extent[i];

		if (kid.value < extent->lower.value ||
		    kid.value - extent->lower.value >= extent->count)
			continue;
		*ret_id = extent->upper + (uint32_t)(kid.value - extent->lower.value);
		return true;
	}
	return false;
}

/* Ids worth asking about. */
struct ids {
	uint32_t n;
	uint32_t at[8192];
};

static inline void ids_add(struct ids *ids, uint32_t id)
{
	holds(ids->n < (uint32_t)LEN(ids->at));
	ids->at[ids->n++] = id;
}

static inline void ids_add_corners(struct ids *ids)
{
	for (int i = 0; i < LEN(corners); i++)
		ids_add(ids, corners[i]);
	ids_add(ids, NO);
}

/* The first and the last id of each extent and their neighbours, on both sides. */
static inline void ids_add_edges(struct ids *ids, const struct fakeid_idmap *map)
{
	for (uint32_t i = 0; i < map->n; i++)
		for (uint32_t side = 0; side < 2; side++) {
			uint32_t first = side ? fakeid_kid_id(map->extent[i].lower)
					      : map->extent[i].upper;

			ids_add(ids, first - 1);
			ids_add(ids, first);
			ids_add(ids, first + (map->extent[i].count - 1));
			ids_add(ids, first + map->extent[i].count);
		}
}

#endif
