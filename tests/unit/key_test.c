/* SPDX-License-Identifier: MIT
 * key_test.c - keys and their bytes, and rings of them: what counts over which ids, whoever writes
 * meanwhile.
 */
#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/creds.h"
#include "core/keyring.h"
#include "run_suite.h"

#define NS 7u
#define OTHER 9u
#define CHOWN UINT64_C(1)
#define FOWNER (UINT64_C(1) << 3)

static struct keyring ring, before;
static struct idspace files[FAKEID_IDKIND_N];

static struct fakeid_kid kid(uint32_t ns, uint32_t id)
{
	return fakeid_kid_make(ns, id);
}

static struct key key_with(uint64_t caps)
{
	struct key key;

	key_init(&key);
	key.caps = caps;
	return key;
}

/* -- keys -- */

START_TEST(test_pairs_are_sorted_and_each_there_once)
{
	static const uint32_t from[] = {5, 0, 4294967294u, 9, 1};
	struct key key = key_with(0);

	ck_assert(key_is_empty(&key));
	for (uint32_t i = 0; i < 5; i++)
		ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){from[i], from[i] / 2}),
				 0);
	ck_assert(!key_is_empty(&key));
	ck_assert_uint_eq(key.n_pairs[FAKEID_GID], 5);
	ck_assert_uint_eq(key.n_pairs[FAKEID_UID], 0);
	for (uint32_t i = 1; i < 5; i++)
		ck_assert_uint_gt(key.pairs[FAKEID_GID][i].from, key.pairs[FAKEID_GID][i - 1].from);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){9, 9}), -EEXIST);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){UINT32_MAX, 9}), -EINVAL);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){9, UINT32_MAX}), -EINVAL);
	for (uint32_t i = 5; i < KEY_PAIRS_MAX; i++)
		ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){100 + i, 0}), 0);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){2, 0}), -E2BIG);
}
END_TEST

static size_t encode(const struct key *key, uint8_t ret_bytes[KEY_BYTES_MAX])
{
	struct writer w = {ret_bytes, KEY_BYTES_MAX, false};

	key_encode(key, &w);
	ck_assert(!w.bad);
	return KEY_BYTES_MAX - w.left;
}

static int decode(const uint8_t *bytes, size_t size, struct key *ret_key)
{
	struct reader r = {bytes, size, false};
	int result = key_decode(&r, ret_key);

	return result < 0 ? result : read_done(&r) ? 0 : -EBADMSG;
}

START_TEST(test_bytes_are_read_back)
{
	struct key key = key_with(CREDS_CAP_ALL), back;
	uint8_t bytes[KEY_BYTES_MAX];
	size_t size;

	for (uint32_t i = 0; i < KEY_PAIRS_MAX; i++)
		for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
			ck_assert_int_eq(key_add(&key, (enum fakeid_idkind)kind,
						 (struct key_pair){i * 1000, UINT32_MAX - 1 - i}),
					 0);
	size = encode(&key, bytes);
	ck_assert_uint_eq(size, KEY_BYTES_MAX);
	ck_assert_int_eq(decode(bytes, size, &back), 0);
	ck_assert_int_eq(memcmp(&key, &back, sizeof key), 0);
	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(decode(bytes, cut, &back), -EBADMSG);
}
END_TEST

/* A flipped bit is refused, or is another key with bytes of its own. */
START_TEST(test_other_bytes_are_refused_or_another_key)
{
	struct key key = key_with(CHOWN), back;
	uint8_t bytes[KEY_BYTES_MAX], again[KEY_BYTES_MAX];
	size_t size;
	int n_refused = 0;

	ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){3, 4}), 0);
	ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){5, 6}), 0);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){7, 8}), 0);
	size = encode(&key, bytes);
	for (size_t bit = 0; bit < size * 8; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (decode(bytes, size, &back) == 0)
			ck_assert(encode(&back, again) == size && memcmp(bytes, again, size) == 0);
		else
			n_refused++;
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	ck_assert_int_gt(n_refused, 23);
	key = key_with(0);
	ck_assert_int_eq(decode(bytes, encode(&key, bytes), &back), -EBADMSG); /* opens nothing */
}
END_TEST

/* -- rings -- */

static void start(void)
{
	memset(&ring, 0, sizeof ring);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		files[kind].own = NS;
		files[kind].map.n = 0;
	}
}

/* Users 100 to 109 there are ids of the machine, all others nobody's. */
static void map_users(void)
{
	const struct fakeid_idmap_extent extent = {100, 10, kid(FAKEID_NS_HOST, 5000)};

	files[FAKEID_UID].own = 0;
	ck_assert_int_eq(
		fakeid_idmap_make(&extent, 1, FAKEID_IDMAP_64, &files[FAKEID_UID].map, NULL), 0);
}

START_TEST(test_an_empty_ring_opens_nothing)
{
	uint32_t id = 77;

	start();
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS, 0)), 0);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_GID, kid(0, 0)), 0);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_UID, kid(0, 0), &id), -ENXIO);
	ck_assert_uint_eq(id, 77);
}
END_TEST

START_TEST(test_capabilities_count_over_the_ids_of_who_grants)
{
	struct key first = key_with(CHOWN), second = key_with(FOWNER);

	start();
	ck_assert_int_eq(keyring_add(&ring, &first, files), 0);
	map_users();
	ck_assert_int_eq(keyring_add(&ring, &second, files), 0);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS, 0)), CHOWN);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS, UINT32_MAX - 1)), CHOWN);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS + 1, 0)), 0);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS - 1, UINT32_MAX - 1)), 0);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(0, 4999)), 0);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(0, 5000)), FOWNER);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(0, 5009)), FOWNER);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(0, 5010)), 0);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_GID, kid(NS, 3)), CHOWN | FOWNER);
}
END_TEST

START_TEST(test_pairs_name_ids_and_give_no_capability)
{
	struct key key = key_with(0);
	uint32_t id = 77;

	start();
	map_users();
	ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){105, 3}), 0);
	ck_assert_int_eq(key_add(&key, FAKEID_GID, (struct key_pair){105, 4}), 0);
	ck_assert_int_eq(keyring_add(&ring, &key, files), 0);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_UID, kid(0, 5005), &id), 0);
	ck_assert_uint_eq(id, 3);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_GID, kid(NS, 105), &id), 0);
	ck_assert_uint_eq(id, 4);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_UID, kid(NS, 105), &id), -ENXIO);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_GID, kid(OTHER, 105), &id), -ENXIO);
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_GID, kid(NS, 105)), 0);
	key.pairs[FAKEID_UID][0].from = 99;
	ck_assert_int_eq(keyring_add(&ring, &key, files), -EINVAL);
}
END_TEST

START_TEST(test_a_ring_has_an_end)
{
	struct key key = key_with(CHOWN);
	int r = 0, n = 0;

	start();
	for (; r == 0; n++)
		r = keyring_add(&ring, &key, files);
	ck_assert_int_eq(r, -E2BIG);
	ck_assert_int_eq(n, (int)KEYRING_RANGES_MAX + 1);
	start();
	key = key_with(0);
	for (uint32_t i = 0; i < KEY_PAIRS_MAX; i++)
		ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){i, i}), 0);
	ck_assert_int_eq(keyring_add(&ring, &key, files), 0);
	ck_assert_int_eq(keyring_add(&ring, &key, files), 0);
	ck_assert_int_eq(keyring_add(&ring, &key, files), -E2BIG);
}
END_TEST

START_TEST(test_what_a_writer_left_half_done_counts_for_nothing)
{
	struct key key = key_with(CHOWN);
	uint32_t id;

	start();
	ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){5, 6}), 0);
	ck_assert_int_eq(keyring_add(&ring, &key, files), 0);
	before = ring;
	memset(&ring.half[(ring.version + 1) & 1], 0xfe, sizeof ring.half[0]);
	ck_assert(keyring_equal(&ring, &before));
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS, 5)), CHOWN);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_UID, kid(NS, 5), &id), 0);
	key.caps = FOWNER;
	memset(&before, 0, sizeof before);
	ck_assert_int_eq(keyring_add(&before, &key, files), 0);
	ck_assert(!keyring_equal(&ring, &before));
	keyring_replace(&ring, &before);
	ck_assert(keyring_equal(&ring, &before));
	ck_assert_uint_eq(keyring_caps(&ring, FAKEID_UID, kid(NS, 5)), FOWNER);
	ck_assert_int_eq(keyring_up(&ring, FAKEID_UID, kid(NS, 5), &id), 0);
}
END_TEST

#define N_CHANGES 20000

static struct keyring with_one, with_two;
static _Atomic bool is_over;

static void *change_often(void *nothing)
{
	for (int i = 0; i < N_CHANGES; i++)
		keyring_replace(&ring, i % 2 ? &with_one : &with_two);
	is_over = true;
	return nothing;
}

START_TEST(test_a_key_holds_while_another_comes_and_goes)
{
	struct key kept = key_with(CHOWN), other = key_with(FOWNER);
	uint64_t n_missing = 0, n_wrong = 0;
	pthread_t writer;
	uint32_t id;

	start();
	ck_assert_int_eq(key_add(&kept, FAKEID_UID, (struct key_pair){5, 6}), 0);
	ck_assert_int_eq(keyring_add(&with_one, &kept, files), 0);
	files[FAKEID_UID].own = OTHER;
	ck_assert_int_eq(keyring_add(&with_two, &other, files), 0);
	files[FAKEID_UID].own = NS;
	ck_assert_int_eq(keyring_add(&with_two, &kept, files), 0);
	keyring_replace(&ring, &with_one);
	ck_assert_int_eq(pthread_create(&writer, NULL, change_often, NULL), 0);
	while (!is_over) {
		uint64_t caps = keyring_caps(&ring, FAKEID_UID, kid(OTHER, 5));

		n_wrong += caps != 0 && caps != FOWNER;
		n_missing += keyring_caps(&ring, FAKEID_UID, kid(NS, 5)) != CHOWN;
		n_missing += keyring_up(&ring, FAKEID_UID, kid(NS, 5), &id) != 0 || id != 6;
	}
	ck_assert_int_eq(pthread_join(writer, NULL), 0);
	ck_assert_uint_eq(n_missing, 0);
	ck_assert_uint_eq(n_wrong, 0);
}
END_TEST

/* Whatever is in the file, nothing is read beyond it: for the sanitizers. */
START_TEST(test_odd_counts_stay_in_bounds)
{
	uint32_t id;

	memset(&ring, 0xfe, sizeof ring);
	(void)keyring_caps(&ring, FAKEID_GID, kid(NS, 5));
	ck_assert_int_eq(keyring_up(&ring, FAKEID_GID, kid(NS, 5), &id), -ENXIO);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("key");
	TCase *keys = tcase_create("keys"), *rings = tcase_create("rings");

	tcase_add_test(keys, test_pairs_are_sorted_and_each_there_once);
	tcase_add_test(keys, test_bytes_are_read_back);
	tcase_add_test(keys, test_other_bytes_are_refused_or_another_key);
	tcase_add_test(rings, test_an_empty_ring_opens_nothing);
	tcase_add_test(rings, test_capabilities_count_over_the_ids_of_who_grants);
	tcase_add_test(rings, test_pairs_name_ids_and_give_no_capability);
	tcase_add_test(rings, test_a_ring_has_an_end);
	tcase_add_test(rings, test_what_a_writer_left_half_done_counts_for_nothing);
	tcase_add_test(rings, test_a_key_holds_while_another_comes_and_goes);
	tcase_add_test(rings, test_odd_counts_stay_in_bounds);
	suite_add_tcase(suite, keys);
	suite_add_tcase(suite, rings);
	return run_suite(suite);
}
