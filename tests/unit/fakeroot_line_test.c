/* SPDX-License-Identifier: MIT
 * fakeroot_line_test.c - fakeroot's text format: read, written, and as records.
 */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fakeid/fakeroot_line.h"
#include "run_suite.h"

#define FSNS 7u

static const struct view plain = {.ns = FSNS, .user = {1000, 1001}};

static const struct bad_row {
	const char *why, *text;
} bad_rows[] = {
	{"nothing", ""},
	{"a name only", "dev="},
	{"no digits", "dev=,ino=1,mode=100644,uid=0,gid=0,nlink=1,rdev=0"},
	{"a field is missing", "dev=1,ino=1,mode=100644,uid=0,gid=0,nlink=1"},
	{"fields in another order", "ino=1,dev=1,mode=100644,uid=0,gid=0,nlink=1,rdev=0"},
	{"something follows", "dev=1,ino=1,mode=100644,uid=0,gid=0,nlink=1,rdev=0,"},
	{"a comma and more", "dev=1,ino=1,mode=100644,uid=0,gid=0,nlink=1,rdev=0,x=1"},
	{"a blank before", " dev=1,ino=1,mode=100644,uid=0,gid=0,nlink=1,rdev=0"},
	{"a blank inside", "dev=1,ino=1,mode=100644,uid= 0,gid=0,nlink=1,rdev=0"},
	{"a sign", "dev=1,ino=1,mode=100644,uid=-1,gid=0,nlink=1,rdev=0"},
	{"hexadecimal where decimal belongs", "dev=1,ino=a,mode=100644,uid=0,gid=0,nlink=1,rdev=0"},
	{"an 8 in an octal number", "dev=1,ino=1,mode=100648,uid=0,gid=0,nlink=1,rdev=0"},
	{"upper case", "dev=FD00,ino=1,mode=100644,uid=0,gid=0,nlink=1,rdev=0"},
	{"an id of 33 bits", "dev=1,ino=1,mode=100644,uid=4294967296,gid=0,nlink=1,rdev=0"},
	{"an inode of 65 bits",
	 "dev=1,ino=18446744073709551616,mode=100644,uid=0,gid=0,nlink=1,rdev=0"},
};

START_TEST(test_a_bad_line_is_refused_and_changes_nothing)
{
	struct fakeroot_line line, before;

	memset(&line, 0xa5, sizeof(line));
	before = line;
	ck_assert_msg(fakeroot_line_parse(bad_rows[_i].text, &line) == -EINVAL, "%s",
		      bad_rows[_i].why);
	ck_assert_msg(memcmp(&line, &before, sizeof(line)) == 0, "%s: output changed",
		      bad_rows[_i].why);
}
END_TEST

static const struct good_row {
	const char *text;
	struct fakeroot_line line;
} good_rows[] = {
	{"dev=fd00,ino=123,mode=100644,uid=0,gid=0,nlink=1,rdev=0",
	 {.dev = 0xfd00, .ino = 123, .mode = 0100644, .nlink = 1}},
	{"dev=0,ino=0,mode=0,uid=0,gid=0,nlink=0,rdev=0", {0}},
	{"dev=ffffffffffffffff,ino=18446744073709551615,mode=177777,uid=4294967295,gid=4294967294,"
	 "nlink=18446744073709551615,rdev=18446744073709551615",
	 {.dev = UINT64_MAX,
	  .ino = UINT64_MAX,
	  .mode = 0177777,
	  .uid = UINT32_MAX,
	  .gid = UINT32_MAX - 1,
	  .nlink = UINT64_MAX,
	  .rdev = UINT64_MAX}},
	{"dev=803,ino=9,mode=20666,uid=1,gid=2,nlink=3,rdev=1048876",
	 {.dev = 0x803,
	  .ino = 9,
	  .mode = 0020666,
	  .uid = 1,
	  .gid = 2,
	  .nlink = 3,
	  .rdev = 1048876}},
};

START_TEST(test_a_good_line_is_read_and_written_again)
{
	const struct good_row *row = &good_rows[_i];
	char text[FAKEROOT_LINE_MAX];
	struct fakeroot_line line;
	size_t len;

	memset(&line, 0, sizeof(line));
	ck_assert_int_eq(fakeroot_line_parse(row->text, &line), 0);
	ck_assert_uint_eq(line.dev, row->line.dev);
	ck_assert_uint_eq(line.ino, row->line.ino);
	ck_assert_uint_eq(line.mode, row->line.mode);
	ck_assert_uint_eq(line.uid, row->line.uid);
	ck_assert_uint_eq(line.gid, row->line.gid);
	ck_assert_uint_eq(line.nlink, row->line.nlink);
	ck_assert_uint_eq(line.rdev, row->line.rdev);

	len = fakeroot_line_format(&line, text);
	ck_assert_uint_eq(len, strlen(row->text) + 1);
	ck_assert_int_eq(text[len - 1], '\n');
	ck_assert(memcmp(text, row->text, len - 1) == 0);
}
END_TEST

static const struct record_row {
	const char *why;
	struct fakeroot_line line;
	int result;
	uint16_t flags;
	uint32_t rdev;
} record_rows[] = {
	{"a file",
	 {.mode = 0104755, .uid = 5, .gid = 6},
	 0,
	 RECORD_UID | RECORD_GID | RECORD_MODE,
	 0},
	{"a directory", {.mode = 0040755}, 0, RECORD_UID | RECORD_GID | RECORD_MODE, 0},
	{"a fifo is a real one", {.mode = 0010644}, 0, RECORD_UID | RECORD_GID | RECORD_MODE, 0},
	{"a device",
	 {.mode = 0020666, .rdev = 0x10012c},
	 0,
	 RECORD_UID | RECORD_GID | RECORD_MODE | RECORD_NODE,
	 0x10012c},
	{"the largest device",
	 {.mode = 0060600, .rdev = 0xffffffff},
	 0,
	 RECORD_UID | RECORD_GID | RECORD_MODE | RECORD_NODE,
	 0xffffffff},
	{"the largest id",
	 {.mode = 0100600, .uid = UINT32_MAX - 1},
	 0,
	 RECORD_UID | RECORD_GID | RECORD_MODE,
	 0},
	{"a uid of -1", {.mode = 0100600, .uid = UINT32_MAX}, -EINVAL, 0, 0},
	{"a gid of -1", {.mode = 0100600, .gid = UINT32_MAX}, -EINVAL, 0, 0},
	{"a mode of 17 bits", {.mode = 0200644}, -EINVAL, 0, 0},
	{"a device number that the kernel does not have",
	 {.mode = 0020666, .rdev = UINT64_C(1) << 32},
	 -EINVAL,
	 0,
	 0},
};

START_TEST(test_lines_become_records_and_lines_again)
{
	const struct record_row *row = &record_rows[_i];
	struct fakeroot_line back;
	struct record record;

	memset(&record, 0xa5, sizeof(record));
	ck_assert_msg(fakeroot_line_to_record(&row->line, &plain, &record) == row->result, "%s",
		      row->why);
	if (row->result < 0) {
		ck_assert_uint_eq(record.flags, 0xa5a5);
		return;
	}
	ck_assert_msg(record.flags == row->flags, "%s: flags %#x", row->why, record.flags);
	ck_assert_uint_eq(record.rdev, row->rdev);
	ck_assert_uint_eq(fakeid_kid_ns(record.uid), FSNS);
	ck_assert_uint_eq(record.btime_ns, 0);

	fakeroot_line_from_record(&record, &plain, 0x803, 99, &back);
	ck_assert_uint_eq(back.mode, row->line.mode);
	ck_assert_uint_eq(back.uid, row->line.uid);
	ck_assert_uint_eq(back.gid, row->line.gid);
	ck_assert_uint_eq(back.rdev, row->line.rdev);
	ck_assert_uint_eq(back.dev, 0x803);
	ck_assert_uint_eq(back.ino, 99);
}
END_TEST

START_TEST(test_what_a_record_is_silent_about_is_the_default)
{
	const struct record record = {.mode = 0100600, .flags = RECORD_MODE};
	struct view real = plain;
	struct fakeroot_line line;

	fakeroot_line_from_record(&record, &plain, 1, 2, &line);
	ck_assert_uint_eq(line.uid, 0);
	ck_assert_uint_eq(line.gid, 0);
	real.mapped = real.all_real = true;
	fakeroot_line_from_record(&record, &real, 1, 2, &line);
	ck_assert_uint_eq(line.uid, 1000);
	ck_assert_uint_eq(line.gid, 1001);
	ck_assert_uint_eq(line.mode, 0100600);
}
END_TEST

/* A namespace that is not isolated, whose ids 0 to 99 are the host's from 5000 on. */
static struct view mapped(struct nsview *space)
{
	struct nsspec *spec = malloc(sizeof(*spec));
	struct view view = plain;

	ck_assert_ptr_nonnull(spec);
	nsspec_init(spec);
	spec->flags = 0;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		spec->map[kind].n = 1;
		spec->map[kind].extent[0] = (struct fakeid_idmap_extent){0, 100,
									 fakeid_kid_make(0, 5000)};
	}
	ck_assert_int_eq(nsview_make(spec, FSNS, NULL, NULL, space), 0);
	free(spec);
	view.mapped = true;
	view.space = space;
	return view;
}

START_TEST(test_ids_go_through_the_maps)
{
	const struct fakeroot_line in = {.mode = 0100600, .uid = 5, .gid = 99};
	const struct fakeroot_line none = {.mode = 0100600, .uid = 5, .gid = 100};
	struct nsview *space = malloc(sizeof(*space));
	struct fakeroot_line out;
	struct record record;
	struct view view;

	ck_assert_ptr_nonnull(space);
	view = mapped(space);
	ck_assert_int_eq(fakeroot_line_to_record(&in, &view, &record), 0);
	ck_assert_uint_eq(record.uid.value, 5005);
	ck_assert_uint_eq(record.gid.value, 5099);
	fakeroot_line_from_record(&record, &view, 1, 2, &out);
	ck_assert_uint_eq(out.uid, 5);
	ck_assert_uint_eq(out.gid, 99);

	ck_assert_int_eq(fakeroot_line_to_record(&none, &view, &record), -ENXIO);
	record.uid = fakeid_kid_make(FSNS + 1, 5);
	ck_assert(!fakeroot_line_from_record(&record, &view, 1, 2, &out));
	ck_assert_uint_eq(out.uid, 5);
	free(space);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("fakeroot_line");
	TCase *text = tcase_create("text"), *records = tcase_create("records");

	tcase_add_loop_test(text, test_a_bad_line_is_refused_and_changes_nothing, 0,
			    sizeof(bad_rows) / sizeof(bad_rows[0]));
	tcase_add_loop_test(text, test_a_good_line_is_read_and_written_again, 0,
			    sizeof(good_rows) / sizeof(good_rows[0]));
	tcase_add_loop_test(records, test_lines_become_records_and_lines_again, 0,
			    sizeof(record_rows) / sizeof(record_rows[0]));
	tcase_add_test(records, test_ids_go_through_the_maps);
	tcase_add_test(records, test_what_a_record_is_silent_about_is_the_default);
	suite_add_tcase(suite, text);
	suite_add_tcase(suite, records);
	return run_suite(suite);
}
