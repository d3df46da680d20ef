/* SPDX-License-Identifier: MIT
 * creds_caps_test.c - the rules of capset, the prctl family and exec, row by row.
 * tests/diff/creds_kernel.c asks the kernel the same questions.
 */
#include <check.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "core/creds.h"
#include "run_suite.h"

#define LEN(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define CAP(number) (UINT64_C(1) << (number))

static struct groups groups;

/* clang-format off */
static const struct capset_row {
	const char *why;
	uint64_t effective, permitted, inheritable; /* before; bounding lacks CAP_KILL */
	uint64_t want_effective, want_permitted, want_inheritable;
	int result;
} capset_rows[] = {
	{"less of everything", CREDS_CAP_ALL, CREDS_CAP_ALL, 0, 1, 3, 3, 0},
	{"permitted never grows", 1, 1, 0, 1, 3, 0, -EPERM},
	{"effective stays within the new permitted", 3, 3, 0, 3, 1, 0, -EPERM},
	{"inheritable from permitted", 1, 3, 0, 1, 3, 2, 0},
	{"inheritable from nowhere needs setpcap", 1, 3, 0, 1, 3, 4, -EPERM},
	{"setpcap takes inheritable from bounding",
	 CAP(CAP_SETPCAP), CAP(CAP_SETPCAP), 0, 0, 0, 4, 0},
	{"but from nowhere else",
	 CAP(CAP_SETPCAP), CAP(CAP_SETPCAP), 0, 0, 0, CAP(CAP_KILL), -EPERM},
	{"an old inheritable may stay", 0, 0, CAP(CAP_KILL), 0, 0, CAP(CAP_KILL), 0},
	{"bits past the last are not looked at", 0, 0, 0, CAP(41), CAP(63), CAP(50), 0},
};
/* clang-format on */

START_TEST(test_capset_follows_the_rules)
{
	const struct capset_row *row = &capset_rows[_i];
	struct creds creds;
	int result;

	creds_init_root(&creds, &groups);
	creds.cap[CREDS_CAP_EFFECTIVE] = row->effective;
	creds.cap[CREDS_CAP_PERMITTED] = row->permitted;
	creds.cap[CREDS_CAP_INHERITABLE] = row->inheritable;
	creds.cap[CREDS_CAP_BOUNDING] &= ~CAP(CAP_KILL);
	result = creds_capset(&creds, row->want_effective, row->want_permitted,
			      row->want_inheritable);
	ck_assert_msg(result == row->result, "%s: %d", row->why, result);
	ck_assert_msg(creds.cap[CREDS_CAP_EFFECTIVE] ==
			      (result ? row->effective : row->want_effective & CREDS_CAP_ALL),
		      "%s: effective", row->why);
	ck_assert_msg(creds.cap[CREDS_CAP_INHERITABLE] ==
			      (result ? row->inheritable : row->want_inheritable & CREDS_CAP_ALL),
		      "%s: inheritable", row->why);
}
END_TEST

/* clang-format off */
static const struct prctl_row {
	const char *why;
	bool privileged;
	uint32_t securebits;
	int option;
	unsigned long arg[4];
	int result;
	uint32_t after_securebits;
} prctl_rows[] = {
	{"keepcaps on", false, 0, PR_SET_KEEPCAPS, {1}, 0, SECBIT_KEEP_CAPS},
	{"keepcaps off", false, SECBIT_KEEP_CAPS, PR_SET_KEEPCAPS, {0}, 0, 0},
	{"keepcaps is 0 or 1", false, 0, PR_SET_KEEPCAPS, {2}, -EINVAL, 0},
	{"keepcaps locked",
	 true, SECBIT_KEEP_CAPS_LOCKED, PR_SET_KEEPCAPS, {1}, -EPERM, SECBIT_KEEP_CAPS_LOCKED},
	{"keepcaps asked", false, SECBIT_KEEP_CAPS, PR_GET_KEEPCAPS, {0}, 1, SECBIT_KEEP_CAPS},
	{"securebits asked",
	 false, SECBIT_NOROOT, PR_GET_SECUREBITS, {0}, SECBIT_NOROOT, SECBIT_NOROOT},
	{"securebits need setpcap", false, 0, PR_SET_SECUREBITS, {SECBIT_NOROOT}, -EPERM, 0},
	{"and without it not even the same again", false, 0, PR_SET_SECUREBITS, {0}, -EPERM, 0},
	{"but exec advice is free", false, 0, PR_SET_SECUREBITS, {0x300}, 0, 0x300},
	{"securebits set",
	 true, 0, PR_SET_SECUREBITS, {SECBIT_NOROOT | SECBIT_NOROOT_LOCKED}, 0,
	 SECBIT_NOROOT | SECBIT_NOROOT_LOCKED},
	{"a locked bit stays",
	 true, SECBIT_NOROOT_LOCKED, PR_SET_SECUREBITS,
	 {SECBIT_NOROOT | SECBIT_NOROOT_LOCKED}, -EPERM, SECBIT_NOROOT_LOCKED},
	{"a lock stays",
	 true, SECBIT_NOROOT_LOCKED, PR_SET_SECUREBITS, {0}, -EPERM, SECBIT_NOROOT_LOCKED},
	{"no unknown bits", true, 0, PR_SET_SECUREBITS, {1 << 12}, -EPERM, 0},
	{"no unknown high bits", true, 0, PR_SET_SECUREBITS, {1UL << 40}, -EPERM, 0},
	{"bounding asked", false, 0, PR_CAPBSET_READ, {40}, 1, 0},
	{"bounding has an end", false, 0, PR_CAPBSET_READ, {41}, -EINVAL, 0},
	{"dropping needs setpcap before sense", false, 0, PR_CAPBSET_DROP, {41}, -EPERM, 0},
	{"dropping nonsense", true, 0, PR_CAPBSET_DROP, {64}, -EINVAL, 0},
	{"dropping", true, 0, PR_CAPBSET_DROP, {40}, 0, 0},
	{"ambient needs inheritable",
	 true, 0, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_RAISE, CAP_KILL}, -EPERM, 0},
	{"ambient raise", false, 0, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_RAISE, CAP_CHOWN}, 0, 0},
	{"ambient raise forbidden",
	 true, SECBIT_NO_CAP_AMBIENT_RAISE, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_RAISE, CAP_CHOWN},
	 -EPERM, SECBIT_NO_CAP_AMBIENT_RAISE},
	{"ambient asked", false, 0, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_IS_SET, CAP_CHOWN}, 0, 0},
	{"ambient past the end", false, 0, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_IS_SET, 41}, -EINVAL, 0},
	{"ambient with rubbish behind",
	 false, 0, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_IS_SET, 0, 1}, -EINVAL, 0},
	{"ambient clear takes no capability",
	 false, 0, PR_CAP_AMBIENT, {PR_CAP_AMBIENT_CLEAR_ALL, 1}, -EINVAL, 0},
	{"ambient unknown", false, 0, PR_CAP_AMBIENT, {9, 1}, -EINVAL, 0},
	{"dumpable asked", false, 0, PR_GET_DUMPABLE, {0}, 1, 0},
	{"undumpable", false, 0, PR_SET_DUMPABLE, {0}, 0, 0},
	{"dumpable is 0 or 1", true, 0, PR_SET_DUMPABLE, {2}, -EINVAL, 0},
	{"no_new_privs is 1", false, 0, PR_SET_NO_NEW_PRIVS, {0}, -EINVAL, 0},
	{"no_new_privs alone", false, 0, PR_SET_NO_NEW_PRIVS, {1, 0, 0, 1}, -EINVAL, 0},
	{"no_new_privs", false, 0, PR_SET_NO_NEW_PRIVS, {1}, 0, 0},
	{"no_new_privs asked", false, 0, PR_GET_NO_NEW_PRIVS, {0}, 0, 0},
	{"no_new_privs asked with rubbish", false, 0, PR_GET_NO_NEW_PRIVS, {1}, -EINVAL, 0},
};
/* clang-format on */

START_TEST(test_prctl_follows_the_rules)
{
	const struct prctl_row *row = &prctl_rows[_i];
	struct creds creds;
	int result;

	creds_init_root(&creds, &groups);
	creds.cap[CREDS_CAP_INHERITABLE] = CAP(CAP_CHOWN);
	creds.securebits = row->securebits;
	if (!row->privileged)
		creds.cap[CREDS_CAP_EFFECTIVE] = 0;
	ck_assert(creds_is_prctl(row->option));
	result = creds_prctl(&creds, row->option, row->arg);
	ck_assert_msg(result == row->result, "%s: %d, not %d", row->why, result, row->result);
	ck_assert_msg(creds.securebits == row->after_securebits, "%s: %x", row->why,
		      creds.securebits);
}
END_TEST

START_TEST(test_what_prctl_set_is_there_afterwards)
{
	const unsigned long cap[4] = {40}, raise[4] = {PR_CAP_AMBIENT_RAISE, CAP_CHOWN},
			    is_set[4] = {PR_CAP_AMBIENT_IS_SET, CAP_CHOWN},
			    clear[4] = {PR_CAP_AMBIENT_CLEAR_ALL}, one[4] = {1}, none[4] = {0};
	struct creds creds;

	creds_init_root(&creds, &groups);
	creds.cap[CREDS_CAP_INHERITABLE] = CAP(CAP_CHOWN);
	ck_assert_int_eq(creds_prctl(&creds, PR_CAPBSET_DROP, cap), 0);
	ck_assert_int_eq(creds_prctl(&creds, PR_CAPBSET_READ, cap), 0);
	ck_assert_int_eq(creds_prctl(&creds, PR_CAP_AMBIENT, raise), 0);
	ck_assert_int_eq(creds_prctl(&creds, PR_CAP_AMBIENT, is_set), 1);
	ck_assert_int_eq(creds_prctl(&creds, PR_CAP_AMBIENT, clear), 0);
	ck_assert_int_eq(creds_prctl(&creds, PR_CAP_AMBIENT, is_set), 0);
	ck_assert_int_eq(creds_prctl(&creds, PR_SET_NO_NEW_PRIVS, one), 0);
	ck_assert_int_eq(creds_prctl(&creds, PR_GET_NO_NEW_PRIVS, none), 1);
	ck_assert(!creds_is_prctl(PR_SET_NAME));
}
END_TEST

/* clang-format off */
static const struct exec_row {
	const char *why;
	uint32_t uid[CREDS_ID_N];
	uint32_t securebits;
	bool no_new_privs;
	uint64_t permitted, ambient; /* inheritable as ambient, effective as permitted */
	uint32_t after_uid;          /* effective, saved and file system */
	uint64_t after_permitted, after_effective;
} exec_rows[] = {
	{"root stays whole",
	 {0, 0, 0, 0}, 0, false, CREDS_CAP_ALL, 0, 0, CREDS_CAP_ALL, CREDS_CAP_ALL},
	{"root gets back what capset took",
	 {0, 0, 0, 0}, 0, false, 0, 0, 0, CREDS_CAP_ALL, CREDS_CAP_ALL},
	{"but not with no_new_privs", {0, 0, 0, 0}, 0, true, 1, 0, 0, 1, 1},
	{"a user has nothing", {9, 9, 9, 9}, SECBIT_KEEP_CAPS, false, CREDS_CAP_ALL, 0, 9, 0, 0},
	{"a user keeps ambient", {9, 9, 9, 9}, 0, false, CREDS_CAP_ALL, 6, 9, 6, 6},
	{"a real root only gets permitted", {0, 9, 9, 9}, 0, false, 0, 0, 9, CREDS_CAP_ALL, 0},
	{"an effective root gets both",
	 {9, 0, 9, 0}, 0, false, 0, 0, 0, CREDS_CAP_ALL, CREDS_CAP_ALL},
	{"and falls back with no_new_privs", {9, 0, 9, 0}, 0, true, 0, 0, 9, 0, 0},
	{"noroot: root is a user", {0, 0, 0, 0}, SECBIT_NOROOT, false, CREDS_CAP_ALL, 0, 0, 0, 0},
	{"the saved id goes", {9, 9, 0, 9}, 0, false, CREDS_CAP_ALL, 0, 9, 0, 0},
	{"the file system id follows",
	 {0, 0, 0, 9}, 0, false, CREDS_CAP_ALL, 0, 0, CREDS_CAP_ALL, CREDS_CAP_ALL},
};
/* clang-format on */

START_TEST(test_exec_follows_the_rules)
{
	const struct exec_row *row = &exec_rows[_i];
	struct creds creds;

	creds_init_root(&creds, &groups);
	memcpy(creds.id[FAKEID_UID], row->uid, sizeof row->uid);
	creds.securebits = row->securebits;
	creds.no_new_privs = row->no_new_privs;
	creds.cap[CREDS_CAP_PERMITTED] = creds.cap[CREDS_CAP_EFFECTIVE] = row->permitted;
	creds.cap[CREDS_CAP_INHERITABLE] = creds.cap[CREDS_CAP_AMBIENT] = row->ambient;
	ck_assert_int_eq(creds_exec(&creds, &groups, NULL), 0);
	ck_assert_msg(creds.id[FAKEID_UID][CREDS_REAL] == row->uid[0], "%s: real uid", row->why);
	for (int i = CREDS_EFFECTIVE; i < CREDS_ID_N; i++)
		ck_assert_msg(creds.id[FAKEID_UID][i] == row->after_uid, "%s: id %d", row->why, i);
	ck_assert_msg(creds.cap[CREDS_CAP_PERMITTED] == row->after_permitted, "%s: permitted %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_PERMITTED]);
	ck_assert_msg(creds.cap[CREDS_CAP_EFFECTIVE] == row->after_effective, "%s: effective %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_EFFECTIVE]);
	ck_assert_msg(creds.securebits == (row->securebits & ~(uint32_t)SECBIT_KEEP_CAPS),
		      "%s: securebits", row->why);
	ck_assert_msg(creds.no_new_privs == row->no_new_privs, "%s: no_new_privs", row->why);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("creds_caps");
	TCase *rules = tcase_create("rules");

	tcase_add_loop_test(rules, test_capset_follows_the_rules, 0, LEN(capset_rows));
	tcase_add_loop_test(rules, test_prctl_follows_the_rules, 0, LEN(prctl_rows));
	tcase_add_test(rules, test_what_prctl_set_is_there_afterwards);
	tcase_add_loop_test(rules, test_exec_follows_the_rules, 0, LEN(exec_rows));
	suite_add_tcase(suite, rules);
	return run_suite(suite);
}
