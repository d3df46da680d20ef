/* SPDX-License-Identifier: MIT
 * filter.c - a program that allows itself a handful of system calls and is killed at any other, before
 * it has looked at a single file. `file` belongs to 11:12, `plain` has no record.
 *
 *     filter prctl|syscall     by which call the filter goes in
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "expect.h"

#define ALLOW(name)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

/* No statx, no open, no mmap: all that fakeid needs, it has to have by now. */
static struct sock_filter rules[] = {
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	ALLOW(write),
	ALLOW(newfstatat),
	ALLOW(fstat),
#ifdef SYS_unlink
	ALLOW(unlink),
	ALLOW(rmdir),
	ALLOW(rename),
	ALLOW(link),
	ALLOW(symlink),
	ALLOW(mkdir),
	ALLOW(access),
#else
	ALLOW(unlinkat),
	ALLOW(renameat),
	ALLOW(linkat),
	ALLOW(symlinkat),
	ALLOW(mkdirat),
	ALLOW(faccessat),
#endif
	ALLOW(exit_group),
	ALLOW(rt_sigreturn),
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
};

static struct sock_fprog program = {sizeof(rules) / sizeof(rules[0]), rules};

/* Each libc name makes the system call that libc itself would. */
static void change_names(void)
{
	expect(mkdir("dir", 0755) == 0);
	expect(symlink("dir", "symlink") == 0);
	expect(link("plain", "second") == 0);
	expect(access("second", R_OK) == 0);
	expect(rename("second", "third") == 0);
	expect(rename("third", "file") == 0 && shows("file", 0, 0));
	expect(unlink("file") == 0);
	expect(remove("symlink") == 0);
	expect(rmdir("dir") == 0);
}

static int install(const char *how)
{
	if (strcmp(how, "prctl") == 0)
		return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

int main(int argc, char **argv)
{
	struct stat st;

	expect(argc == 2);
	expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	expect(install(argv[1]) == 0);
	expect(shows("file", 11, 12));
	expect(shows("plain", 0, 0));
	expect(lstat("file", &st) == 0 && st.st_uid == 11);
	expect(getuid() == 0 && geteuid() == 0);
	expect(stat("missing", &st) != 0 && errno == ENOENT);
	expect(shows("file", 11, 12));
	change_names();
	return 0;
}
