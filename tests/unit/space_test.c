/* SPDX-License-Identifier: MIT
 * space_test.c - how large an index is: the bytes of a record are bounded however many there are.
 * And what it says of xattrs, of which it holds none itself.
 */
#include "daemon_help.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>

#include "core/index_layout.h"

#include "../../faked/load.h"
#include "../../faked/namespace.h"
#include "../../faked/persist.h"
#include "../../faked/tally.h"

#define VOLUME 1u
#define GROUP 1000u
#define ENOUGH 50000u /* from here on the bound holds */
#define BOUND 77u     /* of ARCHITECTURE.md */
#define LOADED 73u

static struct daemon daemon_;
static struct space *space;

static void open_space(void)
{
	const struct namespace_wish wish = {.tag = "a", .tag_size = 1};
	uint32_t number;

	help_start(&daemon_);
	ck_assert_int_eq(namespace_need(&daemon_, &wish, &number), 0);
	ck_assert_int_eq(space_open(&daemon_, number, &space), 0);
}

static void setup(void)
{
	help_setup();
	open_space();
}

static void teardown(void)
{
	server_end(&daemon_);
	help_teardown();
}

static void grow(void)
{
	ck_assert_int_ge(space_grow_begin(&daemon_, space), 0);
	ck_assert_int_eq(space_grow_finish(&daemon_, space), SPACE_SETTLED);
}

static void publish(uint64_t ino)
{
	const uint64_t ns = (uint64_t)space->fsns << 32;
	struct record record = {.uid = {ns | ino % 60000},
				.gid = {ns | ino % 50000},
				.mode = 0100644,
				.btime_ns = (int64_t)ino + 1,
				.ctime_ns = (int64_t)ino + 2,
				.flags = RECORD_UID | RECORD_GID};
	struct record_key key = {ino, VOLUME};
	struct index_view view = {.cur = &space->cur.index};
	struct record old;
	uint64_t version;
	int r;

	for (;;) {
		r = index_find(&view, key, &old, &version);
		ck_assert(r == 0 || r == -ENOENT);
		r = index_publish(&view, key, version, &record);
		if (r != -EXFULL)
			break;
		grow();
	}
	ck_assert_int_eq(r, 0);
}

/* All that the daemon does between requests. */
static void settle(void)
{
	do
		ck_assert_int_eq(space_grow_finish(&daemon_, space), SPACE_SETTLED);
	while (load_slice(&daemon_, space, INT64_MAX) || space_is_growing(space));
}

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
	space_close(&daemon_, space, INDEX_ABANDONED);
	server_end(&daemon_);
	open_space();
	settle();
	ck_assert_uint_eq(index_count_slots(&space->cur.index), 400000);
	must_be_below(400000, LOADED);
}
END_TEST

static void fill_store(uint64_t n)
{
	const struct record record = {.mode = 0100644, .btime_ns = 1, .flags = RECORD_MODE};

	for (uint64_t ino = 1; ino <= n; ino++) {
		int r = store_put_record(daemon_.store, space->fsns,
					 (struct record_key){ino, VOLUME}, &record);

		if (r == 0 && (ino % GROUP == 0 || ino == n))
			r = store_commit(daemon_.store);
		if (r == -EXFULL) {
			store_abort(daemon_.store);
			r = store_grow(daemon_.store);
			ino -= (ino - 1) % GROUP + 1;
		}
		ck_assert_int_eq(r, 0);
	}
}

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
	space_close(&daemon_, space, INDEX_ABANDONED);
	server_end(&daemon_);
	open_space();
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
	space_close(&daemon_, space, INDEX_ABANDONED);
	server_end(&daemon_);
	open_space();
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
	space_close(&daemon_, space, INDEX_ABANDONED);
	server_end(&daemon_);
	open_space();
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

static const struct class
{
	const char *name;
	uint32_t flag;
} classes[] = {
	{"system.posix_acl_access", INDEX_HAS_ACLS}, {"system.posix_acl_default", INDEX_HAS_ACLS},
	{"security.capability", INDEX_HAS_CAPS},     {"security.selinux", INDEX_HAS_SECURITY},
	{"security.capabilit", INDEX_HAS_SECURITY},  {"trusted.x", INDEX_HAS_TRUSTED},
};
#define N_CLASSES (sizeof classes / sizeof *classes)

static uint32_t class_flags(const struct segment *segment)
{
	return atomic_load(&segment->index.header->flags) & INDEX_XATTR_CLASSES;
}

/* Of a file whose record is still on its way. */
static void keep_xattr(uint64_t ino, const char *name)
{
	const struct store_file file = {space->fsns, {ino, VOLUME}, 1};

	ck_assert_int_eq(store_put_xattr(daemon_.store, &file, name, strlen(name), "1", 1), 0);
}

static void build_anew(void)
{
	ck_assert_int_eq(store_commit(daemon_.store), 0);
	space_close(&daemon_, space, INDEX_ABANDONED);
	server_end(&daemon_);
	open_space();
}

START_TEST(test_classes_of_xattrs_are_known_from_the_store)
{
	const struct store_file other = {space->fsns + 1, {1, VOLUME}, 1};

	keep_xattr(9, classes[_i].name);
	ck_assert_int_eq(store_put_xattr(daemon_.store, &other, "trusted.a", 9, "1", 1), 0);
	ck_assert_int_eq(store_put_xattr(daemon_.store, &other, "security.a", 10, "1", 1), 0);
	build_anew();
	ck_assert(!space_is_loading(space));
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
	grow();
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
}
END_TEST

START_TEST(test_before_the_classes_are_known_the_index_says_that_it_is_loading)
{
	bool was_loading = true;

	for (uint64_t ino = 1; ino <= 1000; ino++) {
		keep_xattr(ino, "user.nobody-keeps");
		keep_xattr(ino, "user.nobody-keeps-either");
	}
	keep_xattr(1001, classes[_i].name);
	fill_store(30000);
	build_anew();
	while (space_is_loading(space)) {
		was_loading = !class_flags(&space->cur);
		ck_assert(space_grow_slice(&daemon_, space, 0) >= 0);
		if (!space_is_growing(space))
			(void)load_slice(&daemon_, space, 0);
	}
	ck_assert(!was_loading);
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
}
END_TEST

START_TEST(test_a_class_is_raised_in_every_segment)
{
	ck_assert_uint_eq(class_flags(&space->cur), 0);
	ck_assert_int_eq(space_grow_begin(&daemon_, space), 0);
	ck_assert(space_is_growing(space));
	space_note_xattr(space, classes[_i].name, strlen(classes[_i].name));
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
	ck_assert_uint_eq(class_flags(&space->next), classes[_i].flag);
	space_note_xattr(space, "user.x", 6);
	ck_assert_int_eq(space_grow_finish(&daemon_, space), SPACE_SETTLED);
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
	ck_assert(!space_has_all_classes(space));
	for (size_t i = 0; i < N_CLASSES; i++)
		space_note_xattr(space, classes[i].name, strlen(classes[i].name));
	ck_assert(space_has_all_classes(space));
}
END_TEST

static TCase *classes_case(void)
{
	TCase *tcase = tcase_create("classes of xattrs");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_classes_of_xattrs_are_known_from_the_store, 0, N_CLASSES);
	tcase_add_loop_test(tcase,
			    test_before_the_classes_are_known_the_index_says_that_it_is_loading, 0,
			    N_CLASSES);
	tcase_add_loop_test(tcase, test_a_class_is_raised_in_every_segment, 0, N_CLASSES);
	return tcase;
}

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
	suite_add_tcase(suite, classes_case());
	return run_suite(suite);
}
