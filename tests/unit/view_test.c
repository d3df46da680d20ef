/* SPDX-License-Identifier: MIT
 * view_test.c - what files without a record show, for every policy, with maps, in children and
 * below path idmaps; which ids a program may give, and the errors for the others.
 */
#include "core/view.h"
#include "ns_help.h"

#define OUTER 7u
#define INNER 8u
#define USER 1000u  /* the real user */
#define GROUP 1500u /* and his group: another number, so that a swap shows */
#define NONE (-1)

static struct nsspec spec;
static struct nsview outer, inner;
static struct fakeid_idmap shift;

static uint64_t kid_of(uint32_t ns, uint32_t id)
{
	return fakeid_kid_make(ns, id).value;
}

static void make_spec(const char *map, const char *fsmap, uint32_t flags, enum unmapped unmapped)
{
	nsspec_init(&spec);
	spec.flags = flags;
	spec.unmapped = unmapped;
	spec.fsns = flags & NSSPEC_FS ? OUTER : 0;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		spec.map[kind] = map_of(map);
		spec.fsmap[kind] = map_of(fsmap);
	}
}

static struct view view_of(const struct nsview *space)
{
	return (struct view){
		.ns = space->fsns, .mapped = true, .user = {USER, GROUP}, .space = space};
}

/* -- the default view of one namespace -- */

static const struct default_row {
	const char *map;
	bool isolated;
	enum unmapped unmapped;
	uint32_t host, ns, id; /* of the disk, and the kid that owns the file */
	long shown;
	const char *why;
} default_rows[] = {
	/* clang-format off */
	{"", true, UNMAPPED_ROOT, USER, OUTER, 0, 0, "one's own files are root's"},
	{"", true, UNMAPPED_ROOT, 0, OUTER, 0, 0, "and so are all others"},
	{"", true, UNMAPPED_ROOT, LAST, OUTER, 0, 0, "the last id's too"},
	{"", true, UNMAPPED_OVERFLOW, USER, OUTER, 0, 0, "one's own files are root's"},
	{"", true, UNMAPPED_OVERFLOW, 0, 0, 0, NONE, "others have no place"},
	{"", true, UNMAPPED_OVERFLOW, LAST, 0, LAST, NONE, "nor has the last"},
	{"", true, UNMAPPED_REAL, USER, OUTER, 0, 0, "one's own files are root's"},
	{"", true, UNMAPPED_REAL, 33, 0, 33, 33, "others show as they are"},
	{"", true, UNMAPPED_REAL, LAST, 0, LAST, LAST, "the last too"},
	{"5:2000:10", true, UNMAPPED_ROOT, 2003, 0, 2003, 8, "a host id in the map is the mapped id"},
	{"5:2000:10", true, UNMAPPED_OVERFLOW, 2009, 0, 2009, 14, "whatever the policy"},
	{"5:2000:10", true, UNMAPPED_REAL, 2000, 0, 2000, 5, "whatever the policy"},
	{"5:2000:10", true, UNMAPPED_ROOT, 2010, OUTER, 0, 0, "behind the map is the policy's again"},
	{"5:2000:10", true, UNMAPPED_OVERFLOW, 1999, 0, 1999, NONE, "and before it"},
	{"5:2000:10", true, UNMAPPED_REAL, 2010, 0, 2010, 2010, "for show, though inside 2010 is another"},
	{"5:1000:600", true, UNMAPPED_ROOT, USER, 0, USER, 5, "one's own id in the map is the mapped id"},
	{"5:1000:600", true, UNMAPPED_OVERFLOW, GROUP, 0, GROUP, 505, "one's own id in the map is the mapped id"},
	{"0:1000:600", false, UNMAPPED_OVERFLOW, USER, 0, USER, 0, "the kernel's usual map"},
	{"0:1000:600", false, UNMAPPED_OVERFLOW, 999, 0, 999, NONE, "and whom it does not hold"},
	{"0:3000:9", false, UNMAPPED_OVERFLOW, USER, 0, 3000, 0, "root may be a host id"},
	{"0:3000:9", false, UNMAPPED_ROOT, 33, 0, 3000, 0, "root may be a host id"},
	{"5:2000:10", false, UNMAPPED_ROOT, USER, 0, USER, NONE, "without a root nobody is shown as root"},
	{"5:2000:10", false, UNMAPPED_OVERFLOW, USER, 0, USER, NONE, "not even the user"},
	{"5:2000:10", false, UNMAPPED_REAL, USER, 0, USER, USER, "but for show"},
	{"", false, UNMAPPED_ROOT, USER, 0, USER, NONE, "a namespace with no ids at all"},
	/* clang-format on */
};

static void assert_default(const struct view *view, int kind, uint32_t host, uint64_t kid,
			   long shown, const char *why)
{
	enum fakeid_idkind of = (enum fakeid_idkind)kind;
	uint32_t id = 77;
	int r = view_default_up(view, of, host, &id);

	ck_assert_msg(view_default(view, of, host).value == kid, "%s: kid %#llx", why,
		      (unsigned long long)view_default(view, of, host).value);
	ck_assert_msg(r == (shown == NONE ? -ENXIO : 0) && (r < 0 || id == shown), "%s: %d, %u",
		      why, r, id);
	ck_assert_msg(view_show_default(view, of, host) ==
			      (shown == NONE ? FAKEID_ID_OVERFLOW : (uint32_t)shown),
		      "%s", why);
}

START_TEST(test_the_default_view)
{
	const struct default_row *row = &default_rows[_i];
	struct view view;

	make_spec(row->map, "", row->isolated ? NSSPEC_ISOLATED : 0, row->unmapped);
	ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
	view = view_of(&outer);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		view.user[kind] = row->host == GROUP ? GROUP : USER;
		assert_default(&view, kind, row->host, kid_of(row->ns, row->id), row->shown,
			       row->why);
	}
}
END_TEST

START_TEST(test_user_and_group_are_each_ones_own)
{
	struct view view;

	make_spec("", "", NSSPEC_ISOLATED, UNMAPPED_OVERFLOW);
	ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
	view = view_of(&outer);
	assert_default(&view, FAKEID_UID, USER, kid_of(OUTER, 0), 0, "the user");
	assert_default(&view, FAKEID_GID, GROUP, kid_of(OUTER, 0), 0, "the group");
	assert_default(&view, FAKEID_UID, GROUP, kid_of(0, GROUP), NONE, "no user");
	assert_default(&view, FAKEID_GID, USER, kid_of(0, USER), NONE, "no group");
}
END_TEST

START_TEST(test_plain_and_spelled_out_are_the_same)
{
	const struct view plain = {.ns = OUTER, .user = {USER, GROUP}};
	struct view view;
	struct fakeid_kid kids[2];
	uint32_t ids[2];

	make_spec("", "", NSSPEC_ISOLATED, UNMAPPED_ROOT);
	ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
	view = view_of(&outer);
	for (int i = 0; i < LEN(corners); i++) {
		ck_assert_int_eq(view_make(&plain, FAKEID_UID, corners[i], &kids[0]), 0);
		ck_assert_int_eq(view_make(&view, FAKEID_UID, corners[i], &kids[1]), 0);
		ck_assert_uint_eq(kids[0].value, kids[1].value);
		ck_assert_int_eq(view_up(&plain, FAKEID_UID, kids[0], &ids[0]), 0);
		ck_assert_int_eq(view_up(&view, FAKEID_UID, kids[0], &ids[1]), 0);
		ck_assert(ids[0] == corners[i] && ids[1] == corners[i]);
		ck_assert_uint_eq(view_default(&plain, FAKEID_GID, corners[i]).value,
				  view_default(&view, FAKEID_GID, corners[i]).value);
		for (uint32_t ns = 0; ns < 2; ns++) {
			kids[0] = fakeid_kid_make(ns * INNER, corners[i]);
			ck_assert_int_eq(view_up(&plain, FAKEID_UID, kids[0], &ids[0]), -ENXIO);
			ck_assert_int_eq(view_up(&view, FAKEID_UID, kids[0], &ids[0]), -ENXIO);
			ck_assert_uint_eq(view_show(&view, FAKEID_UID, kids[0]), 65534);
		}
	}
	kids[0].value = 77;
	ck_assert_int_eq(view_make(&plain, FAKEID_UID, NO, &kids[0]), -EINVAL);
	ck_assert_int_eq(view_make(&view, FAKEID_UID, NO, &kids[0]), -EINVAL);
	ck_assert_uint_eq(kids[0].value, 77);
}
END_TEST

START_TEST(test_all_real_is_for_show_and_beats_every_policy)
{
	struct view view = {.ns = OUTER, .mapped = true, .all_real = true, .user = {USER, GROUP}};

	assert_default(&view, FAKEID_UID, USER, kid_of(0, USER), USER, "in a plain namespace");
	for (int unmapped = 0; unmapped < UNMAPPED_N; unmapped++) {
		make_spec("0:1000:1", "", NSSPEC_ISOLATED, (enum unmapped)unmapped);
		ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
		view = view_of(&outer);
		view.all_real = true;
		assert_default(&view, FAKEID_UID, USER, kid_of(0, USER), USER, "mapped");
		assert_default(&view, FAKEID_GID, 5, kid_of(0, 5), 5, "not mapped");
	}
}
END_TEST

/* -- from another namespace: a child's ids, or those of --fs -- */

static const struct other_row {
	const char *outer, *map, *fsmap; /* the files' namespace; the one that looks */
	uint32_t flags;
	enum unmapped unmapped;
	uint32_t host, ns, id;
	long shown;
	const char *why;
} other_rows[] = {
	/* clang-format off */
	{"", "0:0:100", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, USER, OUTER, 0, 0, "a child that maps its parent's root"},
	{"", "0:500:100", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, USER, OUTER, 0, NONE, "one that does not map it"},
	{"", "", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, USER, OUTER, 0, NONE, "one that maps nothing"},
	{"", "", "", NSSPEC_ISOLATED, UNMAPPED_REAL, 33, 0, 33, 33, "for show no place is needed"},
	{"", "5:0:1", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, 33, OUTER, 0, 5, "the parent's root has another id"},
	{"0:2000:10", "3:5:1", "", 0, UNMAPPED_OVERFLOW, 2005, 0, 2005, 3, "a host id through both maps"},
	{"0:2000:10", "3:5:1", "", 0, UNMAPPED_OVERFLOW, 2004, 0, 2004, NONE, "one that only the parent maps"},
	{"0:2000:10", "3:5:1", "", 0, UNMAPPED_OVERFLOW, USER, 0, 2000, NONE, "the user's files are the root's of the files' namespace"},
	{"", "", "", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT, USER, OUTER, 0, 0, "--fs shows each id as itself"},
	{"", "", "7:0:1", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT, USER, OUTER, 0, 7, "unless an fs map shifts it"},
	{"", "", "7:1:1", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT, USER, OUTER, 0, NONE, "or does not hold it"},
	{"4:2000:10", "", "0:4:10", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_OVERFLOW, 2001, 0, 2001, 1, "a host id of the files' namespace"},
	{"4:2000:10", "", "0:4:10", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_OVERFLOW, 33, 0, 33, NONE, "the policy is one's own"},
	{"4:2000:10", "0:33:1", "0:4:10", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_OVERFLOW, 33, 0, 33, NONE, "id maps are not for files"},
	/* clang-format on */
};

START_TEST(test_the_default_view_of_another_namespaces_files)
{
	const struct other_row *row = &other_rows[_i];
	bool child = !(row->flags & NSSPEC_FS);
	struct view view;

	make_spec(row->outer, "", NSSPEC_ISOLATED, UNMAPPED_REAL);
	ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
	make_spec(row->map, row->fsmap, row->flags, row->unmapped);
	ck_assert_int_eq(
		nsview_make(&spec, INNER, child ? &outer : NULL, child ? NULL : &outer, &inner), 0);
	view = view_of(&inner);
	view.user[FAKEID_GID] = USER;
	ck_assert_uint_eq(view.ns, OUTER);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		assert_default(&view, kind, row->host, kid_of(row->ns, row->id), row->shown,
			       row->why);
}
END_TEST

/* -- path idmaps -- */

static const struct shift_row {
	const char *map, *shift; /* of the namespace, and of the path */
	enum unmapped unmapped;
	uint32_t host, ns, id;
	long shown;
	const char *why;
} shift_rows[] = {
	/* clang-format off */
	{"", "0:100000:65536", UNMAPPED_ROOT, 100033, OUTER, 100033, 33, "a host id on disk, shifted"},
	{"", "0:100000:65536", UNMAPPED_OVERFLOW, 165535, OUTER, 165535, 65535, "the last of them"},
	{"", "0:100000:65536", UNMAPPED_OVERFLOW, 165536, 0, 165536, NONE, "the one behind"},
	{"", "0:100000:65536", UNMAPPED_REAL, 165536, 0, 165536, 165536, "for show"},
	{"", "0:100000:65536", UNMAPPED_ROOT, 165536, OUTER, 0, 0, "or as root's"},
	{"", "0:100000:65536", UNMAPPED_OVERFLOW, USER, OUTER, 0, 0, "one's own files are root's there too"},
	{"", "7:0:1", UNMAPPED_ROOT, USER, OUTER, 0, 7, "root itself shifted: an id of the store"},
	{"5:2000:10", "0:5:10", UNMAPPED_ROOT, 2001, 0, 2001, 1, "through the id map first, if that is what it maps"},
	{"5:2000:10", "0:2000:10", UNMAPPED_ROOT, 2001, OUTER, 2001, 1, "but a host id of its own counts before"},
	/* clang-format on */
};

START_TEST(test_the_default_view_below_a_path_idmap)
{
	const struct shift_row *row = &shift_rows[_i];
	struct view view;

	make_spec(row->map, "", NSSPEC_ISOLATED, row->unmapped);
	ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
	shift = map_of(row->shift);
	view = view_of(&outer);
	view.user[FAKEID_GID] = USER;
	view.shift = &shift;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		assert_default(&view, kind, row->host, kid_of(row->ns, row->id), row->shown,
			       row->why);
}
END_TEST

/* -- ids that a program gives -- */

static const struct make_row {
	const char *map, *shift; /* NULL: no path idmap */
	bool isolated;
	uint32_t id;
	int result;
	uint32_t ns, kid;
	const char *why;
} make_rows[] = {
	/* clang-format off */
	{"0:2000:10", NULL, true, 9, 0, 0, 2009, "in the map"},
	{"0:2000:10", NULL, true, 10, 0, OUTER, 10, "behind it, isolated"},
	{"0:2000:10", NULL, true, LAST, 0, OUTER, LAST, "the last id"},
	{"0:2000:10", NULL, true, NO, -EINVAL, 0, 0, "no id"},
	{"0:2000:10", NULL, false, 0, 0, 0, 2000, "in the map"},
	{"0:2000:10", NULL, false, 10, -EINVAL, 0, 0, "behind it, not isolated: as the kernel"},
	{"0:2000:10", NULL, false, LAST, -EINVAL, 0, 0, "the last id"},
	{"0:2000:10", NULL, false, NO, -EINVAL, 0, 0, "no id"},
	{"", "0:100000:10", true, 9, 0, OUTER, 100009, "shifted to an id of the store"},
	{"", "0:100000:10", true, 10, -EOVERFLOW, 0, 0, "no place below this path"},
	{"", "0:100000:10", true, NO, -EINVAL, 0, 0, "no id anywhere"},
	{"", "0:100000:10", false, 9, 0, 0, 100009, "shifted to an id of the disk"},
	{"0:2000:10", "0:5:10", true, 4, 0, 0, 2009, "and through the map"},
	{"0:2000:10", "0:5:10", true, 5, 0, OUTER, 10, "or behind it"},
	/* clang-format on */
};

START_TEST(test_ids_that_a_program_gives)
{
	const struct make_row *row = &make_rows[_i];

	make_spec(row->map, "", row->isolated ? NSSPEC_ISOLATED : 0, UNMAPPED_ROOT);
	ck_assert_int_eq(nsview_make(&spec, OUTER, NULL, NULL, &outer), 0);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		struct view view = view_of(&outer);
		struct fakeid_kid kid = {77};
		uint32_t back = 0;
		int r;

		if (row->shift)
			shift = map_of(row->shift);
		view.shift = row->shift ? &shift : NULL;
		r = view_make(&view, (enum fakeid_idkind)kind, row->id, &kid);
		ck_assert_msg(r == row->result, "%s: %d", row->why, r);
		ck_assert_msg(kid.value == (r < 0 ? 77 : kid_of(row->ns, row->kid)), "%s: %#llx",
			      row->why, (unsigned long long)kid.value);
		if (r == 0)
			ck_assert_msg(view_up(&view, (enum fakeid_idkind)kind, kid, &back) == 0 &&
					      back == row->id,
				      "%s: shown as %u", row->why, back);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("view");
	TCase *own = tcase_create("the default view");
	TCase *made = tcase_create("ids given");

	tcase_add_loop_test(own, test_the_default_view, 0, LEN(default_rows));
	tcase_add_test(own, test_user_and_group_are_each_ones_own);
	tcase_add_test(own, test_plain_and_spelled_out_are_the_same);
	tcase_add_test(own, test_all_real_is_for_show_and_beats_every_policy);
	tcase_add_loop_test(own, test_the_default_view_of_another_namespaces_files, 0,
			    LEN(other_rows));
	tcase_add_loop_test(own, test_the_default_view_below_a_path_idmap, 0, LEN(shift_rows));
	suite_add_tcase(suite, own);
	tcase_add_loop_test(made, test_ids_that_a_program_gives, 0, LEN(make_rows));
	suite_add_tcase(suite, made);
	return run_suite(suite);
}
