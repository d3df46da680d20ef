/* SPDX-License-Identifier: MIT
 * store_test.c - what goes into the store comes out, also after it grew, was closed, or was cut
 * short.
 */
#include "daemon_help.h"

#include <string.h>

#include "../../faked/kv.h"

static struct store *store;

static void open_store(void)
{
	ck_assert_int_eq(store_open(help_dir, &store), 0);
}

static void reopen_store(void)
{
	store_close(store);
	store = NULL;
	open_store();
}

static struct record record_of(uint64_t number)
{
	return (struct record){.uid = {number},
			       .gid = {number + 1},
			       .btime_ns = (int64_t)number,
			       .mode = 04755,
			       .flags = RECORD_UID | RECORD_GID | RECORD_MODE};
}

struct seen {
	uint64_t n, sum;
	struct record_key before;
};

static int see(void *context, struct record_key key, const struct record *record)
{
	struct seen *seen = context;

	ck_assert(seen->n == 0 || key.volume > seen->before.volume ||
		  (key.volume == seen->before.volume && key.ino > seen->before.ino));
	ck_assert_uint_eq(record->uid.value, key.ino);
	seen->before = key;
	seen->n++;
	seen->sum += key.ino;
	return 0;
}

START_TEST(test_records_come_back_in_order_and_by_namespace)
{
	struct seen seen = {0};
	struct record record;
	uint64_t n;

	open_store();
	for (uint64_t i = 1; i <= 300; i++) {
		record = record_of(i);
		ck_assert_int_eq(
			store_put_record(store, 7, (struct record_key){i, 1 + i % 3}, &record), 0);
		ck_assert_int_eq(store_put_record(store, 8, (struct record_key){i, 1}, &record), 0);
	}
	ck_assert_int_eq(store_commit(store), 0);
	reopen_store();
	ck_assert_int_eq(store_each_record(store, 7, (struct record_key){0}, see, &seen), 0);
	ck_assert_uint_eq(seen.n, 300);
	ck_assert_uint_eq(seen.sum, 300 * 301 / 2);
	seen = (struct seen){0};
	ck_assert_int_eq(store_each_record(store, 7, (struct record_key){150, 2}, see, &seen), 0);
	ck_assert_uint_eq(seen.n, 150);
	ck_assert_int_eq(store_count_records(store, 8, &n), 0);
	ck_assert_uint_eq(n, 300);
	ck_assert_int_eq(store_get_record(store, 8, (struct record_key){17, 1}, &record), 0);
	ck_assert_uint_eq(record.gid.value, 18);
	ck_assert_int_eq(store_get_record(store, 9, (struct record_key){17, 1}, &record), -ENOENT);
	ck_assert_int_eq(store_delete_records(store, 7, 2), 0);
	ck_assert_int_eq(store_count_records(store, 7, &n), 0);
	ck_assert_uint_eq(n, 200);
	store_close(store);
}
END_TEST

static void put_rows(uint32_t fsns, uint32_t volume, uint64_t n)
{
	for (uint64_t i = 1; i <= n; i++) {
		struct record record = record_of(i);
		struct store_file file = {fsns, {i, volume}, (int64_t)i};

		ck_assert_int_eq(store_put_record(store, fsns, file.key, &record), 0);
		if (i % 10 == 0)
			ck_assert_int_eq(store_put_xattr(store, &file, "user.a", 6, "b", 1), 0);
	}
}

static uint32_t add_namespace(char tag)
{
	struct store_namespace entry = {.tag_size = 1, .tag = {tag}};
	const struct nsspec spec = {0};

	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), 0);
	return entry.number;
}

/* Of volumes 1 and 3. */
static void check_rows(uint32_t fsns)
{
	struct record_key after = {0};
	struct seen seen = {0};
	uint64_t n;

	ck_assert_int_eq(store_each_record(store, fsns, after, see, &seen), 0);
	ck_assert_uint_eq(seen.n, 200);
	ck_assert_int_eq(store_count_records(store, fsns, &n), 0);
	ck_assert_uint_eq(n, 200);
	ck_assert_int_eq(store_count_some(store, fsns, &after, 150, &n), 1);
	ck_assert_uint_eq(n, 150);
	ck_assert_uint_eq(after.volume, 3);
	ck_assert_uint_eq(after.ino, 50);
	ck_assert_int_eq(store_count_some(store, fsns, &after, 150, &n), 0);
	ck_assert_uint_eq(n, 50);
}

static void make_past(uint32_t ret_fsns[2])
{
	uint32_t volume;

	open_store();
	ret_fsns[0] = add_namespace('a');
	ret_fsns[1] = add_namespace('b');
	for (uint32_t i = 1; i <= 4; i++) {
		ck_assert_int_eq(store_add_volume(store, "x", 1, &volume), 0);
		put_rows(ret_fsns[0], volume, 100);
		put_rows(ret_fsns[1], volume, 100);
	}
	ck_assert_int_eq(store_commit(store), 0);
	ck_assert_int_eq(store_end_volume(store, 2), 0);
	ck_assert_int_eq(store_end_volume(store, 4), 0);
}

/* Every third step is lost. */
START_TEST(test_a_volume_that_is_no_more_is_hidden_and_goes_in_steps)
{
	struct store_past past = {0};
	uint64_t n, before = 800;
	uint32_t fsns[2];
	int r;

	make_past(fsns);
	check_rows(fsns[0]);
	for (int i = 1; (r = store_drop_past(store, &past, 30)) == 1; i++) {
		if (i % 3 == 0)
			store_abort(store);
		else
			ck_assert_int_eq(store_commit(store), 0);
		ck_assert_int_eq(store_count_all(store, &n), 0);
		ck_assert_uint_le(n, before);
		ck_assert_uint_le(before - n, 30);
		before = n;
		check_rows(fsns[0]);
		check_rows(fsns[1]);
	}
	ck_assert_int_eq(r, 0);
	ck_assert_uint_eq(before, 400);
	ck_assert_int_eq(store_commit(store), 0);
	reopen_store();
	check_rows(fsns[0]);
	check_rows(fsns[1]);
	store_close(store);
}
END_TEST

START_TEST(test_what_was_not_committed_is_not_there)
{
	struct record record = record_of(5);
	uint64_t n;

	open_store();
	ck_assert_int_eq(store_put_record(store, 1, (struct record_key){5, 1}, &record), 0);
	store_abort(store);
	ck_assert_int_eq(store_count_records(store, 1, &n), 0);
	ck_assert_uint_eq(n, 0);
	store_close(store);
}
END_TEST

START_TEST(test_the_map_grows_under_four_hundred_thousand_records)
{
	struct seen seen = {0};
	unsigned int n_grown = 0;
	uint64_t i = 1;

	open_store();
	while (i <= 400000) {
		struct record record = record_of(i);
		int r = store_put_record(store, 1, (struct record_key){i, 1}, &record);

		if (r == -EXFULL) {
			/* What was open is lost; begin again after the last commit. */
			store_abort(store);
			ck_assert_int_eq(store_grow(store), 0);
			n_grown++;
			i = (i - 1) / 10000 * 10000 + 1;
			continue;
		}
		ck_assert_int_eq(r, 0);
		if (i % 10000 == 0)
			ck_assert_int_eq(store_commit(store), 0);
		i++;
	}
	ck_assert_uint_gt(n_grown, 0);
	reopen_store();
	ck_assert_int_eq(store_each_record(store, 1, (struct record_key){0}, see, &seen), 0);
	ck_assert_uint_eq(seen.n, 400000);
	store_close(store);
}
END_TEST

START_TEST(test_a_newer_schema_is_refused)
{
	char path[128];
	struct kv *kv;

	open_store();
	store_close(store);
	(void)snprintf(path, sizeof(path), "%s/store", help_dir);
	ck_assert_int_eq(kv_open(path, &kv), 0);
	ck_assert_int_eq(kv_put(kv, KV_META, (struct kv_bytes){"schema", 6},
				(struct kv_bytes){"\0\0\0\3", 4}),
			 0);
	ck_assert_int_eq(kv_commit(kv), 0);
	kv_close(kv);
	store = NULL;
	ck_assert_int_eq(store_open(help_dir, &store), -EPROTO);
	ck_assert_ptr_null(store);
}
END_TEST

/* At every page: the file as a full disk, a bad copy or a truncate(1) leaves it. */
START_TEST(test_a_store_cut_short_is_refused_or_whole)
{
	char path[128];
	struct stat st;
	unsigned int n_refused = 0;

	open_store();
	for (uint64_t i = 1; i <= 2000; i++) {
		struct record record = record_of(i);

		ck_assert_int_eq(store_put_record(store, 1, (struct record_key){i, 1}, &record), 0);
	}
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	(void)snprintf(path, sizeof(path), "%s/store/data.mdb", help_dir);
	ck_assert_int_eq(stat(path, &st), 0);
	for (off_t size = st.st_size - 4096; size >= 4096; size -= 4096) {
		ck_assert_int_eq(truncate(path, size), 0);
		store = NULL;
		if (store_open(help_dir, &store) == 0) {
			struct seen seen = {0};

			ck_assert_int_eq(
				store_each_record(store, 1, (struct record_key){0}, see, &seen), 0);
			ck_assert_uint_eq(seen.n, 2000);
			store_close(store);
		} else {
			ck_assert_ptr_null(store);
			n_refused++;
		}
	}
	ck_assert_uint_gt(n_refused, 10);
}
END_TEST

START_TEST(test_numbers_of_namespaces_are_never_given_twice)
{
	struct store_namespace entry = {.tag = "one", .tag_size = 3}, back;
	static struct nsspec spec;
	uint32_t number;

	nsspec_init(&spec);
	open_store();
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), 0);
	ck_assert_uint_eq(entry.number, 1);
	ck_assert_uint_eq(entry.fsns, 1);
	ck_assert_int_eq(store_find_namespace(store, "one", 3, &number), 0);
	ck_assert_int_eq(store_delete_namespace(store, number), 0);
	ck_assert_int_eq(store_find_namespace(store, "one", 3, &number), -ENOENT);
	ck_assert_int_eq(store_commit(store), 0);
	reopen_store();
	entry = (struct store_namespace){.flags = STORE_NAMESPACE_NAMELESS, .created_s = 77};
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), 0);
	ck_assert_uint_eq(entry.number, 2);
	ck_assert_int_eq(store_get_namespace(store, 2, &back, NULL), 0);
	ck_assert_int_eq(back.created_s, 77);
	ck_assert_uint_eq(back.flags, STORE_NAMESPACE_NAMELESS);
	ck_assert_uint_eq(back.tag_size, 0);
	store_close(store);
}
END_TEST

static int count_names(void *context, const void *name, size_t name_size)
{
	(void)name; /* how many is all */
	ck_assert_uint_eq(name_size, 10);
	++*(unsigned int *)context;
	return 0;
}

START_TEST(test_xattrs_belong_to_one_file_of_an_inode)
{
	const struct store_file old = {1, {9, 1}, 100}, new = {1, {9, 1}, 200};
	const void *value;
	unsigned int n = 0;
	size_t size;

	open_store();
	ck_assert_int_eq(store_put_xattr(store, &old, "security.a", 10, "one", 3), 0);
	ck_assert_int_eq(store_put_xattr(store, &old, "security.b", 10, "", 0), 0);
	ck_assert_int_eq(store_get_xattr(store, &old, "security.a", 10, &value, &size), 0);
	ck_assert_uint_eq(size, 3);
	ck_assert_mem_eq(value, "one", 3);
	ck_assert_int_eq(store_get_xattr(store, &new, "security.a", 10, &value, &size), -ENODATA);
	ck_assert_int_eq(store_put_xattr(store, &new, "security.c", 10, "two", 3), 0);
	ck_assert_int_eq(store_get_xattr(store, &old, "security.a", 10, &value, &size), -ENODATA);
	ck_assert_int_eq(store_each_xattr(store, &new, count_names, &n), 0);
	ck_assert_uint_eq(n, 1);
	/* The end of the old file must not take the new one's along. */
	ck_assert_int_eq(store_delete_record(store, 1, old.key, old.btime_ns), 0);
	ck_assert_int_eq(store_get_xattr(store, &new, "security.c", 10, &value, &size), 0);
	ck_assert_int_eq(store_delete_record(store, 1, new.key, new.btime_ns), 0);
	ck_assert_int_eq(store_get_xattr(store, &new, "security.c", 10, &value, &size), -ENODATA);
	store_close(store);
}
END_TEST

START_TEST(test_xattrs_of_an_open_file_without_a_name_stay_until_nobody_has_it)
{
	const struct store_file gone = {1, {9, 1}, 100}, kept = {1, {10, 1}, 100},
				timeless = {1, {11, 1}, 0}, other = {2, {9, 1}, 100};
	const struct record record = {.flags = RECORD_XATTRS, .btime_ns = 100};
	const struct store_file *files[] = {&gone, &kept, &timeless, &other};
	const void *value;
	uint32_t n = 7;
	size_t size;

	open_store();
	for (int i = 0; i < 4; i++) {
		ck_assert_int_eq(store_put_xattr(store, files[i], "security.a", 10, "1", 1), 0);
		ck_assert_int_eq(store_put_xattr(store, files[i], "security.b", 10, "2", 1), 0);
		ck_assert_int_eq(store_put_record(store, files[i]->fsns, files[i]->key, &record),
				 0);
	}
	ck_assert_int_eq(store_delete_doomed(store, 1, gone.key, 100), 0);
	ck_assert_int_eq(store_delete_doomed(store, 1, timeless.key, 0), 0);
	ck_assert_int_eq(store_delete_doomed(store, 2, other.key, 100), 0);
	ck_assert_int_eq(store_get_xattr(store, &gone, "security.b", 10, &value, &size), 0);
	ck_assert_int_eq(store_get_xattr(store, &timeless, "security.a", 10, &value, &size),
			 -ENODATA);
	ck_assert_int_eq(store_drop_orphans(store, 1, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(store_get_xattr(store, &gone, "security.a", 10, &value, &size), -ENODATA);
	ck_assert_int_eq(store_get_xattr(store, &gone, "security.b", 10, &value, &size), -ENODATA);
	ck_assert_int_eq(store_get_xattr(store, &kept, "security.b", 10, &value, &size), 0);
	ck_assert_int_eq(store_get_xattr(store, &other, "security.a", 10, &value, &size), 0);
	store_close(store);
}
END_TEST

START_TEST(test_sizes_of_xattrs_are_bounded)
{
	static const uint8_t bytes[65537];
	const struct store_file file = {1, {9, 1}, 100};
	char name[256];
	const void *value;
	size_t size;

	memset(name, 'n', sizeof(name));
	open_store();
	ck_assert_int_eq(store_put_xattr(store, &file, name, 255, bytes, 65536), 0);
	ck_assert_int_eq(store_get_xattr(store, &file, name, 255, &value, &size), 0);
	ck_assert_uint_eq(size, 65536);
	ck_assert_int_eq(store_put_xattr(store, &file, name, 255, bytes, 65537), -E2BIG);
	ck_assert_int_eq(store_put_xattr(store, &file, name, 256, bytes, 1), -ERANGE);
	ck_assert_int_eq(store_put_xattr(store, &file, name, 0, bytes, 1), -ERANGE);
	store_close(store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store");
	TCase *rows = tcase_create("rows");
	TCase *whole = tcase_create("the store as a whole");

	tcase_add_checked_fixture(rows, help_setup, help_teardown);
	tcase_add_test(rows, test_records_come_back_in_order_and_by_namespace);
	tcase_add_test(rows, test_a_volume_that_is_no_more_is_hidden_and_goes_in_steps);
	tcase_add_test(rows, test_what_was_not_committed_is_not_there);
	tcase_add_test(rows, test_numbers_of_namespaces_are_never_given_twice);
	tcase_add_test(rows, test_xattrs_belong_to_one_file_of_an_inode);
	tcase_add_test(rows, test_xattrs_of_an_open_file_without_a_name_stay_until_nobody_has_it);
	tcase_add_test(rows, test_sizes_of_xattrs_are_bounded);
	suite_add_tcase(suite, rows);
	tcase_add_checked_fixture(whole, help_setup, help_teardown);
	tcase_set_timeout(whole, 120);
	tcase_add_test(whole, test_the_map_grows_under_four_hundred_thousand_records);
	tcase_add_test(whole, test_a_newer_schema_is_refused);
	tcase_add_test(whole, test_a_store_cut_short_is_refused_or_whole);
	suite_add_tcase(suite, whole);
	return run_suite(suite);
}
