/* SPDX-License-Identifier: MIT
 * overlay_test.c - what a record shows over a disk, and what a change makes of it, row by row.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "core/overlay.h"
#include "run_suite.h"

#define NS 7u
#define NO FAKEID_ID_INVALID
#define LEN(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define BTIME INT64_C(1700000000000000001)
#define NOW INT64_C(1800000000000000000)

static const struct view root_view = {.ns = NS};
static const struct view real_view = {.ns = NS, .mapped = true, .all_real = true};

static struct disk disk_with(uint16_t mode)
{
	return (struct disk){.uid = 1000,
			     .gid = 1000,
			     .n_links = 1,
			     .mode = mode,
			     .btime_ns = BTIME,
			     .ctime_ns = 5};
}

/* clang-format off */
static const struct change_row {
	const char *why;
	uint16_t disk_mode;
	struct change first, second; /* second.what 0: none */
	int result;                  /* of the last one */
	uint16_t flags;              /* of the record it leaves */
	uint32_t uid, gid;           /* shown */
	uint16_t mode;               /* shown */
} change_rows[] = {
	{"chown to the default owner says nothing", 0100644,
	 {.what = CHANGE_UID | CHANGE_GID, .uid = 0, .gid = 0}, {0}, 0, 0, 0, 0, 0100644},
	{"chown to others is recorded", 0100644,
	 {.what = CHANGE_UID | CHANGE_GID, .uid = 5, .gid = 6}, {0}, 1, RECORD_UID | RECORD_GID,
	 5, 6, 0100644},
	{"-1 leaves an id alone", 0100644,
	 {.what = CHANGE_UID | CHANGE_GID, .uid = 5, .gid = 6},
	 {.what = CHANGE_UID | CHANGE_GID, .uid = NO, .gid = 8}, 1, RECORD_UID | RECORD_GID,
	 5, 8, 0100644},
	{"the largest id fits", 0100644,
	 {.what = CHANGE_UID, .uid = NO - 1}, {0}, 1, RECORD_UID, NO - 1, 0, 0100644},
	{"chown back to root takes the record away", 0100644,
	 {.what = CHANGE_UID, .uid = 5}, {.what = CHANGE_UID, .uid = 0}, 1, RECORD_NONE,
	 0, 0, 0100644},
	{"the same chown twice is one change", 0100644,
	 {.what = CHANGE_UID, .uid = 5}, {.what = CHANGE_UID, .uid = 5}, 0, RECORD_UID,
	 5, 0, 0100644},
	{"a mode that the disk has needs no record", 0100640,
	 {.what = CHANGE_MODE, .mode = 0640}, {0}, 0, 0, 0, 0, 0100640},
	{"setuid is only in the record", 0100755,
	 {.what = CHANGE_MODE, .mode = 04755}, {0}, 1, RECORD_MODE, 0, 0, 0104755},
	{"mode 0 is only in the record", 0100600,
	 {.what = CHANGE_MODE, .mode = 0}, {0}, 1, RECORD_MODE, 0, 0, 0100000},
	{"chown takes setuid", 0100755,
	 {.what = CHANGE_MODE, .mode = 06755}, {.what = CHANGE_UID | CHANGE_CHOWN, .uid = 5}, 1,
	 RECORD_UID, 5, 0, 0100755},
	{"chown keeps setgid without group execute", 0100744,
	 {.what = CHANGE_MODE, .mode = 06744}, {.what = CHANGE_UID | CHANGE_CHOWN, .uid = 5}, 1,
	 RECORD_UID | RECORD_MODE, 5, 0, 0102744},
	{"chown leaves a directory's bits", 0040755,
	 {.what = CHANGE_MODE, .mode = 06755}, {.what = CHANGE_UID | CHANGE_CHOWN, .uid = 5}, 1,
	 RECORD_UID | RECORD_MODE, 5, 0, 0046755},
	{"chown of nobody takes setuid too", 0100755,
	 {.what = CHANGE_MODE, .mode = 04755},
	 {.what = CHANGE_UID | CHANGE_GID | CHANGE_CHOWN, .uid = NO, .gid = NO}, 1, RECORD_NONE,
	 0, 0, 0100755},
	{"a device keeps its closed placeholder's type to itself", 0100000,
	 {.what = CHANGE_NODE | CHANGE_MODE, .mode = 0020666, .rdev = 0x103}, {0}, 1,
	 RECORD_NODE | RECORD_MODE, 0, 0, 0020666},
	{"chmod of a device keeps type and number", 0100000,
	 {.what = CHANGE_NODE | CHANGE_MODE, .mode = 0060660, .rdev = 0x800},
	 {.what = CHANGE_MODE, .mode = 0600}, 1, RECORD_NODE | RECORD_MODE, 0, 0, 0060600},
	{"xattr flags come and go", 0100644,
	 {.what = CHANGE_XATTRS, .xattr_flags = RECORD_XATTRS | RECORD_ACL},
	 {.what = CHANGE_XATTRS, .xattr_flags = 0}, 1, RECORD_NONE, 0, 0, 0100644},
	{"a doomed record stays a record", 0100644,
	 {.what = CHANGE_UID, .uid = 5}, {.what = CHANGE_DOOM}, 1, RECORD_UID | RECORD_DOOMED,
	 5, 0, 0100644},
	{"a named file is not doomed any more", 0100644,
	 {.what = CHANGE_UID | CHANGE_DOOM, .uid = 5}, {.what = CHANGE_NAMED}, 1, RECORD_UID,
	 5, 0, 0100644},
	{"a fresh object owes nothing to its inode's last owner", 0100644,
	 {.what = CHANGE_UID, .uid = 5}, {.what = CHANGE_FRESH | CHANGE_GID, .gid = 9}, 1,
	 RECORD_GID, 0, 9, 0100644},
	{"a second xattr change moves the ctime", 0100644,
	 {.what = CHANGE_XATTRS, .xattr_flags = RECORD_XATTRS},
	 {.what = CHANGE_XATTRS | CHANGE_CTIME, .xattr_flags = RECORD_XATTRS}, 1, RECORD_XATTRS,
	 0, 0, 0100644},
};
/* clang-format on */

START_TEST(test_change)
{
	const struct change_row *row = &change_rows[_i];
	const struct disk disk = disk_with(row->disk_mode);
	struct change change = row->first;
	struct record record = {0};
	struct shown shown;
	int r;

	change.now_ns = NOW;
	r = overlay_change(&root_view, &disk, NULL, &change, &record);
	if (row->second.what) {
		const struct record old = record;

		ck_assert_msg(r == 1, "%s: first change gives %d", row->why, r);
		change = row->second;
		change.now_ns = NOW + 1;
		r = overlay_change(&root_view, &disk, &old, &change, &record);
	}
	overlay_show(&root_view, &disk, &record, &shown);
	ck_assert_msg(r == row->result, "%s: %d", row->why, r);
	ck_assert_msg(record.flags == row->flags, "%s: flags %#x", row->why, record.flags);
	ck_assert_msg(shown.uid == row->uid && shown.gid == row->gid, "%s: %u:%u", row->why,
		      shown.uid, shown.gid);
	ck_assert_msg(shown.mode == row->mode, "%s: mode %o", row->why, shown.mode);
}
END_TEST

START_TEST(test_minus_one_is_no_owner_to_make)
{
	struct fakeid_kid kid = {0xa5};

	ck_assert_int_eq(view_make(&root_view, FAKEID_UID, NO, &kid), -EINVAL);
	ck_assert_uint_eq(kid.value, 0xa5);
}
END_TEST

START_TEST(test_a_foreign_kid_shows_as_overflow)
{
	const struct disk disk = disk_with(0100644);
	const struct record record = {
		.flags = RECORD_UID | RECORD_GID, .uid = {UINT64_C(8) << 32 | 1}, .gid = {1}};
	struct shown shown;

	overlay_show(&root_view, &disk, &record, &shown);
	ck_assert_uint_eq(shown.uid, FAKEID_ID_OVERFLOW);
	ck_assert_uint_eq(shown.gid, FAKEID_ID_OVERFLOW);
}
END_TEST

START_TEST(test_unknown_is_real)
{
	const struct disk disk = disk_with(0100644);
	const struct change to_root = {.what = CHANGE_UID, .uid = 0};
	struct record record;
	struct shown shown;

	overlay_show(&real_view, &disk, NULL, &shown);
	ck_assert_uint_eq(shown.uid, 1000);
	/* There root is not the default, so it is worth a record. */
	ck_assert_int_eq(overlay_change(&real_view, &disk, NULL, &to_root, &record), 1);
	overlay_show(&real_view, &disk, &record, &shown);
	ck_assert_uint_eq(shown.uid, 0);
	ck_assert_uint_eq(shown.gid, 1000);
}
END_TEST

START_TEST(test_a_record_fits_its_own_file_only)
{
	struct disk disk = disk_with(0100644);
	struct record record = {.flags = RECORD_UID, .btime_ns = BTIME};

	ck_assert(overlay_fits(&disk, &record));
	record.btime_ns = BTIME - 1; /* the inode was used again */
	ck_assert(!overlay_fits(&disk, &record));
	record.btime_ns = 0; /* stored where there was no birth time */
	ck_assert(overlay_fits(&disk, &record));
	record.btime_ns = BTIME;
	disk.btime_ns = 0; /* read where statx is not to be had */
	record.handle = 1;
	ck_assert(overlay_fits(&disk, &record)); /* its handle was not asked for */
	disk.handle = 2;			 /* the inode was used again, without birth times */
	ck_assert(!overlay_fits(&disk, &record));
	disk.handle = 1;
	ck_assert(overlay_fits(&disk, &record));
	record.flags |= RECORD_DOOMED; /* for a file without a name only */
	ck_assert(!overlay_fits(&disk, &record));
	disk.n_links = 0;
	ck_assert(overlay_fits(&disk, &record));
}
END_TEST

START_TEST(test_ctime_is_the_later_one)
{
	struct disk disk = disk_with(0100644);
	const struct record record = {.flags = RECORD_UID, .ctime_ns = 100};
	struct shown shown;

	overlay_show(&root_view, &disk, &record, &shown);
	ck_assert_int_eq(shown.ctime_ns, 100);
	disk.ctime_ns = 101;
	overlay_show(&root_view, &disk, &record, &shown);
	ck_assert_int_eq(shown.ctime_ns, 101);
}
END_TEST

START_TEST(test_output_is_left_alone_when_nothing_changes)
{
	const struct disk disk = disk_with(0100644);
	const struct change same = {.what = CHANGE_UID, .uid = 0};
	struct record record, before;

	memset(&record, 0xa5, sizeof record);
	memcpy(&before, &record, sizeof before);
	ck_assert_int_eq(overlay_change(&root_view, &disk, NULL, &same, &record), 0);
	ck_assert_mem_eq(&record, &before, sizeof record);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("overlay");
	TCase *change = tcase_create("change");
	TCase *show = tcase_create("show");

	tcase_add_loop_test(change, test_change, 0, LEN(change_rows));
	tcase_add_test(change, test_output_is_left_alone_when_nothing_changes);
	tcase_add_test(change, test_minus_one_is_no_owner_to_make);
	suite_add_tcase(suite, change);
	tcase_add_test(show, test_a_foreign_kid_shows_as_overflow);
	tcase_add_test(show, test_unknown_is_real);
	tcase_add_test(show, test_a_record_fits_its_own_file_only);
	tcase_add_test(show, test_ctime_is_the_later_one);
	suite_add_tcase(suite, show);
	return run_suite(suite);
}
