/* SPDX-License-Identifier: MIT
 * creds_test.c - the rules of set*id and setgroups, and how capabilities follow the uid, row by
 * row. tests/diff/creds_kernel.c asks the kernel the same questions.
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

#define SEED UINT64_C(0x5eed0002)
#define NO FAKEID_ID_INVALID
#define MAX (FAKEID_ID_INVALID - 1)
#define LEN(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define CAP(number) (UINT64_C(1) << (number))

static struct groups groups_a;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

enum call { SETID, SETREID, SETRESID, SETEID, SETFSID };

static long do_call(struct creds *creds, enum fakeid_idkind kind, enum call call,
		    const uint32_t arg[3])
{
	switch (call) {
	case SETID:
		return creds_setid(creds, kind, arg[0]);
	case SETREID:
		return creds_setreid(creds, kind, arg[0], arg[1]);
	case SETRESID:
		return creds_setresid(creds, kind, arg[0], arg[1], arg[2]);
	case SETEID:
		return creds_seteid(creds, kind, arg[0]);
	default:
		return creds_setfsid(creds, kind, arg[0]);
	}
}

/* clang-format off */
static const struct id_row {
	const char *why;
	uint32_t start[CREDS_ID_N]; /* real, effective, saved, file system */
	bool privileged;
	enum call call;
	uint32_t arg[3];
	long result;
	uint32_t after[CREDS_ID_N];
} id_rows[] = {
	{"setuid with the capability sets all four",
	 {0, 0, 0, 0}, true, SETID, {1000}, 0, {1000, 1000, 1000, 1000}},
	{"the highest id is an id", {0, 0, 0, 0}, true, SETID, {MAX}, 0, {MAX, MAX, MAX, MAX}},
	{"setuid(-1) is no id", {0, 0, 0, 0}, true, SETID, {NO}, -EINVAL, {0, 0, 0, 0}},
	{"a full drop can't come back",
	 {1000, 1000, 1000, 1000}, false, SETID, {0}, -EPERM, {1000, 1000, 1000, 1000}},
	{"setuid to the saved id changes only the effective",
	 {1000, 1000, 0, 1000}, false, SETID, {0}, 0, {1000, 0, 0, 0}},
	{"setuid to the real id", {1000, 5, 7, 5}, false, SETID, {1000}, 0, {1000, 1000, 7, 1000}},
	{"setuid to the effective id alone is refused",
	 {1000, 5, 7, 5}, false, SETID, {5}, -EPERM, {1000, 5, 7, 5}},
	{"seteuid drops and keeps a way back",
	 {0, 0, 0, 0}, true, SETEID, {1000}, 0, {0, 1000, 0, 1000}},
	{"seteuid comes back without a capability",
	 {0, 1000, 0, 1000}, false, SETEID, {0}, 0, {0, 0, 0, 0}},
	{"seteuid(-1) is glibc's EINVAL", {0, 0, 0, 0}, true, SETEID, {NO}, -EINVAL, {0, 0, 0, 0}},
	{"setreuid swaps real and effective",
	 {1, 2, 3, 2}, false, SETREID, {2, 1}, 0, {2, 1, 1, 1}},
	{"setreuid to a saved id: effective may",
	 {1, 2, 3, 2}, false, SETREID, {NO, 3}, 0, {1, 3, 3, 3}},
	{"setreuid to a saved id: real may not",
	 {1, 2, 3, 2}, false, SETREID, {3, NO}, -EPERM, {1, 2, 3, 2}},
	{"a real id given makes the saved one follow",
	 {1, 2, 3, 2}, false, SETREID, {1, NO}, 0, {1, 2, 2, 2}},
	{"effective = old real leaves the saved one",
	 {1, 2, 3, 2}, false, SETREID, {NO, 1}, 0, {1, 1, 3, 1}},
	{"setreuid fails as a whole", {1, 2, 3, 2}, false, SETREID, {2, 9}, -EPERM, {1, 2, 3, 2}},
	{"setreuid(-1, -1) only resets the file system id",
	 {1, 2, 3, 1}, false, SETREID, {NO, NO}, 0, {1, 2, 3, 2}},
	{"setresuid permutes what is there",
	 {1, 2, 3, 2}, false, SETRESID, {3, 1, 2}, 0, {3, 1, 2, 1}},
	{"setresuid with a strange id fails as a whole",
	 {1, 2, 3, 2}, false, SETRESID, {2, 1, 9}, -EPERM, {1, 2, 3, 2}},
	{"the file system id is no source",
	 {1, 2, 3, 9}, false, SETRESID, {9, NO, NO}, -EPERM, {1, 2, 3, 9}},
	{"setresuid that asks for nothing leaves the file system id",
	 {1, 2, 3, 1}, false, SETRESID, {1, NO, 3}, 0, {1, 2, 3, 1}},
	{"setresuid naming the effective id resets the file system id",
	 {1, 2, 3, 1}, false, SETRESID, {NO, 2, NO}, 0, {1, 2, 3, 2}},
	{"setresuid with the capability", {0, 0, 0, 0}, true, SETRESID, {5, 6, 7}, 0, {5, 6, 7, 6}},
	{"setfsuid tells the old id and changes one",
	 {0, 0, 0, 0}, true, SETFSID, {9}, 0, {0, 0, 0, 9}},
	{"setfsuid to the saved id", {1, 2, 3, 2}, false, SETFSID, {3}, 2, {1, 2, 3, 3}},
	{"setfsuid refused still tells the old id",
	 {1, 2, 3, 2}, false, SETFSID, {9}, 2, {1, 2, 3, 2}},
	{"setfsuid(-1) asks", {1, 2, 3, MAX}, true, SETFSID, {NO}, MAX, {1, 2, 3, MAX}},
};
/* clang-format on */

START_TEST(test_ids_follow_the_rules)
{
	const struct id_row *row = &id_rows[_i / 2];
	enum fakeid_idkind kind = _i % 2 ? FAKEID_GID : FAKEID_UID;
	struct creds creds;
	long result;

	creds_init_root(&creds, &groups_a);
	memcpy(creds.id[kind], row->start, sizeof row->start);
	if (!row->privileged)
		creds.cap[CREDS_CAP_EFFECTIVE] = 0;
	result = do_call(&creds, kind, row->call, row->arg);
	ck_assert_msg(result == row->result, "%s: %ld, not %ld", row->why, result, row->result);
	for (int i = 0; i < CREDS_ID_N; i++)
		ck_assert_msg(creds.id[kind][i] == row->after[i], "%s: id %d is %u, not %u",
			      row->why, i, creds.id[kind][i], row->after[i]);
	for (int i = 0; i < CREDS_ID_N; i++)
		ck_assert_msg(creds.id[!kind][i] == 0, "%s: the other kind changed", row->why);
}
END_TEST

/* clang-format off */
static const struct cap_row {
	const char *why;
	uint32_t start[CREDS_ID_N];
	uint32_t securebits;
	uint64_t effective; /* before; permitted holds everything, ambient CAP_KILL */
	enum call call;
	uint32_t arg[3];
	uint64_t after_effective, after_permitted, after_ambient;
} cap_rows[] = {
	{"a full drop takes everything", {0, 0, 0, 0}, 0, CREDS_CAP_ALL, SETID, {1}, 0, 0, 0},
	{"keepcaps keeps permitted alone",
	 {0, 0, 0, 0}, SECBIT_KEEP_CAPS, CREDS_CAP_ALL, SETID, {1}, 0, CREDS_CAP_ALL, 0},
	{"no_setuid_fixup keeps everything",
	 {0, 0, 0, 0}, SECBIT_NO_SETUID_FIXUP, CREDS_CAP_ALL, SETID, {1}, CREDS_CAP_ALL,
	 CREDS_CAP_ALL, CAP(CAP_KILL)},
	{"seteuid away from root takes effective",
	 {0, 0, 0, 0}, 0, CREDS_CAP_ALL, SETEID, {1}, 0, CREDS_CAP_ALL, CAP(CAP_KILL)},
	{"seteuid to root gives effective",
	 {0, 1, 0, 1}, 0, 0, SETEID, {0}, CREDS_CAP_ALL, CREDS_CAP_ALL, CAP(CAP_KILL)},
	{"a saved 0 is still root",
	 {0, 0, 0, 0}, 0, CREDS_CAP_ALL, SETRESID, {1, 1, 0}, 0, CREDS_CAP_ALL, CAP(CAP_KILL)},
	{"setfsuid takes the file capabilities",
	 {0, 0, 0, 0}, 0, CREDS_CAP_ALL, SETFSID, {1}, CREDS_CAP_ALL & ~UINT64_C(0x10800021f),
	 CREDS_CAP_ALL, CAP(CAP_KILL)},
	{"setfsuid to 0 gives them back",
	 {0, 0, 0, 1}, 0, CAP(CAP_SETUID), SETFSID, {0},
	 CAP(CAP_SETUID) | UINT64_C(0x10800021f), CREDS_CAP_ALL, CAP(CAP_KILL)},
	{"setfsuid with no_setuid_fixup",
	 {0, 0, 0, 0}, SECBIT_NO_SETUID_FIXUP, CREDS_CAP_ALL, SETFSID, {1}, CREDS_CAP_ALL,
	 CREDS_CAP_ALL, CAP(CAP_KILL)},
};
/* clang-format on */

START_TEST(test_capabilities_follow_the_uid)
{
	const struct cap_row *row = &cap_rows[_i];
	struct creds creds;

	creds_init_root(&creds, &groups_a);
	memcpy(creds.id[FAKEID_UID], row->start, sizeof row->start);
	creds.securebits = row->securebits;
	creds.cap[CREDS_CAP_EFFECTIVE] = row->effective;
	creds.cap[CREDS_CAP_INHERITABLE] = creds.cap[CREDS_CAP_AMBIENT] = CAP(CAP_KILL);
	ck_assert_msg(do_call(&creds, FAKEID_UID, row->call, row->arg) >= 0, "%s", row->why);
	ck_assert_msg(creds.cap[CREDS_CAP_EFFECTIVE] == row->after_effective, "%s: effective %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_EFFECTIVE]);
	ck_assert_msg(creds.cap[CREDS_CAP_PERMITTED] == row->after_permitted, "%s: permitted %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_PERMITTED]);
	ck_assert_msg(creds.cap[CREDS_CAP_AMBIENT] == row->after_ambient, "%s: ambient %jx",
		      row->why, (uintmax_t)creds.cap[CREDS_CAP_AMBIENT]);
	ck_assert_uint_eq(creds.cap[CREDS_CAP_BOUNDING], CREDS_CAP_ALL);
}
END_TEST

START_TEST(test_a_change_of_gid_leaves_the_capabilities)
{
	struct creds creds;

	creds_init_root(&creds, &groups_a);
	ck_assert_int_eq(creds_setid(&creds, FAKEID_GID, 1000), 0);
	ck_assert_mem_eq(creds.cap, creds_root_caps, sizeof creds.cap);
}
END_TEST

/* util-linux sets the uid first and relies on keepcaps for the gid and the groups after it. */
START_TEST(test_setpriv_order_of_calls)
{
	const unsigned long on[4] = {1};
	const uint32_t none[1] = {0};
	struct creds creds;

	creds_init_root(&creds, &groups_a);
	ck_assert_int_eq(creds_prctl(&creds, PR_SET_KEEPCAPS, on), 0);
	ck_assert_int_eq(creds_setresid(&creds, FAKEID_UID, 1000, 1000, 1000), 0);
	ck_assert_int_eq(creds_check_setgroups(&creds, none, 0), -EPERM);
	ck_assert_int_eq(creds_capset(&creds, CAP(CAP_SETGID), CAP(CAP_SETGID), 0), 0);
	ck_assert_int_eq(creds_setresid(&creds, FAKEID_GID, 1000, 1000, 1000), 0);
	ck_assert_int_eq(creds_check_setgroups(&creds, none, 0), 0);
	ck_assert_int_eq(creds_exec(&creds, &groups_a, NULL), 0);
	ck_assert_uint_eq(creds.cap[CREDS_CAP_PERMITTED], 0);
	ck_assert_int_eq(creds_setid(&creds, FAKEID_UID, 0), -EPERM);
	ck_assert_int_eq(creds_setid(&creds, FAKEID_GID, 0), -EPERM);
}
END_TEST

START_TEST(test_groups_are_checked_and_sorted)
{
	static uint32_t list[CREDS_GROUPS_MAX];
	const uint32_t invalid[] = {5, NO}, few[] = {30, 4, 4, MAX, 0};
	const uint32_t sorted[] = {0, 4, 4, 30, MAX};
	uint64_t state = SEED;
	struct creds creds;

	creds_init_root(&creds, &groups_a);
	ck_assert_int_eq(creds_check_setgroups(&creds, invalid, 2), -EINVAL);
	ck_assert_int_eq(creds_check_setgroups(&creds, invalid, CREDS_GROUPS_MAX + 1), -EINVAL);
	ck_assert_int_eq(creds_check_setgroups(&creds, few, LEN(few)), 0);
	creds_fill_groups(&groups_a, few, LEN(few));
	ck_assert_uint_eq(groups_a.n, LEN(few));
	ck_assert_mem_eq(groups_a.list, sorted, sizeof sorted);
	ck_assert(groups_has(&groups_a, MAX) && !groups_has(&groups_a, 5));

	for (uint32_t i = 0; i < CREDS_GROUPS_MAX; i++)
		list[i] = (uint32_t)next_random(&state) & 0xfffff;
	creds_fill_groups(&groups_a, list, CREDS_GROUPS_MAX);
	for (uint32_t i = 1; i < CREDS_GROUPS_MAX; i++)
		ck_assert_uint_le(groups_a.list[i - 1], groups_a.list[i]);
	creds_fill_groups(&groups_a, list, 0);
	ck_assert_uint_eq(groups_a.n, 0);

	creds.cap[CREDS_CAP_EFFECTIVE] = 0;
	ck_assert_int_eq(creds_check_setgroups(&creds, invalid, 2), -EPERM);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("creds");
	TCase *rules = tcase_create("rules");

	tcase_add_loop_test(rules, test_ids_follow_the_rules, 0, 2 * LEN(id_rows));
	tcase_add_loop_test(rules, test_capabilities_follow_the_uid, 0, LEN(cap_rows));
	tcase_add_test(rules, test_a_change_of_gid_leaves_the_capabilities);
	tcase_add_test(rules, test_setpriv_order_of_calls);
	tcase_add_test(rules, test_groups_are_checked_and_sorted);
	suite_add_tcase(suite, rules);
	return run_suite(suite);
}
