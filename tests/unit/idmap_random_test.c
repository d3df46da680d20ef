/* SPDX-License-Identifier: MIT
 * idmap_random_test.c - what holds for every map, over random ones: look-ups against a table of
 * every id, both directions, composition, inversion, splitting, and round trips of text.
 */
#include <errno.h>

#include "idmap_help.h"
#include "run_suite.h"

#define SEED UINT64_C(0x1d3a90001)
#define ROUNDS 1000
#define LIMIT 240u /* ids in play: few, so that maps meet */
#define NONE UINT32_MAX

/* Check's own assertions note down each one that holds: too slow for millions. */
#define holds(condition)                                        \
	do {                                                    \
		if (!(condition))                               \
			ck_abort_msg("not so: %s", #condition); \
	} while (0)
#define same(a, b) holds((uint64_t)(a) == (uint64_t)(b))
#define same_int(a, b) holds((int)(a) == (int)(b))
#define above(a, b) holds((uint64_t)(a) > (uint64_t)(b))

/* The map as a table that needs no cleverness to fill. */
static void tabulate(const struct fakeid_idmap *map, uint32_t ret_table[LIMIT])
{
	memset(ret_table, 0xff, LIMIT * sizeof *ret_table);
	for (uint32_t i = 0; i < map->n; i++)
		for (uint32_t j = 0; j < map->extent[i].count; j++)
			ret_table[map->extent[i].upper + j] = fakeid_kid_id(map->extent[i].lower) +
							      j;
}

static uint32_t down(const struct fakeid_idmap *map, uint32_t id)
{
	struct fakeid_kid kid = {.value = 77};
	int r = fakeid_idmap_down(map, id, &kid);

	holds(r == 0 || (r == -ENXIO && kid.value == 77));
	return r == 0 ? (uint32_t)kid.value : NONE;
}

static uint32_t up(const struct fakeid_idmap *map, uint32_t id)
{
	uint32_t answer = 77;
	int r = fakeid_idmap_up(map, fakeid_kid_make(0, id), &answer);

	holds(r == 0 || (r == -ENXIO && answer == 77));
	return r == 0 ? answer : NONE;
}

static void assert_sound(const struct fakeid_idmap *map)
{
	same_int(fakeid_idmap_check(map->extent, map->n, FAKEID_IDMAP_64, NULL), 0);
	for (uint32_t i = 1; i < map->n; i++) {
		above(map->extent[i].upper, map->extent[i - 1].upper);
		above(map->extent[map->by_lower[i]].lower.value,
		      map->extent[map->by_lower[i - 1]].lower.value);
	}
}

START_TEST(test_lookups_agree_with_a_table_and_invert_each_other)
{
	uint64_t state = SEED;
	uint32_t table[LIMIT], inside;

	printf("seed %#jx\n", (uintmax_t)SEED);
	for (int round = 0; round < ROUNDS; round++) {
		struct fakeid_idmap map = random_map(&state, 1 + below(&state, 12), LIMIT);

		assert_sound(&map);
		tabulate(&map, table);
		for (uint32_t id = 0; id < LIMIT; id++) {
			same(down(&map, id), table[id]);
			if (table[id] != NONE)
				same(up(&map, table[id]), id);
			inside = up(&map, id);
			if (inside != NONE)
				same(table[inside], id);
		}
		same(down(&map, NONE), NONE);
		same(down(&map, LIMIT), NONE);
	}
}
END_TEST

START_TEST(test_ranges_hold_exactly_where_one_extent_does)
{
	uint64_t state = SEED;

	for (int round = 0; round < ROUNDS; round++) {
		struct fakeid_idmap map = random_map(&state, 1 + below(&state, 6), 60);

		for (int i = 0; i < 60; i++) {
			uint32_t id = below(&state, 60), count = 1 + below(&state, 20), back = 0;
			struct fakeid_kid kid = {.value = 77};
			bool holds = false;

			for (uint32_t j = 0; j < map.n; j++)
				holds |= id >= map.extent[j].upper &&
					 id + count <= map.extent[j].upper + map.extent[j].count;
			same_int(fakeid_idmap_down_range(&map, id, count, &kid),
				 holds ? 0 : -ENXIO);
			if (!holds)
				continue;
			same(kid.value, down(&map, id));
			same_int(fakeid_idmap_up_range(&map, kid, count, &back), 0);
			same(back, id);
			same_int(fakeid_idmap_up_range(&map, kid, UINT32_MAX, &back), -ENXIO);
		}
	}
}
END_TEST

START_TEST(test_compose_is_one_step_after_the_other_and_associative)
{
	uint64_t state = SEED;

	for (int round = 0; round < ROUNDS; round++) {
		struct fakeid_idmap a = random_map(&state, 1 + below(&state, 10), LIMIT);
		struct fakeid_idmap b = random_map(&state, 1 + below(&state, 10), LIMIT);
		struct fakeid_idmap c = random_map(&state, 1 + below(&state, 10), LIMIT);
		struct fakeid_idmap ab, bc, left, right;

		same_int(fakeid_idmap_compose(&a, &b, &ab), 0);
		same_int(fakeid_idmap_compose(&b, &c, &bc), 0);
		same_int(fakeid_idmap_compose(&ab, &c, &left), 0);
		same_int(fakeid_idmap_compose(&a, &bc, &right), 0);
		assert_sound(&ab);
		assert_sound(&left);
		holds(fakeid_idmap_equal(&left, &right));
		for (uint32_t id = 0; id < LIMIT; id++) {
			uint32_t middle = down(&a, id);

			same(down(&ab, id), middle == NONE ? NONE : down(&b, middle));
		}
	}
}
END_TEST

START_TEST(test_identity_changes_nothing_and_invert_undoes)
{
	uint64_t state = SEED;
	struct fakeid_idmap identity, inverse, twice, both;

	fakeid_idmap_identity(&identity);
	assert_sound(&identity);
	for (int round = 0; round < ROUNDS; round++) {
		struct fakeid_idmap map = random_map(&state, 1 + below(&state, 20), LIMIT);

		same_int(fakeid_idmap_compose(&map, &identity, &both), 0);
		holds(fakeid_idmap_equal(&map, &both));
		same_int(fakeid_idmap_compose(&identity, &map, &both), 0);
		holds(fakeid_idmap_equal(&map, &both));

		same_int(fakeid_idmap_invert(&map, &inverse), 0);
		assert_sound(&inverse);
		for (uint32_t id = 0; id < LIMIT; id++)
			same(down(&inverse, id), up(&map, id));
		same_int(fakeid_idmap_invert(&inverse, &twice), 0);
		holds(fakeid_idmap_equal(&map, &twice));
		same_int(fakeid_idmap_compose(&map, &inverse, &both), 0);
		for (uint32_t id = 0; id < LIMIT; id++)
			same(down(&both, id), down(&map, id) == NONE ? NONE : id);
	}
}
END_TEST

/* A parent without gaps, in many extents, so that children are cut. */
static struct fakeid_idmap full_parent(uint64_t *state, uint32_t n)
{
	struct fakeid_idmap map = random_map(state, n, LIMIT);

	for (uint32_t i = 0; i < n; i++) {
		map.extent[i].upper = i * (LIMIT / n);
		map.extent[i].count = LIMIT / n;
		map.extent[i].lower.value = (n - 1 - i) * 1000;
	}
	same_int(fakeid_idmap_make(map.extent, n, 0, &map, NULL), 0);
	return map;
}

/* The pieces of each extent, end to end, are the extent; each but the first is told as a cut. */
static void assert_pieces(const struct fakeid_idmap_extent *extents, uint32_t n,
			  const struct fakeid_idmap_split *split)
{
	uint32_t n_cuts = 0;

	for (uint32_t i = 0; i < n; i++) {
		uint32_t offset = 0;

		for (uint32_t j = 0; j < split->applied.n; j++) {
			const struct fakeid_idmap_extent *piece = &split->applied.extent[j];

			if (piece->upper - extents[i].upper >= extents[i].count)
				continue;
			same(piece->upper, extents[i].upper + offset);
			same(piece->lower.value, extents[i].lower.value + offset);
			if (offset > 0) {
				same(split->cut[n_cuts].extent, i);
				same(split->cut[n_cuts].upper, piece->upper);
				same(split->cut[n_cuts].lower, piece->lower.value);
				n_cuts++;
			}
			offset += piece->count;
		}
		same(offset, extents[i].count);
	}
	same(split->n_cuts, n_cuts);
	same(split->applied.n, n + n_cuts);
}

START_TEST(test_split_covers_each_extent_in_order_and_maps_the_same)
{
	uint64_t state = SEED;
	int n_split = 0, n_whole = 0, n_refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct fakeid_idmap_extent extents[FAKEID_IDMAP_MAX];
		uint32_t n = 1 + below(&state, 8);
		struct fakeid_idmap child,
			parent = round % 4 ? full_parent(&state, 1 + below(&state, 8))
					   : random_map(&state, 4, LIMIT);
		struct fakeid_idmap whole, pieces;
		struct fakeid_idmap_split split, strict;
		int r, r_strict;

		random_extents(&state, n, LIMIT, extents);
		same_int(fakeid_idmap_make(extents, n, 0, &child, NULL), 0);
		memset(&split, 0xa5, sizeof split);
		r = fakeid_idmap_split(extents, n, &parent, FAKEID_IDMAP_SPLIT, &split, NULL);
		r_strict = fakeid_idmap_split(extents, n, &parent, FAKEID_IDMAP_STRICT, &strict,
					      NULL);
		same_int(fakeid_idmap_compose(&child, &parent, &whole), 0);
		if (r < 0) {
			uint32_t n_lost = 0;

			for (uint32_t id = 0; id < LIMIT; id++)
				n_lost += down(&child, id) != NONE && down(&whole, id) == NONE;
			same_int(r, -EPERM);
			same_int(r_strict, -EPERM);
			above(n_lost, 0);
			same(split.n_cuts, 0xa5a5a5a5);
			n_refused++;
			continue;
		}

		assert_sound(&split.applied);
		assert_pieces(extents, n, &split);
		same_int(fakeid_idmap_compose(&split.applied, &parent, &pieces), 0);
		holds(fakeid_idmap_equal(&whole, &pieces));
		same_int(r_strict, split.n_cuts ? -EPERM : 0);
		if (r_strict == 0)
			holds(fakeid_idmap_equal(&strict.applied, &child));
		r = fakeid_idmap_split(split.applied.extent, split.applied.n, &parent,
				       FAKEID_IDMAP_STRICT, &strict, NULL);
		same_int(r, 0);
		holds(fakeid_idmap_equal(&strict.applied, &split.applied));
		*(split.n_cuts ? &n_split : &n_whole) += 1;
	}
	ck_assert_int_gt(n_split, 100);
	ck_assert_int_gt(n_whole, 20);
	ck_assert_int_gt(n_refused, 20);
}
END_TEST

START_TEST(test_text_round_trips_in_every_format)
{
	uint64_t state = SEED;
	static char text[FAKEID_IDMAP_TEXT_BYTES];

	for (int round = 0; round < 200; round++) {
		struct fakeid_idmap map = random_map(&state, 1 + below(&state, 340), 4000000000u),
				    back;
		uint32_t ns = round % 2 ? (uint32_t)next_random(&state) : 0;
		size_t len = 0, kept = 77;

		for (uint32_t i = 0; i < map.n; i++)
			map.extent[i].lower = fakeid_kid_make(ns,
							      (uint32_t)map.extent[i].lower.value);
		for (int format = 0; format <= FAKEID_IDMAP_COLON; format++) {
			same_int(fakeid_idmap_print(&map, format, text, sizeof text, &len), 0);
			same(len, strlen(text));
			same_int(
				fakeid_idmap_parse(text, len, format, FAKEID_IDMAP_64, &back, NULL),
				0);
			holds(fakeid_idmap_equal(&map, &back));
			same_int(fakeid_idmap_print(&map, format, text, len, &kept), -E2BIG);
			same(kept, 77);
		}
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idmap random");
	TCase *tcase = tcase_create("properties");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_lookups_agree_with_a_table_and_invert_each_other);
	tcase_add_test(tcase, test_ranges_hold_exactly_where_one_extent_does);
	tcase_add_test(tcase, test_compose_is_one_step_after_the_other_and_associative);
	tcase_add_test(tcase, test_identity_changes_nothing_and_invert_undoes);
	tcase_add_test(tcase, test_split_covers_each_extent_in_order_and_maps_the_same);
	tcase_add_test(tcase, test_text_round_trips_in_every_format);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
