/* SPDX-License-Identifier: MIT
 * creds_exec_test.c - what exec of setuid and setgid files, and of files with capabilities, makes
 * of credentials, row by row. suid.bats compares the same with the running kernel.
 */
#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/creds.h"
#include "run_suite.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))
#define ALL CREDS_CAP_ALL

static struct groups groups; /* too large for a stack */

/* clang-format off */
static const struct row {
	const char *why;
	uint32_t uid, gid;                                    /* of the process, all of them */
	uint64_t permitted, inheritable, ambient, bounding;   /* effective as permitted */
	uint32_t securebits;
	bool no_new_privs;
	struct creds_file file;
	int result;
	uint32_t after_uid, after_gid;                        /* all but the real ones */
	uint64_t after_permitted, after_effective, after_ambient;
	bool after_secure;
} rows[] = {
	{"a setuid file of a user", 7, 7, 0, 0, 0, ALL, 0, false,
	 {.setuid = true, .uid = 5}, 0, 5, 7, 0, 0, 0, true},
	{"one's own", 7, 7, 0, 0, 0, ALL, 0, false, {.setuid = true, .uid = 7}, 0, 7, 7, 0, 0, 0, false},
	{"root's", 7, 7, 0, 0, 0, ALL, 0, false, {.setuid = true}, 0, 0, 7, ALL, ALL, 0, true},
	{"root's, with a bounding set", 7, 7, 0, 0, 0, 6, 0, false,
	 {.setuid = true}, 0, 0, 7, 6, 6, 0, true},
	{"root's, without root", 7, 7, 0, 0, 0, ALL, SECBIT_NOROOT, false,
	 {.setuid = true}, 0, 0, 7, 0, 0, 0, true},
	{"root's, with no_new_privs", 7, 7, 0, 0, 0, ALL, 0, true,
	 {.setuid = true}, 0, 7, 7, 0, 0, 0, false},
	{"a user's, by root", 0, 0, ALL, 0, 0, ALL, 0, false,
	 {.setuid = true, .uid = 5}, 0, 5, 0, ALL, 0, 0, true},
	{"it takes ambient", 7, 7, 2, 2, 2, ALL, 0, false,
	 {.setuid = true, .uid = 5}, 0, 5, 7, 0, 0, 0, true},
	{"a setgid file", 7, 7, 0, 0, 0, ALL, 0, false, {.setgid = true, .gid = 6}, 0, 7, 6, 0, 0, 0, true},
	{"of a group one is in, which changes the group and not the trust in ambient",
	 7, 7, 2, 2, 2, ALL, 0, false, {.setgid = true, .gid = 8}, 0, 7, 8, 2, 2, 2, true},
	{"of one's group", 7, 7, 2, 2, 2, ALL, 0, false, {.setgid = true, .gid = 7}, 0, 7, 7, 2, 2, 2, false},
	{"with no_new_privs", 7, 7, 0, 0, 0, ALL, 0, true,
	 {.setgid = true, .gid = 6}, 0, 7, 7, 0, 0, 0, false},
	{"capabilities", 7, 7, 0, 0, 0, ALL, 0, false,
	 {.has_caps = true, .caps_effective = true, .permitted = 6}, 0, 7, 7, 6, 6, 0, true},
	{"permitted only", 7, 7, 0, 0, 0, ALL, 0, false,
	 {.has_caps = true, .permitted = 6}, 0, 7, 7, 6, 0, 0, true},
	{"within the bounding set", 7, 7, 0, 0, 0, 2, 0, false,
	 {.has_caps = true, .permitted = 6}, 0, 7, 7, 2, 0, 0, true},
	{"or not at all", 7, 7, 0, 4, 0, 2, 0, false,
	 {.has_caps = true, .caps_effective = true, .permitted = 14}, -EPERM, 7, 7, 0, 0, 0, false},
	{"nor for root", 0, 0, 2, 0, 0, 2, 0, false,
	 {.has_caps = true, .caps_effective = true, .permitted = 6}, -EPERM, 0, 0, 2, 2, 0, false},
	{"inheritable ones of both", 7, 7, 0, 6, 0, ALL, 0, false,
	 {.has_caps = true, .caps_effective = true, .inheritable = 12}, 0, 7, 7, 4, 4, 0, true},
	{"they take ambient, even if they are none", 7, 7, 2, 2, 2, ALL, 0, false,
	 {.has_caps = true}, 0, 7, 7, 0, 0, 0, false},
	{"with no_new_privs what one has", 7, 7, 2, 0, 0, ALL, 0, true,
	 {.has_caps = true, .caps_effective = true, .permitted = 6}, 0, 7, 7, 2, 2, 0, true},
	{"for root they do not matter", 0, 0, ALL, 0, 0, ALL, 0, false,
	 {.has_caps = true, .permitted = 6}, 0, 0, 0, ALL, ALL, 0, false},
	{"without root they do", 0, 0, ALL, 0, 0, ALL, SECBIT_NOROOT, false,
	 {.has_caps = true, .permitted = 6}, 0, 0, 0, 6, 0, 0, false},
	{"of root's setuid file they are all", 7, 7, 0, 0, 0, ALL, 0, false,
	 {.setuid = true, .has_caps = true, .permitted = 6}, 0, 0, 7, 6, 0, 0, true},
	{"but not for root", 0, 0, ALL, 0, 0, ALL, 0, false,
	 {.setuid = true, .has_caps = true, .permitted = 6}, 0, 0, 0, ALL, ALL, 0, false},
};
/* clang-format on */

START_TEST(test_exec_follows_the_rules)
{
	const struct row *row = &rows[_i];
	struct creds creds;

	creds_init_root(&creds, &groups);
	groups.n = 2;
	groups.list[0] = 8;
	groups.list[1] = 9;
	for (int i = 0; i < CREDS_ID_N; i++) {
		creds.id[FAKEID_UID][i] = row->uid;
		creds.id[FAKEID_GID][i] = row->gid;
	}
	creds.cap[CREDS_CAP_PERMITTED] = creds.cap[CREDS_CAP_EFFECTIVE] = row->permitted;
	creds.cap[CREDS_CAP_INHERITABLE] = row->inheritable;
	creds.cap[CREDS_CAP_AMBIENT] = row->ambient;
	creds.cap[CREDS_CAP_BOUNDING] = row->bounding;
	creds.securebits = row->securebits;
	creds.no_new_privs = row->no_new_privs;
	ck_assert_msg(creds_exec(&creds, &groups, &row->file) == row->result, "%s", row->why);
	ck_assert_msg(creds.id[FAKEID_UID][CREDS_REAL] == row->uid, "%s: real uid", row->why);
	ck_assert_msg(creds.id[FAKEID_GID][CREDS_REAL] == row->gid, "%s: real gid", row->why);
	for (int i = CREDS_EFFECTIVE; i < CREDS_ID_N; i++) {
		ck_assert_msg(creds.id[FAKEID_UID][i] == row->after_uid, "%s: uid %d", row->why, i);
		ck_assert_msg(creds.id[FAKEID_GID][i] == row->after_gid, "%s: gid %d", row->why, i);
	}
	ck_assert_msg(creds.cap[CREDS_CAP_PERMITTED] == row->after_permitted, "%s: permitted %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_PERMITTED]);
	ck_assert_msg(creds.cap[CREDS_CAP_EFFECTIVE] == row->after_effective, "%s: effective %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_EFFECTIVE]);
	ck_assert_msg(creds.cap[CREDS_CAP_AMBIENT] == row->after_ambient, "%s: ambient", row->why);
	ck_assert_msg(creds.cap[CREDS_CAP_BOUNDING] == row->bounding, "%s: bounding", row->why);
	ck_assert_msg(creds.secure == row->after_secure, "%s: secure", row->why);
}
END_TEST

/* clang-format off */
static const struct value_row {
	const char *why;
	uint8_t bytes[32];
	size_t size;
	int result;
	struct creds_file file;
} value_rows[] = {
	{"version 2", {1, 0, 0, 2, 1, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0}, 20, 0,
	 {.has_caps = true, .caps_effective = true, .permitted = 0x10000000001, .inheritable = 2}},
	{"unknown capabilities are none", {0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0}, 20, 0,
	 {.has_caps = true, .permitted = 1}},
	{"version 1", {0, 0, 0, 1, 9, 0, 0, 0, 2, 0, 0, 0}, 12, 0,
	 {.has_caps = true, .permitted = 9, .inheritable = 2}},
	{"version 3 of root", {0, 0, 0, 3, 9, 0, 0, 0}, 24, 0, {.has_caps = true, .permitted = 9}},
	{"version 3 of another root", {0, 0, 0, 3, 9, [20] = 1}, 24, 0, {.has_caps = false}},
	{"version 2 cut", {0, 0, 0, 2, 9}, 19, -EINVAL, {.has_caps = false}},
	{"version 2 with more", {0, 0, 0, 2, 9}, 24, -EINVAL, {.has_caps = false}},
	{"version 3 cut", {0, 0, 0, 3, 9}, 20, -EINVAL, {.has_caps = false}},
	{"version 1 with more", {0, 0, 0, 1, 9}, 20, -EINVAL, {.has_caps = false}},
	{"version 4", {0, 0, 0, 4, 9}, 24, -EINVAL, {.has_caps = false}},
	{"nothing", {0}, 0, -EINVAL, {.has_caps = false}},
};
/* clang-format on */

START_TEST(test_values_are_read_strictly)
{
	const struct value_row *row = &value_rows[_i];
	struct creds_file file = {0};
	uint8_t *exact = malloc(row->size + (row->size == 0)); /* a sanitizer knows its end */
	int r;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, row->bytes, row->size);
	r = creds_file_caps(exact, row->size, &file);
	ck_assert_msg(r == row->result, "%s: %d", row->why, r);
	ck_assert_msg(file.has_caps == row->file.has_caps, "%s", row->why);
	ck_assert_msg(file.caps_effective == row->file.caps_effective, "%s", row->why);
	ck_assert_msg(file.permitted == row->file.permitted, "%s", row->why);
	ck_assert_msg(file.inheritable == row->file.inheritable, "%s", row->why);
	free(exact);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("creds_exec");
	TCase *rules = tcase_create("rules");

	tcase_add_loop_test(rules, test_exec_follows_the_rules, 0, LEN(rows));
	tcase_add_loop_test(rules, test_values_are_read_strictly, 0, LEN(value_rows));
	suite_add_tcase(suite, rules);
	return run_suite(suite);
}
