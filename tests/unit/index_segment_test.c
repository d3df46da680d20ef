/* SPDX-License-Identifier: MIT
 * index_segment_test.c - what surrounds the entries of the index: header, flags, volumes, loading.
 */
#include "index_help.h"

static struct index seg;
static struct index_view view;

static void setup(void)
{
	seg = help_segment(INDEX_BUCKETS_MIN, 1);
	view = (struct index_view){.cur = &seg};
}

static void teardown(void)
{
	help_unmap(&seg);
}

START_TEST(test_flags_rise_with_what_is_stored)
{
	static const struct {
		const char *why;
		uint16_t flags, mode;
		uint32_t header;
	} rows[] = {
		{"owner", RECORD_UID, 02755, INDEX_HAS_RECORDS},
		{"deletion", RECORD_NONE, 0, INDEX_HAS_RECORDS},
		{"node", RECORD_NODE, 020600, INDEX_HAS_RECORDS | INDEX_HAS_NODES},
		{"setgid of no type", RECORD_MODE, 02755,
		 INDEX_HAS_RECORDS | INDEX_HANDS_DOWN | INDEX_HAS_SUID},
		{"setgid file", RECORD_MODE, 0102755, INDEX_HAS_RECORDS | INDEX_HAS_SUID},
		{"setgid directory", RECORD_MODE, 042755, INDEX_HAS_RECORDS | INDEX_HANDS_DOWN},
		{"setgid directory on the disk alone", RECORD_UID, 042755, INDEX_HAS_RECORDS},
		{"setuid", RECORD_MODE, 0104755, INDEX_HAS_RECORDS | INDEX_HAS_SUID},
		{"setuid on the disk alone", RECORD_UID, 0104755, INDEX_HAS_RECORDS},
		{"xattrs", RECORD_XATTRS, 0, INDEX_HAS_RECORDS | INDEX_HAS_XATTRS},
		{"acl of no type", RECORD_ACL, 0,
		 INDEX_HAS_RECORDS | INDEX_HAS_XATTRS | INDEX_HANDS_DOWN},
		{"acl of a file", RECORD_ACL, 0100644, INDEX_HAS_RECORDS | INDEX_HAS_XATTRS},
		{"acl of a directory", RECORD_ACL, 040755,
		 INDEX_HAS_RECORDS | INDEX_HAS_XATTRS | INDEX_HANDS_DOWN},
	};
	struct record record = {.flags = rows[_i].flags, .mode = rows[_i].mode};

	ck_assert_int_eq(index_publish(&view, help_key(5), 0, &record), 0);
	ck_assert_msg(atomic_load(&seg.header->flags) == rows[_i].header, "%s", rows[_i].why);
	ck_assert_uint_ne(atomic_load(&seg.header->dirty), 0);
	ck_assert_uint_ne(atomic_load(&seg.header->activity), 0);
}
END_TEST

START_TEST(test_few_numbers_may_be_those_of_devices)
{
	struct record owner = {.flags = RECORD_UID}, node = {.flags = RECORD_NODE};
	uint64_t ino = UINT64_C(7) << 33 | (INDEX_NODE_BITS - 1);

	ck_assert_int_eq(index_load(&seg, help_key(5), &owner), 0);
	ck_assert(!index_may_be_node(&seg, 5));
	ck_assert_int_eq(index_publish(&view, help_key(ino), 0, &node), 0);
	ck_assert_int_eq(index_load(&seg, help_key(64), &node), 0);
	ck_assert(index_may_be_node(&seg, ino));
	ck_assert(index_may_be_node(&seg, 64));
	for (uint64_t i = 0; i < INDEX_NODE_BITS - 1; i++)
		ck_assert(index_may_be_node(&seg, i) == (i == 64));

	atomic_fetch_or(&seg.header->flags, INDEX_LOADING);
	ck_assert(index_may_be_node(&seg, 5));
	atomic_fetch_and(&seg.header->flags, ~(uint32_t)INDEX_LOADING);
	ck_assert(!index_may_be_node(&seg, 5));
	index_leave(&seg, INDEX_RETIRED);
	ck_assert(index_may_be_node(&seg, 5));
}
END_TEST

START_TEST(test_a_segment_that_is_left_may_hold_anything)
{
	ck_assert_uint_eq(atomic_load(&seg.header->flags), 0);
	index_leave(&seg, INDEX_RETIRED);
	ck_assert_uint_eq(atomic_load(&seg.header->flags), INDEX_MAY_HOLD);
	ck_assert_uint_eq(atomic_load(&seg.header->state), INDEX_RETIRED);
}
END_TEST

START_TEST(test_volumes)
{
	ck_assert_uint_eq(index_volume_of(&seg, 100), 0);
	ck_assert_int_eq(index_bind_volume(&seg, 100, 1), 0);
	ck_assert_int_eq(index_bind_volume(&seg, UINT64_MAX, 2), 0);
	ck_assert_int_eq(index_bind_volume(&seg, 0, 9), 0);
	ck_assert_uint_eq(index_volume_of(&seg, 100), 1);
	ck_assert_uint_eq(index_volume_of(&seg, UINT64_MAX), 2);
	ck_assert_uint_eq(index_volume_of(&seg, 0), 9);
	ck_assert_int_eq(index_bind_volume(&seg, 100, 1), 0);
	ck_assert_uint_eq(atomic_load(&seg.header->n_volumes), 3);
	/* The device now carries another volume. */
	ck_assert_int_eq(index_bind_volume(&seg, 100, 4), 0);
	ck_assert_uint_eq(index_volume_of(&seg, 100), 4);
	/* Empty a row, and use it again. */
	ck_assert_int_eq(index_bind_volume(&seg, UINT64_MAX, 0), 0);
	ck_assert_uint_eq(index_volume_of(&seg, UINT64_MAX), 0);
	ck_assert_int_eq(index_bind_volume(&seg, 300, 5), 0);
	ck_assert_uint_eq(atomic_load(&seg.header->n_volumes), 3);
	ck_assert_int_eq(index_bind_volume(&seg, 12345, 0), 0);
	for (uint32_t i = 3; i < INDEX_VOLUMES; i++)
		ck_assert_int_eq(index_bind_volume(&seg, 1000 + i, 10 + i), 0);
	ck_assert_int_eq(index_bind_volume(&seg, 999, 7), -ENOSPC);
	ck_assert_uint_eq(index_volume_of(&seg, 1000 + INDEX_VOLUMES - 1), 10 + INDEX_VOLUMES - 1);
	ck_assert_int_eq(index_bind_volume(&seg, 100, 77), 0);
	ck_assert_uint_eq(index_volume_of(&seg, 100), 77);
}
END_TEST

START_TEST(test_load_is_clean_and_refuses_twice)
{
	struct record record = help_record(help_key(5), 1), other = help_record(help_key(5), 2);

	ck_assert_int_eq(index_load(&seg, help_key(5), &record), 0);
	ck_assert_int_eq(index_load(&seg, help_key(5), &other), -EEXIST);
	ck_assert_int_eq(help_get(&view, 5), 1);
	ck_assert(!index_is_dirty(&seg));
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 0);
	ck_assert_uint_eq(atomic_load(&seg.header->activity), 0);
	ck_assert_int_eq(help_flush(&seg), 0);
	for (uint64_t ino = 100;; ino++) {
		record = help_record(help_key(ino), 1);
		int r = index_load(&seg, help_key(ino), &record);

		ck_assert(r == 0 || r == -EXFULL);
		if (r != 0)
			break;
	}
}
END_TEST

static int collect(void *context, struct record_key key, const struct record *record)
{
	uint64_t *sum = context;

	ck_assert(help_is_whole(key, record));
	*sum += UINT64_C(1) << (4 * key.ino);
	return 0;
}

static int collect_two(void *context, struct record_key key, const struct record *record)
{
	(void)key;
	(void)record;
	return ++*(int *)context == 2 ? -EIO : 0;
}

START_TEST(test_each_leaves_tombstones_out)
{
	struct record none = help_tombstone();
	uint64_t sum = 0;
	int n = 0;

	for (uint64_t ino = 0; ino < 8; ino++)
		help_set(&view, ino, ino);
	help_put(&view, help_key(3), &none);
	index_each(&seg, collect, &sum);
	ck_assert_uint_eq(sum, 0x11110111);
	index_each(&seg, collect_two, &n);
	ck_assert_int_eq(n, 2);
}
END_TEST

START_TEST(test_open_refuses_a_broken_header)
{
	static const struct {
		const char *why;
		size_t offset, size_off;
		uint8_t flip;
	} rows[] = {
		{"magic", 0, 0, 1},
		{"layout", offsetof(struct index_header, layout), 0, 3},
		{"no multiple of the least", offsetof(struct index_header, n_buckets), 0, 1},
		{"no buckets", offsetof(struct index_header, n_buckets), 0, INDEX_BUCKETS_MIN},
		{"too few", offsetof(struct index_header, n_buckets), 0,
		 INDEX_BUCKETS_MIN | INDEX_BUCKETS_MIN / 2},
		{"more than the file", offsetof(struct index_header, n_buckets), 0,
		 INDEX_BUCKETS_MIN | INDEX_BUCKETS_MIN * 2},
		{"far more", offsetof(struct index_header, n_buckets) + 3, 0, 0x80},
		{"generation 0", offsetof(struct index_header, generation), 0, 1},
		{"a byte short", 16, 1, 0},
		{"header only", 16, 64 * INDEX_BUCKET_BYTES + 4096, 0},
		{"less than a header", 16, 64 * INDEX_BUCKET_BYTES + 4097, 0},
	};
	struct index opened, filled;

	memset(&opened, 0xA5, sizeof(opened));
	memset(&filled, 0xA5, sizeof(filled));
	((uint8_t *)seg.header)[rows[_i].offset] ^= rows[_i].flip;
	ck_assert_msg(index_open(seg.header, index_size(INDEX_BUCKETS_MIN) - rows[_i].size_off,
				 &opened) == -EBADMSG,
		      "%s", rows[_i].why);
	ck_assert_mem_eq(&opened, &filled, sizeof(opened));
}
END_TEST

START_TEST(test_larger_file_opens)
{
	struct index opened;

	ck_assert_int_eq(index_open(seg.header, index_size(INDEX_BUCKETS_MIN) + 4096, &opened), 0);
	ck_assert_uint_eq(opened.n_buckets, INDEX_BUCKETS_MIN);
	ck_assert_ptr_eq(opened.buckets, seg.buckets);
	ck_assert_uint_eq(opened.header->fsns, FSNS);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index segment");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_flags_rise_with_what_is_stored, 0, 13);
	tcase_add_test(tcase, test_few_numbers_may_be_those_of_devices);
	tcase_add_test(tcase, test_a_segment_that_is_left_may_hold_anything);
	tcase_add_test(tcase, test_volumes);
	tcase_add_test(tcase, test_load_is_clean_and_refuses_twice);
	tcase_add_test(tcase, test_each_leaves_tombstones_out);
	tcase_add_loop_test(tcase, test_open_refuses_a_broken_header, 0, 11);
	tcase_add_test(tcase, test_larger_file_opens);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
