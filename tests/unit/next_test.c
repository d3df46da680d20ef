/* SPDX-License-Identifier: MIT
 * next_test.c - the loader's own look-up and ours name the same definitions. This program is the
 * first object in the search order, so what comes next is libc's.
 */
#include <check.h>
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "shim/next.h"
#include "run_suite.h"

static const struct {
	const char *why, *name;
} rows[] = {
	{"plain", "execve"},
	{"plain", "fstatat"},
	{"two versions, the default one counts", "posix_spawn"},
	{"two versions, the default one counts", "nftw"},
	{"two versions, the default one counts", "glob"},
	{"the address is what a resolver returns", "memcpy"},
	{"the address is what a resolver returns", "strchr"},
	{"the resolver asks the vdso", "time"},
	{"weak", "fork"},
};

START_TEST(test_finds_what_the_loader_finds)
{
	void *expected = dlsym(RTLD_NEXT, rows[_i].name);

	ck_assert_msg(expected != NULL, "%s", rows[_i].name);
	ck_assert_msg(next_find(rows[_i].name) == expected, "%s: %s", rows[_i].name, rows[_i].why);
}
END_TEST

/* The loader gives these only to programs linked long ago; as glibc before 2.33 declared them they
 * still have to work for those. */
START_TEST(test_a_name_with_old_versions_only_is_found)
{
	ck_assert_ptr_null(dlsym(RTLD_NEXT, "no_such_function"));
	ck_assert_ptr_ne(next_find("__xstat"), next_find("no_such_function"));
}
END_TEST

START_TEST(test_a_missing_name_fails_with_enosys)
{
	void *found = next_find("no_such_function");
	long (*call)(void) = (long (*)(void))found;

	ck_assert_ptr_nonnull(found);
	errno = 0;
	ck_assert_int_eq(call(), -1);
	ck_assert_int_eq(errno, ENOSYS);
}
END_TEST

START_TEST(test_names_that_only_begin_alike_are_missing)
{
	ck_assert_ptr_eq(next_find("execv_"), next_find("no_such_function"));
	ck_assert_ptr_eq(next_find("exec"), next_find("no_such_function"));
	ck_assert_ptr_eq(next_find(""), next_find("no_such_function"));
	/* Ours, and so not behind us. */
	ck_assert_ptr_eq(next_find("next_find"), next_find("no_such_function"));
}
END_TEST

START_TEST(test_the_macro_calls_it)
{
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(NEXT(getpid)(), getpid());
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("next");
	TCase *find = tcase_create("find");

	tcase_add_loop_test(find, test_finds_what_the_loader_finds, 0,
			    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(find, test_a_name_with_old_versions_only_is_found);
	tcase_add_test(find, test_a_missing_name_fails_with_enosys);
	tcase_add_test(find, test_names_that_only_begin_alike_are_missing);
	tcase_add_test(find, test_the_macro_calls_it);
	suite_add_tcase(suite, find);
	return run_suite(suite);
}
