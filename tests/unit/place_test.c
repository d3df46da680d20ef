/* SPDX-License-Identifier: MIT
 * place_test.c - which namespaces have a place for every file that may come, and what keys say of
 * files without one.
 */
#include "core/creds.h"
#include "core/overlay.h"
#include "ns_help.h"

#define HOME 7u
#define GUEST 8u
#define USER 1000u
#define FOWNER (UINT64_C(1) << 3)

static struct nsspec spec;
static struct nsview home, guest;

static void make_spec(const char *map, const char *fsmap, uint32_t flags, enum unmapped unmapped)
{
	nsspec_init(&spec);
	spec.flags = flags;
	spec.unmapped = unmapped;
	spec.fsns = flags & NSSPEC_FS ? HOME : 0;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		spec.map[kind] = map_of(map);
		spec.fsmap[kind] = map_of(fsmap);
	}
}

/* -- reach -- */

static const struct reach_row {
	const char *map, *fsmap;
	uint32_t flags;
	enum unmapped unmapped;
	bool reaches, leaves; /* all; ids that are foreign to others */
	const char *why;
} own_rows[] =
	{
		/* clang-format off */
	{"", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, true, false, "plain"},
	{"0:5000:10", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, true, false, "all others are root's"},
	{"0:5000:10", "", 0, UNMAPPED_ROOT, true, false, "also where there are no other ids"},
	{"0:5000:10", "", NSSPEC_ISOLATED, UNMAPPED_REAL, true, false, "for show is a place too"},
	{"0:5000:10", "", NSSPEC_ISOLATED, UNMAPPED_OVERFLOW, false, false, "as a user namespace"},
	{"1:5000:10", "", 0, UNMAPPED_ROOT, false, false, "without a root the files of others are nobody's"},
	{"1:5000:10", "", 0, UNMAPPED_REAL, true, false, "but for show"},
	{"", "0:0:10", NSSPEC_ISOLATED, UNMAPPED_ROOT, false, false, "fs maps leave some out"},
		/* clang-format on */
},
  guest_rows[] =
	  {
		  /* clang-format off */
	{"", "", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT, true, false, "the same view of files"},
	{"0:5000:10", "", NSSPEC_FS, UNMAPPED_ROOT, true, false, "whatever the ids of processes"},
	{"", "0:0:10", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT, false, false, "a part of it"},
	{"", "", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_OVERFLOW, false, false, "files of others"},
		  /* clang-format on */
},
  child_rows[] = {
	  /* clang-format off */
	{"", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, false, true, "an isolated child has ids of its own"},
	{"0:0:10", "", NSSPEC_ISOLATED, UNMAPPED_ROOT, false, true, "beside those of its map"},
	{"0:0:10", "", 0, UNMAPPED_ROOT, false, false, "or has not"},
	  /* clang-format on */
};

static void assert_reach(const struct reach_row *row)
{
	ck_assert_msg((guest.reach == NSVIEW_REACH_HOME) == row->reaches, "reach: %s", row->why);
	ck_assert_msg(nsview_leaves_foreign(&guest) == row->leaves, "leaves: %s", row->why);
}

START_TEST(test_a_namespace_with_files_of_its_own)
{
	const struct reach_row *row = &own_rows[_i];

	make_spec(row->map, row->fsmap, row->flags, row->unmapped);
	ck_assert_int_eq(nsview_make(&spec, GUEST, NULL, NULL, &guest), 0);
	assert_reach(row);
}
END_TEST

static void make_home(void)
{
	make_spec("", "", NSSPEC_ISOLATED, UNMAPPED_ROOT);
	ck_assert_int_eq(nsview_make(&spec, HOME, NULL, NULL, &home), 0);
}

START_TEST(test_a_namespace_with_the_files_of_another)
{
	const struct reach_row *row = &guest_rows[_i];

	make_home();
	make_spec(row->map, row->fsmap, row->flags, row->unmapped);
	ck_assert_int_eq(nsview_make(&spec, GUEST, NULL, &home, &guest), 0);
	assert_reach(row);
}
END_TEST

START_TEST(test_a_child)
{
	const struct reach_row *row = &child_rows[_i];

	make_home();
	make_spec(row->map, row->fsmap, row->flags, row->unmapped);
	ck_assert_int_eq(nsview_make(&spec, GUEST, &home, NULL, &guest), 0);
	assert_reach(row);
}
END_TEST

START_TEST(test_path_idmaps_leave_ids_out)
{
	make_spec("", "", NSSPEC_ISOLATED, UNMAPPED_ROOT);
	spec.n_paths = 1;
	(void)strcpy(spec.paths[0].path, "/srv");
	spec.paths[0].map = map_of("0:5:10");
	ck_assert_int_eq(nsview_make(&spec, GUEST, NULL, NULL, &guest), 0);
	ck_assert_uint_eq(guest.reach, NSVIEW_REACH_PART);
	ck_assert(nsview_leaves_foreign(&guest));
}
END_TEST

/* -- keys -- */

static const struct disk disk = {.uid = USER, .gid = USER, .n_links = 1, .mode = 0100640};
static struct record record;
static struct view view;

/* A guest that has users and groups 0 to 9 of home's, and holds a key: CAP_FOWNER, and that 33
 * is 5 and 34 is 6. */
static void make_guest(void)
{
	struct key key;

	make_home();
	make_spec("", "0:0:10", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT);
	ck_assert_int_eq(nsview_make(&spec, GUEST, NULL, &home, &guest), 0);
	key_init(&key);
	key.caps = FOWNER;
	ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){33, 5}), 0);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){34, 6}), 0);
	ck_assert_int_eq(keyring_add(&guest.keys, &key, home.fs), 0);
	view = (struct view){.ns = HOME, .mapped = true, .user = {USER, USER}, .space = &guest};
	record = (struct record){.uid = fakeid_kid_make(HOME, 33),
				 .gid = fakeid_kid_make(HOME, 34),
				 .flags = RECORD_UID | RECORD_GID};
}

START_TEST(test_a_key_gives_a_name_and_capabilities_but_no_place)
{
	struct shown shown;
	uint32_t id;

	make_guest();
	overlay_show(&view, &disk, &record, &shown);
	ck_assert_uint_eq(shown.uid, 5);
	ck_assert_uint_eq(shown.gid, 6);
	ck_assert_int_eq(overlay_id(&view, &disk, &record, FAKEID_GID, &id), 0);
	ck_assert_uint_eq(id, 6);
	ck_assert(!overlay_has_place(&view, &disk, &record, FAKEID_UID));
	ck_assert_uint_eq(overlay_caps(&view, &disk, &record, FAKEID_UID), FOWNER);
	record.uid = fakeid_kid_make(HOME, 9);
	ck_assert(overlay_has_place(&view, &disk, &record, FAKEID_UID));
	ck_assert_uint_eq(overlay_caps(&view, &disk, &record, FAKEID_UID), UINT64_MAX);
	record.uid = fakeid_kid_make(HOME + 9, 33); /* somebody else's */
	ck_assert_uint_eq(overlay_caps(&view, &disk, &record, FAKEID_UID), 0);
	ck_assert_int_eq(overlay_id(&view, &disk, &record, FAKEID_UID, &id), -ENXIO);
	view.space = NULL; /* a plain namespace has no keys */
	view.mapped = false;
	ck_assert_uint_eq(overlay_caps(&view, &disk, &record, FAKEID_UID), UINT64_MAX);
}
END_TEST

START_TEST(test_who_is_owner_by_a_key_alone)
{
	make_guest();
	ck_assert(overlay_is_equal(&view, &disk, &record, FAKEID_UID, 5));
	ck_assert(overlay_is_equal(&view, &disk, &record, FAKEID_GID, 6));
	ck_assert(!overlay_is_equal(&view, &disk, &record, FAKEID_GID, 5));
	ck_assert(!overlay_is_equal(&view, &disk, &record, FAKEID_UID, 33));
	ck_assert(!overlay_is_equal(&view, &disk, &record, FAKEID_UID, NO));
	record.uid = fakeid_kid_make(HOME, 5); /* has a place */
	ck_assert(!overlay_is_equal(&view, &disk, &record, FAKEID_UID, 5));
}
END_TEST

START_TEST(test_keys_do_not_make_another_view)
{
	make_guest();
	make_spec("", "0:0:10", NSSPEC_ISOLATED | NSSPEC_FS, UNMAPPED_ROOT);
	ck_assert_int_eq(nsview_make(&spec, HOME, NULL, NULL, &home), 0);
	ck_assert(!nsview_equal_but_keys(&home, &guest));
	home = guest;
	memset(&home.keys, 0, sizeof home.keys);
	ck_assert(nsview_equal_but_keys(&home, &guest));
	ck_assert(!keyring_equal(&home.keys, &guest.keys));
	home.n_paths++;
	ck_assert(!nsview_equal_but_keys(&home, &guest));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("place");
	TCase *reach = tcase_create("reach"), *keys = tcase_create("keys");

	tcase_add_loop_test(reach, test_a_namespace_with_files_of_its_own, 0, LEN(own_rows));
	tcase_add_loop_test(reach, test_a_namespace_with_the_files_of_another, 0, LEN(guest_rows));
	tcase_add_loop_test(reach, test_a_child, 0, LEN(child_rows));
	tcase_add_test(reach, test_path_idmaps_leave_ids_out);
	suite_add_tcase(suite, reach);
	tcase_add_test(keys, test_a_key_gives_a_name_and_capabilities_but_no_place);
	tcase_add_test(keys, test_who_is_owner_by_a_key_alone);
	tcase_add_test(keys, test_keys_do_not_make_another_view);
	suite_add_tcase(suite, keys);
	return run_suite(suite);
}
