/* SPDX-License-Identifier: MIT
 * xattrs_test.c - names, capabilities, ACLs and lists by the kernel's rules. tests/bats/xattr.bats
 * checks the same rules against a real root.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cursor.h"
#include "core/xattrs.h"
#include "run_suite.h"

#define SEED UINT64_C(0x5eed0b0b)
#define N_ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

enum { U = 0x01, NU = 0x02, G = 0x04, NG = 0x08, M = 0x10, O = 0x20 };

struct entry {
	uint16_t tag, perm;
	uint32_t id;
};

#define NOBODY UINT32_C(0xffffffff)
#define ACL_MAX_BYTES (4 + 8 * 8)

/* Bytes of an ACL; the list ends with tag 0. */
static size_t make_acl(uint8_t *ret_bytes, const struct entry *entries)
{
	struct writer w = {ret_bytes, ACL_MAX_BYTES, false};

	write_u32(&w, 2);
	for (; entries->tag; entries++) {
		write_u16(&w, entries->tag);
		write_u16(&w, entries->perm);
		write_u32(&w, entries->id);
	}
	ck_assert(!w.bad);
	return ACL_MAX_BYTES - w.left;
}

static void assert_acl(const uint8_t *bytes, size_t size, const struct entry *entries)
{
	uint8_t expected[ACL_MAX_BYTES];

	ck_assert_uint_eq(size, make_acl(expected, entries));
	ck_assert_mem_eq(bytes, expected, size);
}

static const struct {
	const char *name;
	enum xattrs_class class;
} names[] = {
	{"user.a", XATTRS_REAL},
	{"", XATTRS_REAL},
	{"security", XATTRS_REAL},
	{"security.", XATTRS_BARE},
	{"security.a", XATTRS_SECURITY},
	{"security.capability", XATTRS_CAPABILITY},
	{"security.capability2", XATTRS_SECURITY},
	{"trusted", XATTRS_REAL},
	{"trusted.", XATTRS_BARE},
	{"trusted.overlay.opaque", XATTRS_TRUSTED},
	{"system.posix_acl_access", XATTRS_ACL_ACCESS},
	{"system.posix_acl_default", XATTRS_ACL_DEFAULT},
	{"system.posix_acl_accessx", XATTRS_REAL},
	{"system.posix_acl", XATTRS_REAL},
};

START_TEST(test_a_name_has_one_class)
{
	ck_assert_msg(xattrs_classify(names[_i].name) == names[_i].class, "%s", names[_i].name);
}
END_TEST

static const struct {
	const char *why;
	uint32_t magic;
	size_t size;
	uint32_t root;
	int expected;
	uint32_t ret_magic;
	size_t ret_size;
} capabilities[] = {
	{"version 2 stays", 0x02000000, 20, 0, 0, 0x02000000, 20},
	{"the effective flag stays", 0x02000001, 20, 0, 0, 0x02000001, 20},
	{"another flag is refused", 0x02000002, 20, 0, -EINVAL, 0, 0},
	{"version 3 for root reads as 2", 0x03000001, 24, 0, 0, 0x02000001, 20},
	{"version 3 for another id stays", 0x03000001, 24, 1000, 0, 0x03000001, 24},
	{"the largest id", 0x03000000, 24, 0xfffffffe, 0, 0x03000000, 24},
	{"id -1", 0x03000000, 24, 0xffffffff, -EINVAL, 0, 0},
	{"version 1", 0x01000000, 12, 0, -EINVAL, 0, 0},
	{"version 2 with the size of 3", 0x02000000, 24, 0, -EINVAL, 0, 0},
	{"version 3 with the size of 2", 0x03000000, 20, 0, -EINVAL, 0, 0},
	{"one byte short", 0x02000000, 19, 0, -EINVAL, 0, 0},
	{"nothing", 0, 0, 0, -EINVAL, 0, 0},
};

START_TEST(test_capabilities_read_back_as_from_the_kernel)
{
	uint8_t value[24], *exact = malloc(capabilities[_i].size + 1);
	uint8_t got[XATTRS_CAPABILITY_MAX_BYTES], filled[XATTRS_CAPABILITY_MAX_BYTES];
	struct writer w = {value, sizeof(value), false};
	size_t size = 0xA5A5;
	int r;

	ck_assert_ptr_nonnull(exact);
	memset(got, 0xA5, sizeof(got));
	memset(filled, 0xA5, sizeof(filled));
	write_u32(&w, capabilities[_i].magic);
	for (uint32_t word = 1; word <= 4; word++)
		write_u32(&w, word << 8);
	write_u32(&w, capabilities[_i].root);
	memcpy(exact, value, capabilities[_i].size);

	r = xattrs_capability(exact, capabilities[_i].size, got, &size);
	free(exact);
	ck_assert_msg(r == capabilities[_i].expected, "%s: %d", capabilities[_i].why, r);
	if (r < 0) {
		ck_assert_uint_eq(size, 0xA5A5);
		ck_assert_mem_eq(got, filled, sizeof(got));
		return;
	}
	ck_assert_uint_eq(size, capabilities[_i].ret_size);
	w = (struct writer){value, 4, false};
	write_u32(&w, capabilities[_i].ret_magic);
	ck_assert_mem_eq(got, value, size);
}
END_TEST

static const struct {
	const char *why;
	int parsed, valid;
	struct entry entries[8];
	uint16_t mode;
	bool minimal;
} acls[] = {
	{"three entries", 3, 0, {{U, 6, 0}, {G, 4, 0}, {O, 1, 0}}, 0641, true},
	{"the mask is the group's bits",
	 6,
	 0,
	 {{U, 6, 0}, {NU, 5, 33}, {G, 4, 0}, {NG, 1, 44}, {M, 7, 0}, {O, 0, 0}},
	 0670,
	 false},
	{"a mask alone", 4, 0, {{U, 6, 0}, {G, 4, 0}, {M, 0, 0}, {O, 0, 0}}, 0600, false},
	{"a name twice",
	 6,
	 0,
	 {{U, 7, 0}, {NU, 5, 33}, {NU, 5, 33}, {G, 4, 0}, {M, 7, 0}, {O, 0, 0}},
	 0770,
	 false},
	{"the largest id",
	 5,
	 0,
	 {{U, 7, 0}, {NU, 5, 0xfffffffe}, {G, 4, 0}, {M, 1, 0}, {O, 0, 0}},
	 0710,
	 false},
	{"a named user without mask",
	 4,
	 -EINVAL,
	 {{U, 6, 0}, {NU, 5, 33}, {G, 4, 0}, {O, 0, 0}},
	 0,
	 0},
	{"a named group without mask",
	 4,
	 -EINVAL,
	 {{U, 6, 0}, {G, 4, 0}, {NG, 5, 33}, {O, 0, 0}},
	 0,
	 0},
	{"a user after the group",
	 5,
	 -EINVAL,
	 {{U, 6, 0}, {G, 4, 0}, {NU, 5, 33}, {M, 7, 0}, {O, 0, 0}},
	 0,
	 0},
	{"a group before the owner", 3, -EINVAL, {{G, 4, 0}, {U, 6, 0}, {O, 0, 0}}, 0, 0},
	{"no owner", 2, -EINVAL, {{G, 4, 0}, {O, 0, 0}}, 0, 0},
	{"no group", 2, -EINVAL, {{U, 4, 0}, {O, 0, 0}}, 0, 0},
	{"no other", 2, -EINVAL, {{U, 6, 0}, {G, 4, 0}}, 0, 0},
	{"other twice", 4, -EINVAL, {{U, 6, 0}, {G, 4, 0}, {O, 0, 0}, {O, 0, 0}}, 0, 0},
	{"a name after other", 4, -EINVAL, {{U, 6, 0}, {G, 4, 0}, {O, 0, 0}, {NG, 5, 1}}, 0, 0},
	{"a fourth permission bit", 3, -EINVAL, {{U, 8, 0}, {G, 4, 0}, {O, 0, 0}}, 0, 0},
	{"two tags at once", -EINVAL, 0, {{3, 6, 0}, {G, 4, 0}, {O, 0, 0}}, 0, 0},
	{"user id -1",
	 -EINVAL,
	 0,
	 {{U, 6, 0}, {NU, 5, NOBODY}, {G, 4, 0}, {M, 7, 0}, {O, 0, 0}},
	 0,
	 0},
	{"group id -1",
	 -EINVAL,
	 0,
	 {{U, 6, 0}, {G, 4, 0}, {NG, 5, NOBODY}, {M, 7, 0}, {O, 0, 0}},
	 0,
	 0},
	{"empty", 0, 0, {{0, 0, 0}}, 0, 0},
};

START_TEST(test_acls_are_checked_as_by_the_kernel)
{
	uint8_t acl[ACL_MAX_BYTES];
	size_t size = make_acl(acl, acls[_i].entries);
	int parsed = xattrs_acl_parse(acl, size);
	bool minimal = false;
	uint16_t mode = 0;

	ck_assert_msg(parsed == acls[_i].parsed, "%s: %d", acls[_i].why, parsed);
	if (parsed <= 0)
		return;
	ck_assert_msg(xattrs_acl_validate(acl, size) == acls[_i].valid, "%s", acls[_i].why);
	if (acls[_i].valid < 0)
		return;
	xattrs_acl_mode(acl, size, &mode, &minimal);
	ck_assert_msg(mode == acls[_i].mode, "%s: %o", acls[_i].why, mode);
	ck_assert_msg(minimal == acls[_i].minimal, "%s", acls[_i].why);
}
END_TEST

START_TEST(test_every_size_but_whole_entries_is_refused)
{
	static const struct entry entries[] = {{U, 6, 0}, {G, 4, 0}, {O, 1, 0}, {0, 0, 0}};
	uint8_t acl[ACL_MAX_BYTES];
	size_t whole = make_acl(acl, entries);

	for (size_t size = 0; size <= whole; size++) {
		uint8_t *exact = malloc(size + 1);
		int expected = size >= 4 && (size - 4) % 8 == 0 ? (int)((size - 4) / 8) : -EINVAL;

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, acl, size);
		ck_assert_int_eq(xattrs_acl_parse(exact, size), expected);
		free(exact);
	}
	acl[0] = 1;
	ck_assert_int_eq(xattrs_acl_parse(acl, whole), -EOPNOTSUPP);
}
END_TEST

/* Whatever the bytes, nothing is read or written outside them (the sanitizer builds look). */
START_TEST(test_no_bytes_hurt)
{
	const struct view view = {.ns = 1};
	uint64_t state = SEED;

	for (int round = 0; round < 20000; round++) {
		size_t size = (size_t)(round % 70);
		uint8_t *bytes = malloc(size + 1);
		uint16_t mode = 0644;
		bool minimal;

		ck_assert_ptr_nonnull(bytes);
		for (size_t i = 0; i < size; i++) {
			state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
			bytes[i] = (uint8_t)(state >> 60 << (state >> 40) % 3);
		}
		if (size > 4)
			memcpy(bytes, "\2\0\0", 4);
		if (xattrs_acl_parse(bytes, size) > 0 && xattrs_acl_validate(bytes, size) == 0) {
			xattrs_acl_mode(bytes, size, &mode, &minimal);
			xattrs_acl_apply_mode(bytes, size, 0750);
			xattrs_acl_show(&view, bytes, size);
			xattrs_acl_normalize(bytes, size);
			ck_assert_int_eq(xattrs_acl_validate(bytes, size), 0);
			ck_assert_int_ge(xattrs_acl_inherit(bytes, size, &mode), 0);
		}
		free(bytes);
	}
}
END_TEST

START_TEST(test_the_mode_shines_through)
{
	static const struct entry full[] = {{U, 6, 1}, {NU, 5, 33}, {G, 4, 2},
					    {M, 7, 3}, {O, 0, 4},   {0}};
	static const struct entry after[] = {{U, 7, NOBODY}, {NU, 5, 33},    {G, 4, NOBODY},
					     {M, 1, NOBODY}, {O, 2, NOBODY}, {0}};
	static const struct entry three[] = {{U, 6, 0}, {G, 4, 0}, {O, 0, 0}, {0}};
	static const struct entry three_after[] = {{U, 7, 0}, {G, 1, 0}, {O, 2, 0}, {0}};
	uint8_t acl[ACL_MAX_BYTES];
	size_t size = make_acl(acl, full);

	xattrs_acl_apply_mode(acl, size, 04712);
	xattrs_acl_normalize(acl, size);
	assert_acl(acl, size, after);
	size = make_acl(acl, three);
	xattrs_acl_apply_mode(acl, size, 0712);
	assert_acl(acl, size, three_after);
}
END_TEST

START_TEST(test_host_ids_show_by_the_policy)
{
	static const struct entry disk[] = {
		{U, 6, NOBODY}, {NU, 5, 1000},	{NU, 5, 1001},	{G, 4, NOBODY},
		{NG, 1, 100},	{M, 7, NOBODY}, {O, 0, NOBODY}, {0}};
	static const struct entry root[] = {{U, 6, NOBODY}, {NU, 5, 0}, {NU, 5, 0},
					    {G, 4, NOBODY}, {NG, 1, 0}, {M, 7, NOBODY},
					    {O, 0, NOBODY}, {0}};
	struct view view = {.ns = 7};
	uint8_t acl[ACL_MAX_BYTES];
	size_t size = make_acl(acl, disk);

	xattrs_acl_show(&view, acl, size);
	assert_acl(acl, size, root);
	view.mapped = view.all_real = true;
	size = make_acl(acl, disk);
	xattrs_acl_show(&view, acl, size);
	assert_acl(acl, size, disk);
}
END_TEST

START_TEST(test_a_default_acl_is_inherited)
{
	static const struct entry full[] = {{U, 6, 0}, {NU, 5, 33}, {G, 4, 0},
					    {M, 7, 0}, {O, 5, 0},   {0}};
	static const struct entry file[] = {{U, 6, 0}, {NU, 5, 33}, {G, 4, 0},
					    {M, 4, 0}, {O, 4, 0},   {0}};
	static const struct entry three[] = {{U, 7, 0}, {G, 5, 0}, {O, 5, 0}, {0}};
	static const struct entry no_group[] = {{U, 7, 0}, {O, 5, 0}, {0}};
	uint8_t acl[ACL_MAX_BYTES];
	uint16_t mode = 02644;
	size_t size = make_acl(acl, full);

	ck_assert_int_eq(xattrs_acl_inherit(acl, size, &mode), 1);
	ck_assert_uint_eq(mode, 02644);
	assert_acl(acl, size, file);

	mode = 0666;
	size = make_acl(acl, three);
	ck_assert_int_eq(xattrs_acl_inherit(acl, size, &mode), 0);
	ck_assert_uint_eq(mode, 0644);

	mode = 0666;
	size = make_acl(acl, no_group);
	ck_assert_int_eq(xattrs_acl_inherit(acl, size, &mode), -EIO);
	ck_assert_uint_eq(mode, 0666);
}
END_TEST

#define NAMES(text)                    \
	{                              \
		text, sizeof(text) - 1 \
	}

static const struct {
	const char *why;
	struct {
		const char *at;
		size_t size;
	} real, kept, expected;
	bool with_trusted;
} lists[] = {
	{"nothing", {"", 0}, {"", 0}, {"", 0}, true},
	{"real only", NAMES("user.a\0"), {"", 0}, NAMES("user.a\0"), true},
	{"kept only", {"", 0}, NAMES("trusted.a\0"), NAMES("trusted.a\0"), true},
	{"both", NAMES("user.a\0"), NAMES("trusted.a\0security.b\0"),
	 NAMES("user.a\0trusted.a\0security.b\0"), true},
	{"the second of two goes", NAMES("security.b\0user.a\0"),
	 NAMES("trusted.a\0security.b\0security.c\0"),
	 NAMES("security.b\0user.a\0trusted.a\0security.c\0"), true},
	{"a beginning is another name", NAMES("security.bb\0"), NAMES("security.b\0"),
	 NAMES("security.bb\0security.b\0"), true},
	{"trusted is for the privileged", NAMES("user.a\0"), NAMES("trusted.a\0security.b\0"),
	 NAMES("user.a\0security.b\0"), false},
	{"a last name without end goes", NAMES("user.a\0"), NAMES("trusted.a\0security.b"),
	 NAMES("user.a\0trusted.a\0"), true},
};

START_TEST(test_two_lists_become_one)
{
	size_t real = lists[_i].real.size, kept = lists[_i].kept.size;
	char *list = malloc(real + kept + 1);
	size_t size;

	ck_assert_ptr_nonnull(list);
	memcpy(list, lists[_i].real.at, real);
	memcpy(list + real, lists[_i].kept.at, kept);
	size = xattrs_list_merge(list, real, kept, lists[_i].with_trusted);
	ck_assert_msg(size == lists[_i].expected.size, "%s: %zu", lists[_i].why, size);
	ck_assert_msg(memcmp(list, lists[_i].expected.at, size) == 0, "%s", lists[_i].why);
	free(list);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xattrs");
	TCase *plain = tcase_create("names and lists");
	TCase *acl = tcase_create("acl");

	tcase_add_loop_test(plain, test_a_name_has_one_class, 0, N_ROWS(names));
	tcase_add_loop_test(plain, test_capabilities_read_back_as_from_the_kernel, 0,
			    N_ROWS(capabilities));
	tcase_add_loop_test(plain, test_two_lists_become_one, 0, N_ROWS(lists));
	tcase_add_loop_test(acl, test_acls_are_checked_as_by_the_kernel, 0, N_ROWS(acls));
	tcase_add_test(acl, test_every_size_but_whole_entries_is_refused);
	tcase_add_test(acl, test_no_bytes_hurt);
	tcase_add_test(acl, test_the_mode_shines_through);
	tcase_add_test(acl, test_host_ids_show_by_the_policy);
	tcase_add_test(acl, test_a_default_acl_is_inherited);
	suite_add_tcase(suite, plain);
	suite_add_tcase(suite, acl);
	return run_suite(suite);
}
