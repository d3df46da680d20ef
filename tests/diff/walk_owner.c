/* SPDX-License-Identifier: MIT
 * walk_owner.c - calls that change owner, mode, times and length, and the access family.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

static uid_t id(const char *word)
{
	return (uid_t)word_number(word);
}

static void op_chown(char **w)
{
	const char *path = word_path(w[1]);

	if (word_is(w[0], "chown"))
		say_result(chown(path, id(w[2]), id(w[3])));
	else if (word_is(w[0], "lchown"))
		say_result(lchown(path, id(w[2]), id(w[3])));
	else if (word_is(w[0], "SYS_chown"))
		say_result(syscall(SYS_chown, path, id(w[2]), id(w[3])));
	else
		say_result(syscall(SYS_lchown, path, id(w[2]), id(w[3])));
}

static void op_fchown(char **w)
{
	if (word_is(w[0], "fchown"))
		say_result(fchown(word_fd(w[1]), id(w[2]), id(w[3])));
	else
		say_result(syscall(SYS_fchown, word_fd(w[1]), id(w[2]), id(w[3])));
}

static void op_fchownat(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	int at_flags = (int)word_flags(w[5]);

	if (word_is(w[0], "fchownat"))
		say_result(fchownat(fd, path, id(w[3]), id(w[4]), at_flags));
	else
		say_result(syscall(SYS_fchownat, fd, path, id(w[3]), id(w[4]), at_flags));
}

static void op_chmod(char **w)
{
	const char *path = word_path(w[1]);
	mode_t mode = word_mode(w[2]);

	if (word_is(w[0], "chmod"))
		say_result(chmod(path, mode));
	else if (word_is(w[0], "lchmod"))
		say_result(lchmod(path, mode));
	else
		say_result(syscall(SYS_chmod, path, mode));
}

static void op_fchmod(char **w)
{
	if (word_is(w[0], "fchmod"))
		say_result(fchmod(word_fd(w[1]), word_mode(w[2])));
	else
		say_result(syscall(SYS_fchmod, word_fd(w[1]), word_mode(w[2])));
}

static void op_fchmodat(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	mode_t mode = word_mode(w[3]);
	int at_flags = (int)word_flags(w[4]);

	if (word_is(w[0], "fchmodat"))
		say_result(fchmodat(fd, path, mode, at_flags));
	else if (word_is(w[0], "SYS_fchmodat"))
		say_result(syscall(SYS_fchmodat, fd, path, mode));
	else
		say_result(syscall(SYS_fchmodat2, fd, path, mode, at_flags));
}

static void op_truncate(char **w)
{
	if (word_is(w[0], "truncate"))
		say_result(truncate(word_path(w[1]), word_number(w[2])));
	else
		say_result(ftruncate(word_fd(w[1]), word_number(w[2])));
}

static void op_access(char **w)
{
	const char *path = word_path(w[1]);
	int what = (int)word_flags(w[2]);

	if (word_is(w[0], "access"))
		say_result(access(path, what));
	else if (word_is(w[0], "euidaccess"))
		say_result(euidaccess(path, what));
	else
		say_result(syscall(SYS_access, path, what));
}

static void op_faccessat(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	int what = (int)word_flags(w[3]);
	int at_flags = (int)word_flags(w[4]);

	if (word_is(w[0], "faccessat"))
		say_result(faccessat(fd, path, what, at_flags));
	else if (word_is(w[0], "SYS_faccessat"))
		say_result(syscall(SYS_faccessat, fd, path, what));
	else
		say_result(syscall(SYS_faccessat2, fd, path, what, at_flags));
}

/* what: null, now, omit, or set */
static const struct timespec *times(const char *what, struct timespec buf[2])
{
	if (word_is(what, "null"))
		return NULL;
	buf[0].tv_sec = buf[1].tv_sec = 1000000000;
	buf[0].tv_nsec = buf[1].tv_nsec = word_is(what, "now")	  ? UTIME_NOW
					  : word_is(what, "omit") ? UTIME_OMIT
								  : 5;
	return buf;
}

static void op_utimensat(char **w)
{
	struct timespec buf[2];
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	int at_flags = (int)word_flags(w[4]);

	if (word_is(w[0], "utimensat"))
		say_result(utimensat(fd, path, times(w[3], buf), at_flags));
	else
		say_result(syscall(SYS_utimensat, fd, path, times(w[3], buf), at_flags));
}

static void op_futimens(char **w)
{
	struct timespec buf[2];

	say_result(futimens(word_fd(w[1]), times(w[2], buf)));
}

static void op_utime(char **w)
{
	const struct timeval values[2] = {{1000000000, 5}, {1000000000, 5}};
	const struct utimbuf old = {1000000000, 1000000000};
	const char *path = word_path(w[1]);

	if (word_is(w[0], "utime"))
		say_result(utime(path, &old));
	else if (word_is(w[0], "utimes"))
		say_result(utimes(path, values));
	else
		say_result(lutimes(path, values));
}

static void op_umask(char **w)
{
	printf(" = 0%o\n", (unsigned)umask(word_mode(w[1])));
}

const struct op owner_ops[] = {
	{"chown", 3, op_chown},
	{"lchown", 3, op_chown},
	{"SYS_chown", 3, op_chown},
	{"SYS_lchown", 3, op_chown},
	{"fchown", 3, op_fchown},
	{"SYS_fchown", 3, op_fchown},
	{"fchownat", 5, op_fchownat},
	{"SYS_fchownat", 5, op_fchownat},
	{"chmod", 2, op_chmod},
	{"lchmod", 2, op_chmod},
	{"SYS_chmod", 2, op_chmod},
	{"fchmod", 2, op_fchmod},
	{"SYS_fchmod", 2, op_fchmod},
	{"fchmodat", 4, op_fchmodat},
	{"SYS_fchmodat", 4, op_fchmodat},
	{"SYS_fchmodat2", 4, op_fchmodat},
	{"truncate", 2, op_truncate},
	{"ftruncate", 2, op_truncate},
	{"access", 2, op_access},
	{"euidaccess", 2, op_access},
	{"SYS_access", 2, op_access},
	{"faccessat", 4, op_faccessat},
	{"SYS_faccessat", 4, op_faccessat},
	{"SYS_faccessat2", 4, op_faccessat},
	{"utimensat", 4, op_utimensat},
	{"SYS_utimensat", 4, op_utimensat},
	{"futimens", 2, op_futimens},
	{"utime", 1, op_utime},
	{"utimes", 1, op_utime},
	{"lutimes", 1, op_utime},
	{"umask", 1, op_umask},
	{NULL, 0, NULL},
};
