/* SPDX-License-Identifier: MIT
 * journal_test.c - xattr changes on their way: replayed whole, cut short at every byte, spoilt at
 * every bit.
 */
#include "daemon_help.h"

#include <string.h>

#define N_CHANGES 6

static const char *const values[N_CHANGES] = {"one", "two", "three", "four", "five", "six"};
static size_t ends[N_CHANGES]; /* size of the journal after each change */
static struct store *store;
static int dirfd_;

static struct journal_change change_of(int i)
{
	return (struct journal_change){.remove = i == 4,
				       .file = {1, {i == 4 ? 2 : (uint64_t)i, 3}, 7},
				       .name = "security.x",
				       .value = i == 4 ? "" : values[i],
				       .name_size = 10,
				       .value_size = i == 4 ? 0 : strlen(values[i])};
}

static void setup(void)
{
	struct journal journal;

	help_setup();
	dirfd_ = open(help_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	ck_assert_int_eq(journal_open(dirfd_, "journal", &journal), 0);
	for (int i = 0; i < N_CHANGES; i++) {
		struct journal_change change = change_of(i);

		ck_assert_int_eq(journal_append(&journal, &change), 0);
		ends[i] = journal.size;
	}
	journal_close(&journal);
	ck_assert_int_eq(store_open(help_dir, &store), 0);
}

static void teardown(void)
{
	store_close(store);
	(void)close(dirfd_);
	help_teardown();
}

/* The store holds what the first `n` changes make of it. */
static void assert_replayed(int n)
{
	for (int i = 0; i < N_CHANGES; i++) {
		struct journal_change change = change_of(i);
		const void *value;
		size_t size;
		int r;

		if (i == 4)
			continue;

		r = store_get_xattr(store, &change.file, "security.x", 10, &value, &size);
		if (i >= n || (i == 2 && n > 4)) {
			ck_assert_int_eq(r, -ENODATA);
		} else {
			ck_assert_int_eq(r, 0);
			ck_assert_uint_eq(size, strlen(values[i]));
			ck_assert_mem_eq(value, values[i], size);
		}
	}
}

START_TEST(test_replay_once_or_twice_is_the_same)
{
	struct journal journal;

	ck_assert_int_eq(journal_open(dirfd_, "journal", &journal), 0);
	ck_assert_int_eq(journal_replay(&journal, store), 0);
	assert_replayed(N_CHANGES);
	ck_assert_int_eq(journal_replay(&journal, store), 0);
	assert_replayed(N_CHANGES);
	ck_assert_int_eq(journal_cut(&journal, 0), 0);
	store_abort(store);
	ck_assert_int_eq(journal_replay(&journal, store), 0);
	assert_replayed(0);
	journal_close(&journal);
}
END_TEST

START_TEST(test_cut_short_at_every_byte)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/journal", help_dir);
	for (size_t size = ends[N_CHANGES - 1]; size-- > 0;) {
		struct journal journal;
		struct journal_change change = change_of(5);
		int n = 0;

		while (n < N_CHANGES && ends[n] <= size)
			n++;
		ck_assert_int_eq(truncate(path, (off_t)size), 0);
		ck_assert_int_eq(journal_open(dirfd_, "journal", &journal), 0);
		ck_assert_uint_eq(journal.size, n ? ends[n - 1] : 0);
		ck_assert_int_eq(journal_replay(&journal, store), 0);
		assert_replayed(n);
		/* What is appended now is found again. */
		ck_assert_int_eq(journal_append(&journal, &change), 0);
		journal_close(&journal);
		ck_assert_int_eq(journal_open(dirfd_, "journal", &journal), 0);
		ck_assert_uint_gt(journal.size, n ? ends[n - 1] : 0);
		ck_assert_int_eq(journal_cut(&journal, n ? ends[n - 1] : 0), 0);
		journal_close(&journal);
		store_abort(store);
	}
}
END_TEST

START_TEST(test_a_flipped_bit_ends_the_replay_there)
{
	char path[128];
	uint8_t bytes[1024];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/journal", help_dir);
	ck_assert_uint_lt(ends[N_CHANGES - 1], sizeof(bytes));
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(read(fd, bytes, sizeof(bytes)), (ssize_t)ends[N_CHANGES - 1]);
	(void)close(fd);
	for (size_t bit = 0; bit < ends[N_CHANGES - 1] * 8; bit++) {
		struct journal journal;
		int n = 0;

		while (ends[n] * 8 <= bit)
			n++;
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_eq(util_replace_file(dirfd_, "journal", bytes, ends[N_CHANGES - 1]),
				 0);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_eq(journal_open(dirfd_, "journal", &journal), 0);
		ck_assert_uint_eq(journal.size, n ? ends[n - 1] : 0);
		journal_close(&journal);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("journal");
	TCase *replay = tcase_create("replay");

	tcase_add_checked_fixture(replay, setup, teardown);
	tcase_set_timeout(replay, 60);
	tcase_add_test(replay, test_replay_once_or_twice_is_the_same);
	tcase_add_test(replay, test_cut_short_at_every_byte);
	tcase_add_test(replay, test_a_flipped_bit_ends_the_replay_there);
	suite_add_tcase(suite, replay);
	return run_suite(suite);
}
