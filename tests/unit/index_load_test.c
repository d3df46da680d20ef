/* SPDX-License-Identifier: MIT
 * index_load_test.c - a segment that is still being loaded: a miss is no answer, whoever asked for
 * a key gets one, and what was loaded late replaces nothing.
 */
#include "index_step.h"

#define N_INOS 40u

static struct index seg, larger;
static struct index_view view, both;

static void setup(void)
{
	seg = help_segment(INDEX_BUCKETS_MIN, 1);
	larger = help_segment(INDEX_BUCKETS_MIN * 2, 2);
	view = (struct index_view){&seg, NULL};
	both = (struct index_view){&seg, &larger};
	atomic_fetch_or(&seg.header->flags, INDEX_LOADING);
	atomic_fetch_or(&larger.header->flags, INDEX_LOADING);
}

static void teardown(void)
{
	help_unmap(&seg);
	help_unmap(&larger);
}

static int load(const struct index *index, uint64_t ino, uint64_t seed)
{
	struct record record = help_record(help_key(ino), seed);

	return index_load(index, help_key(ino), &record);
}

static int settle(const struct index_view *at, uint64_t ino, int64_t seed)
{
	struct record record = seed < 0 ? help_tombstone()
					: help_record(help_key(ino), (uint64_t)seed);

	return index_settle(at, help_key(ino), &record);
}

static int publish(const struct index_view *at, uint64_t ino, uint64_t expected, uint64_t seed)
{
	struct record record = help_record(help_key(ino), seed);

	return index_publish(at, help_key(ino), expected, &record);
}

START_TEST(test_a_miss_is_no_answer_while_loading)
{
	ck_assert_int_eq(help_get(&view, 5), -EINPROGRESS);
	ck_assert_int_eq(publish(&view, 5, 0, 1), -EAGAIN);
	ck_assert_int_eq(load(&seg, 5, 7), 0);
	ck_assert_int_eq(help_get(&view, 5), 7);
	ck_assert_int_eq(help_get(&view, 6), -EINPROGRESS);
	atomic_fetch_and(&seg.header->flags, ~(uint32_t)INDEX_LOADING);
	ck_assert_int_eq(help_get(&view, 6), -ENOENT);
	ck_assert_int_eq(publish(&view, 6, 0, 1), 0);
}
END_TEST

START_TEST(test_who_asks_gets_the_record_or_a_tombstone)
{
	uint64_t version;

	ck_assert_int_eq(settle(&view, 5, 7), 0);
	ck_assert_int_eq(help_get(&view, 5), 7);
	ck_assert_int_eq(settle(&view, 6, -1), 0);
	ck_assert_int_eq(help_get(&view, 6), -ENOENT);
	version = help_version(&view, 6);
	ck_assert_uint_ne(version, 0);
	ck_assert(!index_is_dirty(&seg));
	ck_assert_int_eq(publish(&view, 6, version, 8), 0);
	ck_assert_int_eq(help_get(&view, 6), 8);
	ck_assert_int_eq(settle(&view, 6, 9), -EEXIST);
	ck_assert_int_eq(help_get(&view, 6), 8);
}
END_TEST

START_TEST(test_what_is_loaded_late_replaces_nothing)
{
	const struct record none = help_tombstone();

	ck_assert_int_eq(settle(&view, 5, 1), 0);
	help_set(&view, 5, 2);
	ck_assert_int_eq(load(&seg, 5, 1), -EEXIST);
	ck_assert_int_eq(help_get(&view, 5), 2);
	help_put(&view, help_key(5), &none);
	ck_assert_int_eq(load(&seg, 5, 1), -EEXIST);
	ck_assert_int_eq(help_get(&view, 5), -ENOENT);
	/* Once the deletion is committed the key has to be asked for again. */
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert_int_eq(help_get(&view, 5), -EINPROGRESS);
}
END_TEST

START_TEST(test_sweep_frees_clean_tombstones_only)
{
	const struct record none = help_tombstone();

	for (uint64_t ino = 0; ino < 10; ino++)
		ck_assert_int_eq(settle(&view, ino, -1), 0);
	ck_assert_int_eq(settle(&view, 20, 4), 0);
	ck_assert_int_eq(settle(&view, 21, 4), 0);
	help_put(&view, help_key(21), &none);
	atomic_fetch_and(&seg.header->flags, ~(uint32_t)INDEX_LOADING);
	ck_assert_uint_eq(index_tidy(&seg, 0, UINT32_MAX, false), 12);
	ck_assert_uint_eq(index_tidy(&seg, 0, UINT32_MAX, true), 2);
	ck_assert_uint_eq(help_version(&view, 3), 0);
	ck_assert_uint_ne(help_version(&view, 21), 0);
	ck_assert_int_eq(help_get(&view, 20), 4);
	ck_assert_int_eq(help_flush(&seg), 1);
}
END_TEST

START_TEST(test_asked_for_while_the_segment_moves)
{
	help_announce(&seg, &larger);
	ck_assert_int_eq(settle(&view, 4, 3), 0);
	index_freeze_chain(&seg, help_key(5));
	ck_assert_int_eq(settle(&view, 5, 7), -ESTALE);
	ck_assert_int_eq(help_get(&both, 5), -EINPROGRESS);
	ck_assert_int_eq(settle(&both, 5, 7), 0);
	ck_assert_int_eq(help_get(&both, 5), 7);
	help_move_all(&seg, &larger);
	ck_assert_int_eq(help_get(&both, 5), 7);
	ck_assert_int_eq(help_get(&both, 4), 3);
}
END_TEST

/* Nobody has to wait for the move. */
START_TEST(test_a_full_segment_that_moves_is_as_good_as_frozen)
{
	for (uint32_t i = 0; i < seg.n_buckets; i++)
		atomic_store(&index_bucket(&seg, i)->claimed, (1u << INDEX_INSERT_SLOTS) - 1);
	ck_assert_int_eq(settle(&both, 5, -1), -EXFULL);
	ck_assert_uint_eq(index_newest(&both), 1);
	help_announce(&seg, &larger);
	ck_assert_uint_eq(index_newest(&both), 2);
	ck_assert_int_eq(settle(&view, 5, -1), -ESTALE);
	ck_assert_int_eq(settle(&both, 5, -1), 0);
	help_set(&both, 5, 9);
	ck_assert_int_eq(help_get(&both, 5), 9);
}
END_TEST

static void load_some(void *unused)
{
	(void)unused;
	for (uint64_t ino = 0; ino < N_INOS; ino += 20)
		(void)load(&seg, ino, ino); /* there already the second time */
}

/* Killed after each instruction; the next daemon begins again. */
START_TEST(test_killed_while_loading)
{
	static struct step_path path;
	void *copy;

	ck_assert_int_eq(settle(&view, 1, 1), 0);
	copy = step_save(&seg);
	step_learn(&path, load_some, NULL, NULL);
	for (unsigned int n = 0; n < path.n; n++) {
		int64_t found;

		step_restore(&seg, copy);
		step_kill(step_to(&path, n));
		found = help_get(&view, 0);
		must(found == 0 || found == -EINPROGRESS);
		index_flush_recover(&seg);
		load_some(NULL);
		for (uint64_t ino = 0; ino < N_INOS; ino += 20)
			must(help_get(&view, ino) == (int64_t)ino);
		must(help_get(&view, 1) == 1);
		must(index_tidy(&seg, 0, UINT32_MAX, false) == 4); /* inode 1 takes two */
		must(!index_is_dirty(&seg));
	}
	free(copy);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index load");
	TCase *tcase = tcase_create("load");

	tcase_set_timeout(tcase, 120);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_a_miss_is_no_answer_while_loading);
	tcase_add_test(tcase, test_who_asks_gets_the_record_or_a_tombstone);
	tcase_add_test(tcase, test_what_is_loaded_late_replaces_nothing);
	tcase_add_test(tcase, test_sweep_frees_clean_tombstones_only);
	tcase_add_test(tcase, test_asked_for_while_the_segment_moves);
	tcase_add_test(tcase, test_a_full_segment_that_moves_is_as_good_as_frozen);
	tcase_add_test(tcase, test_killed_while_loading);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
