/* SPDX-License-Identifier: MIT
 * accounts_test.c - users and groups by the text of passwd and group files: the first entry that
 * fits, and what makes no sense passed over.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../fakeid/accounts.h"
#include "run_suite.h"

#define LEN(array) (sizeof(array) / sizeof((array)[0]))

static const struct user_row {
	const char *why, *text, *name;
	uint32_t uid; /* looked for where there is no name */
	int result;
	uint32_t found_uid, found_gid;
} user_rows[] = {
	{"by name", "a:x:1:2::/:\nb:x:3:4::/:\n", "b", 0, 0, 3, 4},
	{"by uid", "a:x:1:2::/:\nb:x:3:4::/:\n", NULL, 3, 0, 3, 4},
	{"the first of a name", "a:x:1:2::/:\na:x:3:4::/:\n", "a", 0, 0, 1, 2},
	{"the first of a uid", "a:x:1:2::/:\nb:x:1:4::/:\n", NULL, 1, 0, 1, 2},
	{"without a line end", "a:x:1:2", "a", 0, 0, 1, 2},
	{"the largest id", "a:x:4294967294:4294967294::/:\n", "a", 0, 0, 4294967294u, 4294967294u},
	{"none", "a:x:1:2::/:\n", "b", 0, -ENOENT, 0, 0},
	{"a part of a name", "abc:x:1:2::/:\n", "ab", 0, -ENOENT, 0, 0},
	{"more than a name", "ab:x:1:2::/:\n", "abc", 0, -ENOENT, 0, 0},
	{"no name", ":x:1:2::/:\n", "", 0, -ENOENT, 0, 0},
	{"a comment", "#a:x:1:2::/:\n", "#a", 0, -ENOENT, 0, 0},
	{"NIS", "+a:x:1:2::/:\n", "+a", 0, -ENOENT, 0, 0},
	{"too few fields", "a:x:1\n", "a", 0, -ENOENT, 0, 0},
	{"no uid", "a:x::2::/:\n", "a", 0, -ENOENT, 0, 0},
	{"a uid that is none", "a:x:4294967295:2::/:\n", "a", 0, -ENOENT, 0, 0},
	{"a uid far too large", "a:x:18446744073709551617:2::/:\n", "a", 0, -ENOENT, 0, 0},
	{"a negative uid", "a:x:-1:2::/:\n", "a", 0, -ENOENT, 0, 0},
	{"a gid that is none", "a:x:1:2 ::/:\n", "a", 0, -ENOENT, 0, 0},
	{"a bad one passed over", "a:x:y:2::/:\na:x:5:6::/:\n", "a", 0, 0, 5, 6},
	{"nothing", "", "a", 0, -ENOENT, 0, 0},
	{"empty lines", "\n\n\na:x:5:6::/:", "a", 0, 0, 5, 6},
};

START_TEST(test_users_are_found)
{
	const struct user_row *row = &user_rows[_i];
	struct account account;
	int r;

	memset(&account, 0xa5, sizeof account);
	r = accounts_user(row->text, strlen(row->text), row->name, row->uid, &account);
	ck_assert_msg(r == row->result, "%s: %d", row->why, r);
	if (r < 0) {
		ck_assert_uint_eq(account.uid, 0xa5a5a5a5);
		return;
	}
	ck_assert_msg(account.uid == row->found_uid, "%s", row->why);
	ck_assert_msg(account.gid == row->found_gid, "%s", row->why);
	if (row->name)
		ck_assert_str_eq(account.name, row->name);
}
END_TEST

START_TEST(test_names_too_long_to_keep_are_passed_over)
{
	char text[ACCOUNTS_NAME_MAX + 32], name[ACCOUNTS_NAME_MAX + 1];
	struct account account;

	for (size_t len = ACCOUNTS_NAME_MAX - 2; len <= ACCOUNTS_NAME_MAX; len++) {
		memset(name, 'n', len);
		name[len] = '\0';
		(void)snprintf(text, sizeof text, "%s:x:1:2::/:\n", name);
		ck_assert_int_eq(accounts_user(text, strlen(text), name, 0, &account),
				 len < ACCOUNTS_NAME_MAX ? 0 : -ENOENT);
	}
}
END_TEST

START_TEST(test_groups_are_found)
{
	static const char text[] = "a:x:1:\nb:x:y:\nb:x:3\nb:x:4:u\n#c:x:5:\n";
	uint32_t gid = 77;

	ck_assert_int_eq(accounts_group(text, sizeof text - 1, "b", &gid), 0);
	ck_assert_uint_eq(gid, 3);
	ck_assert_int_eq(accounts_group(text, sizeof text - 1, "c", &gid), -ENOENT);
	ck_assert_int_eq(accounts_group(text, sizeof text - 1, "#c", &gid), -ENOENT);
	ck_assert_uint_eq(gid, 3);
}
END_TEST

START_TEST(test_a_member_has_his_groups_once_each)
{
	static const char text[] = "a:x:1:u\nb:x:2:uu,vu\nc:x:3:v,u\nd:x:3:u\ne:x:5:u,\nf:x:6:,u\n"
				   "g:x:-:u\nh:x:9:u";
	uint32_t gids[6];
	size_t n = 77;

	ck_assert_int_eq(accounts_groups(text, sizeof text - 1, "u", 5, gids, 5, &n), 0);
	ck_assert_uint_eq(n, 5);
	ck_assert_mem_eq(gids, ((uint32_t[]){5, 1, 3, 6, 9}), 5 * sizeof gids[0]);
	ck_assert_int_eq(accounts_groups(text, sizeof text - 1, "u", 5, gids, 4, &n), -E2BIG);
	ck_assert_int_eq(accounts_groups(text, sizeof text - 1, "w", 5, gids, 1, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(accounts_groups(text, sizeof text - 1, "w", 5, gids, 0, &n), -E2BIG);
}
END_TEST

START_TEST(test_numbers_are_read_strictly)
{
	static const char *const bad[] = {"",	 "-1", "+1",	     " 1",	   "1 ",
					  "0x1", "1a", "4294967295", "99999999999"};
	uint32_t id = 77;

	for (size_t i = 0; i < LEN(bad); i++)
		ck_assert_msg(accounts_parse_id(bad[i], &id) == -EINVAL && id == 77, "'%s'",
			      bad[i]);
	ck_assert_int_eq(accounts_parse_id("4294967294", &id), 0);
	ck_assert_uint_eq(id, 4294967294u);
	ck_assert_int_eq(accounts_parse_id("007", &id), 0);
	ck_assert_uint_eq(id, 7);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("accounts");
	TCase *files = tcase_create("files");

	tcase_add_loop_test(files, test_users_are_found, 0, LEN(user_rows));
	tcase_add_test(files, test_names_too_long_to_keep_are_passed_over);
	tcase_add_test(files, test_groups_are_found);
	tcase_add_test(files, test_a_member_has_his_groups_once_each);
	tcase_add_test(files, test_numbers_are_read_strictly);
	suite_add_tcase(suite, files);
	return run_suite(suite);
}
