/* SPDX-License-Identifier: MIT
 * walk_raw.c - calls that no preload sees: what a static program, or a shell outside fakeid, does
 * to the same files at the same moment.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>

static long raw_call(long number, long a, long b, long c, long d, long e)
{
	long result;
#if defined(__x86_64__)
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8)
			 : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;

	__asm__ volatile("svc 0"
			 : "+r"(x0)
			 : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4)
			 : "memory");
	result = x0;
#else
#error "tests/diff/walk_raw.c needs this machine's system call instruction"
#endif
	if (result >= 0)
		return result;
	errno = (int)-result;
	return -1;
}

static void op_raw_unlink(char **w)
{
	say_result(raw_call(SYS_unlinkat, AT_FDCWD, (long)word_path(w[1]), 0, 0, 0));
}

static void op_raw_rmdir(char **w)
{
	say_result(raw_call(SYS_unlinkat, AT_FDCWD, (long)word_path(w[1]), AT_REMOVEDIR, 0, 0));
}

static void op_raw_mkdir(char **w)
{
	say_result(raw_call(SYS_mkdirat, AT_FDCWD, (long)word_path(w[1]), 0755, 0, 0));
}

static void op_raw_rename(char **w)
{
	say_result(raw_call(SYS_renameat2, AT_FDCWD, (long)word_path(w[1]), AT_FDCWD,
			    (long)word_path(w[2]), 0));
}

static void op_raw_link(char **w)
{
	say_result(raw_call(SYS_linkat, AT_FDCWD, (long)word_path(w[1]), AT_FDCWD,
			    (long)word_path(w[2]), 0));
}

static void op_raw_create(char **w)
{
	long fd = raw_call(SYS_openat, AT_FDCWD, (long)word_path(w[1]),
			   O_WRONLY | O_CREAT | O_CLOEXEC, 0644, 0);

	say_result(fd < 0 ? fd : raw_call(SYS_close, fd, 0, 0, 0, 0));
}

const struct op raw_ops[] = {
	{"raw_unlink", 1, op_raw_unlink},
	{"raw_rmdir", 1, op_raw_rmdir},
	{"raw_mkdir", 1, op_raw_mkdir},
	{"raw_rename", 2, op_raw_rename},
	{"raw_link", 2, op_raw_link},
	{"raw_create", 1, op_raw_create},
	{NULL, 0, NULL},
};
