/* SPDX-License-Identifier: MIT
 * space_xattrs_test.c - what an index says of xattrs, of which it holds none itself.
 */
#include "space_help.h"

static const struct class
{
	const char *name;
	uint32_t flag;
} classes[] = {
	{"system.posix_acl_access", INDEX_HAS_ACLS}, {"system.posix_acl_default", INDEX_HAS_ACLS},
	{"security.capability", INDEX_HAS_CAPS},     {"security.selinux", INDEX_HAS_SECURITY},
	{"security.capabilit", INDEX_HAS_SECURITY},  {"trusted.x", INDEX_HAS_TRUSTED},
};
#define N_CLASSES (sizeof classes / sizeof *classes)

static uint32_t class_flags(const struct segment *segment)
{
	return atomic_load(&segment->index.header->flags) & INDEX_XATTR_CLASSES;
}

/* Of a file whose record is still on its way. */
static void keep_xattr(uint64_t ino, const char *name)
{
	const struct store_file file = {space->fsns, {ino, VOLUME}, 1};

	ck_assert_int_eq(store_put_xattr(daemon_.store, &file, name, strlen(name), "1", 1), 0);
}

START_TEST(test_classes_of_xattrs_are_known_from_the_store)
{
	const struct store_file other = {space->fsns + 1, {1, VOLUME}, 1};

	keep_xattr(9, classes[_i].name);
	ck_assert_int_eq(store_put_xattr(daemon_.store, &other, "trusted.a", 9, "1", 1), 0);
	ck_assert_int_eq(store_put_xattr(daemon_.store, &other, "security.a", 10, "1", 1), 0);
	build_anew();
	ck_assert(!space_is_loading(space));
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
	grow();
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
}
END_TEST

START_TEST(test_before_the_classes_are_known_the_index_says_that_it_is_loading)
{
	bool was_loading = true;

	for (uint64_t ino = 1; ino <= 1000; ino++) {
		keep_xattr(ino, "user.nobody-keeps");
		keep_xattr(ino, "user.nobody-keeps-either");
	}
	keep_xattr(1001, classes[_i].name);
	fill_store(30000);
	build_anew();
	while (space_is_loading(space)) {
		was_loading = !class_flags(&space->cur);
		ck_assert(space_grow_slice(&daemon_, space, 0) >= 0);
		if (!space_is_growing(space))
			(void)load_slice(&daemon_, space, 0);
	}
	ck_assert(!was_loading);
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
}
END_TEST

START_TEST(test_a_class_is_raised_in_every_segment)
{
	ck_assert_uint_eq(class_flags(&space->cur), 0);
	ck_assert_int_eq(space_grow_begin(&daemon_, space), 0);
	ck_assert(space_is_growing(space));
	space_note_xattr(space, classes[_i].name, strlen(classes[_i].name));
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
	ck_assert_uint_eq(class_flags(&space->next), classes[_i].flag);
	space_note_xattr(space, "user.x", 6);
	ck_assert_int_eq(space_grow_finish(&daemon_, space), SPACE_SETTLED);
	ck_assert_uint_eq(class_flags(&space->cur), classes[_i].flag);
	ck_assert(!space_has_all_classes(space));
	for (size_t i = 0; i < N_CLASSES; i++)
		space_note_xattr(space, classes[i].name, strlen(classes[i].name));
	ck_assert(space_has_all_classes(space));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("xattrs of a space");
	TCase *tcase = tcase_create("classes of xattrs");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_loop_test(tcase, test_classes_of_xattrs_are_known_from_the_store, 0, N_CLASSES);
	tcase_add_loop_test(tcase,
			    test_before_the_classes_are_known_the_index_says_that_it_is_loading, 0,
			    N_CLASSES);
	tcase_add_loop_test(tcase, test_a_class_is_raised_in_every_segment, 0, N_CLASSES);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
