/* SPDX-License-Identifier: MIT
 * idmap_text_test.c - the parser of maps: what it says of bad lines, every truncation and bit flip
 * of good ones; 64-bit ids, and limits.
 */
#include <errno.h>

#include "idmap_help.h"
#include "run_suite.h"

#define KID(ns, id) ((uint64_t)(ns) << 32 | (id))

static struct fakeid_idmap map;

struct bad {
	const char *why, *text;
	enum fakeid_idmap_format format;
	enum fakeid_idmap_fault fault;
	uint32_t extent, other;
	size_t offset;
};

static const struct bad bads[] = {
	{"letters in the wrong order", "k0:u0:r1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0,
	 0},
	{"one letter of three", "u0:0:1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"two letters of three", "0:k0:r1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"letters in columns", "u0 k0 r1\n", FAKEID_IDMAP_PROC, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"a blank among colons", "0: 0:1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"a blank after it all", "0:0:1 ", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"four fields", "0:0:1:1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"an empty field", "0::1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"columns where colons belong", "0 0 1", FAKEID_IDMAP_COLON, FAKEID_IDMAP_SYNTAX, 0, 0, 0},
	{"just over 32 bits inside", "4294967296 0 1", FAKEID_IDMAP_PROC, FAKEID_IDMAP_NUMBER, 0, 0,
	 0},
	{"just over 32 bits outside", "0 4294967296 1", FAKEID_IDMAP_PROC, FAKEID_IDMAP_NUMBER, 0,
	 0, 0},
	{"just over 32 bits of count", "0 0 4294967296", FAKEID_IDMAP_PROC, FAKEID_IDMAP_NUMBER, 0,
	 0, 0},
	{"a number without end", "0 99999999999999999999999999 1", FAKEID_IDMAP_PROC,
	 FAKEID_IDMAP_NUMBER, 0, 0, 0},
	{"the second line", "0 0 1\n1 1 x\n", FAKEID_IDMAP_PROC, FAKEID_IDMAP_SYNTAX, 1, 1, 6},
	{"the third against the first", "0 0 5\n7 7 1\n4 20 1\n", FAKEID_IDMAP_PROC,
	 FAKEID_IDMAP_OVERLAP_UPPER, 2, 0, 12},
	{"the last against the second", "0:0:1\n9:9:2\n20:10:1", FAKEID_IDMAP_COLON,
	 FAKEID_IDMAP_OVERLAP_LOWER, 2, 1, 12},
	{"an empty line between", "0 0 1\n\n1 1 1\n", FAKEID_IDMAP_PROC, FAKEID_IDMAP_SYNTAX, 1, 1,
	 6},
};

START_TEST(test_faults_are_told_with_their_place)
{
	const struct bad *row = &bads[_i];
	struct fakeid_idmap_report got;
	static struct fakeid_idmap before;

	memset(&map, 0xa5, sizeof map);
	before = map;
	ck_assert_msg(fakeid_idmap_parse(row->text, strlen(row->text), row->format, 0, &map,
					 &got) == -EINVAL,
		      "%s", row->why);
	ck_assert_msg(got.fault == row->fault, "%s: %s", row->why,
		      fakeid_idmap_fault_text(got.fault));
	ck_assert_msg(
		got.extent == row->extent && got.other == row->other && got.offset == row->offset,
		"%s: extent %u, other %u, offset %zu", row->why, got.extent, got.other, got.offset);
	ck_assert_mem_eq(&map, &before, sizeof map);
}
END_TEST

/* Whatever the bytes: refused with the output untouched, or a map that the checks and a second
 * reading agree with. The text lies in memory of its exact size, so that ASan sees a byte read
 * beyond. */
static bool parse_bytes(const char *bytes, size_t len, enum fakeid_idmap_format format)
{
	static struct fakeid_idmap again;
	static char text[FAKEID_IDMAP_TEXT_BYTES];
	char *exact = malloc(len + (len == 0));
	size_t printed;
	int r;

	if (!exact)
		abort();
	memcpy(exact, bytes, len);
	memset(&map, 0xa5, sizeof map);
	r = fakeid_idmap_parse(exact, len, format, FAKEID_IDMAP_64, &map, NULL);
	free(exact);
	if (r < 0) {
		if (r != -EINVAL || map.n != 0xa5a5a5a5)
			ck_abort_msg("%.*s: %d", (int)len, bytes, r);
		return false;
	}
	if (fakeid_idmap_check(map.extent, map.n, FAKEID_IDMAP_64, NULL) < 0 ||
	    fakeid_idmap_print(&map, format, text, sizeof text, &printed) < 0 ||
	    fakeid_idmap_parse(text, printed, format, FAKEID_IDMAP_64, &again, NULL) < 0 ||
	    !fakeid_idmap_equal(&map, &again))
		ck_abort_msg("%.*s was read as %s", (int)len, bytes, text);
	return true;
}

static const char *const goods[] = {
	"0 0 4294967295\n",
	"         0       1000          1\n         1     100000      65536\n",
	"4294967290 4294967200 5\n\t7 8 9 \n1 2 3",
	"0:100000:65536\n65536:1000:1\n",
	"u0:k10000:r10000\nu20000:k30000000000:r7\n",
};

START_TEST(test_every_truncation_and_bit_flip)
{
	for (int i = 0; i < LEN(goods); i++) {
		enum fakeid_idmap_format format = strchr(goods[i], ':') ? FAKEID_IDMAP_COLON
									: FAKEID_IDMAP_PROC;
		size_t len = strlen(goods[i]);
		char bytes[128];
		int n_good = 0;

		ck_assert_msg(parse_bytes(goods[i], len, format), "%s", goods[i]);
		for (size_t cut = 0; cut < len; cut++)
			n_good += parse_bytes(goods[i], cut, format);
		for (size_t bit = 0; bit < len * 8; bit++) {
			memcpy(bytes, goods[i], len);
			bytes[bit / 8] ^= (char)(1 << bit % 8);
			n_good += parse_bytes(bytes, len, format);
		}
		ck_assert_int_gt(n_good, 0);
		ck_assert_int_lt(n_good, (int)len * 4);
	}
}
END_TEST

START_TEST(test_64_bit_lower_ids)
{
	const char text[] = "0:12884901888:4294967295\n"; /* namespace 3, all of its ids */
	const char crossing[] = "0:12884901889:4294967295\n", minus_one[] = "0:17179869183:1\n";
	struct fakeid_idmap_report got;
	struct fakeid_idmap other, made;
	struct fakeid_kid kid;
	uint32_t id;

	ck_assert_int_eq(
		fakeid_idmap_parse(text, sizeof text - 1, FAKEID_IDMAP_COLON, 0, &map, &got),
		-EINVAL);
	ck_assert_int_eq(got.fault, FAKEID_IDMAP_NUMBER);
	ck_assert_int_eq(fakeid_idmap_parse(text, sizeof text - 1, FAKEID_IDMAP_COLON,
					    FAKEID_IDMAP_64, &map, &got),
			 0);
	ck_assert_int_eq(fakeid_idmap_parse(crossing, sizeof crossing - 1, FAKEID_IDMAP_COLON,
					    FAKEID_IDMAP_64, &made, &got),
			 -EINVAL);
	ck_assert_int_eq(got.fault, FAKEID_IDMAP_WRAP);
	ck_assert_int_eq(fakeid_idmap_parse(minus_one, sizeof minus_one - 1, FAKEID_IDMAP_COLON,
					    FAKEID_IDMAP_64, &made, &got),
			 -EINVAL);
	ck_assert_int_eq(got.fault, FAKEID_IDMAP_ID_INVALID);

	ck_assert_int_eq(fakeid_idmap_down(&map, 4294967294, &kid), 0);
	ck_assert_uint_eq(kid.value, KID(3, 4294967294));
	ck_assert_int_eq(fakeid_idmap_up(&map, kid, &id), 0);
	ck_assert_uint_eq(id, 4294967294);
	ck_assert_int_eq(fakeid_idmap_up(&map, fakeid_kid_make(0, 5), &id), -ENXIO);
	ck_assert_int_eq(fakeid_idmap_up(&map, fakeid_kid_make(4, 5), &id), -ENXIO);
	ck_assert_int_eq(fakeid_idmap_up(&map, fakeid_kid_make(3, UINT32_MAX), &id), -ENXIO);
	ck_assert_int_eq(fakeid_idmap_invert(&map, &made), -ERANGE);

	/* A child of an isolated namespace reaches its parent's own ids; as a parent only. */
	other = map_of("10:100:5");
	ck_assert_int_eq(fakeid_idmap_compose(&other, &map, &made), 0);
	ck_assert_int_eq(fakeid_idmap_down(&made, 12, &kid), 0);
	ck_assert_uint_eq(kid.value, KID(3, 102));
	ck_assert_int_eq(fakeid_idmap_compose(&map, &other, &made), -ERANGE);
}
END_TEST

START_TEST(test_limits_of_extents)
{
	struct fakeid_idmap_extent extents[FAKEID_IDMAP_MAX + 1], wide = {.count = 400};
	struct fakeid_idmap_report got;
	struct fakeid_idmap_split split;
	struct fakeid_idmap odd, whole;

	for (uint32_t i = 0; i <= FAKEID_IDMAP_MAX; i++)
		extents[i] = (struct fakeid_idmap_extent){
			.upper = 2 * i, .count = 1, .lower = fakeid_kid_make(0, 5 * i)};
	ck_assert_int_eq(fakeid_idmap_make(extents, 340, 0, &odd, NULL), 0);
	ck_assert_int_eq(fakeid_idmap_make(extents, 341, 0, &map, &got), -EINVAL);
	ck_assert_int_eq(got.fault, FAKEID_IDMAP_TOO_MANY);
	ck_assert_uint_eq(got.extent, 340);

	/* 170 pairs against 340 neighbours each: more pieces than fit. */
	for (uint32_t i = 0; i < FAKEID_IDMAP_MAX; i++)
		extents[i] = (struct fakeid_idmap_extent){
			.upper = 2 * i, .count = 2, .lower = fakeid_kid_make(0, 700 - 2 * i)};
	ck_assert_int_eq(fakeid_idmap_make(extents, 340, 0, &map, NULL), 0);
	for (uint32_t i = 0; i < FAKEID_IDMAP_MAX; i++)
		extents[i] = (struct fakeid_idmap_extent){
			.upper = 2 * i + 1, .count = 2, .lower = fakeid_kid_make(0, 7 * i)};
	ck_assert_int_eq(fakeid_idmap_make(extents, 340, 0, &odd, NULL), 0);
	whole.n = 77;
	ck_assert_int_eq(fakeid_idmap_compose(&map, &odd, &whole), -E2BIG);
	ck_assert_uint_eq(whole.n, 77);

	/* One extent over 400 single ids, of which only 340 can be parents: not all mapped. */
	ck_assert_int_eq(fakeid_idmap_split(&wide, 1, &odd, FAKEID_IDMAP_SPLIT, &split, &got),
			 -EPERM);
	ck_assert_int_eq(got.fault, FAKEID_IDMAP_UNMAPPED);

	/* 171 extents, each cut in two. */
	for (uint32_t i = 0; i < 171; i++)
		extents[i] = (struct fakeid_idmap_extent){
			.upper = 2 * i, .count = 2, .lower = fakeid_kid_make(0, 2 * i + 2)};
	split.n_cuts = 77;
	ck_assert_int_eq(fakeid_idmap_split(extents, 171, &odd, FAKEID_IDMAP_SPLIT, &split, &got),
			 -E2BIG);
	ck_assert_int_eq(got.fault, FAKEID_IDMAP_TOO_MANY);
	ck_assert_uint_eq(got.extent, 170);
	ck_assert_uint_eq(split.n_cuts, 77);
	ck_assert_int_eq(fakeid_idmap_split(extents, 170, &odd, FAKEID_IDMAP_SPLIT, &split, &got),
			 0);
	ck_assert_uint_eq(split.applied.n, 340);
	ck_assert_uint_eq(split.n_cuts, 170);
}
END_TEST

START_TEST(test_the_empty_map_maps_nothing)
{
	struct fakeid_idmap empty = {.n = 0}, made;
	struct fakeid_kid kid;
	char text[4] = "xxx";
	size_t len = 7;

	ck_assert_int_eq(fakeid_idmap_make(NULL, 0, 0, &made, NULL), 0);
	ck_assert(fakeid_idmap_equal(&empty, &made));
	ck_assert_int_eq(fakeid_idmap_parse("", 0, FAKEID_IDMAP_PROC, 0, &made, NULL), 0);
	ck_assert_uint_eq(made.n, 0);
	ck_assert_int_eq(fakeid_idmap_down(&empty, 0, &kid), -ENXIO);
	ck_assert_int_eq(fakeid_idmap_down_range(&empty, 0, 0, &kid), -EINVAL);
	ck_assert_int_eq(fakeid_idmap_print(&empty, FAKEID_IDMAP_PROC, text, 0, &len), -E2BIG);
	ck_assert_int_eq(fakeid_idmap_print(&empty, FAKEID_IDMAP_PROC, text, 1, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_proc_text_is_the_kernels)
{
	char text[100];
	size_t len;

	fakeid_idmap_identity(&map);
	ck_assert_int_eq(fakeid_idmap_print(&map, FAKEID_IDMAP_PROC, text, sizeof text, &len), 0);
	ck_assert_str_eq(text, "         0          0 4294967295\n");
	ck_assert_int_eq(fakeid_idmap_print(&map, FAKEID_IDMAP_WRITE, text, sizeof text, &len), 0);
	ck_assert_str_eq(text, "0 0 4294967295\n");
	ck_assert_int_eq(fakeid_idmap_print(&map, FAKEID_IDMAP_COLON, text, sizeof text, &len), 0);
	ck_assert_str_eq(text, "0:0:4294967295\n");
}
END_TEST

START_TEST(test_every_fault_has_its_words)
{
	for (int i = 0; i < FAKEID_IDMAP_FAULT_N; i++) {
		ck_assert_uint_gt(strlen(fakeid_idmap_fault_text(i)), 5);
		for (int j = 0; j < i; j++)
			ck_assert_str_ne(fakeid_idmap_fault_text(i), fakeid_idmap_fault_text(j));
	}
	ck_assert_str_eq(fakeid_idmap_fault_text(FAKEID_IDMAP_FAULT_N), "unknown fault");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idmap text");
	TCase *tcase = tcase_create("text and limits");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_faults_are_told_with_their_place, 0, LEN(bads));
	tcase_add_test(tcase, test_every_truncation_and_bit_flip);
	tcase_add_test(tcase, test_64_bit_lower_ids);
	tcase_add_test(tcase, test_limits_of_extents);
	tcase_add_test(tcase, test_the_empty_map_maps_nothing);
	tcase_add_test(tcase, test_proc_text_is_the_kernels);
	tcase_add_test(tcase, test_every_fault_has_its_words);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
