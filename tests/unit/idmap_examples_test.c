/* SPDX-License-Identifier: MIT
 * idmap_examples_test.c - every worked example of the kernel's idmappings.rst and every rule of
 * user_namespaces(7), each a row with the kernel's answer, the refusals too.
 */
#include <errno.h>

#include "idmap_help.h"
#include "run_suite.h"

#define ALL "u0:k0:r4294967295"
#define NO (-ENXIO) /* the document's u-1: refused, or shown as the overflow id */

/* "Invalid translations": an id of one side where the other's belongs is a compile error. */
_Static_assert(!__builtin_types_compatible_p(struct fakeid_kid, uint32_t), "a kid is no plain id");
_Static_assert(__builtin_types_compatible_p(__typeof__(&fakeid_idmap_down),
					    int (*)(const struct fakeid_idmap *, uint32_t,
						    struct fakeid_kid *)),
	       "only an upper id goes down");
_Static_assert(__builtin_types_compatible_p(__typeof__(&fakeid_idmap_up),
					    int (*)(const struct fakeid_idmap *, struct fakeid_kid,
						    uint32_t *)),
	       "only a lower id goes up");

enum op {
	DOWN,	/* make_kuid(a, id) */
	UP,	/* from_kuid(a, id) */
	CROSS,	/* crossmap id of a to id of b */
	REMAP,	/* remap kid of a to kid of b; i_uid_into_mnt(), mapped_fsuid() */
	CREATE, /* caller a, filesystem b, mount c: the id that lands on disk */
	REPORT, /* the same: the id that stat(2) shows for an id on disk */
};

struct example {
	const char *why;
	enum op op;
	const char *a, *b, *c;
	uint32_t id;
	int64_t answer;
};

static const struct example examples[] = {
	{"formal notes: u22", DOWN, "u22:k10000:r3", NULL, NULL, 22, 10000},
	{"formal notes: u23", DOWN, "u22:k10000:r3", NULL, NULL, 23, 10001},
	{"formal notes: u24", DOWN, "u22:k10000:r3", NULL, NULL, 24, 10002},
	{"just past the range", DOWN, "u22:k10000:r3", NULL, NULL, 25, NO},
	{"just before the range", DOWN, "u22:k10000:r3", NULL, NULL, 21, NO},
	{"formal notes: k10000", UP, "u22:k10000:r3", NULL, NULL, 10000, 22},
	{"formal notes: k10001", UP, "u22:k10000:r3", NULL, NULL, 10001, 23},
	{"formal notes: k10002", UP, "u22:k10000:r3", NULL, NULL, 10002, 24},
	{"just past the range, up", UP, "u22:k10000:r3", NULL, NULL, 10003, NO},
	{"k11000 up in the first", UP, "u0:k10000:r10000", NULL, NULL, 11000, 1000},
	{"k11000 in the second", REMAP, "u0:k10000:r10000", "u0:k20000:r10000", NULL, 11000, 21000},
	{"k11000 in the third", REMAP, "u0:k10000:r10000", "u0:k30000:r10000", NULL, 11000, 31000},
	{"not in a short second", REMAP, "u0:k10000:r10000", "u0:k20000:r200", NULL, 11000, NO},
	{"not in a short third", REMAP, "u0:k10000:r10000", "u0:k30000:r300", NULL, 11000, NO},
	{"k21000 - k20000 + u0", UP, "u0:k20000:r10000", NULL, NULL, 21000, 1000},
	{"u1100 - u500 + k30000", DOWN, "u500:k30000:r10000", NULL, NULL, 1100, 30600},

	{"general notes: u1000", DOWN, "u0:k10000:r10000", NULL, NULL, 1000, 11000},
	{"the initial map", DOWN, ALL, NULL, NULL, 1000, 1000},
	{"the last id of the initial map", DOWN, ALL, NULL, NULL, 4294967294, 4294967294},
	{"-1 in the initial map", DOWN, ALL, NULL, NULL, 4294967295, NO},
	{"-1 in the initial map, up", UP, ALL, NULL, NULL, 4294967295, NO},
	{"a mounted filesystem", DOWN, "u0:k10000:r10000", NULL, NULL, 1000, 11000},

	{"crossmapping", CROSS, "u0:k10000:r10000", "u20000:k10000:r10000", NULL, 1000, 21000},
	{"its step up", UP, "u20000:k10000:r10000", NULL, NULL, 11000, 21000},
	{"its inverse, down", DOWN, "u20000:k10000:r10000", NULL, NULL, 21000, 11000},
	{"its inverse, up", UP, "u0:k10000:r10000", NULL, NULL, 11000, 1000},
	{"its inverse", CROSS, "u20000:k10000:r10000", "u0:k10000:r10000", NULL, 21000, 1000},
	{"stat by an unusual caller", REPORT, "u3000:k20000:r10000", "u0:k20000:r10000", NULL, 1000,
	 4000},

	{"remapping", REMAP, "u0:k10000:r10000", "u0:k20000:r10000", NULL, 11000, 21000},
	{"its second step", DOWN, "u0:k20000:r10000", NULL, NULL, 1000, 21000},
	{"its inverse", REMAP, "u0:k20000:r10000", "u0:k10000:r10000", NULL, 21000, 11000},
	{"invalid translations, the valid step down", DOWN, "u0:k10000:r10000", NULL, NULL, 1000,
	 11000},

	{"example 1", CREATE, ALL, ALL, NULL, 1000, 1000},
	{"example 2", CREATE, "u0:k10000:r10000", "u0:k20000:r10000", NULL, 1000, NO},
	{"example 3", CREATE, "u0:k10000:r10000", ALL, NULL, 1000, 11000},
	{"example 3, the other way", REPORT, "u0:k10000:r10000", ALL, NULL, 1000, NO},
	{"example 4", REPORT, "u0:k10000:r10000", ALL, NULL, 1000, NO},
	{"example 5", REPORT, "u0:k10000:r10000", "u0:k20000:r10000", NULL, 1000, NO},
	{"example 5, initial caller", REPORT, ALL, "u0:k20000:r10000", NULL, 1000, 21000},

	{"container 1, dir", REPORT, "u0:k10000:r10000", "u0:k30000:r10000", NULL, 0, NO},
	{"container 1, file1", REPORT, "u0:k10000:r10000", "u0:k30000:r10000", NULL, 1000, NO},
	{"container 2, file2", REPORT, "u0:k20000:r10000", "u0:k30000:r10000", NULL, 2000, NO},
	{"chowned, container 1, dir", REPORT, "u0:k10000:r10000", ALL, NULL, 10000, 0},
	{"chowned, container 1, file1", REPORT, "u0:k10000:r10000", ALL, NULL, 11000, 1000},
	{"chowned, container 1, file2", REPORT, "u0:k10000:r10000", ALL, NULL, 12000, 2000},
	{"chowned, container 2, dir", REPORT, "u0:k20000:r10000", ALL, NULL, 10000, NO},
	{"chowned, container 2, file1", REPORT, "u0:k20000:r10000", ALL, NULL, 11000, NO},

	{"i_uid_into_mnt", REMAP, "u0:k20000:r10000", "u0:k10000:r10000", NULL, 21000, 11000},
	{"mapped_fsuid", REMAP, "u0:k10000:r10000", "u0:k20000:r10000", NULL, 11000, 21000},
	{"helpers, stat", REPORT, "u0:k10000:r10000", "u0:k20000:r10000", "u0:k10000:r10000", 1000,
	 1000},
	{"helpers, create", CREATE, "u0:k10000:r10000", "u0:k20000:r10000", "u0:k10000:r10000",
	 1000, 1000},
	{"example 2 reconsidered", CREATE, "u0:k10000:r10000", "u0:k20000:r10000",
	 "u0:k10000:r10000", 1000, 1000},
	{"example 3 reconsidered", CREATE, "u0:k10000:r10000", ALL, "u0:k10000:r10000", 1000, 1000},
	{"example 4 reconsidered", REPORT, "u0:k10000:r10000", ALL, "u0:k10000:r10000", 1000, 1000},
	{"example 5 reconsidered", REPORT, "u0:k10000:r10000", "u0:k20000:r10000",
	 "u0:k10000:r10000", 1000, 1000},
	{"home directory, create", CREATE, ALL, ALL, "u1000:k1125:r1", 1125, 1000},
	{"home directory, create by another", CREATE, ALL, ALL, "u1000:k1125:r1", 1126, NO},
	{"home directory, stat", REPORT, ALL, ALL, "u1000:k1125:r1", 1000, 1125},
	{"home directory, another's file", REPORT, ALL, ALL, "u1000:k1125:r1", 1001, NO},

	{"user_namespaces: 0 1000 1, root", DOWN, "0:1000:1", NULL, NULL, 0, 1000},
	{"user_namespaces: 0 1000 1, another", DOWN, "0:1000:1", NULL, NULL, 1000, NO},
	{"user_namespaces: 0 1000 1, the host's root", UP, "0:1000:1", NULL, NULL, 0, NO},
	{"field two for a reader elsewhere", CROSS, "0:1000:1", "200:1000:1", NULL, 0, 200},
	{"field two for a reader without it", CROSS, "0:1000:1", "0:2000:1", NULL, 0, NO},
};

/* The steps of "Idmappings when creating filesystem objects" and "on idmapped mounts". */
static int create(const struct fakeid_idmap *caller, const struct fakeid_idmap *fs,
		  const struct fakeid_idmap *mount, uint32_t id, uint32_t *ret_id)
{
	struct fakeid_kid kid;
	int r;

	if (!mount)
		return fakeid_idmap_crossmap(caller, fs, id, ret_id);

	r = fakeid_idmap_down(caller, id, &kid);
	if (r == 0)
		r = fakeid_idmap_remap(mount, fs, kid, &kid);
	return r < 0 ? r : fakeid_idmap_up(fs, kid, ret_id);
}

static int report(const struct fakeid_idmap *caller, const struct fakeid_idmap *fs,
		  const struct fakeid_idmap *mount, uint32_t id, uint32_t *ret_id)
{
	struct fakeid_kid kid;
	int r;

	if (!mount)
		return fakeid_idmap_crossmap(fs, caller, id, ret_id);

	r = fakeid_idmap_down(fs, id, &kid);
	if (r == 0)
		r = fakeid_idmap_remap(fs, mount, kid, &kid);
	return r < 0 ? r : fakeid_idmap_up(caller, kid, ret_id);
}

START_TEST(test_example)
{
	const struct example *row = &examples[_i];
	struct fakeid_idmap a = map_of(row->a), b = map_of(row->b ? row->b : ALL);
	struct fakeid_idmap c = map_of(row->c ? row->c : ALL);
	struct fakeid_kid kid = {.value = row->id};
	uint32_t id = row->id;
	int r = 0;

	switch (row->op) {
	case DOWN:
		r = fakeid_idmap_down(&a, id, &kid);
		break;
	case UP:
		r = fakeid_idmap_up(&a, kid, &id);
		break;
	case CROSS:
		r = fakeid_idmap_crossmap(&a, &b, id, &id);
		break;
	case REMAP:
		r = fakeid_idmap_remap(&a, &b, kid, &kid);
		break;
	case CREATE:
		r = create(&a, &b, row->c ? &c : NULL, id, &id);
		break;
	case REPORT:
		r = report(&a, &b, row->c ? &c : NULL, id, &id);
		break;
	}
	if (r == 0 && (row->op == DOWN || row->op == REMAP))
		ck_assert_msg((int64_t)kid.value == row->answer, "%s: k%ju", row->why,
			      (uintmax_t)kid.value);
	else if (r == 0)
		ck_assert_msg(id == row->answer, "%s: u%u", row->why, id);
	else
		ck_assert_msg(r == row->answer, "%s: %d", row->why, r);
}
END_TEST

struct rule {
	const char *why, *text;
	const char *parent; /* NULL: the initial namespace */
	int answer;
	enum fakeid_idmap_fault fault;
};

static const struct rule rules[] = {
	{"the initial namespace's own", "         0          0 4294967295\n", NULL, 0, 0},
	{"the example's map", "0 1000 1\n", NULL, 0, 0},
	{"no newline at the end", "0 1000 1", NULL, 0, 0},
	{"any blanks between", "\t 0\v1000 \f 1 \r\n", NULL, 0, 0},
	{"leading zeros", "00000000000000000000000 1000 01\n", NULL, 0, 0},
	{"two lines", "0 1000 1\n1 100000 65536\n", NULL, 0, 0},
	{"descending lines, since 3.9", "1 100000 65536\n0 1000 1\n", NULL, 0, 0},
	{"outside descending, since 3.9", "0 100000 1\n1 1000 1\n", NULL, 0, 0},
	{"ranges that touch", "0 10 5\n5 15 5\n", NULL, 0, 0},
	{"no text", "", NULL, -EINVAL, FAKEID_IDMAP_EMPTY},
	{"no line", "\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"an empty line", "0 1000 1\n\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"no number", "a 0 1\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"no number inside", "0 b 1\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"a sign", "-1 0 1\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"another base", "0x0 0 1\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"two fields", "0 1000\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"four fields", "0 1000 1 1\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"colons", "0:1000:1\n", NULL, -EINVAL, FAKEID_IDMAP_SYNTAX},
	{"count 0", "0 1000 0\n", NULL, -EINVAL, FAKEID_IDMAP_COUNT_ZERO},
	{"the highest id", "4294967294 4294967294 1\n", NULL, 0, 0},
	{"inside id -1", "4294967295 0 1\n", NULL, -EINVAL, FAKEID_IDMAP_ID_INVALID},
	{"outside id -1", "0 4294967295 1\n", NULL, -EINVAL, FAKEID_IDMAP_ID_INVALID},
	{"inside reaches -1", "4294967294 0 2\n", NULL, -EINVAL, FAKEID_IDMAP_WRAP},
	{"outside reaches -1", "0 4294967294 2\n", NULL, -EINVAL, FAKEID_IDMAP_WRAP},
	{"inside wraps", "1 0 4294967295\n", NULL, -EINVAL, FAKEID_IDMAP_WRAP},
	{"outside wraps", "0 1 4294967295\n", NULL, -EINVAL, FAKEID_IDMAP_WRAP},
	{"inside overlap", "0 1000 10\n9 2000 1\n", NULL, -EINVAL, FAKEID_IDMAP_OVERLAP_UPPER},
	{"inside overlap, from below", "5 1000 10\n0 2000 6\n", NULL, -EINVAL,
	 FAKEID_IDMAP_OVERLAP_UPPER},
	{"outside overlap", "0 1000 10\n10 1009 1\n", NULL, -EINVAL, FAKEID_IDMAP_OVERLAP_LOWER},
	{"outside overlap, around", "0 1000 1\n10 999 3\n", NULL, -EINVAL,
	 FAKEID_IDMAP_OVERLAP_LOWER},
	{"the same line twice", "0 1000 1\n0 1000 1\n", NULL, -EINVAL, FAKEID_IDMAP_OVERLAP_UPPER},
	{"mapped in the parent", "0 0 10\n", "0:100000:10", 0, 0},
	{"one id more than the parent has", "0 0 11\n", "0:100000:10", -EPERM,
	 FAKEID_IDMAP_UNMAPPED},
	{"not mapped in the parent", "0 10 1\n", "0:100000:10", -EPERM, FAKEID_IDMAP_UNMAPPED},
	{"one line of two not mapped", "0 0 1\n1 99 1\n", "0:100000:10", -EPERM,
	 FAKEID_IDMAP_UNMAPPED},
	{"across two of the parent's", "0 0 20\n", "0:100000:10\n10:110000:10", -EPERM,
	 FAKEID_IDMAP_SPANS},
	{"across two that are neighbours", "0 0 20\n", "0:100000:10\n10:100010:10", -EPERM,
	 FAKEID_IDMAP_SPANS},
	{"both faults: form comes first", "0 99 0\n", "0:100000:10", -EINVAL,
	 FAKEID_IDMAP_COUNT_ZERO},
};

START_TEST(test_rule)
{
	const struct rule *row = &rules[_i];
	struct fakeid_idmap parent = map_of(row->parent ? row->parent : ALL);
	struct fakeid_idmap_report got = {.fault = FAKEID_IDMAP_FINE};
	int r = fakeid_idmap_check_write(row->text, strlen(row->text), 4096,
					 row->parent ? &parent : NULL, &got);

	ck_assert_msg(r == row->answer, "%s: %d", row->why, r);
	ck_assert_msg(got.fault == row->fault, "%s: %s", row->why,
		      fakeid_idmap_fault_text(got.fault));
}
END_TEST

/* "The number of bytes must be less than the system page size", and the limit of 340 lines. */
START_TEST(test_limits_of_a_write)
{
	char text[4096 + 1];
	size_t len = 0;

	memset(text, ' ', sizeof text);
	memcpy(text, "0 0 1", 5);
	ck_assert_int_eq(fakeid_idmap_check_write(text, 4095, 4096, NULL, NULL), 0);
	ck_assert_int_eq(fakeid_idmap_check_write(text, 4096, 4096, NULL, NULL), -EINVAL);
	ck_assert_int_eq(fakeid_idmap_check_write(text, 4096, 16384, NULL, NULL), 0);

	for (int i = 0; i < 341; i++) {
		if (i == 340)
			ck_assert_int_eq(fakeid_idmap_check_write(text, len, 4096, NULL, NULL), 0);
		len += (size_t)snprintf(text + len, sizeof text - len, "%d %d 1\n", i, i);
	}
	ck_assert_uint_lt(len, 4096);
	ck_assert_int_eq(fakeid_idmap_check_write(text, len, 4096, NULL, NULL), -EINVAL);
}
END_TEST

START_TEST(test_linux_3_8_wanted_ascending_lines)
{
	const char *const texts[] = {"1 100000 65536\n0 1000 1\n", "0 100000 1\n1 1000 1\n"};
	const char good[] = "0 1000 1\n1 100000 65536\n";
	struct fakeid_idmap_report got;
	struct fakeid_idmap map;

	for (int i = 0; i < LEN(texts); i++) {
		ck_assert_int_eq(fakeid_idmap_parse(texts[i], strlen(texts[i]), FAKEID_IDMAP_PROC,
						    FAKEID_IDMAP_ORDERED, &map, &got),
				 -EINVAL);
		ck_assert_int_eq(got.fault, FAKEID_IDMAP_ORDER);
		ck_assert_uint_eq(got.extent, 1);
	}
	ck_assert_int_eq(fakeid_idmap_parse(good, sizeof good - 1, FAKEID_IDMAP_PROC,
					    FAKEID_IDMAP_ORDERED, &map, &got),
			 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("idmap examples");
	TCase *tcase = tcase_create("documents");

	tcase_add_loop_test(tcase, test_example, 0, LEN(examples));
	tcase_add_loop_test(tcase, test_rule, 0, LEN(rules));
	tcase_add_test(tcase, test_limits_of_a_write);
	tcase_add_test(tcase, test_linux_3_8_wanted_ascending_lines);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
