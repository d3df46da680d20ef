/* SPDX-License-Identifier: MIT
 * index_test.c - the rules of the shared index, one process, one thread.
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

START_TEST(test_empty_has_nothing)
{
	struct record record, filled;
	uint64_t version = 9;

	memset(&record, 0xA5, sizeof(record));
	memset(&filled, 0xA5, sizeof(filled));
	ck_assert_int_eq(index_find(&view, help_key(1), &record, &version), -ENOENT);
	ck_assert_uint_eq(version, 0);
	ck_assert_mem_eq(&record, &filled, sizeof(record));
	ck_assert(!index_is_dirty(&seg));
	ck_assert_int_eq(help_flush(&seg), 0);
}
END_TEST

START_TEST(test_insert_update_delete)
{
	struct record record = help_record(help_key(5), 1), none = help_tombstone();
	uint64_t first, second, third;

	ck_assert_int_eq(index_publish(&view, help_key(5), 0, &record), 0);
	ck_assert_int_eq(help_get(&view, 5), 1);
	first = help_version(&view, 5);
	record = help_record(help_key(5), 2);
	ck_assert_int_eq(index_publish(&view, help_key(5), first, &record), 0);
	ck_assert_int_eq(help_get(&view, 5), 2);
	second = help_version(&view, 5);
	ck_assert_uint_ne(first, second);
	ck_assert_int_eq(index_publish(&view, help_key(5), second, &none), 0);
	ck_assert_int_eq(help_get(&view, 5), -ENOENT);
	third = help_version(&view, 5);
	ck_assert_uint_ne(third, 0);
	ck_assert_uint_ne(third, second);
	ck_assert_int_eq(index_publish(&view, help_key(5), third, &record), 0);
	ck_assert_int_eq(help_get(&view, 5), 2);
}
END_TEST

START_TEST(test_publish_compares_the_version)
{
	struct record record = help_record(help_key(5), 1);
	uint64_t version;

	ck_assert_int_eq(index_publish(&view, help_key(5), 1, &record), -EAGAIN);
	ck_assert_int_eq(help_get(&view, 5), -ENOENT);
	help_set(&view, 5, 3);
	version = help_version(&view, 5);
	ck_assert_int_eq(index_publish(&view, help_key(5), 0, &record), -EAGAIN);
	ck_assert_int_eq(index_publish(&view, help_key(5), version + 1, &record), -EAGAIN);
	help_set(&view, 5, 4);
	ck_assert_int_eq(index_publish(&view, help_key(5), version, &record), -EAGAIN);
	ck_assert_int_eq(help_get(&view, 5), 4);
}
END_TEST

/* Delete, free the tombstone, come back elsewhere in the sequence: never an old version. */
START_TEST(test_no_version_comes_twice)
{
	struct record none = help_tombstone();
	struct index_hash hash = index_hash(help_key(5));
	uint32_t first = index_probe(&seg, &hash, 0);
	uint64_t seen[2000];
	size_t n = 0;

	for (int round = 0; round < 1000; round++) {
		help_set(&view, 5, (uint64_t)round);
		seen[n++] = help_version(&view, 5);
		help_put(&view, help_key(5), &none);
		seen[n++] = help_version(&view, 5);
		help_flush(&seg);
		ck_assert_uint_eq(help_version(&view, 5), 0);
		/* From here on the key goes to the next bucket. */
		if (round == 500)
			atomic_fetch_or(&index_bucket(&seg, first)->live, WORD_OVERFLOWED);
	}
	for (size_t i = 0; i < n; i++) {
		bool again = seen[i] == 0;

		for (size_t j = 0; j < i; j++)
			again |= seen[i] == seen[j];
		ck_assert(
			!again); /* once for each: two million would take longer than a test may */
	}
}
END_TEST

START_TEST(test_keys_differ_by_volume)
{
	struct record_key other = {5, VOLUME + 1};
	struct record record = help_record(other, 8), found;
	uint64_t version;

	help_set(&view, 5, 1);
	ck_assert_int_eq(index_find(&view, other, &found, &version), -ENOENT);
	ck_assert_uint_eq(version, 0);
	ck_assert_int_eq(index_publish(&view, other, 0, &record), 0);
	ck_assert_int_eq(help_get(&view, 5), 1);
	ck_assert_int_eq(index_find(&view, other, &found, &version), 0);
	ck_assert(help_equal(&found, &record));
}
END_TEST

/* The largest and smallest numbers, and 32 neighbours. */
START_TEST(test_edge_inodes)
{
	static const uint64_t inos[] = {0, 1, 31, 32, UINT32_MAX, UINT64_C(1) << 32, UINT64_MAX};

	for (size_t i = 0; i < sizeof(inos) / sizeof(inos[0]); i++)
		help_set(&view, inos[i], i);
	for (size_t i = 0; i < sizeof(inos) / sizeof(inos[0]); i++)
		ck_assert_int_eq(help_get(&view, inos[i]), (int64_t)i);
}
END_TEST

START_TEST(test_neighbours_share_a_page)
{
	for (uint64_t run = 0; run < 100; run++) {
		uint32_t n_in[INDEX_PAGE_BUCKETS] = {0}, page = 0;

		for (uint64_t i = 0; i < 32; i++) {
			struct index_hash hash = index_hash(help_key(run * 32 + i));
			uint32_t number = index_probe(&seg, &hash, 0);

			if (i == 0)
				page = number / INDEX_PAGE_BUCKETS;
			ck_assert_uint_eq(number / INDEX_PAGE_BUCKETS, page);
			n_in[number % INDEX_PAGE_BUCKETS]++;
		}
		for (uint32_t i = 0; i < INDEX_PAGE_BUCKETS; i++)
			ck_assert_uint_eq(n_in[i], 8);
	}
}
END_TEST

START_TEST(test_probe_sequence_visits_each_bucket_once)
{
	for (uint64_t ino = 0; ino < 3200; ino += 7) {
		struct index_hash hash = index_hash(help_key(ino));
		uint64_t seen = 0;

		for (uint32_t probe = 0; probe < index_n_probes(&seg); probe++) {
			uint64_t bit = UINT64_C(1) << index_probe(&seg, &hash, probe);

			ck_assert(!(seen & bit));
			seen |= bit;
		}
	}
}
END_TEST

/* Fill until there is no room; all that was acknowledged is there, and can still be updated. */
START_TEST(test_full_chain_is_exfull_and_loses_nothing)
{
	uint64_t n = 0;
	int r;

	for (;; n++) {
		struct record record = help_record(help_key(n * 3), n);

		r = index_publish(&view, help_key(n * 3), 0, &record);
		if (r != 0)
			break;
	}
	ck_assert_int_eq(r, -EXFULL);
	ck_assert_uint_ge(index_count_slots(&seg), INDEX_BUCKETS_MIN * INDEX_SLOTS * 6 / 10);
	ck_assert_int_eq(help_get(&view, n * 3), -ENOENT);
	for (uint64_t i = 0; i < n; i++)
		ck_assert_int_eq(help_get(&view, i * 3), (int64_t)i);
	for (uint64_t i = 0; i < n; i++)
		help_set(&view, i * 3, i + 2);
	for (uint64_t i = 0; i < n; i++)
		ck_assert_int_eq(help_get(&view, i * 3), (int64_t)i + 2);
}
END_TEST

/* The two ends of the race between two inserters of one key: whoever has to leave a full bucket
 * marks it, and that mark stops a writer who still means to insert there. */
START_TEST(test_overflow_mark_stops_a_late_insert)
{
	struct record_key key = help_key(40);
	struct index_hash hash = index_hash(key);
	struct index_bucket *first = index_bucket(&seg, index_probe(&seg, &hash, 0));
	struct record record = help_record(key, 1);
	struct index_change change = {.record = &record};
	struct index_place late;

	ck_assert_int_eq(index_lookup_room(&seg, key, &late), -ENOENT);
	ck_assert_ptr_eq(late.bucket, first);
	atomic_store(&first->claimed, (1u << INDEX_INSERT_SLOTS) - 1);
	ck_assert_int_eq(index_publish(&view, key, 0, &record), 0);
	ck_assert(atomic_load(&first->live) & WORD_OVERFLOWED);
	ck_assert_uint_eq(atomic_load(&first->live) & WORD_SLOTS, 0);
	ck_assert_int_eq(index_commit(&seg, key, &late, &change), -EAGAIN);
	ck_assert_uint_eq(atomic_load(&first->claimed), (1u << INDEX_INSERT_SLOTS) - 1);
	/* The mark stays when the bucket empties. */
	atomic_store(&first->claimed, 0);
	help_set(&view, 40, 2);
	ck_assert_uint_eq(atomic_load(&first->live) & WORD_SLOTS, 0);
	ck_assert_int_eq(help_get(&view, 40), 2);
}
END_TEST

/* A writer that slept while its key went through two updates finds the same bits, yet must lose. */
START_TEST(test_equal_bits_do_not_fool_a_sleeper)
{
	struct record record = help_record(help_key(5), 9);
	struct index_change change = {.record = &record};
	struct index_place asleep;
	uint64_t bits;

	help_set(&view, 5, 1);
	ck_assert_int_eq(index_lookup_room(&seg, help_key(5), &asleep), 0);
	bits = asleep.word & WORD_SLOTS;
	help_set(&view, 5, 2);
	help_set(&view, 5, 3);
	ck_assert_uint_eq(atomic_load(&asleep.bucket->live) & WORD_SLOTS, bits);
	ck_assert_int_eq(index_commit(&seg, help_key(5), &asleep, &change), -EAGAIN);
	ck_assert_int_eq(help_get(&view, 5), 3);
}
END_TEST

START_TEST(test_no_free_slot_is_exfull)
{
	struct record record = help_record(help_key(5), 9);
	struct index_hash hash = index_hash(help_key(5));
	struct index_bucket *bucket = index_bucket(&seg, index_probe(&seg, &hash, 0));
	uint64_t version;

	help_set(&view, 5, 1);
	version = help_version(&view, 5);
	atomic_store(&bucket->claimed, WORD_SLOTS);
	ck_assert_int_eq(index_publish(&view, help_key(5), version, &record), -EXFULL);
	ck_assert_int_eq(help_get(&view, 5), 1);
	ck_assert_uint_eq(help_version(&view, 5), version);
}
END_TEST

START_TEST(test_full_flag_is_enospc_before_any_change)
{
	struct record record = help_record(help_key(5), 9);
	size_t size = index_size(seg.n_buckets);
	void *before = malloc(size);

	ck_assert_ptr_nonnull(before);
	help_set(&view, 5, 1);
	atomic_fetch_or(&seg.header->flags, INDEX_FULL);
	memcpy(before, seg.header, size);
	ck_assert_int_eq(index_publish(&view, help_key(5), help_version(&view, 5), &record),
			 -ENOSPC);
	ck_assert_int_eq(index_publish(&view, help_key(6), 0, &record), -ENOSPC);
	ck_assert_mem_eq(before, seg.header, size);
	ck_assert_int_eq(help_get(&view, 5), 1);
	free(before);
}
END_TEST

START_TEST(test_states_other_than_live_are_stale)
{
	static const uint32_t states[] = {INDEX_BUILDING, INDEX_RETIRED, INDEX_ABANDONED};
	struct record record = help_record(help_key(5), 9), found;
	uint64_t version = 77;

	help_set(&view, 5, 1);
	atomic_store(&seg.header->state, states[_i]);
	ck_assert_int_eq(index_find(&view, help_key(5), &found, &version), -ESTALE);
	ck_assert_uint_eq(version, 77);
	ck_assert_int_eq(index_publish(&view, help_key(5), 0, &record), -ESTALE);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_empty_has_nothing);
	tcase_add_test(tcase, test_insert_update_delete);
	tcase_add_test(tcase, test_publish_compares_the_version);
	tcase_add_test(tcase, test_no_version_comes_twice);
	tcase_add_test(tcase, test_keys_differ_by_volume);
	tcase_add_test(tcase, test_edge_inodes);
	tcase_add_test(tcase, test_neighbours_share_a_page);
	tcase_add_test(tcase, test_probe_sequence_visits_each_bucket_once);
	tcase_add_test(tcase, test_full_chain_is_exfull_and_loses_nothing);
	tcase_add_test(tcase, test_overflow_mark_stops_a_late_insert);
	tcase_add_test(tcase, test_equal_bits_do_not_fool_a_sleeper);
	tcase_add_test(tcase, test_no_free_slot_is_exfull);
	tcase_add_test(tcase, test_full_flag_is_enospc_before_any_change);
	tcase_add_loop_test(tcase, test_states_other_than_live_are_stale, 0, 3);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
