/* SPDX-License-Identifier: MIT
 * nsspec_wish_test.c - what a request changes in a namespace, what it finds to be different, and
 * which namespaces are plain.
 */
#include "nsspec_help.h"

#define SEED UINT64_C(0x1d3a90004)

static struct nsspec spec, back, wish, other; /* too large for a stack */

static bool same_paths(const struct nsspec *a, const struct nsspec *b)
{
	bool same = a->n_paths == b->n_paths;

	for (uint32_t i = 0; same && i < a->n_paths; i++)
		same = strcmp(a->paths[i].path, b->paths[i].path) == 0 &&
		       fakeid_idmap_equal(&a->paths[i].map, &b->paths[i].map);
	return same;
}

/* Is the field that one GAVE flag speaks of the same? Number 9 is the namespace's own. */
static bool same_field(int bit, const struct nsspec *a, const struct nsspec *b)
{
	switch (NSSPEC_GAVE_ISOLATED << bit) {
	case NSSPEC_GAVE_ISOLATED:
		return (a->flags & NSSPEC_ISOLATED) == (b->flags & NSSPEC_ISOLATED);
	case NSSPEC_GAVE_UNMAPPED:
		return a->unmapped == b->unmapped;
	case NSSPEC_GAVE_UID:
	case NSSPEC_GAVE_GID:
		return fakeid_idmap_equal(&a->map[bit - 2], &b->map[bit - 2]);
	case NSSPEC_GAVE_FSUID:
	case NSSPEC_GAVE_FSGID:
		return fakeid_idmap_equal(&a->fsmap[bit - 4], &b->fsmap[bit - 4]);
	case NSSPEC_GAVE_CAPS:
		return a->caps == b->caps;
	case NSSPEC_GAVE_FS:
		return (a->flags & NSSPEC_FS) == (b->flags & NSSPEC_FS) && a->fsns == b->fsns;
	default:
		return same_paths(a, b);
	}
}

START_TEST(test_take_changes_what_was_given_and_nothing_else)
{
	uint64_t state = SEED;

	for (int round = 0; round < 2000; round++) {
		random_spec(&state, &wish);
		random_spec(&state, &spec);
		wish.flags |= NSSPEC_FS; /* as every request with NSSPEC_GAVE_FS has it */
		spec.flags &= NSSPEC_FLAGS_STORED;
		back = spec;
		nsspec_take(&wish, &back);
		holds((back.flags & ~NSSPEC_FLAGS_STORED) == 0);
		for (int bit = 0; bit < GAVE_BITS; bit++)
			holds(same_field(bit, &back,
					 wish.flags & ((uint32_t)NSSPEC_GAVE_ISOLATED << bit)
						 ? &wish
						 : &spec));
		holds(nsspec_check_same(&wish, 9, &back) == 0);
	}
}
END_TEST

START_TEST(test_check_same_sees_each_field_that_was_given_and_no_other)
{
	uint64_t state = SEED;
	int n_same = 0, n_others = 0;

	for (int round = 0; round < 4000; round++) {
		bool same = true;
		int r;

		random_spec(&state, &wish);
		random_spec(&state, &spec);
		wish.flags |= NSSPEC_FS;
		spec.flags &= NSSPEC_FLAGS_STORED;
		/* Equal in most fields, so that one makes the difference. */
		other = wish;
		other.flags &= (uint32_t)next_random(&state) | ~NSSPEC_FLAGS_GAVE;
		if (round % 4)
			nsspec_take(&other, &spec);
		for (int bit = 0; bit < GAVE_BITS; bit++)
			if (wish.flags & ((uint32_t)NSSPEC_GAVE_ISOLATED << bit))
				same &= same_field(bit, &wish, &spec);
		r = nsspec_check_same(&wish, 9, &spec);
		holds(r == (same ? 0 : -EEXIST));
		*(same ? &n_same : &n_others) += 1;
	}
	ck_assert_int_gt(n_same, 100);
	ck_assert_int_gt(n_others, 100);
}
END_TEST

START_TEST(test_files_of_its_own_are_the_same_by_number_and_by_default)
{
	nsspec_init(&spec);
	nsspec_init(&wish);
	wish.flags |= NSSPEC_GAVE_FS | NSSPEC_FS;
	spec.flags |= NSSPEC_FS;
	wish.fsns = 9;
	ck_assert_int_eq(nsspec_check_same(&wish, 9, &spec), 0);
	spec.fsns = 9;
	wish.fsns = 0;
	ck_assert_int_eq(nsspec_check_same(&wish, 9, &spec), 0);
	ck_assert_int_eq(nsspec_check_same(&wish, 8, &spec), -EEXIST);
}
END_TEST

START_TEST(test_the_order_of_path_idmaps_does_not_matter)
{
	nsspec_init(&wish);
	wish.flags |= NSSPEC_GAVE_PATHS;
	wish.n_paths = 2;
	(void)strcpy(wish.paths[0].path, "/a");
	(void)strcpy(wish.paths[1].path, "/b");
	wish.paths[0].map = map_of("0:5:1");
	wish.paths[1].map = map_of("0:6:1");
	spec = wish;
	spec.paths[0] = wish.paths[1];
	spec.paths[1] = wish.paths[0];
	ck_assert_int_eq(nsspec_check_same(&wish, 9, &spec), 0);
	spec.paths[1].map = map_of("0:6:1");
	ck_assert_int_eq(nsspec_check_same(&wish, 9, &spec), -EEXIST);
	spec.n_paths = 1;
	ck_assert_int_eq(nsspec_check_same(&wish, 9, &spec), -EEXIST);
}
END_TEST

START_TEST(test_plain_is_the_default_at_top_level_and_nothing_else)
{
	nsspec_init(&spec);
	ck_assert(nsspec_is_plain(&spec, 9, 0));
	ck_assert(!nsspec_is_plain(&spec, 9, 3)); /* its files are its parent's */
	spec.flags |= NSSPEC_FS;
	ck_assert(nsspec_is_plain(&spec, 9, 0));
	ck_assert(nsspec_is_plain(&spec, 9, 3)); /* a child with files of its own */
	spec.fsns = 9;
	ck_assert(nsspec_is_plain(&spec, 9, 0));
	spec.fsns = 8;
	ck_assert(!nsspec_is_plain(&spec, 9, 0));
	nsspec_init(&spec);
	spec.caps = 0; /* what its processes may has nothing to do with their ids */
	ck_assert(nsspec_is_plain(&spec, 9, 0));

	for (int field = 0; field < 7; field++) {
		struct fakeid_idmap *maps[] = {&spec.map[0], &spec.map[1], &spec.fsmap[0],
					       &spec.fsmap[1]};

		nsspec_init(&spec);
		if (field < 4)
			*maps[field] = map_of("0:0:4294967295");
		else if (field == 4)
			spec.flags &= ~(uint32_t)NSSPEC_ISOLATED;
		else if (field == 5)
			spec.unmapped = UNMAPPED_REAL;
		else
			spec.n_paths = 1;
		ck_assert_msg(!nsspec_is_plain(&spec, 9, 0), "field %d", field);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nsspec, wishes");
	TCase *tcase = tcase_create("requests");

	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_take_changes_what_was_given_and_nothing_else);
	tcase_add_test(tcase, test_check_same_sees_each_field_that_was_given_and_no_other);
	tcase_add_test(tcase, test_files_of_its_own_are_the_same_by_number_and_by_default);
	tcase_add_test(tcase, test_the_order_of_path_idmaps_does_not_matter);
	tcase_add_test(tcase, test_plain_is_the_default_at_top_level_and_nothing_else);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
