/* SPDX-License-Identifier: MIT
 * creds_text_test.c - the value of FAKEID_CREDS: round trips, and every odd text is a fresh root's.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/creds.h"
#include "run_suite.h"

#define SEED UINT64_C(0x5eed0002)
#define ROUNDS 2000
#define MAX (FAKEID_ID_INVALID - 1)
#define LEN(array) ((int)(sizeof(array) / sizeof((array)[0])))

static struct groups groups_a, groups_b;

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static void random_creds(uint64_t *state, struct creds *ret_creds, struct groups *ret_groups)
{
	uint32_t n = (uint32_t)next_random(state) % 20, gid = 0;

	creds_init_root(ret_creds, ret_groups);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		for (int i = 0; i < CREDS_ID_N && next_random(state) & 3; i++)
			ret_creds->id[kind][i] = (uint32_t)next_random(state) & ~1u;
	if (next_random(state) & 1)
		for (int i = 0; i < CREDS_CAPSET_N; i++)
			ret_creds->cap[i] = next_random(state) & CREDS_CAP_ALL;
	ret_creds->cap[CREDS_CAP_EFFECTIVE] &= ret_creds->cap[CREDS_CAP_PERMITTED];
	ret_creds->cap[CREDS_CAP_AMBIENT] &= ret_creds->cap[CREDS_CAP_PERMITTED] &
					     ret_creds->cap[CREDS_CAP_INHERITABLE];
	ret_creds->securebits = (uint32_t)next_random(state) & CREDS_SECUREBITS;
	ret_creds->no_new_privs = next_random(state) & 1;
	ret_creds->undumpable = next_random(state) & 1;
	ret_groups->n = n;
	for (uint32_t i = 0; i < n; i++)
		ret_groups->list[i] = gid += (uint32_t)next_random(state) % 4;
}

static void assert_same(const struct creds *a, const struct groups *ga, const struct creds *b,
			const struct groups *gb, const char *text)
{
	ck_assert_msg(!memcmp(a->id, b->id, sizeof a->id), "ids of %s", text);
	ck_assert_msg(!memcmp(a->cap, b->cap, sizeof a->cap), "capabilities of %s", text);
	ck_assert_msg(a->securebits == b->securebits, "securebits of %s", text);
	ck_assert_msg(a->no_new_privs == b->no_new_privs, "no_new_privs of %s", text);
	ck_assert_msg(a->undumpable == b->undumpable, "undumpable of %s", text);
	ck_assert_msg(ga->n == gb->n, "number of groups of %s", text);
	ck_assert_msg(!memcmp(ga->list, gb->list, ga->n * sizeof ga->list[0]), "groups of %s",
		      text);
}

START_TEST(test_text_round_trips)
{
	uint64_t state = SEED;

	printf("seed %#jx\n", (uintmax_t)SEED);
	for (int i = 0; i < ROUNDS; i++) {
		uint32_t umask_user = (uint32_t)next_random(&state) & 0700, umask_back = 1;
		char text[CREDS_TEXT_BASE_BYTES + 20 * CREDS_TEXT_GROUP_BYTES];
		struct creds a, b;
		size_t len;

		random_creds(&state, &a, &groups_a);
		memset(&b, 0xa5, sizeof b);
		ck_assert_int_eq(creds_format(&a, &groups_a, umask_user, text, sizeof text, &len),
				 0);
		ck_assert_uint_eq(len, strlen(text));
		ck_assert_int_eq(creds_parse(text, &b, &groups_b, &umask_back), 0);
		assert_same(&a, &groups_a, &b, &groups_b, text);
		ck_assert_uint_eq(umask_user, umask_back);

		for (size_t size = 0; size <= len; size++) {
			char *exact = malloc(size + 1);
			size_t kept = 77;

			ck_assert_ptr_nonnull(exact);
			exact[size] = 'x';
			ck_assert_int_eq(
				creds_format(&a, &groups_a, umask_user, exact, size, &kept),
				-E2BIG);
			ck_assert_uint_eq(kept, 77);
			ck_assert_int_eq(exact[size], 'x');
			free(exact);
		}
	}
}
END_TEST

START_TEST(test_a_fresh_root_has_no_text)
{
	struct creds creds;
	char text[1] = "x";
	size_t len = 7;

	creds_init_root(&creds, &groups_a);
	ck_assert_int_eq(creds_format(&creds, &groups_a, 0, text, sizeof text, &len), 0);
	ck_assert_uint_eq(len, 0);
	ck_assert_str_eq(text, "");
}
END_TEST

START_TEST(test_text_is_as_documented)
{
	const uint32_t gids[] = {4, 24, 25, 26, 26, 30};
	struct creds creds;
	char text[CREDS_TEXT_BASE_BYTES];
	size_t len;

	creds_init_root(&creds, &groups_a);
	creds_fill_groups(&groups_a, gids, LEN(gids));
	memcpy(creds.id, (uint32_t[2][4]){{1, 2, 3, 4}, {5, 6, 7, MAX}}, sizeof creds.id);
	creds.cap[CREDS_CAP_EFFECTIVE] = 0xab;
	creds.securebits = 0x1f;
	creds.no_new_privs = creds.undumpable = creds.secure = true;
	ck_assert_int_eq(creds_format(&creds, &groups_a, 0300, text, sizeof text, &len), 0);
	ck_assert_str_eq(text,
			 "u=1,2,3,4;g=5,6,7,4294967294;G=4,24-26,26,30;"
			 "cap=ab,1ffffffffff,0,1ffffffffff,0;sb=1f;nnp=1;nodump=1;sec=1;umask=300");
}
END_TEST

START_TEST(test_a_full_list_of_neighbours_is_short)
{
	struct creds a, b;
	uint32_t umask_user;
	char text[64];
	size_t len;

	creds_init_root(&a, &groups_a);
	groups_a.n = CREDS_GROUPS_MAX;
	for (uint32_t i = 0; i < CREDS_GROUPS_MAX; i++)
		groups_a.list[i] = 1000 + i;
	ck_assert_int_eq(creds_format(&a, &groups_a, 0, text, sizeof text, &len), 0);
	ck_assert_str_eq(text, "G=1000-66535");
	ck_assert_int_eq(creds_parse(text, &b, &groups_b, &umask_user), 0);
	assert_same(&a, &groups_a, &b, &groups_b, text);
}
END_TEST

/* clang-format off */
static const char *const bad_texts[] = {
	";", "u", "u=", "u=0", "u=0,0,0", "u=0,0,0,0,0", "u=0,0,0,0;", ";u=0,0,0,0", "x=1",
	"u=0,0,0,4294967295", "u=0,0,0,4294967296", "u=0,0,0,99999999999999999999999",
	"u=00,0,0,0", "u=0,0,0,-1", "u= 0,0,0,0", "u=0,0,0,0 ", "u=0,0,0,a",
	"u=0,0,0,0;u=0,0,0,0", "U=0,0,0,0", "g=0,,0,0", "G=,", "G=1,", "G=2,1", "G=4294967295",
	"G=5-4", "G=5-5", "G=1-2-3", "G=0-65536", "G=0-65535,65535", "G=0-4294967294", "G=1-",
	"G=-1", "cap=1", "cap=0,0,0,0", "cap=0,0,0,0,0,0", "cap=1,0,0,0,0", "cap=0,1,0,0,1",
	"cap=0,0,1,0,1", "cap=0,0,0,20000000000,0", "cap=0,0,0,A,0", "sb=1000", "sb=", "sb=0x1",
	"sec=0", "sec=", "sec=1;sec=1", "nnp=0", "nnp=", "nnp=11", "nnp=1;nnp=1", "umask=77", "umask=1000", "umask=8", "umask=",
	"umask=0100", "u=0,0,0,0;;g=0,0,0,0", "u=0,0,0,0g=0,0,0,0",
};
/* clang-format on */

START_TEST(test_odd_texts_are_a_fresh_root)
{
	char text[128];
	uint32_t umask_user = 0500;
	struct creds creds;

	/* What was good before the odd part must not stay. */
	snprintf(text, sizeof text, "umask=700;sb=1;%s", bad_texts[_i]);
	for (const char *t = text;; t = bad_texts[_i]) {
		memset(&creds, 0xa5, sizeof creds);
		groups_a.n = 2;
		ck_assert_msg(creds_parse(t, &creds, &groups_a, &umask_user) == -EINVAL, "%s", t);
		ck_assert_mem_eq(creds.cap, creds_root_caps, sizeof creds.cap);
		ck_assert_uint_eq(creds.id[FAKEID_UID][CREDS_FS], 0);
		ck_assert_uint_eq(creds.securebits, 0);
		ck_assert_uint_eq(groups_a.n, 1);
		ck_assert_uint_eq(umask_user, 0);
		if (t == bad_texts[_i])
			break;
	}
}
END_TEST

/* A text with one character changed is refused, or means something that comes back the same. */
START_TEST(test_changed_texts_are_refused_or_meant)
{
	static const char good[] =
		"u=1,2,3,4;g=5,6,7,8;G=4,24-26;cap=1,3,7,f,1;sb=1f;nnp=1;sec=1;umask=700";

	for (size_t at = 0; at < sizeof good - 1; at++)
		for (int c = 0; c < 256; c++) {
			char text[sizeof good], again[CREDS_TEXT_BASE_BYTES];
			uint32_t umask_user, umask_back;
			struct creds a, b;
			size_t len;

			memcpy(text, good, sizeof good);
			text[at] = (char)c;
			if (creds_parse(text, &a, &groups_a, &umask_user) < 0)
				continue;
			ck_assert_int_eq(
				creds_format(&a, &groups_a, umask_user, again, sizeof again, &len),
				0);
			ck_assert_int_eq(creds_parse(again, &b, &groups_b, &umask_back), 0);
			assert_same(&a, &groups_a, &b, &groups_b, text);
			ck_assert_uint_eq(umask_user, umask_back);
		}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("creds_text");
	TCase *text = tcase_create("text");

	tcase_set_timeout(text, 60);
	tcase_add_test(text, test_text_round_trips);
	tcase_add_test(text, test_a_fresh_root_has_no_text);
	tcase_add_test(text, test_text_is_as_documented);
	tcase_add_test(text, test_a_full_list_of_neighbours_is_short);
	tcase_add_loop_test(text, test_odd_texts_are_a_fresh_root, 0, LEN(bad_texts));
	tcase_add_test(text, test_changed_texts_are_refused_or_meant);
	suite_add_tcase(suite, text);
	return run_suite(suite);
}
