/* SPDX-License-Identifier: MIT
 * edges.c - calls in unusual forms that a real root's kernel answers all the same. `file` has a record,
 * `null` is a virtual null device of mode 0640.
 *
 *     edges null       no place for the answer
 *     edges cwd        the working directory by an empty path
 *     edges access     access by a descriptor
 *     edges openat2    a device through openat2 with RESOLVE_BENEATH, and with a larger structure
 *     edges lent       another device on a descriptor number that was a virtual one's
 *     edges stream     a stream that has no descriptor
 *     edges caps       capget and capset with structures that are not there
 */
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>

#include "expect.h"

#define NULL_MODE (S_IFCHR | 0640)

static void test_null(void)
{
	struct stat *volatile nowhere = NULL;
	struct statx *volatile nowhere_x = NULL;

	expect(stat("file", nowhere) == -1 && errno == EFAULT);
	expect(fstat(0, nowhere) == -1 && errno == EFAULT);
	expect(statx(AT_FDCWD, "file", 0, STATX_UID, nowhere_x) == -1 && errno == EFAULT);
	expect(stat("missing", nowhere) == -1 && errno == ENOENT);
}

static void test_cwd(void)
{
	struct stat st;

	expect(fchownat(AT_FDCWD, "", 7, 8, AT_EMPTY_PATH) == 0);
	expect(fstatat(AT_FDCWD, "", &st, AT_EMPTY_PATH) == 0);
	expect(st.st_uid == 7 && st.st_gid == 8);
}

static void test_access(void)
{
	int fd = open("null", O_PATH);

	expect(fd >= 0);
	expect(faccessat(fd, "", R_OK | W_OK, AT_EMPTY_PATH) == 0);
	expect(faccessat(fd, "", X_OK, AT_EMPTY_PATH) == -1 && errno == EACCES);
	expect(faccessat(fd, "", R_OK, 0) == -1 && errno == ENOENT);
}

static void open_beneath(const struct open_how *how, size_t size)
{
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, "null", how, size);
	struct stat st;

	expect(fd >= 0);
	expect(write(fd, "x", 1) == 1);
	expect(fstat(fd, &st) == 0 && st.st_mode == NULL_MODE);
	expect(close(fd) == 0);
}

static void test_openat2(void)
{
	struct {
		struct open_how how;
		long more;
	} large = {.how = {.flags = O_RDWR, .resolve = RESOLVE_BENEATH}};

	open_beneath(&large.how, sizeof(large.how));
	open_beneath(&large.how, sizeof(large));
	large.more = 1;
	expect(syscall(SYS_openat2, AT_FDCWD, "null", &large, sizeof(large)) == -1);
	expect(errno == E2BIG);
}

static void test_lent(void)
{
	int fd = open("null", O_RDWR), zero = open("/dev/zero", O_RDONLY);
	struct stat st;

	expect(fd >= 0 && zero >= 0);
	expect(fstat(fd, &st) == 0 && st.st_mode == NULL_MODE);
	expect(dup2(zero, fd) == fd);
	expect(fstat(fd, &st) == 0 && st.st_rdev == makedev(1, 5));
}

static void test_stream(void)
{
	char memory[8];
	FILE *stream = fmemopen(memory, sizeof(memory), "w");

	expect(stream && fputs("x", stream) >= 0);
	errno = 0;
	expect(fflush(stream) == 0 && errno == 0);
	expect(fclose(stream) == 0 && errno == 0);
}

/* Raw, as libc declares neither. */
static bool is_caps_error(long number, void *header, void *data, int error)
{
	return syscall(number, header, data) == -1 && errno == error;
}

static void test_caps(void)
{
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct __user_cap_data_struct data[2], *split;
	struct __user_cap_header_struct head = {_LINUX_CAPABILITY_VERSION_3, 0}, old = {0, 0}, *cut;
	char *hole = page + 4096;

	expect(page != MAP_FAILED && mprotect(hole, 4096, PROT_NONE) == 0);
	split = (void *)(hole - sizeof data[0]);
	cut = (void *)(hole - sizeof head.version);
	cut->version = _LINUX_CAPABILITY_VERSION_3;
	expect(is_caps_error(SYS_capget, hole, data, EFAULT));
	expect(is_caps_error(SYS_capget, cut, data, EFAULT));
	expect(is_caps_error(SYS_capget, NULL, data, EFAULT));
	expect(is_caps_error(SYS_capget, &head, hole, EFAULT));
	expect(is_caps_error(SYS_capget, &head, split, EFAULT));
	expect(syscall(SYS_capget, &head, NULL) == 0);
	expect(is_caps_error(SYS_capget, &old, data, EINVAL));
	expect(old.version == _LINUX_CAPABILITY_VERSION_3);
	cut->version = 0;
	expect(syscall(SYS_capget, cut, NULL) == 0 && cut->version == _LINUX_CAPABILITY_VERSION_3);

	expect(syscall(SYS_capget, &head, data) == 0);
	expect(is_caps_error(SYS_capset, hole, data, EFAULT));
	expect(is_caps_error(SYS_capset, cut, data, EFAULT));
	expect(is_caps_error(SYS_capset, &head, hole, EFAULT));
	expect(is_caps_error(SYS_capset, &head, split, EFAULT));
	head.pid = 1;
	expect(is_caps_error(SYS_capset, &head, hole, EPERM));
	head.pid = 0;
	expect(syscall(SYS_capset, &head, data) == 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"null", test_null},	   {"cwd", test_cwd},	{"access", test_access},
	{"openat2", test_openat2}, {"lent", test_lent}, {"stream", test_stream},
	{"caps", test_caps},
};

int main(int argc, char **argv)
{
	expect(argc == 2);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].run();
			return 0;
		}
	}
	return 2;
}
