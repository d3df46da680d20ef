/* SPDX-License-Identifier: MIT
 * space_test.c - how large an index is: the bytes of a record are bounded however many there are.
 */
#include "space_help.h"

#include <signal.h>
#include <sys/resource.h>

#include "core/index_layout.h"

#include "../../faked/persist.h"
#include "../../faked/tally.h"

#define ENOUGH 50000u /* from here on the bound holds */
#define BOUND 77u     /* of ARCHITECTURE.md */
#define LOADED 73u

static void tick(void)
{
	ck_assert_int_eq(persist_flush(&daemon_), 0);
	space_grow_if_needed(space);
	settle();
}

static void must_be_below(uint64_t n, uint64_t bytes)
{
	if (n >= ENOUGH && space->cur.size > n * bytes)
		ck_abort_msg("%zu bytes of index for %llu records", space->cur.size,
			     (unsigned long long)n);
}

/* Every inode of a run, every third, one in 32. */
START_TEST(test_bytes_of_a_record_are_bounded)
{
	static const uint64_t strides[] = {1, 3, 32};

	for (uint64_t n = 1; n <= 400000; n++) {
		publish(n * strides[_i]);
		if (n % GROUP)
			continue;
		must_be_below(n, BOUND);
		tick();
		must_be_below(n, BOUND);
	}
	/* So are those of one that is built from the store. */
	build_anew();
	settle();
	ck_assert_uint_eq(index_count_slots(&space->cur.index), 400000);
	must_be_below(400000, LOADED);
}
END_TEST

/* No segment is larger from now on. */
static void limit_segments(size_t size)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size < limit.rlim_max ? size : limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* A round of the daemon's loop. False: it sleeps until something comes. */
static bool round_of_loop(void)
{
	if (space_grow_slice(&daemon_, space, INT64_MAX) == SPACE_MOVING)
		return true;

	return !space_is_growing(space) && load_slice(&daemon_, space, INT64_MAX);
}

START_TEST(test_a_load_without_room_does_not_keep_the_daemon_busy)
{
	int n = 0;

	fill_store(400000);
	build_anew();
	ck_assert(space_is_loading(space));
	limit_segments(space->cur.size);
	while (n < 100 && round_of_loop())
		n++;
	ck_assert_int_lt(n, 100);
	ck_assert(space_is_loading(space));
	limit_segments(SIZE_MAX);
	space->load.retry_ms = 0;
	settle();
	ck_assert(!space_is_loading(space));
	ck_assert_uint_eq(index_count_slots(&space->cur.index), 400000);
}
END_TEST

/* Changes of what is there need no growth. */
START_TEST(test_changes_do_not_grow_it)
{
	size_t size;

	for (uint64_t n = 1; n <= 20000; n++)
		publish(n);
	tick();
	size = space->cur.size;
	for (int round = 0; round < 20; round++) {
		for (uint64_t n = 1; n <= 20000; n++)
			publish(n);
		tick();
	}
	ck_assert_uint_eq(space->cur.size, size);
}
END_TEST

/* Slots of killed writers come back with the next segment, which needs to be no larger. */
START_TEST(test_lost_slots_make_a_new_segment_not_a_larger_one)
{
	uint64_t generation;
	size_t size;

	for (uint64_t n = 1; n <= 1000; n++)
		publish(n);
	tick();
	size = space->cur.size;
	generation = space->cur.index.header->generation;
	for (int round = 0; round < 4; round++) {
		for (uint32_t i = 0; i < space->cur.index.n_buckets; i++)
			atomic_store(&index_bucket(&space->cur.index, i)->claimed, WORD_SLOTS);
		publish(1);
		ck_assert_uint_gt(space->cur.index.header->generation, generation);
		ck_assert_uint_eq(space->cur.size, size);
		ck_assert_uint_eq(index_count_slots(&space->cur.index), 1000);
	}
}
END_TEST

/* A copy of the same size is soon full as well, and then everybody waits for all to be moved once more.
 * What a fast writer has not seen committed counts. */
START_TEST(test_a_crowded_segment_is_made_larger)
{
	const uint64_t n_records = 400000;
	size_t size;

	fill_store(n_records);
	build_anew();
	settle();
	size = space->cur.size;
	for (uint64_t n = n_records + 1;
	     n * 100 < (uint64_t)space->cur.index.n_buckets * INDEX_SLOTS * 69; n++)
		publish(n);
	ck_assert_uint_eq(space->cur.size, size);
	grow();
	ck_assert_uint_gt(space->cur.size, size);
}
END_TEST

static uint64_t reserve_bytes(void)
{
	struct stat st;

	return fstatat(daemon_.dirfd, "reserve", &st, 0) == 0 ? (uint64_t)st.st_size : 0;
}

/* So much that the next growth makes it larger. Returns how many. */
static uint64_t fill_well(void)
{
	uint64_t n = 0;

	while (n < 20000 || n * 100 < (uint64_t)space->cur.index.n_buckets * INDEX_SLOTS * 65)
		publish(++n);
	tick();
	return n;
}

/* Who finds the new segment may fill it before the old one is moved. */
START_TEST(test_room_is_kept_for_a_segment_before_anybody_may_use_it)
{
	const uint64_t n = fill_well();
	uint64_t bytes;

	ck_assert_int_ge(space_grow_begin(&daemon_, space), 0);
	while (!space->next.index.header)
		ck_assert_int_ge(space_grow_slice(&daemon_, space, INT64_MAX), 0);
	bytes = ((uint64_t)space->next.index.n_buckets * INDEX_INSERT_SLOTS - n) * 256 + (4 << 20);
	ck_assert_uint_ge(reserve_bytes(), bytes);
	settle();
	ck_assert_uint_ge(reserve_bytes(), bytes);
}
END_TEST

/* Then what there is goes on to be changed. */
START_TEST(test_without_that_room_there_is_no_growth)
{
	size_t size;
	uint64_t reserve;

	(void)fill_well();
	size = space->cur.size;
	reserve = reserve_bytes();
	limit_segments(reserve + 4096);
	ck_assert_int_eq(space_grow_begin(&daemon_, space), -ENOSPC);
	ck_assert(!space_is_growing(space));
	ck_assert(!daemon_.full);
	ck_assert_uint_eq(reserve_bytes(), reserve);
	publish(1);
	ck_assert_uint_eq(space->cur.size, size);
	limit_segments(SIZE_MAX);
	ck_assert_int_ge(space_grow_begin(&daemon_, space), 0);
	settle();
	ck_assert_uint_ge(reserve_bytes(), reserve);
}
END_TEST

/* Counts in slices of no time; `between` may change things. Returns how many slices it took. */
static uint32_t tally(uint64_t expected, void (*between)(uint32_t n))
{
	struct tally *tally = NULL;
	uint32_t n_slices = 0;
	uint64_t n;

	ck_assert_int_eq(tally_records(&daemon_, &tally, space->fsns, &n), -EINPROGRESS);
	while (tally_slice(&daemon_, tally, 0)) {
		n_slices++;
		if (between)
			between(n_slices);
	}
	ck_assert_int_eq(tally_records(&daemon_, &tally, space->fsns, &n), 0);
	ck_assert_uint_eq(n, expected);
	tally_free(tally);
	return n_slices;
}

static void grow_between(uint32_t n_slices)
{
	if (n_slices == 10)
		grow();
}

static void load_between(uint32_t n_slices)
{
	if (n_slices == 10)
		settle();
}

START_TEST(test_many_records_are_counted_in_slices)
{
	const uint64_t n_records = 400000;
	uint64_t n;

	fill_store(n_records);
	build_anew();
	ck_assert(space_is_loading(space));
	ck_assert_uint_gt(tally(n_records, NULL), 20);
	ck_assert_uint_gt(tally(n_records, load_between), 30);
	ck_assert(!space_is_loading(space));
	ck_assert_uint_gt(tally(n_records, NULL), 20);
	ck_assert_uint_gt(tally(n_records, grow_between), 30);
	ck_assert_int_eq(tally_records(&daemon_, NULL, space->fsns, &n), 0);
	ck_assert_uint_eq(n, n_records);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("space");
	TCase *tcase = tcase_create("size");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_bytes_of_a_record_are_bounded, 0, 3);
	tcase_add_test(tcase, test_a_load_without_room_does_not_keep_the_daemon_busy);
	tcase_add_test(tcase, test_changes_do_not_grow_it);
	tcase_add_test(tcase, test_lost_slots_make_a_new_segment_not_a_larger_one);
	tcase_add_test(tcase, test_a_crowded_segment_is_made_larger);
	tcase_add_test(tcase, test_room_is_kept_for_a_segment_before_anybody_may_use_it);
	tcase_add_test(tcase, test_without_that_room_there_is_no_growth);
	tcase_add_test(tcase, test_many_records_are_counted_in_slices);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
