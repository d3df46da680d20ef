/* SPDX-License-Identifier: MIT
 * envlist_test.c - what a program's environment becomes on its way to the next program.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/envlist.h"
#include "run_suite.h"

#define PATH "/usr/lib/fakeid/libfakeid.so"
#define SESSION "1:3:3:0:/home/u/.local/state/fakeid"
#define MAX_ROWS 12
#define EIGHT(id) ":" id ":" id ":" id ":" id ":" id ":" id ":" id ":" id
#define FIVES EIGHT("00000005")
#define SIXES EIGHT("00000006")

static const struct envlist_want root_want = {SESSION, NULL, "fakeid", PATH, NULL, false};
static const struct envlist_want user_want = {SESSION, "u=5,5,5,5", "fakeid", PATH, NULL, false};
static const struct envlist_want lost_want = {SESSION, NULL, "fakeid", "", NULL, false};
static const struct envlist_want told_want = {SESSION, NULL, "fakeid", PATH, "sum" FIVES, false};

static const struct envlist_want secure_want = {SESSION, NULL, "fakeid", PATH, NULL, true};

#define OURS "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=fakeid", "LD_PRELOAD=" PATH
#define USER                                                                       \
	"FAKEID_SESSION=" SESSION, "FAKEID_CREDS=u=5,5,5,5", "FAKEROOTKEY=fakeid", \
		"LD_PRELOAD=" PATH

static const struct {
	const char *why;
	const struct envlist_want *want;
	const char *before[MAX_ROWS];
	const char *after[MAX_ROWS]; /* empty = the program's list will do */
} rows[] = {
	{"all there", &root_want, {"A=1", OURS}, {NULL}},
	{"all there, other order",
	 &root_want,
	 {"LD_PRELOAD=" PATH, "FAKEROOTKEY=", "FAKEID_SESSION=" SESSION},
	 {NULL}},
	{"all there, with credentials", &user_want, {USER, "Z="}, {NULL}},
	{"empty", &root_want, {NULL}, {OURS}},
	{"empty, with credentials", &user_want, {NULL}, {USER}},
	{"more rights",
	 &secure_want,
	 {"TMPDIR=/x", "A=1", "LOCPATH=", "TMP=", "TMPDIR2=", "FAKEID_SESSION=" SESSION,
	  "FAKEROOTKEY=", "LD_PRELOAD=/none.so:" PATH, "LD_LIBRARY_PATH", "LD_AUDIT=x"},
	 {"A=1", "TMP=", "TMPDIR2=", "FAKEID_SESSION=" SESSION,
	  "FAKEROOTKEY=", "LD_PRELOAD=" PATH}},
	{"more rights, and nothing to take", &secure_want, {"A=1", "TMP=", OURS}, {NULL}},
	{"plain variables stay and come first",
	 &root_want,
	 {"A=1", "B", "", "=x"},
	 {"A=1", "B", "", "=x", OURS}},
	{"credentials missing", &user_want, {OURS, "A="}, {OURS, "A=", "FAKEID_CREDS=u=5,5,5,5"}},
	{"credentials of before",
	 &user_want,
	 {"FAKEID_CREDS=u=6,6,6,6", OURS},
	 {"FAKEID_CREDS=u=5,5,5,5", OURS}},
	{"credentials that ended", &root_want, {"FAKEID_CREDS=u=6,6,6,6", OURS}, {OURS}},
	{"credentials twice, one right",
	 &user_want,
	 {"FAKEID_CREDS=", USER},
	 {"FAKEID_CREDS=u=5,5,5,5", USER}},
	{"another session",
	 &root_want,
	 {"FAKEID_SESSION=1:9:9:0:/x", "FAKEROOTKEY=1", "LD_PRELOAD=" PATH},
	 {"FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1", "LD_PRELOAD=" PATH}},
	{"session twice, first wrong",
	 &root_want,
	 {"FAKEID_SESSION=", OURS},
	 {"FAKEID_SESSION=" SESSION, OURS}},
	{"session with a tail",
	 &root_want,
	 {"FAKEID_SESSION=" SESSION "x", "FAKEROOTKEY=1", "LD_PRELOAD=" PATH},
	 {"FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1", "LD_PRELOAD=" PATH}},
	{"names that only begin alike",
	 &root_want,
	 {"FAKEID_SESSIONS=" SESSION, "FAKEID_CRED=1", "FAKEROOTKEYS=1", "LD_PRELOADS=" PATH,
	  "LD_PRELOAD"},
	 {"FAKEID_SESSIONS=" SESSION, "FAKEID_CRED=1", "FAKEROOTKEYS=1", "LD_PRELOADS=" PATH,
	  "LD_PRELOAD", OURS}},
	{"a key of its own stays",
	 &root_want,
	 {"FAKEROOTKEY=77", "FAKEID_SESSION=" SESSION, "LD_PRELOAD=" PATH},
	 {NULL}},
	{"preload emptied",
	 &root_want,
	 {"LD_PRELOAD=", "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"},
	 {"LD_PRELOAD=" PATH, "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"}},
	{"preload replaced",
	 &root_want,
	 {"LD_PRELOAD=libjemalloc.so.2", "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"},
	 {"LD_PRELOAD=libjemalloc.so.2:" PATH, "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"}},
	{"preload extended, colon",
	 &root_want,
	 {"LD_PRELOAD=a.so:" PATH ":b.so", "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"},
	 {NULL}},
	{"preload extended, space",
	 &root_want,
	 {"LD_PRELOAD= a.so " PATH, "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"},
	 {NULL}},
	{"preload extended in front",
	 &root_want,
	 {"LD_PRELOAD=" PATH " : a.so", "FAKEID_SESSION=" SESSION, "FAKEROOTKEY=1"},
	 {NULL}},
	{"preload with longer and shorter names",
	 &root_want,
	 {"LD_PRELOAD=" PATH ".1:x" PATH ":/usr/lib/fakeid", "FAKEID_SESSION=" SESSION,
	  "FAKEROOTKEY=1"},
	 {"LD_PRELOAD=" PATH ".1:x" PATH ":/usr/lib/fakeid:" PATH, "FAKEID_SESSION=" SESSION,
	  "FAKEROOTKEY=1"}},
	{"preload twice, the loader takes the last",
	 &root_want,
	 {OURS, "LD_PRELOAD=a.so"},
	 {OURS, "LD_PRELOAD=a.so:" PATH}},
	{"ids that are right", &told_want, {OURS, "FAKEID_IDS=sum" FIVES}, {NULL}},
	{"ids of before",
	 &told_want,
	 {OURS, "FAKEID_IDS=sum" SIXES},
	 {OURS, "FAKEID_IDS=sum" FIVES}},
	{"ids in the middle of a change",
	 &told_want,
	 {OURS, "FAKEID_IDS=mus" FIVES},
	 {OURS, "FAKEID_IDS=sum" FIVES}},
	{"ids cut short", &told_want, {"FAKEID_IDS=sum", OURS}, {"FAKEID_IDS=sum" FIVES, OURS}},
	{"ids missing",
	 &told_want,
	 {"FAKEID_SESSION=" SESSION, "LD_PRELOAD=" PATH},
	 {"FAKEID_SESSION=" SESSION, "LD_PRELOAD=" PATH, "FAKEID_IDS=sum" FIVES,
	  "FAKEROOTKEY=fakeid"}},
	{"own path not known",
	 &lost_want,
	 {"LD_PRELOAD=a.so", "FAKEROOTKEY=1"},
	 {"LD_PRELOAD=a.so", "FAKEROOTKEY=1", "FAKEID_SESSION=" SESSION}},
};

/* Build in a block of exactly the size asked for, so that ASan sees a byte too much. */
static char **build(char *const envp[], const struct envlist_want *want, void **ret_block)
{
	struct envlist_plan plan;

	envlist_plan(envp, want, &plan);
	ck_assert(plan.differs);
	*ret_block = malloc(plan.size);
	ck_assert_ptr_nonnull(*ret_block);
	return envlist_build(envp, want, &plan, *ret_block);
}

static void assert_settled(char *const envp[], const struct envlist_want *want, const char *why)
{
	struct envlist_plan plan;

	envlist_plan(envp, want, &plan);
	ck_assert_msg(!plan.differs, "%s", why);
}

START_TEST(test_list_becomes)
{
	char *before[MAX_ROWS], **after;
	void *block;
	size_t n = 0;

	memcpy(before, rows[_i].before, sizeof(before));
	if (!rows[_i].after[0]) {
		assert_settled(before, rows[_i].want, rows[_i].why);
		return;
	}
	after = build(before, rows[_i].want, &block);
	for (; rows[_i].after[n]; n++) {
		ck_assert_msg(after[n] != NULL, "%s: ends at %zu", rows[_i].why, n);
		ck_assert_msg(strcmp(after[n], rows[_i].after[n]) == 0, "%s: %zu is %s",
			      rows[_i].why, n, after[n]);
	}
	ck_assert_msg(!after[n], "%s: goes on with %s", rows[_i].why, after[n]);
	ck_assert_mem_eq(before, rows[_i].before, sizeof(before));
	assert_settled(after, rows[_i].want, rows[_i].why);
	free(block);
}
END_TEST

START_TEST(test_null_is_an_empty_list)
{
	void *block;
	char **list = build(NULL, &root_want, &block);
	const char *const expected[] = {OURS};

	for (size_t i = 0; i < 3; i++)
		ck_assert_str_eq(list[i], expected[i]);
	ck_assert_ptr_null(list[3]);
	free(block);
}
END_TEST

START_TEST(test_untouched_entries_are_shared)
{
	char own[] = "A=1";
	char *before[] = {own, NULL};
	void *block;
	char **list = build(before, &root_want, &block);

	ck_assert_ptr_eq(list[0], own);
	free(block);
}
END_TEST

START_TEST(test_a_large_list)
{
	const size_t n = 50000, long_len = 100000;
	char **before = calloc(n + 2, sizeof(*before)), **list;
	char *text = malloc(long_len + 1);
	void *block;

	ck_assert(before && text);
	for (size_t i = 0; i < n; i++)
		before[i] = (char *)"FAKEID_SESSIO=almost";
	memcpy(text, "LD_PRELOAD=", 11);
	memset(text + 11, 'x', long_len - 11);
	text[long_len] = '\0';
	before[n] = text;
	list = build(before, &user_want, &block);
	ck_assert_ptr_eq(list[n - 1], before[n - 1]);
	ck_assert_uint_eq(strlen(list[n]), long_len + 1 + strlen(PATH));
	ck_assert_str_eq(list[n] + long_len, ":" PATH);
	ck_assert_str_eq(list[n + 3], "FAKEROOTKEY=fakeid");
	ck_assert_ptr_null(list[n + 4]);
	assert_settled(list, &user_want, "large");
	free(block);
	free(text);
	free(before);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("envlist");
	TCase *list = tcase_create("list");

	tcase_add_loop_test(list, test_list_becomes, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(list, test_null_is_an_empty_list);
	tcase_add_test(list, test_untouched_entries_are_shared);
	tcase_add_test(list, test_a_large_list);
	suite_add_tcase(suite, list);
	return run_suite(suite);
}
