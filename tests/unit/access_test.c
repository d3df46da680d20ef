/* SPDX-License-Identifier: MIT
 * access_test.c - core/access.c beside the running kernel: real files of all owners, modes and
 * ACLs, and a child of each kind that asks for them. Needs root, whose files and children they are.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "core/access.h"
#include "core/cursor.h"
#include "run_suite.h"

#define N_ROWS(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))
#define OWNER 1000u
#define GROUP 2000u
#define NAMED_GROUP 2001u
#define NAMED 1001u
#define CAP(name) (UINT64_C(1) << (name))

static char place[] = "/var/tmp/access-test-XXXXXX";

/* Everybody an answer may depend on. */
static const struct {
	const char *who;
	uint32_t uid, gid;
	uint32_t n_groups, groups[2];
	uint64_t caps;
} subjects[] = {
	{"the owner", OWNER, 3000, 0, {0}, 0},
	{"the owner, of the group", OWNER, GROUP, 0, {0}, 0},
	{"of the group", 1002, GROUP, 0, {0}, 0},
	{"of the group, among others", 1002, 3000, 2, {GROUP, 3001}, 0},
	{"another", 1002, 3000, 0, {0}, 0},
	{"the named user", NAMED, 3000, 0, {0}, 0},
	{"the named user, of the group", NAMED, GROUP, 0, {0}, 0},
	{"of the named group", 1002, NAMED_GROUP, 0, {0}, 0},
	{"of both groups", 1002, NAMED_GROUP, 1, {GROUP}, 0},
	{"root without capabilities", 0, 0, 0, {0}, 0},
	{"who overrides", 1002, 3000, 0, {0}, CAP(CAP_DAC_OVERRIDE)},
	{"who searches", 1002, 3000, 0, {0}, CAP(CAP_DAC_READ_SEARCH)},
	{"who owns all", 1002, 3000, 0, {0}, CAP(CAP_FOWNER)},
	{"who chowns", 1002, 3000, 0, {0}, CAP(CAP_CHOWN)},
	{"who chowns and owns all", 1002, 3000, 0, {0}, CAP(CAP_CHOWN) | CAP(CAP_FOWNER)},
	{"who keeps setgid", 1002, 3000, 0, {0}, CAP(CAP_FSETID) | CAP(CAP_FOWNER)},
	{"the owner, who keeps setgid", OWNER, 3000, 0, {0}, CAP(CAP_FSETID)},
};

static struct groups groups;

static struct access_subject subject(int i)
{
	creds_fill_groups(&groups, subjects[i].groups, subjects[i].n_groups);
	return (struct access_subject){subjects[i].uid, subjects[i].gid, &groups, subjects[i].caps};
}

static struct access_object object(unsigned mode)
{
	return (struct access_object){.uid = OWNER,
				      .gid = GROUP,
				      .has_uid = true,
				      .has_gid = true,
				      .uid_caps = UINT64_MAX,
				      .gid_caps = UINT64_MAX,
				      .mode = (uint16_t)mode};
}

static void become(int i)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_setgroups, subjects[i].n_groups, subjects[i].groups) < 0 ||
	    syscall(SYS_setresgid, subjects[i].gid, subjects[i].gid, subjects[i].gid) < 0)
		_exit(100);
	/* Only the file system's id, so that the real root can still name its capabilities. */
	setfsuid(subjects[i].uid);
	data[0].effective = data[0].permitted = (uint32_t)subjects[i].caps;
	if (syscall(SYS_capset, &header, data) < 0)
		_exit(101);
}

static void in(const char *name, char ret_path[64])
{
	(void)snprintf(ret_path, 64, "%s/%s", place, name);
}

/* -- permission -- */

enum { ACL_NONE, ACL_USER, ACL_GROUP, ACL_MASKED, ACL_N };

struct entry {
	uint16_t tag, perm;
	uint32_t id;
};

/* 1 = user::, 2 = user:NAMED, 4 = group::, 8 = group:NAMED_GROUP, 16 = mask, 32 = other. The mode's
 * bits are put in afterwards, by chmod. */
static const struct entry acls[ACL_N][7] = {
	[ACL_USER] = {{1, 7, -1u}, {2, 5, NAMED}, {4, 4, -1u}, {16, 7, -1u}, {32, 0, -1u}, {0}},
	[ACL_GROUP] = {{1, 7, -1u},
		       {2, 0, NAMED},
		       {4, 1, -1u},
		       {8, 6, NAMED_GROUP},
		       {16, 7, -1u},
		       {32, 7, -1u},
		       {0}},
	[ACL_MASKED] = {{1, 7, -1u},
			{2, 7, NAMED},
			{4, 7, -1u},
			{8, 3, NAMED_GROUP},
			{16, 5, -1u},
			{32, 2, -1u},
			{0}},
};

static size_t acl_bytes(int which, uint8_t ret_bytes[64], unsigned mode)
{
	struct writer w = {ret_bytes, 64, false};

	write_u32(&w, 2);
	for (const struct entry *e = acls[which]; e->tag; e++) {
		unsigned perm = e->perm;

		/* What chmod puts there. */
		if (e->tag == 1)
			perm = mode >> 6 & 7;
		else if (e->tag == 16)
			perm = mode >> 3 & 7;
		else if (e->tag == 32)
			perm = mode & 7;
		write_u16(&w, e->tag);
		write_u16(&w, (uint16_t)perm);
		write_u32(&w, e->id);
	}
	return 64 - w.left;
}

#define N_MODES 512
#define N_MASKS 8

static void make_object(const char *path, bool is_dir, int acl, unsigned mode)
{
	uint8_t bytes[64];

	(void)unlink(path);
	(void)rmdir(path);
	if (is_dir)
		ck_assert_int_eq(mkdir(path, 0777), 0);
	else
		ck_assert_int_eq(mknod(path, S_IFREG | 0666, 0), 0);
	ck_assert_int_eq(chown(path, OWNER, GROUP), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	if (acl)
		ck_assert_int_eq(setxattr(path, "system.posix_acl_access", bytes,
					  acl_bytes(acl, bytes, mode), 0),
				 0);
}

/* Whatever the subject may do to each of 512 modes, with and without ACLs: access(2) by effective
 * ids is inode_permission() and nothing else. */
START_TEST(test_permissions_are_the_kernels)
{
	uint8_t(*answers)[N_MODES][N_MASKS] = mmap(NULL, sizeof(*answers), PROT_READ | PROT_WRITE,
						   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int who = _i % N_ROWS(subjects), acl = _i / N_ROWS(subjects) % ACL_N;
	bool is_dir = _i / N_ROWS(subjects) / ACL_N;
	struct access_subject asks = subject(who);
	char path[64], name[16];
	int status;
	pid_t pid;

	ck_assert(answers != MAP_FAILED);
	for (unsigned mode = 0; mode < N_MODES; mode++) {
		(void)snprintf(name, sizeof(name), "%03o", mode);
		in(name, path);
		make_object(path, is_dir, acl, mode);
	}
	pid = fork();
	if (pid == 0) {
		become(who);
		for (unsigned mode = 0; mode < N_MODES; mode++) {
			(void)snprintf(name, sizeof(name), "%03o", mode);
			in(name, path);
			for (int mask = 0; mask < N_MASKS; mask++)
				(*answers)[mode][mask] = syscall(SYS_faccessat2, AT_FDCWD, path,
								 mask, AT_EACCESS) == 0
								 ? 0
								 : (uint8_t)errno;
		}
		_exit(0);
	}
	ck_assert(waitpid(pid, &status, 0) == pid && status == 0);

	for (unsigned mode = 0; mode < N_MODES; mode++) {
		struct access_object asked = object((is_dir ? S_IFDIR : S_IFREG) | mode);
		uint8_t bytes[64];

		if (acl) {
			asked.acl_size = acl_bytes(acl, bytes, mode);
			asked.acl = bytes;
		}
		for (unsigned mask = 1; mask < N_MASKS; mask++)
			ck_assert_msg(access_permission(&asks, &asked, mask) ==
					      -(int)(*answers)[mode][mask],
				      "%s, %s mode %03o, acl %d, mask %u: kernel says %d",
				      subjects[who].who, is_dir ? "dir" : "file", mode, acl, mask,
				      (*answers)[mode][mask]);
	}
	(void)munmap(answers, sizeof(*answers));
}
END_TEST

/* -- owner and mode -- */

/* In a child as that subject: 0 or an errno, and the mode that is left. */
struct outcome {
	int error;
	unsigned mode;
};

static struct outcome attempt(int who, unsigned mode, int (*call)(const char *, const void *),
			      const void *data)
{
	struct outcome outcome;
	char path[64];
	struct stat st;
	int status;
	pid_t pid;

	in("object", path);
	make_object(path, false, 0, mode);
	pid = fork();
	if (pid == 0) {
		become(who);
		_exit(call(path, data) == 0 ? 0 : errno);
	}
	ck_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	outcome.error = WEXITSTATUS(status);
	ck_assert_int_eq(stat(path, &st), 0);
	outcome.mode = st.st_mode & 07777;
	return outcome;
}

static const unsigned special_modes[] = {0644, 04755, 02755, 06755, 02644, 06644, 01644};

struct ids {
	uint32_t uid, gid;
};

static int call_chown(const char *path, const void *data)
{
	const struct ids *ids = data;

	return chown(path, ids->uid, ids->gid);
}

START_TEST(test_chown_is_the_kernels)
{
	static const struct ids changes[] = {{-1u, -1u},  {OWNER, -1u}, {1002, -1u}, {-1u, GROUP},
					     {-1u, 3000}, {-1u, 3001},	{0, 0},	     {OWNER, 3000}};
	struct access_subject asks = subject(_i);

	for (int m = 0; m < N_ROWS(special_modes); m++) {
		for (int c = 0; c < N_ROWS(changes); c++) {
			struct access_object asked = object(S_IFREG | special_modes[m]);
			struct outcome kernel = attempt(_i, special_modes[m], call_chown,
							&changes[c]);
			uint16_t mode = access_mode_chowned(&asks, &asked, changes[c].gid);
			int r = access_chown(&asks, &asked, changes[c].uid, changes[c].gid);

			if (r == 0 && mode != asked.mode && !access_owns(&asks, &asked))
				r = -EPERM;
			if (r < 0)
				mode = asked.mode;
			ck_assert_msg(r == -kernel.error && (mode & 07777) == kernel.mode,
				      "%s, mode %04o to %d:%d: %d, %04o; kernel says %d, %04o",
				      subjects[_i].who, special_modes[m], (int)changes[c].uid,
				      (int)changes[c].gid, r, mode & 07777, kernel.error,
				      kernel.mode);
		}
	}
}
END_TEST

static int call_chmod(const char *path, const void *data)
{
	return chmod(path, *(const unsigned *)data);
}

START_TEST(test_chmod_is_the_kernels)
{
	struct access_subject asks = subject(_i);
	struct access_object asked = object(S_IFREG | 0600);

	for (int m = 0; m < N_ROWS(special_modes); m++) {
		struct outcome kernel = attempt(_i, 0600, call_chmod, &special_modes[m]);
		int r = access_owns(&asks, &asked) ? 0 : -EPERM;
		unsigned mode =
			r < 0 ? 0600 : access_mode_asked(&asks, &asked, (uint16_t)special_modes[m]);

		ck_assert_msg(r == -kernel.error && mode == kernel.mode, "%s, mode %04o",
			      subjects[_i].who, special_modes[m]);
	}
}
END_TEST

static int call_truncate(const char *path, const void *data)
{
	(void)data;
	return truncate(path, 1);
}

START_TEST(test_a_write_takes_what_the_kernel_takes)
{
	struct access_subject asks = subject(_i);

	for (int m = 0; m < N_ROWS(special_modes); m++) {
		unsigned writable = special_modes[m] | 0666;
		struct access_object asked = object(S_IFREG | writable);
		struct outcome kernel = attempt(_i, writable, call_truncate, NULL);

		ck_assert_int_eq(kernel.error, 0);
		ck_assert_msg((access_mode_written(&asks, &asked) & 07777) == kernel.mode,
			      "%s, mode %04o: kernel leaves %04o", subjects[_i].who, writable,
			      kernel.mode);
	}
}
END_TEST

/* -- directories -- */

static int call_unlink(const char *path, const void *data)
{
	(void)data;
	return unlink(path);
}

START_TEST(test_sticky_directories_are_the_kernels)
{
	static const unsigned owners[] = {0, OWNER, 1002, NAMED};
	static const unsigned modes[] = {0777, 01777};
	struct access_subject asks = subject(_i);
	struct access_object victim = object(S_IFREG | 0600);

	for (int o = 0; o < N_ROWS(owners); o++) {
		for (int m = 0; m < N_ROWS(modes); m++) {
			struct access_object dir = object(S_IFDIR | modes[m]);
			struct outcome kernel = {0};
			char path[64], dir_path[64];
			int status;
			pid_t pid;

			dir.uid = owners[o];
			in("dir", dir_path);
			in("dir/victim", path);
			(void)unlink(path);
			(void)mkdir(dir_path, 0777);
			ck_assert(chown(dir_path, owners[o], GROUP) == 0 &&
				  chmod(dir_path, modes[m]) == 0);
			make_object(path, false, 0, 0600);
			pid = fork();
			if (pid == 0) {
				become(_i);
				_exit(call_unlink(path, NULL) == 0 ? 0 : errno);
			}
			ck_assert(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
			kernel.error = WEXITSTATUS(status);
			ck_assert_msg((access_is_stuck(&asks, &dir, &victim) ? EPERM : 0) ==
					      kernel.error,
				      "%s, directory of %u, %04o: kernel says %d", subjects[_i].who,
				      owners[o], modes[m], kernel.error);
		}
	}
	{
		char path[64];

		in("dir/victim", path);
		(void)unlink(path);
		in("dir", path);
		(void)rmdir(path);
	}
}
END_TEST

START_TEST(test_setgid_of_new_files_is_the_kernels)
{
	struct access_subject asks = subject(_i);
	char path[64], dir_path[64];

	in("sgid", dir_path);
	in("sgid/new", path);
	(void)mkdir(dir_path, 0777);
	ck_assert(chown(dir_path, OWNER, GROUP) == 0 && chmod(dir_path, 02777) == 0);
	for (int m = 0; m < N_ROWS(special_modes); m++) {
		struct access_object dir = object(S_IFDIR | 02777);
		struct stat st;
		int status;
		pid_t pid = fork();

		if (pid == 0) {
			become(_i);
			umask(0);
			_exit(mknod(path, S_IFREG | special_modes[m], 0) == 0 ? 0 : errno);
		}
		ck_assert(waitpid(pid, &status, 0) == pid && status == 0);
		ck_assert_int_eq(stat(path, &st), 0);
		(void)unlink(path);
		ck_assert_msg(
			access_mode_created(&asks, &dir, (uint16_t)(S_IFREG | special_modes[m])) ==
				st.st_mode,
			"%s, %04o: kernel makes %04o", subjects[_i].who, special_modes[m],
			st.st_mode & 07777);
	}
	(void)rmdir(dir_path);
}
END_TEST

/* -- ids without a place -- */

START_TEST(test_nobody_owns_what_has_no_place)
{
	static const uint32_t overflow = 65534;
	struct access_subject asks = {overflow, overflow, &groups, CREDS_CAP_ALL};
	struct access_object asked = {.uid = overflow, .gid = overflow, .mode = S_IFREG | 0770};

	creds_fill_groups(&groups, NULL, 0);
	ck_assert(!access_owns(&asks, &asked));
	ck_assert_int_eq(access_permission(&asks, &asked, ACCESS_READ), -EACCES);
	ck_assert_int_eq(access_chown(&asks, &asked, overflow, -1u), -EPERM);
	asked.uid_caps = UINT64_MAX; /* the owner is enough for CAP_FOWNER only */
	asks.uid = 0;
	ck_assert(access_owns(&asks, &asked));
	ck_assert_int_eq(access_permission(&asks, &asked, ACCESS_READ), -EACCES);
	asked.gid_caps = UINT64_MAX;
	ck_assert_int_eq(access_permission(&asks, &asked, ACCESS_READ), 0);
}
END_TEST

START_TEST(test_what_is_safe_to_link)
{
	static const struct {
		unsigned mode;
		bool safe;
	} rows[] = {{S_IFREG | 0666, true},  {S_IFREG | 04666, false}, {S_IFREG | 02676, false},
		    {S_IFREG | 02666, true}, {S_IFDIR | 0777, false},  {S_IFIFO | 0666, false},
		    {S_IFLNK | 0777, false}};

	for (int i = 0; i < N_ROWS(rows); i++) {
		struct access_object asked = object(rows[i].mode);

		ck_assert_msg(access_is_safe_to_link(&asked) == rows[i].safe, "%07o", rows[i].mode);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("access");
	TCase *kernel = tcase_create("as the kernel"), *pure = tcase_create("pure");
	char command[96];
	int status;

	if (geteuid() != 0 || !mkdtemp(place) || chmod(place, 0777) < 0) {
		(void)fprintf(stderr, "must be started by root, with a place in /var/tmp\n");
		return EXIT_FAILURE;
	}
	umask(0);
	tcase_set_timeout(kernel, 60);
	tcase_add_loop_test(kernel, test_permissions_are_the_kernels, 0,
			    N_ROWS(subjects) * ACL_N * 2);
	tcase_add_loop_test(kernel, test_chown_is_the_kernels, 0, N_ROWS(subjects));
	tcase_add_loop_test(kernel, test_chmod_is_the_kernels, 0, N_ROWS(subjects));
	tcase_add_loop_test(kernel, test_a_write_takes_what_the_kernel_takes, 0, N_ROWS(subjects));
	tcase_add_loop_test(kernel, test_sticky_directories_are_the_kernels, 0, N_ROWS(subjects));
	tcase_add_loop_test(kernel, test_setgid_of_new_files_is_the_kernels, 0, N_ROWS(subjects));
	tcase_add_test(pure, test_nobody_owns_what_has_no_place);
	tcase_add_test(pure, test_what_is_safe_to_link);
	suite_add_tcase(suite, kernel);
	suite_add_tcase(suite, pure);
	status = run_suite(suite);
	(void)snprintf(command, sizeof(command), "rm -rf %s", place);
	if (system(command) != 0) /* NOLINT(cert-env33-c): a test's own directory */
		status = EXIT_FAILURE;
	return status;
}
