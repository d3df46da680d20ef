/* SPDX-License-Identifier: MIT
 * idmap_subid_test.c - lines of subuid(5), every truncation and bit flip of them, and free ranges.
 */
#include <errno.h>

#include "idmap_help.h"
#include "run_suite.h"

START_TEST(test_subid_lines)
{
	const char text[] = "# people\n\nalice:100000:65536\n1000:165536:65536\nbob:0:0\nx:1\n"
			    ":5:5\ncarol:1:2:3\ndora:4294967294:2\nend:4294967294:1";
	const struct {
		int r;
		const char *owner;
		uint32_t first, count;
	} want[] = {
		{1, "alice", 100000, 65536},
		{1, "1000", 165536, 65536},
		{.r = -EINVAL},
		{.r = -EINVAL},
		{.r = -EINVAL},
		{.r = -EINVAL},
		{.r = -EINVAL},
		{1, "end", 4294967294, 1},
		{.r = 0},
	};
	const char *at = text;
	size_t left = sizeof text - 1, len;
	char line[64];

	for (int i = 0; i < LEN(want); i++) {
		struct fakeid_subid subid;

		memset(&subid, 0xa5, sizeof subid);
		ck_assert_int_eq(fakeid_subid_next(&at, &left, &subid), want[i].r);
		if (want[i].r != 1) {
			ck_assert_uint_eq(subid.range.first, 0xa5a5a5a5);
			continue;
		}
		ck_assert_uint_eq(subid.owner_len, strlen(want[i].owner));
		ck_assert_mem_eq(subid.owner, want[i].owner, subid.owner_len);
		ck_assert_uint_eq(subid.range.first, want[i].first);
		ck_assert_uint_eq(subid.range.count, want[i].count);

		ck_assert_int_eq(fakeid_subid_print(&subid, line, sizeof line, &len), 0);
		ck_assert_mem_eq(line, subid.owner, len - 1);
		ck_assert_int_eq(line[len - 1], '\n');
		ck_assert_int_eq(fakeid_subid_print(&subid, line, len, &len), -E2BIG);
		subid.range.count = 0;
		ck_assert_int_eq(fakeid_subid_print(&subid, line, sizeof line, &len), -EINVAL);
	}
	ck_assert_uint_eq(left, 0);
}
END_TEST

START_TEST(test_every_truncation_and_bit_flip_of_subid_lines)
{
	const char good[] = "alice:100000:65536\nbob:4294967000:200\n";
	char *bytes = malloc(sizeof good), line[64];

	ck_assert_ptr_nonnull(bytes);
	for (size_t i = 0; i < (sizeof good - 1) * 9; i++) {
		size_t left = i < sizeof good - 1 ? i : sizeof good - 1, len;
		size_t bit = i - (sizeof good - 1);
		struct fakeid_subid subid;
		const char *at = bytes;
		int r, n = 0;

		memcpy(bytes, good, sizeof good);
		if (i >= sizeof good - 1)
			bytes[bit / 8] ^= (char)(1 << bit % 8);
		while ((r = fakeid_subid_next(&at, &left, &subid)) != 0) {
			n++;
			if (r == 1 && fakeid_subid_print(&subid, line, sizeof line, &len) < 0)
				ck_abort_msg("%s: cannot be printed", bytes);
		}
		if (n > 3 || left != 0)
			ck_abort_msg("%s: %d lines", bytes, n);
	}
	free(bytes);
}
END_TEST

struct free_place {
	const char *why;
	struct fakeid_idrange ranges[2], in_use[3];
	size_t n_ranges, n_in_use;
	uint32_t count;
	int r;
	uint32_t first;
};

static const struct free_place places[] = {
	{"nothing in use", {{100, 50}}, {{0}}, 1, 0, 50, 0, 100},
	{"one too many", {{100, 50}}, {{0}}, 1, 0, 51, -ENOSPC, 0},
	{"none", {{100, 50}}, {{0}}, 1, 0, 0, -EINVAL, 0},
	{"no range", {{0}}, {{0}}, 0, 0, 1, -ENOSPC, 0},
	{"after one in use", {{100, 50}}, {{100, 10}}, 1, 1, 40, 0, 110},
	{"between two", {{100, 50}}, {{120, 10}, {90, 15}}, 1, 2, 15, 0, 105},
	{"too wide between, so after", {{100, 50}}, {{120, 10}, {90, 15}}, 1, 2, 16, 0, 130},
	{"chained and unordered", {{100, 50}}, {{120, 10}, {110, 10}, {100, 10}}, 1, 3, 20, 0, 130},
	{"overlapping in use", {{100, 50}}, {{100, 20}, {110, 30}}, 1, 2, 10, 0, 140},
	{"full, so the next range", {{100, 10}, {500, 10}}, {{100, 10}}, 2, 1, 1, 0, 500},
	{"never across two ranges", {{100, 10}, {110, 10}}, {{0}}, 2, 0, 11, -ENOSPC, 0},
	{"up to the last id", {{4294967200, 95}}, {{4294967200, 94}}, 1, 1, 1, 0, 4294967294},
	{"a range that wraps", {{4294967200, 96}}, {{0}}, 1, 0, 1, -EINVAL, 0},
	{"a use that wraps", {{0, 10}}, {{1, UINT32_MAX}}, 1, 1, 1, -EINVAL, 0},
	{"a use of nothing", {{0, 10}}, {{1, 0}}, 1, 1, 1, -EINVAL, 0},
};

START_TEST(test_free_place)
{
	const struct free_place *row = &places[_i];
	uint32_t first = 77;

	ck_assert_msg(fakeid_idmap_alloc(row->ranges, row->n_ranges, row->in_use, row->n_in_use,
					 row->count, &first) == row->r,
		      "%s", row->why);
	ck_assert_msg(first == (row->r == 0 ? row->first : 77), "%s: %u", row->why, first);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idmap subid");
	TCase *tcase = tcase_create("lines and places");

	tcase_add_test(tcase, test_subid_lines);
	tcase_add_test(tcase, test_every_truncation_and_bit_flip_of_subid_lines);
	tcase_add_loop_test(tcase, test_free_place, 0, LEN(places));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
