/* SPDX-License-Identifier: MIT
 * store_keys_test.c - keys in the store: replaced, listed in order, gone with either namespace.
 */
#include "daemon_help.h"

#include <string.h>

#include "../../faked/kv.h"

static struct store *store;

static void open_store(void)
{
	ck_assert_int_eq(store_open(help_dir, &store), 0);
}

static struct key key_of(uint32_t number)
{
	struct key key;

	key_init(&key);
	key.caps = 1u + number;
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){number, number + 1}), 0);
	return key;
}

static void put(uint32_t from, uint32_t to)
{
	struct key key = key_of(from * 100 + to);

	ck_assert_int_eq(store_put_key(store, from, to, &key), 0);
}

struct seen {
	char text[200];
};

static int see(void *context, uint32_t from, uint32_t to, const struct key *key)
{
	struct seen *seen = context;
	struct key wanted = key_of(from * 100 + to);
	size_t used = strlen(seen->text);

	ck_assert_mem_eq(&wanted, key, sizeof(wanted));
	(void)snprintf(seen->text + used, sizeof(seen->text) - used, "%u-%u ", from, to);
	return 0;
}

static void assert_keys(uint32_t from, uint32_t to, const char *wanted)
{
	struct seen seen = {""};

	ck_assert_int_eq(store_each_key(store, from, to, see, &seen), 0);
	ck_assert_str_eq(seen.text, wanted);
}

START_TEST(test_keys_come_back_in_order)
{
	struct key key, wanted;

	open_store();
	assert_keys(0, 0, "");
	put(300, 2);
	put(1, 2);
	put(1, 256);
	put(2, 1);
	ck_assert_int_eq(store_commit(store), 0);
	store_close(store);
	open_store();
	assert_keys(0, 0, "1-2 1-256 2-1 300-2 ");
	assert_keys(1, 2, "1-256 2-1 300-2 ");
	assert_keys(1, 3, "1-256 2-1 300-2 ");
	assert_keys(300, 2, "");
	wanted = key_of(7);
	ck_assert_int_eq(store_put_key(store, 1, 2, &wanted), 0);
	ck_assert_int_eq(store_get_key(store, 1, 2, &key), 0);
	ck_assert_mem_eq(&wanted, &key, sizeof(key));
	ck_assert_int_eq(store_delete_key(store, 1, 2), 0);
	ck_assert_int_eq(store_get_key(store, 1, 2, &key), -ENOENT);
	ck_assert_int_eq(store_delete_key(store, 1, 2), -ENOENT);
	assert_keys(0, 0, "1-256 2-1 300-2 ");
	store_close(store);
}
END_TEST

START_TEST(test_keys_go_with_either_namespace)
{
	struct store_namespace entry = {.tag_size = 1, .tag = "a"};
	struct nsspec *spec = malloc(sizeof(*spec));

	ck_assert_ptr_nonnull(spec);
	open_store();
	nsspec_init(spec);
	for (int i = 0; i < 3; i++) {
		ck_assert_int_eq(store_add_namespace(store, &entry, spec), 0);
		entry.tag[0]++;
		entry.fsns = 0;
	}
	put(1, 2);
	put(2, 3);
	put(3, 1);
	put(3, 2);
	ck_assert_int_eq(store_delete_namespace(store, 2), 0);
	assert_keys(0, 0, "3-1 ");
	ck_assert_int_eq(store_delete_namespace(store, 1), 0);
	assert_keys(0, 0, "");
	store_close(store);
	free(spec);
}
END_TEST

START_TEST(test_a_damaged_key_is_told)
{
	static const uint8_t rows[][5] = {{2, 0, 0, 0, 0}, {1, 0, 0, 0, 0}};
	static const uint8_t name[8] = {0, 0, 0, 1, 0, 0, 0, 2};
	struct seen seen = {""};
	struct key key;
	struct kv *kv;
	char path[80];

	(void)snprintf(path, sizeof(path), "%s/store", help_dir);
	for (int i = 0; i < 2; i++) {
		open_store(); /* which makes it */
		store_close(store);
		ck_assert_int_eq(kv_open(path, &kv), 0);
		ck_assert_int_eq(kv_put(kv, KV_KEYS, (struct kv_bytes){name, sizeof(name)},
					(struct kv_bytes){rows[i], sizeof(rows[i])}),
				 0);
		ck_assert_int_eq(kv_commit(kv), 0);
		kv_close(kv);
		open_store();
		ck_assert_int_eq(store_get_key(store, 1, 2, &key), -EBADMSG);
		ck_assert_int_eq(store_each_key(store, 0, 0, see, &seen), -EBADMSG);
		store_close(store);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("store keys");
	TCase *keys = tcase_create("keys");

	tcase_add_checked_fixture(keys, help_setup, help_teardown);
	tcase_add_test(keys, test_keys_come_back_in_order);
	tcase_add_test(keys, test_keys_go_with_either_namespace);
	tcase_add_test(keys, test_a_damaged_key_is_told);
	suite_add_tcase(suite, keys);
	return run_suite(suite);
}
