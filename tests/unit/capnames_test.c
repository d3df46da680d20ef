/* SPDX-License-Identifier: MIT
 * capnames_test.c - capabilities by name: every one there and back, lists, and what is no name.
 */
#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <stdlib.h>
#include <string.h>

#include "core/capnames.h"
#include "core/creds.h"
#include "run_suite.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define CAP(number) (UINT64_C(1) << (number))

START_TEST(test_every_name_and_every_set_of_two_comes_back)
{
	char text[CAPNAMES_TEXT_BYTES];
	const char *bad;
	uint64_t set;
	size_t len;

	for (unsigned a = 0; a < CREDS_CAP_COUNT; a++) {
		ck_assert_int_eq(capnames_parse(capnames_name(a), &set, &bad, &len), 0);
		ck_assert_uint_eq(set, CAP(a));
		for (unsigned b = 0; b < CREDS_CAP_COUNT; b++) {
			capnames_format(CAP(a) | CAP(b), text);
			ck_assert_int_eq(capnames_parse(text, &set, &bad, &len), 0);
			ck_assert_uint_eq(set, CAP(a) | CAP(b));
			capnames_format(CREDS_CAP_ALL & ~(CAP(a) | CAP(b)), text);
			ck_assert_int_eq(capnames_parse(text, &set, &bad, &len), 0);
			ck_assert_uint_eq(set, CREDS_CAP_ALL & ~(CAP(a) | CAP(b)));
		}
	}
}
END_TEST

static const struct row {
	const char *text;
	int result;
	uint64_t set;
	const char *bad;
} rows[] = {
	{"chown", 0, CAP(CAP_CHOWN), NULL},
	{"cap_chown", 0, CAP(CAP_CHOWN), NULL},
	{"CAP_CHOWN", 0, CAP(CAP_CHOWN), NULL},
	{"Chown,MKNOD", 0, CAP(CAP_CHOWN) | CAP(CAP_MKNOD), NULL},
	{"chown,chown", 0, CAP(CAP_CHOWN), NULL},
	{"checkpoint_restore", 0, CAP(40), NULL},
	{"dac_read_search", 0, CAP(CAP_DAC_READ_SEARCH), NULL},
	{"all", 0, CREDS_CAP_ALL, NULL},
	{"ALL", 0, CREDS_CAP_ALL, NULL},
	{"none", 0, 0, NULL},
	{"none,kill", 0, CAP(CAP_KILL), NULL},
	{"kill,all", 0, CREDS_CAP_ALL, NULL},
	{"", -EINVAL, 0, ""},
	{",", -EINVAL, 0, ",x"},
	{"chown,", -EINVAL, 0, ""},
	{",chown", -EINVAL, 0, ",chown"},
	{"chown,,kill", -EINVAL, 0, ",kill"},
	{"chown kill", -EINVAL, 0, "chown kill"},
	{" chown", -EINVAL, 0, " chown"},
	{"cap_", -EINVAL, 0, "cap_"},
	{"cap_all", -EINVAL, 0, "cap_all"},
	{"cap_cap_chown", -EINVAL, 0, "cap_cap_chown"},
	{"cho", -EINVAL, 0, "cho"},
	{"chownx", -EINVAL, 0, "chownx"},
	{"41", -EINVAL, 0, "41"},
	{"kill,oops,chown", -EINVAL, 0, "oops,chown"},
};

START_TEST(test_lists_are_read_strictly)
{
	const struct row *row = &rows[_i];
	uint64_t set = UINT64_C(0xa5a5);
	const char *bad = NULL;
	size_t len = 77;
	int r = capnames_parse(row->text, &set, &bad, &len);

	ck_assert_msg(r == row->result, "'%s': %d", row->text, r);
	ck_assert_msg(set == (r == 0 ? row->set : UINT64_C(0xa5a5)), "'%s'", row->text);
	if (r < 0)
		ck_assert_msg(len == strcspn(row->bad, ",") && strncmp(bad, row->bad, len) == 0,
			      "'%s': '%s'", row->text, bad);
}
END_TEST

START_TEST(test_whole_sets_have_words_of_their_own)
{
	char text[CAPNAMES_TEXT_BYTES];

	capnames_format(CREDS_CAP_ALL, text);
	ck_assert_str_eq(text, "all");
	capnames_format(0, text);
	ck_assert_str_eq(text, "none");
	capnames_format(CAP(CAP_CHOWN) | CAP(40), text);
	ck_assert_str_eq(text, "chown,checkpoint_restore");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("capnames");
	TCase *names = tcase_create("names");

	tcase_add_test(names, test_every_name_and_every_set_of_two_comes_back);
	tcase_add_loop_test(names, test_lists_are_read_strictly, 0, LEN(rows));
	tcase_add_test(names, test_whole_sets_have_words_of_their_own);
	suite_add_tcase(suite, names);
	return run_suite(suite);
}
