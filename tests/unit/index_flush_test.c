/* SPDX-License-Identifier: MIT
 * index_flush_test.c - what is handed to the store, when, and what the index forgets afterwards.
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

static uint32_t first_bucket(const struct index *index, uint64_t ino)
{
	struct index_hash hash = index_hash(help_key(ino));

	return index_probe(index, &hash, 0);
}

static int begin(int *n)
{
	*n = 0;
	return index_flush_begin(&seg, help_count, n);
}

START_TEST(test_flush_hands_over_each_change_once)
{
	int n;

	for (uint64_t ino = 0; ino < 500; ino++)
		help_set(&view, ino, ino);
	ck_assert(index_is_dirty(&seg));
	ck_assert_int_eq(begin(&n), 500);
	ck_assert_int_eq(n, 500);
	ck_assert_msg(index_is_dirty(&seg), "in flight is still dirty");
	ck_assert_uint_eq(index_count_dirty(&seg), 500);
	index_flush_end(&seg, true);
	ck_assert(!index_is_dirty(&seg));
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 0);
	ck_assert_int_eq(help_flush(&seg), 0);
	help_set(&view, 77, 1);
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 1);
	ck_assert_int_eq(help_flush(&seg), 1);
}
END_TEST

START_TEST(test_change_during_the_commit_stays_dirty)
{
	int n;

	help_set(&view, 1, 1);
	ck_assert_int_eq(begin(&n), 1);
	help_set(&view, 1, 2);
	index_flush_end(&seg, true);
	ck_assert(index_is_dirty(&seg));
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert(!index_is_dirty(&seg));
}
END_TEST

START_TEST(test_failed_commit_makes_dirty_again)
{
	int n;

	help_set(&view, 1, 1);
	help_set(&view, 1000, 1);
	ck_assert_int_eq(begin(&n), 2);
	index_flush_end(&seg, false);
	ck_assert(index_is_dirty(&seg));
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 1);
	ck_assert_int_eq(help_flush(&seg), 2);
}
END_TEST

static int fail_at_third(void *context, struct record_key key, const struct record *record)
{
	(void)key;
	(void)record;
	return ++*(int *)context == 3 ? -EIO : 0;
}

START_TEST(test_error_of_the_store_leaves_all_dirty)
{
	int n = 0;

	for (uint64_t ino = 0; ino < 10; ino++)
		help_set(&view, ino * 100, 1);
	ck_assert_int_eq(index_flush_begin(&seg, fail_at_third, &n), -EIO);
	ck_assert_int_eq(n, 3);
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 1);
	ck_assert_int_eq(help_flush(&seg), 10);
}
END_TEST

START_TEST(test_recover_finds_what_was_in_flight)
{
	int n;

	for (uint64_t ino = 0; ino < 10; ino++)
		help_set(&view, ino * 100, 1);
	ck_assert_int_eq(begin(&n), 10);
	help_set(&view, 0, 2);
	index_flush_recover(&seg);
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 1);
	ck_assert_int_eq(help_flush(&seg), 10);
	ck_assert(!index_is_dirty(&seg));
}
END_TEST

START_TEST(test_committed_tombstone_is_freed)
{
	struct record none = help_tombstone();
	struct index_bucket *bucket = index_bucket(&seg, first_bucket(&seg, 5));
	int n;

	help_set(&view, 5, 1);
	help_put(&view, help_key(5), &none);
	ck_assert_uint_ne(help_version(&view, 5), 0);
	ck_assert_int_eq(begin(&n), 1);
	ck_assert_uint_ne(help_version(&view, 5), 0);
	index_flush_end(&seg, false);
	ck_assert_uint_ne(help_version(&view, 5), 0);
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert_uint_eq(help_version(&view, 5), 0);
	ck_assert_uint_eq(atomic_load(&bucket->claimed), 0);
	ck_assert_uint_eq(atomic_load(&bucket->live) & WORD_SLOTS, 0);
}
END_TEST

START_TEST(test_tombstone_written_over_is_left_alone)
{
	struct record none = help_tombstone();
	int n;

	help_put(&view, help_key(5), &none);
	ck_assert_int_eq(begin(&n), 1);
	help_set(&view, 5, 2);
	help_put(&view, help_key(6), &none);
	index_flush_end(&seg, true);
	ck_assert_int_eq(help_get(&view, 5), 2);
	ck_assert_uint_ne(help_version(&view, 6), 0);
	ck_assert_int_eq(help_flush(&seg), 2);
	ck_assert_uint_eq(help_version(&view, 6), 0);
}
END_TEST

/* Its commit may still fail, and then has to be made again. */
START_TEST(test_sweep_leaves_a_tombstone_in_flight)
{
	const struct record none = help_tombstone();
	int n = 0;

	help_put(&view, help_key(6), &none);
	ck_assert_int_eq(index_flush_begin(&seg, help_count, &n), 1);
	ck_assert_uint_eq(index_tidy(&seg, 0, UINT32_MAX, true), 1);
	index_flush_end(&seg, false);
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert_uint_eq(help_version(&view, 6), 0);
}
END_TEST

START_TEST(test_doomed_entries_are_handed_over_and_stay)
{
	struct record doomed = {.flags = RECORD_UID | RECORD_DOOMED, .uid = {9}};
	struct record found;
	uint64_t version;

	help_put(&view, help_key(5), &doomed);
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert_int_eq(index_find(&view, help_key(5), &found, &version), 0);
	ck_assert(help_equal(&found, &doomed));
}
END_TEST

/* What a writer leaves that is killed, or stopped, just before it publishes. */
START_TEST(test_unpublished_slot_is_not_counted_and_not_forgotten)
{
	struct index_bucket *bucket = index_bucket(&seg, first_bucket(&seg, 5));
	uint32_t slot;

	help_set(&view, 5, 1);
	slot = (uint32_t)__builtin_ctz((uint32_t)atomic_load(&bucket->live));
	atomic_fetch_and(&bucket->live, ~(uint64_t)index_bit(slot));
	ck_assert(!index_is_dirty(&seg));
	atomic_store(&seg.header->activity, 0);
	ck_assert_int_eq(help_flush(&seg), 0);
	ck_assert_int_eq(help_flush(&seg), 0);
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 1);
	ck_assert_msg(atomic_load(&seg.header->activity) == 0, "the daemon kept itself awake");
	index_flush_recover(&seg);
	ck_assert(!index_is_dirty(&seg));
	atomic_fetch_or(&bucket->live, index_bit(slot));
	ck_assert(index_is_dirty(&seg));
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert(!index_is_dirty(&seg));
}
END_TEST

/* However often the first ones change again, the last ones have their turn. */
START_TEST(test_some_at_a_time_and_all_in_turn)
{
	struct index large = help_segment(INDEX_BUCKETS_MIN * 16, 1);
	struct index_view all = {&large, NULL};
	uint32_t at = 0;
	int n = 0, count = 0, r;

	for (uint64_t ino = 0; ino < 4000; ino++)
		help_set(&all, ino, 1);
	for (int round = 0; round < 40; round++) {
		r = index_flush_some(&large, &at, 300, help_count, &count);
		ck_assert_int_ge(r, 0);
		n += r;
		ck_assert_int_lt(r, 300 + 64 * (int)INDEX_SLOTS);
		ck_assert(r < 300 || atomic_load(&large.header->dirty));
		index_flush_end(&large, true);
	}
	ck_assert_int_eq(n, 4000);
	ck_assert_int_eq(count, 4000);
	ck_assert(!index_is_dirty(&large));
	help_unmap(&large);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index flush");
	TCase *tcase = tcase_create("flush");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_flush_hands_over_each_change_once);
	tcase_add_test(tcase, test_change_during_the_commit_stays_dirty);
	tcase_add_test(tcase, test_failed_commit_makes_dirty_again);
	tcase_add_test(tcase, test_error_of_the_store_leaves_all_dirty);
	tcase_add_test(tcase, test_recover_finds_what_was_in_flight);
	tcase_add_test(tcase, test_committed_tombstone_is_freed);
	tcase_add_test(tcase, test_tombstone_written_over_is_left_alone);
	tcase_add_test(tcase, test_sweep_leaves_a_tombstone_in_flight);
	tcase_add_test(tcase, test_doomed_entries_are_handed_over_and_stay);
	tcase_add_test(tcase, test_unpublished_slot_is_not_counted_and_not_forgotten);
	tcase_add_test(tcase, test_some_at_a_time_and_all_in_turn);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
