/* SPDX-License-Identifier: MIT
 * record_test.c - the bytes of keys and records: round trips, every truncation, every flipped bit.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "run_suite.h"

#define SEED UINT64_C(0x5eed0001)
#define ROUNDS 2000

/* xorshift64*: the same numbers everywhere. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static struct record random_record(uint64_t *state)
{
	struct record record = {
		.uid = {next_random(state) & ~UINT64_C(1)},
		.gid = {next_random(state) & ~UINT64_C(1)},
		.btime_ns = (int64_t)next_random(state),
		.ctime_ns = (int64_t)next_random(state),
		.rdev = (uint32_t)next_random(state),
		.handle = (uint32_t)next_random(state),
		.mode = (uint16_t)next_random(state),
		.flags = (uint16_t)(next_random(state) & 0xff),
	};

	return record;
}

static void assert_same(const struct record *a, const struct record *b)
{
	ck_assert_uint_eq(a->uid.value, b->uid.value);
	ck_assert_uint_eq(a->gid.value, b->gid.value);
	ck_assert_int_eq(a->btime_ns, b->btime_ns);
	ck_assert_int_eq(a->ctime_ns, b->ctime_ns);
	ck_assert_uint_eq(a->rdev, b->rdev);
	ck_assert_uint_eq(a->handle, b->handle);
	ck_assert_uint_eq(a->mode, b->mode);
	ck_assert_uint_eq(a->flags, b->flags);
}

/* A copy in a buffer of exactly `size` bytes, so that ASan sees a decoder that reads past it. */
static int decode_exact(const uint8_t *bytes, size_t size, struct record *ret_record)
{
	uint8_t *copy = malloc(size ? size : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, size);
	r = record_decode(copy, size, ret_record);
	free(copy);
	return r;
}

static void assert_untouched(const struct record *record)
{
	struct record filled;

	memset(&filled, 0xA5, sizeof(filled));
	ck_assert_mem_eq(record, &filled, sizeof(filled));
}

START_TEST(test_bytes_are_as_documented)
{
	const struct record record = {
		.uid = {0x1817161514131211},
		.gid = {0x2827262524232221},
		.btime_ns = 0x3837363534333231,
		.ctime_ns = -2,
		.rdev = 0x54535251,
		.handle = 0x64636261,
		.mode = 0x7271,
		.flags = RECORD_UID | RECORD_DOOMED,
	};
	static const uint8_t expected[RECORD_VALUE_BYTES] = {
		0x01, 0x00, 0x00, 0x00, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
		0x21, 0x22, 0x23, 0x24, 0x25, 0x26, 0x27, 0x28, 0x31, 0x32, 0x33, 0x34,
		0x35, 0x36, 0x37, 0x38, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
		0x51, 0x52, 0x53, 0x54, 0x61, 0x62, 0x63, 0x64, 0x71, 0x72, 0x41, 0x00,
	};
	static const uint8_t expected_key[RECORD_KEY_BYTES] = {
		0, 0, 0, 7, 0x0a, 0x0b, 0x0c, 0x0d, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18,
	};
	uint8_t bytes[RECORD_VALUE_BYTES];
	uint8_t key[RECORD_KEY_BYTES];

	record_encode(&record, bytes);
	ck_assert_mem_eq(bytes, expected, sizeof(bytes));
	record_encode_key(7, (struct record_key){0x1112131415161718, 0x0a0b0c0d}, key);
	ck_assert_mem_eq(key, expected_key, sizeof(key));
}
END_TEST

START_TEST(test_records_come_back)
{
	uint64_t state = SEED;

	for (int i = 0; i < ROUNDS; i++) {
		struct record record = random_record(&state), back;
		uint8_t bytes[RECORD_VALUE_BYTES];

		record_encode(&record, bytes);
		ck_assert_int_eq(decode_exact(bytes, sizeof(bytes), &back), 0);
		assert_same(&record, &back);
	}
}
END_TEST

START_TEST(test_keys_come_back_and_sort)
{
	uint64_t state = SEED;
	uint8_t before[RECORD_KEY_BYTES] = {0};
	uint32_t before_fsns = 0;
	struct record_key before_key = {0, 0};

	for (int i = 0; i < ROUNDS; i++) {
		uint32_t fsns = (uint32_t)next_random(&state) % 3, back_fsns;
		struct record_key key = {next_random(&state) >> (i % 64),
					 (uint32_t)next_random(&state) % 4 + 1},
				  back;
		uint8_t bytes[RECORD_KEY_BYTES];
		bool less;

		record_encode_key(fsns, key, bytes);
		ck_assert_int_eq(record_decode_key(bytes, sizeof(bytes), &back_fsns, &back), 0);
		ck_assert_uint_eq(back_fsns, fsns);
		ck_assert_uint_eq(back.ino, key.ino);
		ck_assert_uint_eq(back.volume, key.volume);
		less = before_fsns != fsns		 ? before_fsns < fsns
		       : before_key.volume != key.volume ? before_key.volume < key.volume
							 : before_key.ino < key.ino;
		ck_assert_int_eq(memcmp(before, bytes, sizeof(bytes)) < 0, less);
		memcpy(before, bytes, sizeof(bytes));
		before_fsns = fsns;
		before_key = key;
	}
}
END_TEST

START_TEST(test_every_truncation_is_refused)
{
	uint64_t state = SEED;
	struct record record = random_record(&state), back;
	uint8_t bytes[RECORD_VALUE_BYTES + 1] = {0};

	record_encode(&record, bytes);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		if (size == RECORD_VALUE_BYTES)
			continue;
		memset(&back, 0xA5, sizeof(back));
		ck_assert_int_eq(decode_exact(bytes, size, &back), -EBADMSG);
		assert_untouched(&back);
	}
}
END_TEST

START_TEST(test_every_bad_key_size_is_refused)
{
	uint8_t bytes[RECORD_KEY_BYTES + 1] = {0};
	uint32_t fsns = 0xA5A5A5A5;
	struct record_key key, filled;

	memset(&key, 0xA5, sizeof(key));
	memset(&filled, 0xA5, sizeof(filled));
	record_encode_key(1, (struct record_key){5, 6}, bytes);
	for (size_t size = 0; size <= sizeof(bytes); size++) {
		if (size != RECORD_KEY_BYTES)
			ck_assert_int_eq(record_decode_key(bytes, size, &fsns, &key), -EBADMSG);
	}
	record_encode_key(1, (struct record_key){5, 0}, bytes);
	ck_assert_int_eq(record_decode_key(bytes, RECORD_KEY_BYTES, &fsns, &key), -EBADMSG);
	ck_assert_uint_eq(fsns, 0xA5A5A5A5);
	ck_assert_mem_eq(&key, &filled, sizeof(key));
}
END_TEST

/* A flipped bit is either refused, or it is another record that encodes to exactly these bytes. */
START_TEST(test_every_bit_flip_is_refused_or_another_record)
{
	uint64_t state = SEED;
	unsigned int n_refused = 0;

	for (int round = 0; round < 50; round++) {
		struct record record = random_record(&state), back;
		uint8_t good[RECORD_VALUE_BYTES];

		record_encode(&record, good);
		for (size_t bit = 0; bit < 8 * sizeof(good); bit++) {
			uint8_t bytes[RECORD_VALUE_BYTES], again[RECORD_VALUE_BYTES];
			int r, expected = 0;

			memcpy(bytes, good, sizeof(bytes));
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			if (bit < 8)
				expected = -EPROTO;
			else if (bit < 32 || bit >= 8 * 47)
				expected = -EBADMSG;
			memset(&back, 0xA5, sizeof(back));
			r = decode_exact(bytes, sizeof(bytes), &back);
			if (r != 0) {
				ck_assert_int_eq(r, expected);
				assert_untouched(&back);
				n_refused++;
				continue;
			}
			ck_assert_int_eq(expected, 0);
			record_encode(&back, again);
			ck_assert_mem_eq(bytes, again, sizeof(bytes));
		}
	}
	ck_assert_uint_eq(n_refused, 50 * 40);
}
END_TEST

START_TEST(test_minus_one_is_refused_where_it_counts)
{
	static const struct {
		const char *why;
		uint64_t uid, gid;
		uint16_t flags;
		int expected;
	} rows[] = {
		{"uid -1 of the host", 0xffffffff, 0, RECORD_UID, -EBADMSG},
		{"uid -1 of a namespace", 0x7ffffffff, 0, RECORD_UID | RECORD_GID, -EBADMSG},
		{"gid -1", 0, 0xffffffff, RECORD_GID, -EBADMSG},
		{"uid -1 that does not count", 0xffffffff, 0, RECORD_GID, 0},
		{"gid -1 that does not count", 0, 0xffffffff, RECORD_UID, 0},
		{"largest id", 0xfffffffe, 0xfffffffe, RECORD_UID | RECORD_GID, 0},
		{"2^31", 0x80000000, 0x80000000, RECORD_UID | RECORD_GID, 0},
		{"largest namespace", 0xfffffffffffffffe, 0, RECORD_UID, 0},
	};
	struct record record = {
		.uid = {rows[_i].uid}, .gid = {rows[_i].gid}, .flags = rows[_i].flags};
	uint8_t bytes[RECORD_VALUE_BYTES];
	struct record back;

	record_encode(&record, bytes);
	ck_assert_msg(record_decode(bytes, sizeof(bytes), &back) == rows[_i].expected, "%s",
		      rows[_i].why);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("record");
	TCase *bytes = tcase_create("bytes");
	TCase *refuse = tcase_create("decode refuses");

	printf("seed %#llx\n", (unsigned long long)SEED);
	tcase_add_test(bytes, test_bytes_are_as_documented);
	tcase_add_test(bytes, test_records_come_back);
	tcase_add_test(bytes, test_keys_come_back_and_sort);
	tcase_add_test(refuse, test_every_truncation_is_refused);
	tcase_add_test(refuse, test_every_bad_key_size_is_refused);
	tcase_add_test(refuse, test_every_bit_flip_is_refused_or_another_record);
	tcase_add_loop_test(refuse, test_minus_one_is_refused_where_it_counts, 0, 8);
	suite_add_tcase(suite, bytes);
	suite_add_tcase(suite, refuse);
	return run_suite(suite);
}
