/* SPDX-License-Identifier: MIT
 * idmap_help.h - what the tests of the idmap library share: maps from short texts, and random ones.
 */
#ifndef IDMAP_HELP_H
#define IDMAP_HELP_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fakeid/idmap.h>

#define LEN(array) ((int)(sizeof(array) / sizeof((array)[0])))

static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static inline uint32_t below(uint64_t *state, uint32_t limit)
{
	return (uint32_t)(next_random(state) >> 32) % limit;
}

/* "u0:k10000:r10000" or several of them, one a line. */
static inline struct fakeid_idmap map_of(const char *text)
{
	struct fakeid_idmap map;
	int r = fakeid_idmap_parse(text, strlen(text), FAKEID_IDMAP_COLON, FAKEID_IDMAP_64, &map,
				   NULL);

	ck_assert_msg(r == 0, "%s is no map", text);
	return map;
}

/* `n` extents below `limit`, disjoint on both sides, in random order; n * 2 <= limit. */
static inline void random_extents(uint64_t *state, uint32_t n, uint32_t limit,
				  struct fakeid_idmap_extent *ret_extents)
{
	uint32_t share = limit / n, order[FAKEID_IDMAP_MAX];

	for (uint32_t i = 0; i < n; i++) {
		uint32_t other = below(state, i + 1);

		order[i] = order[other];
		order[other] = i;
	}
	for (uint32_t i = 0; i < n; i++) {
		uint32_t count = 1 + below(state, share);
		uint32_t gap = share - count;

		ret_extents[i] = (struct fakeid_idmap_extent){
			.upper = i * share + below(state, gap + 1),
			.count = count,
			.lower = fakeid_kid_make(0, order[i] * share + below(state, gap + 1)),
		};
	}
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = below(state, i);
		struct fakeid_idmap_extent moved = ret_extents[i - 1];

		ret_extents[i - 1] = ret_extents[other];
		ret_extents[other] = moved;
	}
}

static inline struct fakeid_idmap random_map(uint64_t *state, uint32_t n, uint32_t limit)
{
	struct fakeid_idmap_extent extents[FAKEID_IDMAP_MAX];
	struct fakeid_idmap map;

	random_extents(state, n, limit, extents);
	ck_assert_int_eq(fakeid_idmap_make(extents, n, 0, &map, NULL), 0);
	return map;
}

#endif
