/* SPDX-License-Identifier: MIT
 * index_move_test.c - growth, step by step, and what readers and writers do beside it.
 */
#include "index_help.h"

static struct index seg, larger;
static struct index_view view, both;

static void setup(void)
{
	seg = help_segment(INDEX_BUCKETS_MIN, 1);
	larger = help_segment(INDEX_BUCKETS_MIN * 2, 2);
	view = (struct index_view){.cur = &seg};
	both = (struct index_view){.cur = &seg, .next = &larger};
}

static void teardown(void)
{
	help_unmap(&seg);
	help_unmap(&larger);
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

START_TEST(test_move_keeps_versions_and_marks)
{
	struct record none = help_tombstone();
	struct index_view after = {.cur = &larger};
	uint64_t versions[600];

	for (uint64_t ino = 0; ino < 600; ino++)
		help_set(&view, ino, ino);
	help_flush(&seg);
	help_set(&view, 17, 1017);
	help_put(&view, help_key(18), &none);
	for (uint64_t ino = 0; ino < 600; ino++)
		versions[ino] = help_version(&view, ino);
	help_announce(&seg, &larger);
	help_move_all(&seg, &larger);
	help_move_all(&seg, &larger);
	for (uint64_t ino = 0; ino < 600; ino++)
		ck_assert_uint_eq(help_version(&both, ino), versions[ino]);
	atomic_store(&seg.header->state, INDEX_RETIRED);
	for (uint64_t ino = 0; ino < 600; ino++) {
		ck_assert_uint_eq(help_version(&after, ino), versions[ino]);
		ck_assert_int_eq(help_get(&after, ino), ino == 17   ? 1017
							: ino == 18 ? -ENOENT
								    : (int64_t)ino);
	}
	ck_assert(index_is_dirty(&larger));
	ck_assert_int_eq(help_flush(&larger), 2);
	ck_assert(!index_is_dirty(&larger));
	ck_assert_uint_eq(help_version(&after, 18), 0);
	ck_assert_uint_eq(atomic_load(&larger.header->flags), INDEX_HAS_RECORDS);
}
END_TEST

/* In flight when the daemon died: the store may lack it. */
START_TEST(test_move_takes_flight_for_dirty)
{
	int n;

	help_set(&view, 5, 1);
	ck_assert_int_eq(begin(&n), 1);
	help_announce(&seg, &larger);
	help_move_all(&seg, &larger);
	ck_assert_int_eq(help_flush(&larger), 1);
}
END_TEST

START_TEST(test_clean_tombstone_goes_after_the_move)
{
	struct record none = help_tombstone();
	struct index_view after = {.cur = &larger};

	help_put(&view, help_key(5), &none);
	help_announce(&seg, &larger);
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert_msg(help_version(&view, 5) != 0, "freed while its segment is being moved");
	help_move_all(&seg, &larger);
	ck_assert_int_eq(help_flush(&larger), 1);
	ck_assert_uint_eq(help_version(&after, 5), 0);
}
END_TEST

START_TEST(test_without_the_next_segment_it_is_stale)
{
	struct record record = help_record(help_key(5), 2), found;
	struct index other = help_segment(INDEX_BUCKETS_MIN, 3);
	struct index_view wrong = {.cur = &seg, .next = &other};
	uint64_t version = 77;

	help_set(&view, 5, 1);
	help_announce(&seg, &larger);
	ck_assert_int_eq(help_get(&view, 5), 1);
	ck_assert_int_eq(index_move_bucket(&seg, &larger, first_bucket(&seg, 5)), 0);
	ck_assert_int_eq(index_find(&view, help_key(5), &found, &version), -ESTALE);
	ck_assert_int_eq(index_find(&wrong, help_key(5), &found, &version), -ESTALE);
	ck_assert_int_eq(index_publish(&view, help_key(5), 1, &record), -ESTALE);
	ck_assert_int_eq(index_publish(&wrong, help_key(5), 1, &record), -ESTALE);
	ck_assert_uint_eq(version, 77);
	ck_assert_int_eq(help_get(&both, 5), 1);
	help_unmap(&other);
}
END_TEST

/* A writer finds its bucket frozen before or after the daemon copied it, updates and deletes;
 * the copy made later must not bring the old record back. */
START_TEST(test_change_beside_the_move_wins)
{
	struct record none = help_tombstone();
	struct index_view after = {.cur = &larger};
	bool copied_before = _i;

	for (uint64_t ino = 0; ino < 64; ino++)
		help_set(&view, ino, 1);
	help_flush(&seg);
	help_announce(&seg, &larger);
	if (copied_before)
		help_move_all(&seg, &larger);
	else
		for (uint64_t ino = 0; ino < 64; ino++)
			index_freeze_chain(&seg, help_key(ino));
	help_set(&both, 1, 2);
	help_put(&both, help_key(2), &none);
	help_set(&both, 99, 3);
	ck_assert_int_eq(help_get(&both, 0), 1);
	ck_assert_int_eq(help_get(&both, 1), 2);
	ck_assert_int_eq(help_get(&both, 2), -ENOENT);
	ck_assert_int_eq(help_get(&both, 99), 3);
	help_move_all(&seg, &larger);
	ck_assert_int_eq(help_get(&both, 2), -ENOENT);
	atomic_store(&seg.header->state, INDEX_RETIRED);
	ck_assert_int_eq(help_get(&after, 0), 1);
	ck_assert_int_eq(help_get(&after, 1), 2);
	ck_assert_int_eq(help_get(&after, 2), -ENOENT);
	ck_assert_int_eq(help_get(&after, 99), 3);
	ck_assert_int_eq(help_flush(&larger), 3);
}
END_TEST

START_TEST(test_flush_leaves_frozen_buckets_to_the_move)
{
	help_set(&view, 5, 1);
	help_announce(&seg, &larger);
	index_freeze_chain(&seg, help_key(5));
	help_set(&both, 5, 2);
	ck_assert_int_eq(help_flush(&seg), 0);
	ck_assert(index_is_dirty(&seg));
	help_move_all(&seg, &larger);
	ck_assert_int_eq(help_flush(&larger), 1);
}
END_TEST

/* Readers ask the old segment's flags even when all there is lies in the new one. */
START_TEST(test_first_record_of_all_is_found_in_the_next_segment)
{
	help_announce(&seg, &larger);
	index_freeze_chain(&seg, help_key(5));
	help_set(&both, 5, 1);
	ck_assert_int_eq(help_get(&both, 5), 1);
	ck_assert(index_is_dirty(&larger));
	ck_assert(!index_is_dirty(&seg));
}
END_TEST

START_TEST(test_full_next_segment_is_enospc)
{
	struct record record = help_record(help_key(5), 2);

	help_set(&view, 5, 1);
	help_announce(&seg, &larger);
	atomic_fetch_or(&larger.header->flags, INDEX_FULL);
	ck_assert_int_eq(help_get(&both, 5), 1);
	index_freeze_chain(&seg, help_key(5));
	ck_assert_int_eq(index_publish(&both, help_key(5), help_version(&both, 5), &record),
			 -ENOSPC);
	ck_assert_int_eq(help_get(&both, 5), 1);
	ck_assert(!index_is_dirty(&larger));
}
END_TEST

/* A writer looked up its key before the first bucket of it was frozen, and sleeps. Whoever writes
 * the key in the new segment meanwhile must have closed the bucket the sleeper is about to use. */
START_TEST(test_no_late_write_where_the_key_has_left)
{
	struct index_bucket *first = index_bucket(&seg, first_bucket(&seg, 5));
	struct record record = help_record(help_key(5), 9);
	struct index_change change = {.record = &record};
	struct index_place asleep;

	atomic_fetch_or(&first->live, WORD_OVERFLOWED);
	help_set(&view, 5, 1);
	ck_assert_int_eq(index_lookup_room(&seg, help_key(5), &asleep), 0);
	ck_assert_ptr_ne(asleep.bucket, first);
	help_announce(&seg, &larger);
	ck_assert_int_eq(index_move_bucket(&seg, &larger, first_bucket(&seg, 5)), 0);
	ck_assert(!(atomic_load(&asleep.bucket->live) & WORD_FROZEN));
	help_set(&both, 5, 2);
	ck_assert_int_eq(index_commit(&seg, help_key(5), &asleep, &change), -EAGAIN);
	ck_assert_int_eq(help_get(&both, 5), 2);
}
END_TEST

START_TEST(test_move_into_too_little_is_exfull)
{
	struct index tiny = help_segment(INDEX_BUCKETS_MIN, 3);
	int r = 0;

	for (uint64_t ino = 0; ino < 600; ino++)
		help_set(&view, ino, ino);
	for (uint32_t i = 0; i < tiny.n_buckets; i++)
		atomic_store(&index_bucket(&tiny, i)->claimed, (1u << INDEX_INSERT_SLOTS) - 1);
	for (uint32_t i = 0; i < seg.n_buckets && r == 0; i++)
		r = index_move_bucket(&seg, &tiny, i);
	ck_assert_int_eq(r, -EXFULL);
	help_unmap(&tiny);
}
END_TEST

/* `to` was too small: everything goes into a third one, what is newer first. */
START_TEST(test_third_segment_takes_over)
{
	struct index third = help_segment(INDEX_BUCKETS_MIN * 4, 3);
	struct index_view after = {.cur = &third};
	struct record record = help_record(help_key(1), 9);
	uint64_t version;

	for (uint64_t ino = 0; ino < 100; ino++)
		help_set(&view, ino, 1);
	help_announce(&seg, &larger);
	for (uint64_t ino = 0; ino < 50; ino++)
		index_freeze_chain(&seg, help_key(ino));
	help_set(&both, 1, 2);
	for (uint32_t i = 0; i < larger.n_buckets; i++)
		ck_assert_int_eq(index_move_bucket(&larger, &third, i), 0);
	ck_assert_int_eq(index_find(&both, help_key(1), &record, &version), -ESTALE);
	ck_assert_int_eq(index_publish(&both, help_key(2), 1, &record), -ESTALE);
	ck_assert_int_eq(index_move_bucket(&seg, &larger, first_bucket(&seg, 2)), -ESTALE);
	help_move_all(&seg, &third);
	for (uint64_t ino = 0; ino < 100; ino++)
		ck_assert_int_eq(help_get(&after, ino), ino == 1 ? 2 : 1);
	help_unmap(&third);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index move");
	TCase *tcase = tcase_create("move");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_move_keeps_versions_and_marks);
	tcase_add_test(tcase, test_move_takes_flight_for_dirty);
	tcase_add_test(tcase, test_clean_tombstone_goes_after_the_move);
	tcase_add_test(tcase, test_without_the_next_segment_it_is_stale);
	tcase_add_loop_test(tcase, test_change_beside_the_move_wins, 0, 2);
	tcase_add_test(tcase, test_flush_leaves_frozen_buckets_to_the_move);
	tcase_add_test(tcase, test_first_record_of_all_is_found_in_the_next_segment);
	tcase_add_test(tcase, test_full_next_segment_is_enospc);
	tcase_add_test(tcase, test_no_late_write_where_the_key_has_left);
	tcase_add_test(tcase, test_move_into_too_little_is_exfull);
	tcase_add_test(tcase, test_third_segment_takes_over);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
