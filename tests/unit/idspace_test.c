/* SPDX-License-Identifier: MIT
 * idspace_test.c - id spaces beside a model that looks at one id at a time, over random maps and
 * the ids at their edges.
 */
#include "ns_help.h"

#define SEED UINT64_C(0x1d3a90003)
#define ROUNDS 20000
#define PARENT 5u
#define CHILD 6u

static struct ids ids;

/* -- the model: a map, and what is outside of it -- */

struct model {
	const struct model *parent; /* NULL: the host */
	uint32_t own;
	struct fakeid_idmap map;
};

static bool model_down(const struct model *model, uint32_t id, struct fakeid_kid *ret_kid)
{
	struct fakeid_kid lower;

	if (id == NO)
		return false;
	if (!model) {
		*ret_kid = fakeid_kid_make(FAKEID_NS_HOST, id);
		return true;
	}
	if (naive_down(&model->map, id, &lower))
		return model_down(model->parent, fakeid_kid_id(lower), ret_kid);
	*ret_kid = fakeid_kid_make(model->own, id);
	return model->own != 0;
}

static bool model_up(const struct model *model, struct fakeid_kid kid, uint32_t *ret_id)
{
	uint32_t id;

	if (!model) {
		*ret_id = fakeid_kid_id(kid);
		return fakeid_kid_ns(kid) == FAKEID_NS_HOST;
	}
	if (model->own && fakeid_kid_ns(kid) == model->own) {
		*ret_id = fakeid_kid_id(kid);
		return true;
	}
	return model_up(model->parent, kid, &id) &&
	       naive_up(&model->map, fakeid_kid_make(FAKEID_NS_HOST, id), ret_id);
}

static void assert_up(const struct idspace *space, const struct model *model, struct fakeid_kid kid)
{
	uint32_t id = 77, expected = 77;
	int r = idspace_up(space, kid, &id);

	holds(r == (model_up(model, kid, &expected) ? 0 : -ENXIO));
	holds(r < 0 ? id == 77 : id == expected);
}

static void assert_down(const struct idspace *space, const struct model *model, uint32_t id)
{
	struct fakeid_kid kid = {77}, expected = {77};
	int r = idspace_down(space, id, &kid);
	const struct model *whole = model;
	uint32_t back = 0;

	holds(r == (model_down(model, id, &expected) ? 0 : -ENXIO));
	holds(r < 0 ? kid.value == 77 : kid.value == expected.value);
	if (r == 0)
		holds(idspace_up(space, kid, &back) == 0 && back == id);

	/* The same number as an id of the host, of the parent and of its own: kids that somebody
	 * makes. */
	for (; id != NO; model = model->parent) {
		kid = fakeid_kid_make(model ? model->own : 0, id);
		if (model_down(model, id, &expected) && expected.value == kid.value)
			assert_up(space, whole, kid);
		if (!model)
			break;
	}
}

static void assert_sound(const struct idspace *space)
{
	const struct fakeid_idmap *map = &space->map;

	holds(fakeid_idmap_check(map->extent, map->n, FAKEID_IDMAP_64, NULL) == 0);
	for (uint32_t i = 1; i < map->n; i++) {
		holds(map->extent[i].upper > map->extent[i - 1].upper);
		holds(map->extent[map->by_lower[i]].lower.value >
		      map->extent[map->by_lower[i - 1]].lower.value);
	}
}

/* A parent in the host, isolated or not, and its space. */
static void random_parent(uint64_t *state, struct model *ret_model, struct idspace *ret_space)
{
	struct idspace host;

	*ret_model = (struct model){NULL, below(state, 3) ? PARENT : 0,
				    corner_map(state, below(state, 8))};
	idspace_host(&host);
	holds(idspace_make(&ret_model->map, &host, ret_model->own, ret_space) == 0);
}

START_TEST(test_make_is_one_step_after_the_other_for_every_id)
{
	uint64_t state = SEED;

	printf("seed %#jx\n", (uintmax_t)SEED);
	for (int round = 0; round < ROUNDS; round++) {
		struct model parent, child;
		struct idspace outer, space;

		random_parent(&state, &parent, &outer);
		child = (struct model){&parent, below(&state, 2) ? CHILD : 0,
				       corner_map(&state, below(&state, 8))};
		holds(idspace_make(&child.map, &outer, child.own, &space) == 0);
		assert_sound(&outer);
		assert_sound(&space);

		ids.n = 0;
		ids_add_corners(&ids);
		ids_add_edges(&ids, &parent.map);
		ids_add_edges(&ids, &child.map);
		ids_add_edges(&ids, &space.map);
		for (uint32_t i = 0; i < ids.n; i++) {
			assert_down(&outer, &parent, ids.at[i]);
			assert_down(&space, &child, ids.at[i]);
		}
	}
}
END_TEST

START_TEST(test_the_host_is_each_id_itself)
{
	struct idspace host;

	idspace_host(&host);
	ids.n = 0;
	ids_add_corners(&ids);
	for (uint32_t i = 0; i < ids.n; i++)
		assert_down(&host, NULL, ids.at[i]);
}
END_TEST

START_TEST(test_an_isolated_space_without_a_map_is_its_own_ids)
{
	const struct fakeid_idmap none = {.n = 0};
	struct idspace host, space;
	struct fakeid_kid kid;
	uint32_t id = 77;

	idspace_host(&host);
	ck_assert_int_eq(idspace_make(&none, &host, CHILD, &space), 0);
	ck_assert_int_eq(idspace_down(&space, 0, &kid), 0);
	ck_assert_uint_eq(kid.value, UINT64_C(6) << 32);
	ck_assert_int_eq(idspace_down(&space, LAST, &kid), 0);
	ck_assert_uint_eq(kid.value, (UINT64_C(6) << 32) + LAST);
	ck_assert_int_eq(idspace_down(&space, NO, &kid), -ENXIO);
	ck_assert_int_eq(idspace_up(&space, fakeid_kid_make(PARENT, 0), &id), -ENXIO);
	ck_assert_int_eq(idspace_up(&space, fakeid_kid_make(FAKEID_NS_HOST, 0), &id), -ENXIO);
	ck_assert_uint_eq(id, 77);

	ck_assert_int_eq(idspace_make(&none, &host, 0, &space), 0);
	ck_assert_int_eq(idspace_down(&space, 0, &kid), -ENXIO);
}
END_TEST

/* -- fitting: the parent's ids fall into pieces, its extents and, if it is isolated, the gaps -- */

/* Which piece an id of the parent is in: -1 in none, even numbers for gaps, odd ones for
 * extents. */
static int piece_of(const struct model *parent, uint32_t id)
{
	int n_before = 0;

	for (uint32_t i = 0; i < parent->map.n; i++) {
		const struct fakeid_idmap_extent *extent = &parent->map.extent[i];

		if (id >= extent->upper && id - extent->upper < extent->count)
			return (int)i * 2 + 1;
		n_before += extent->upper < id;
	}
	return parent->own ? n_before * 2 : -1;
}

/* Where the pieces of an extent begin, by brute force over the edges of the parent's; 0 for no
 * fit. */
static uint32_t expect_pieces(const struct model *parent, const struct fakeid_idmap_extent *extent,
			      uint32_t ret_first[64])
{
	uint32_t first = fakeid_kid_id(extent->lower), n = 0;

	for (uint32_t offset = 0; offset < extent->count;) {
		uint32_t next = extent->count;

		if (piece_of(parent, first + offset) < 0)
			return 0;
		ret_first[n++] = offset;
		for (uint32_t i = 0; i < parent->map.n; i++)
			for (uint32_t end = 0; end < 2; end++) {
				uint32_t edge = parent->map.extent[i].upper +
						end * parent->map.extent[i].count;

				if (edge > first + offset && edge - first < next)
					next = edge - first;
			}
		offset = next;
	}
	return n;
}

static void assert_pieces(const struct model *parent, const struct fakeid_idmap *map,
			  const struct fakeid_idmap_split *split)
{
	uint32_t at = 0, n_cuts = 0, first[64];

	for (uint32_t i = 0; i < map->n; i++) {
		const struct fakeid_idmap_extent *extent = &map->extent[i];
		uint32_t n = expect_pieces(parent, extent, first);

		for (uint32_t j = 0; j < n; j++, at++) {
			const struct fakeid_idmap_extent *piece = &split->applied.extent[at];
			uint32_t end = j + 1 < n ? first[j + 1] : extent->count;

			holds(at < split->applied.n);
			holds(piece->upper == extent->upper + first[j]);
			holds(piece->lower.value == extent->lower.value + first[j]);
			holds(piece->count == end - first[j]);
			if (j == 0)
				continue;
			holds(split->cut[n_cuts].extent == i);
			holds(split->cut[n_cuts].upper == piece->upper);
			holds(split->cut[n_cuts].lower == fakeid_kid_id(piece->lower));
			n_cuts++;
		}
	}
	holds(at == split->applied.n && n_cuts == split->n_cuts);
}

START_TEST(test_fit_cuts_at_the_parents_edges_and_the_gaps_of_an_isolated_one_are_pieces)
{
	uint64_t state = SEED;
	int n_split = 0, n_whole = 0, n_refused = 0;

	for (int round = 0; round < ROUNDS; round++) {
		struct fakeid_idmap map = corner_map(&state, 1 + below(&state, 5));
		static struct fakeid_idmap_split split, strict;
		struct fakeid_idmap_report report;
		struct model parent;
		struct idspace outer, whole, pieces;
		uint32_t n_pieces = 0, first[64];
		bool fits = true;
		int r;

		random_parent(&state, &parent, &outer);
		for (uint32_t i = 0; i < map.n; i++) {
			uint32_t n = expect_pieces(&parent, &map.extent[i], first);

			fits &= n > 0;
			n_pieces += n;
		}
		memset(&strict, 0xa5, sizeof strict);
		r = idspace_fit(map.extent, map.n, &outer, FAKEID_IDMAP_STRICT, &strict, &report);
		holds(r == (fits && n_pieces == map.n ? 0 : -EPERM));
		if (r == 0)
			holds(fakeid_idmap_equal(&strict.applied, &map) && strict.n_cuts == 0);
		else
			holds(strict.n_cuts == 0xa5a5a5a5);
		r = idspace_fit(map.extent, map.n, &outer, FAKEID_IDMAP_SPLIT, &split, &report);
		holds(r == (fits ? 0 : -EPERM));
		if (r < 0) {
			holds(report.fault == FAKEID_IDMAP_UNMAPPED && report.extent < map.n);
			n_refused++;
			continue;
		}

		assert_pieces(&parent, &map, &split);
		*(split.n_cuts ? &n_split : &n_whole) += 1;
		/* The same ids, however it was cut. */
		holds(idspace_make(&map, &outer, CHILD, &whole) == 0);
		holds(idspace_make(&split.applied, &outer, CHILD, &pieces) == 0);
		holds(fakeid_idmap_equal(&whole.map, &pieces.map));
		r = idspace_fit(split.applied.extent, split.applied.n, &outer, FAKEID_IDMAP_STRICT,
				&strict, NULL);
		holds(r == 0);
	}
	ck_assert_int_gt(n_split, 100);
	ck_assert_int_gt(n_whole, 100);
	ck_assert_int_gt(n_refused, 100);
}
END_TEST

START_TEST(test_more_pieces_than_a_map_holds_are_refused)
{
	const struct fakeid_idmap all = map_of("0:0:4294967295");
	static struct fakeid_idmap_split split;
	struct fakeid_idmap many;
	struct idspace host, outer, space;

	many.n = 0;
	for (uint32_t i = 0; i < 170; i++)
		many.extent[many.n++] = (struct fakeid_idmap_extent){10 * i + 5, 1, {7 * i}};
	ck_assert_int_eq(fakeid_idmap_make(many.extent, many.n, 0, &many, NULL), 0);
	idspace_host(&host);

	/* 170 extents, and before, between and behind them 171 gaps. */
	ck_assert_int_eq(idspace_make(&many, &host, PARENT, &outer), 0);
	memset(&space, 0xa5, sizeof space);
	ck_assert_int_eq(idspace_make(&all, &outer, CHILD, &space), -E2BIG);
	ck_assert_int_eq(idspace_fit(all.extent, 1, &outer, FAKEID_IDMAP_SPLIT, &split, NULL),
			 -E2BIG);

	/* One gap less: they touch the lowest id. */
	many.extent[0].upper = 0;
	ck_assert_int_eq(idspace_make(&many, &host, PARENT, &outer), 0);
	ck_assert_int_eq(idspace_make(&all, &outer, CHILD, &space), 0);
	ck_assert_uint_eq(space.map.n, FAKEID_IDMAP_MAX);
	ck_assert_int_eq(idspace_fit(all.extent, 1, &outer, FAKEID_IDMAP_SPLIT, &split, NULL), 0);
	ck_assert_uint_eq(split.n_cuts, FAKEID_IDMAP_MAX - 1);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idspace");
	TCase *look = tcase_create("look up");
	TCase *fit = tcase_create("fit");

	tcase_set_timeout(look, 120);
	tcase_add_test(look, test_make_is_one_step_after_the_other_for_every_id);
	tcase_add_test(look, test_the_host_is_each_id_itself);
	tcase_add_test(look, test_an_isolated_space_without_a_map_is_its_own_ids);
	suite_add_tcase(suite, look);
	tcase_set_timeout(fit, 120);
	tcase_add_test(
		fit, test_fit_cuts_at_the_parents_edges_and_the_gaps_of_an_isolated_one_are_pieces);
	tcase_add_test(fit, test_more_pieces_than_a_map_holds_are_refused);
	suite_add_tcase(suite, fit);
	return run_suite(suite);
}
