/* SPDX-License-Identifier: MIT
 * volume_test.c - reading the mount table, and what tells filesystems apart.
 */
#include "daemon_help.h"

#include <string.h>
#include <sys/sysmacros.h>

static struct mounts parse(const char *text)
{
	struct mounts mounts;
	size_t size = strlen(text);
	char *copy = malloc(size + 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, text, size + 1);
	ck_assert_int_eq(mounts_parse(copy, size, &mounts), 0);
	return mounts;
}

START_TEST(test_rows_of_the_mount_table)
{
	struct mounts mounts = parse(
		"36 35 98:1 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n"
		"37 35 0:4095 / /a\\040b\\011\\134c rw - tmpfs none rw\n"
		"38 35 8:1048575 / /x rw shared:1 master:2 propagate_from:3 - xfs /dev/sda1 rw");

	ck_assert_uint_eq(mounts.n, 3);
	ck_assert_uint_eq(mounts.rows[0].dev, makedev(98, 1));
	ck_assert_str_eq(mounts.rows[0].point, "/mnt2");
	ck_assert_str_eq(mounts.rows[0].type, "ext3");
	ck_assert_str_eq(mounts.rows[0].source, "/dev/root");
	ck_assert_str_eq(mounts.rows[0].options, "rw,errors=continue");
	ck_assert_uint_eq(mounts.rows[1].dev, makedev(0, 4095));
	ck_assert_str_eq(mounts.rows[1].point, "/a b\t\\c");
	ck_assert_uint_eq(mounts.rows[2].dev, makedev(8, 1048575));
	ck_assert_str_eq(mounts.rows[2].type, "xfs");
	mounts_done(&mounts);
}
END_TEST

START_TEST(test_lines_that_make_no_sense_are_left_out)
{
	static const char *const lines[] = {"",
					    "\n\n",
					    "36",
					    "36 35",
					    "36 35 98 / / rw - t s o",
					    "36 35 98:x / / rw - t s o",
					    "36 35 :1 / / rw - t s o",
					    "36 35 99999999999:1 / / rw - t s o",
					    "36 35 98:1 / / rw t s o",
					    "36 35 98:1 / / rw -",
					    "36 35 98:1 / / rw - t s"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++) {
		struct mounts mounts = parse(lines[i]);

		ck_assert_msg(mounts.n == 0, "%s", lines[i]);
		mounts_done(&mounts);
	}
}
END_TEST

/* Every prefix of a good table: no crash, and never more rows than lines. */
START_TEST(test_a_table_cut_short_anywhere)
{
	const char *text = "36 35 98:1 / /a\\04 rw master:1 - ext3 /dev/root rw\n37 35 0:5 / /b\\ "
			   "rw - t n o\n";
	char cut[128];

	for (size_t size = 0; size < strlen(text); size++) {
		struct mounts mounts;

		memcpy(cut, text, size);
		cut[size] = '\0';
		mounts = parse(cut);
		ck_assert_uint_le(mounts.n, 2);
		mounts_done(&mounts);
	}
}
END_TEST

START_TEST(test_identities_come_back)
{
	struct volume_id id = {.kind = VOLUME_UUID, .type = 0xfffffffe, .dev = UINT64_MAX - 1},
			 back;
	uint8_t bytes[VOLUME_ID_BYTES];

	memset(id.id, 0x5a, sizeof(id.id));
	memset(id.boot_id, 0xa5, sizeof(id.boot_id));
	volume_id_encode(&id, bytes);
	ck_assert_int_eq(volume_id_decode(bytes, sizeof(bytes), &back), 0);
	ck_assert_uint_eq(back.kind, id.kind);
	ck_assert_uint_eq(back.type, id.type);
	ck_assert_uint_eq(back.dev, id.dev);
	ck_assert_mem_eq(back.id, id.id, sizeof(id.id));
	ck_assert_mem_eq(back.boot_id, id.boot_id, sizeof(id.boot_id));
	for (size_t size = 0; size < sizeof(bytes); size++)
		ck_assert_int_eq(volume_id_decode(bytes, size, &back), -EBADMSG);
	bytes[0] = 0;
	ck_assert_int_eq(volume_id_decode(bytes, sizeof(bytes), &back), -EBADMSG);
}
END_TEST

static struct volume_id identify(const char *type, const char *source, const char *options,
				 uint64_t dev)
{
	static const uint8_t boot_id[UTIL_BOOT_ID_BYTES] = {1, 2, 3};
	const struct mount mount = {dev, "/", type, source, options};
	struct volume_id id;

	volume_identify(&mount, -1, dev, boot_id, &id);
	return id;
}

static bool same(const struct volume_id *a, const struct volume_id *b)
{
	uint8_t first[VOLUME_ID_BYTES], second[VOLUME_ID_BYTES];

	volume_id_encode(a, first);
	volume_id_encode(b, second);
	return memcmp(first, second, sizeof(first)) == 0;
}

START_TEST(test_filesystems_over_a_network_are_known_by_source)
{
	struct volume_id a = identify("nfs4", "host:/a", "rw", 40),
			 again = identify("nfs4", "host:/a", "ro", 77);
	struct volume_id b = identify("nfs4", "host:/b", "rw", 40);

	ck_assert(same(&a, &again));
	ck_assert(!same(&a, &b));
}
END_TEST

START_TEST(test_filesystems_without_an_identity_are_bound_to_device_and_boot)
{
	struct volume_id a = identify("fuse.sshfs", "x", "rw", 40),
			 b = identify("fuse.sshfs", "x", "rw", 41);

	ck_assert_uint_eq(a.kind, VOLUME_DEVICE);
	ck_assert_uint_eq(a.dev, 40);
	ck_assert_uint_eq(a.boot_id[0], 1);
	ck_assert(!same(&a, &b));
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("volume");
	TCase *table = tcase_create("mount table");
	TCase *identity = tcase_create("identity");

	tcase_add_test(table, test_rows_of_the_mount_table);
	tcase_add_test(table, test_lines_that_make_no_sense_are_left_out);
	tcase_add_test(table, test_a_table_cut_short_anywhere);
	suite_add_tcase(suite, table);
	tcase_add_test(identity, test_identities_come_back);
	tcase_add_test(identity, test_filesystems_over_a_network_are_known_by_source);
	tcase_add_test(identity, test_filesystems_without_an_identity_are_bound_to_device_and_boot);
	suite_add_tcase(suite, identity);
	return run_suite(suite);
}
