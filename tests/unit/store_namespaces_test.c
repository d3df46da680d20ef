/* SPDX-License-Identifier: MIT
 * store_namespaces_test.c - namespaces in the store: there and back, rows of an older fakeid, rows
 * that are damaged, and limits.
 */
#include "daemon_help.h"

#include "../../faked/kv.h"
#include "nsspec_help.h"

#define SEED UINT64_C(0x1d3a90006)

static struct store *store;
static struct nsspec spec, back;

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

/* Behind the store's back, with the store closed. */
static void put_raw(enum kv_table table, const void *key, size_t key_size, const void *value,
		    size_t size)
{
	char path[128];
	struct kv *kv;

	(void)snprintf(path, sizeof(path), "%s/store", help_dir);
	ck_assert_int_eq(kv_open(path, &kv), 0);
	ck_assert_int_eq(
		kv_put(kv, table, (struct kv_bytes){key, key_size}, (struct kv_bytes){value, size}),
		0);
	ck_assert_int_eq(kv_commit(kv), 0);
	kv_close(kv);
}

static size_t get_raw(uint8_t *ret_bytes, size_t size)
{
	struct kv_bytes value;
	char path[128];
	struct kv *kv;

	(void)snprintf(path, sizeof(path), "%s/store", help_dir);
	ck_assert_int_eq(kv_open(path, &kv), 0);
	ck_assert_int_eq(kv_get(kv, KV_NAMESPACES, (struct kv_bytes){"\0\0\0\1", 4}, &value), 0);
	ck_assert_uint_le(value.size, size);
	memcpy(ret_bytes, value.at, value.size);
	size = value.size;
	kv_close(kv);
	return size;
}

static void add(const char *tag, uint32_t number)
{
	struct store_namespace entry = {.created_s = 77, .parent = 0};

	entry.tag_size = strlen(tag);
	memcpy(entry.tag, tag, entry.tag_size);
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), 0);
	ck_assert_uint_eq(entry.number, number);
}

START_TEST(test_specs_come_back_after_the_store_was_closed)
{
	uint64_t state = SEED;
	struct store_namespace entry;
	char tag[32];

	open_store();
	for (uint32_t i = 1; i <= 300; i++) {
		random_spec(&state, &spec);
		(void)snprintf(tag, sizeof tag, "tag/%u", i);
		add(tag, i);
	}
	ck_assert_int_eq(store_commit(store), 0);
	reopen_store();
	state = SEED;
	for (uint32_t i = 1; i <= 300; i++) {
		uint32_t number = 0;

		random_spec(&state, &spec);
		holds(store_get_namespace(store, i, &entry, &back) == 0);
		holds(same_spec(&spec, &back));
		holds(store_find_namespace(store, entry.tag, entry.tag_size, &number) == 0);
		holds(number == i && entry.created_s == 77);
	}
	store_close(store);
}
END_TEST

/* u32 version, parent, flags, fsns, u64 created, tag to the end. */
static const uint8_t row_of_version_1[] = {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   0,   1,  0,
					   0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 'o', 'l', 'd'};

START_TEST(test_a_row_of_an_older_fakeid_is_a_namespace_of_defaults)
{
	struct store_namespace entry;

	open_store();
	store_close(store);
	put_raw(KV_NAMESPACES, "\0\0\0\1", 4, row_of_version_1, sizeof row_of_version_1);
	open_store();
	memset(&spec, 0xa5, sizeof spec);
	ck_assert_int_eq(store_get_namespace(store, 1, &entry, &spec), 0);
	ck_assert_mem_eq(entry.tag, "old", 3);
	ck_assert_uint_eq(entry.tag_size, 3);
	ck_assert_uint_eq(entry.fsns, 1);
	ck_assert_int_eq(entry.created_s, 9);
	ck_assert(nsspec_is_plain(&spec, 1, entry.parent));
	nsspec_init(&back);
	ck_assert(same_spec(&spec, &back));

	/* Written again, it is a row like any other. */
	ck_assert_int_eq(store_put_namespace(store, &entry, &spec), 0);
	ck_assert_int_eq(store_commit(store), 0);
	reopen_store();
	ck_assert_int_eq(store_get_namespace(store, 1, &entry, &back), 0);
	ck_assert(same_spec(&spec, &back));
	ck_assert_uint_eq(entry.tag_size, 3);
	store_close(store);
}
END_TEST

/* A spec that says nothing of capabilities, behind a row's head of version 2. */
START_TEST(test_a_row_before_there_were_capabilities_has_all_of_them)
{
	static uint8_t row[2 * NSSPEC_BYTES_MAX];
	struct store_namespace entry;
	uint64_t state = SEED;
	const size_t at = 26 + 3 + 12; /* head, tag, what comes before the capabilities */
	size_t size;

	random_spec(&state, &spec);
	open_store();
	add("one", 1);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	size = get_raw(row, sizeof row);
	row[0] = 2;
	memmove(row + at, row + at + 8, size - at - 8);
	put_raw(KV_NAMESPACES, "\0\0\0\1", 4, row, size - 8);
	open_store();
	ck_assert_int_eq(store_get_namespace(store, 1, &entry, &back), 0);
	spec.caps = CREDS_CAP_ALL;
	ck_assert(same_spec(&spec, &back));
	store_close(store);
}
END_TEST

START_TEST(test_a_store_of_an_older_fakeid_opens_and_is_refused_by_that_one)
{
	char path[128];
	struct kv_bytes value;
	struct kv *kv;
	uint32_t number;

	open_store();
	nsspec_init(&spec);
	add("one", 1);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	put_raw(KV_META, "schema", 6, "\0\0\0\1", 4);
	open_store();
	ck_assert_int_eq(store_find_namespace(store, "one", 3, &number), 0);
	store_close(store);

	(void)snprintf(path, sizeof(path), "%s/store", help_dir);
	ck_assert_int_eq(kv_open(path, &kv), 0);
	ck_assert_int_eq(kv_get(kv, KV_META, (struct kv_bytes){"schema", 6}, &value), 0);
	ck_assert_uint_eq(value.size, 4);
	ck_assert_mem_eq(value.at, "\0\0\0\2", 4);
	kv_close(kv);
}
END_TEST

/* What there is to a row that may be anything: 0 or -EBADMSG, and bounds that hold. */
static int look(void)
{
	struct store_namespace entry;
	int r = store_get_namespace(store, 1, &entry, &back);

	holds(r == 0 || r == -EBADMSG);
	if (r == 0)
		holds(entry.tag_size <= sizeof entry.tag && back.n_paths <= NSSPEC_PATHS_MAX);
	return r;
}

START_TEST(test_a_row_cut_anywhere_is_refused)
{
	static uint8_t row[2 * NSSPEC_BYTES_MAX];
	uint64_t state = SEED;
	size_t size;

	random_spec(&state, &spec);
	open_store();
	add("one", 1);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	size = get_raw(row, sizeof row);
	open_store();
	ck_assert_int_eq(look(), 0);
	store_close(store);
	for (size_t cut = 0; cut < size; cut++) {
		put_raw(KV_NAMESPACES, "\0\0\0\1", 4, row, cut);
		open_store();
		holds(look() == -EBADMSG);
		store_close(store);
	}
	row[size] = 0; /* nor may anything follow */
	put_raw(KV_NAMESPACES, "\0\0\0\1", 4, row, size + 1);
	open_store();
	ck_assert_int_eq(look(), -EBADMSG);
	store_close(store);
}
END_TEST

START_TEST(test_a_row_with_a_flipped_bit_is_refused_or_another_namespace)
{
	static uint8_t row[2 * NSSPEC_BYTES_MAX];
	int n_refused = 0;
	size_t size;

	nsspec_init(&spec);
	spec.map[FAKEID_UID] = map_of("0:1000:1");
	spec.n_paths = 1;
	(void)strcpy(spec.paths[0].path, "/srv");
	open_store();
	add("one", 1);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	size = get_raw(row, sizeof row);
	for (size_t bit = 0; bit < size * 8; bit++) {
		row[bit / 8] ^= (uint8_t)(1u << bit % 8);
		put_raw(KV_NAMESPACES, "\0\0\0\1", 4, row, size);
		open_store();
		n_refused += look() < 0;
		store_close(store);
		row[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert_int_gt(n_refused, 100);
}
END_TEST

static int count(void *context, const struct store_namespace *entry)
{
	(void)entry; /* how many is all */
	++*(int *)context;
	return 0;
}

START_TEST(test_rows_of_other_sizes_stop_a_walk)
{
	static const uint8_t long_tag[24 + 129] = {1};
	int n = 0;

	open_store();
	store_close(store);
	put_raw(KV_NAMESPACES, "\0\0\0\1", 4, row_of_version_1, sizeof row_of_version_1);
	put_raw(KV_NAMESPACES, "\0\0\0\2", 4, long_tag, sizeof long_tag - 1);
	open_store();
	ck_assert_int_eq(store_each_namespace(store, 0, count, &n), 0);
	ck_assert_int_eq(n, 2);
	store_close(store);
	put_raw(KV_NAMESPACES, "\0\0\0\2", 4, long_tag, sizeof long_tag);
	open_store();
	ck_assert_int_eq(store_each_namespace(store, 0, count, &n), -EBADMSG);
	store_close(store);
	put_raw(KV_NAMESPACES, "\0\0\0\2", 4, row_of_version_1, sizeof row_of_version_1);
	put_raw(KV_NAMESPACES, "\0\0\3", 3, row_of_version_1, sizeof row_of_version_1);
	open_store();
	ck_assert_int_eq(store_each_namespace(store, 0, count, &n), -EBADMSG);
	store_close(store);
}
END_TEST

START_TEST(test_a_parent_has_a_smaller_number)
{
	struct store_namespace entry;
	uint8_t row[sizeof row_of_version_1];

	memcpy(row, row_of_version_1, sizeof row);
	open_store();
	store_close(store);
	for (uint8_t parent = 0; parent < 8; parent++) {
		row[4] = parent;
		put_raw(KV_NAMESPACES, "\0\0\0\5", 4, row, sizeof row);
		open_store();
		ck_assert_int_eq(store_get_namespace(store, 5, &entry, NULL),
				 parent < 5 ? 0 : -EBADMSG);
		store_close(store);
	}
}
END_TEST

/* Of exactly `size` bytes: fifteen paths with full maps, and what is missing as names. */
static void spec_of_size(size_t size)
{
	size_t names = size - 30 - 15 * (4 + 12 * FAKEID_IDMAP_MAX);

	nsspec_init(&spec);
	spec.n_paths = 15;
	for (uint32_t i = 0; i < 15; i++) {
		struct nsspec_path *path = &spec.paths[i];
		size_t len = i == 0 ? names - 14 * 3 : 3;

		(void)snprintf(path->path, sizeof path->path, "/%c%c", 'a' + (char)i, 'x');
		for (size_t at = 3; at < len; at++)
			path->path[at] = 'p';
		path->path[len] = '\0';
		path->map.n = FAKEID_IDMAP_MAX;
		for (uint32_t j = 0; j < FAKEID_IDMAP_MAX; j++)
			path->map.extent[j] = (struct fakeid_idmap_extent){2 * j, 1, {3 * j}};
	}
}

START_TEST(test_a_spec_that_fits_no_message_is_refused)
{
	struct store_namespace entry = {.tag = "one", .tag_size = 3};

	open_store();
	spec_of_size(NSSPEC_BYTES_MAX + 1);
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), -EMSGSIZE);
	store_abort(store);
	spec_of_size(NSSPEC_BYTES_MAX);
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), 0);
	ck_assert_int_eq(store_commit(store), 0);
	reopen_store();
	ck_assert_int_eq(store_get_namespace(store, 1, &entry, &back), 0);
	ck_assert(same_spec(&spec, &back));
	store_close(store);
}
END_TEST

START_TEST(test_a_rename_moves_the_tag)
{
	struct store_namespace entry;
	uint32_t number;

	nsspec_init(&spec);
	open_store();
	add("one", 1);
	add("two", 2);
	ck_assert_int_eq(store_get_namespace(store, 1, &entry, &back), 0);
	memcpy(entry.tag, "three", 5);
	entry.tag_size = 5;
	ck_assert_int_eq(store_put_namespace(store, &entry, &back), 0);
	ck_assert_int_eq(store_find_namespace(store, "one", 3, &number), -ENOENT);
	ck_assert_int_eq(store_find_namespace(store, "three", 5, &number), 0);
	ck_assert_uint_eq(number, 1);
	ck_assert_int_eq(store_find_namespace(store, "two", 3, &number), 0);
	ck_assert_uint_eq(number, 2);
	store_close(store);
}
END_TEST

START_TEST(test_numbers_end_before_the_last_one)
{
	struct store_namespace entry = {.tag = "one", .tag_size = 3};

	nsspec_init(&spec);
	open_store();
	store_close(store);
	put_raw(KV_META, "next-namespace", 14, "\377\377\377\376", 4);
	open_store();
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), 0);
	ck_assert_uint_eq(entry.number, UINT32_MAX - 1);
	entry = (struct store_namespace){.tag = "two", .tag_size = 3};
	ck_assert_int_eq(store_add_namespace(store, &entry, &spec), -EOVERFLOW);
	store_close(store);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("namespaces in the store");
	TCase *rows = tcase_create("rows");

	tcase_add_checked_fixture(rows, help_setup, help_teardown);
	tcase_set_timeout(rows, 120);
	tcase_add_test(rows, test_specs_come_back_after_the_store_was_closed);
	tcase_add_test(rows, test_a_row_of_an_older_fakeid_is_a_namespace_of_defaults);
	tcase_add_test(rows, test_a_row_before_there_were_capabilities_has_all_of_them);
	tcase_add_test(rows, test_a_store_of_an_older_fakeid_opens_and_is_refused_by_that_one);
	tcase_add_test(rows, test_a_row_cut_anywhere_is_refused);
	tcase_add_test(rows, test_a_row_with_a_flipped_bit_is_refused_or_another_namespace);
	tcase_add_test(rows, test_rows_of_other_sizes_stop_a_walk);
	tcase_add_test(rows, test_a_parent_has_a_smaller_number);
	tcase_add_test(rows, test_a_spec_that_fits_no_message_is_refused);
	tcase_add_test(rows, test_a_rename_moves_the_tag);
	tcase_add_test(rows, test_numbers_end_before_the_last_one);
	suite_add_tcase(suite, rows);
	return run_suite(suite);
}
