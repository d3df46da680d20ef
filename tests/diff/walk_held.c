/* SPDX-License-Identifier: MIT
 * walk_held.c - calls on what is held: the working directory, open directories, and files that may
 * have lost their names; and copies of this program.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <unistd.h>

int walk_home = -1;

/* Relative names must keep their meaning for the rest of the sequence: what is entered is left
 * again. */
static void there_and_back(const char *path, int fd)
{
	int back = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int result, error;

	if (back < 0) {
		say_result(back); /* itself a question of the rights to the working directory */
		return;
	}
	result = path != NULL ? chdir(path) : fchdir(fd);
	error = errno;
	if (result == 0 && fchdir(back) < 0)
		printf(" (no way back)");
	errno = error;
	say_result(result);
	(void)close(back);
}

static void op_fchdir(char **w)
{
	there_and_back(NULL, word_fd(w[1]));
}

static void op_chdir(char **w)
{
	there_and_back(word_path(w[1]), -1);
}

static bool is_home(void)
{
	struct stat here, home;

	return stat(".", &here) == 0 && fstat(walk_home, &home) == 0 && here.st_ino == home.st_ino;
}

/* cd PATH, and stay; cd home, back to where it all began, above which it does not go */
static void op_cd(char **w)
{
	bool stays = word_is(w[1], "home") || (word_is(w[1], "..") && is_home());

	say_result(stays ? fchdir(walk_home) : chdir(word_path(w[1])));
}

/* move DIRFD PATH DIRFD PATH FLAGS */
static void op_move(char **w)
{
	say_result(renameat2(word_fd(w[1]), word_path(w[2]), word_fd(w[3]), word_path(w[4]),
			     (unsigned)word_flags(w[5])));
}

/* symlink_in TARGET DIRFD PATH */
static void op_symlink_in(char **w)
{
	say_result(symlinkat(w[1], word_fd(w[2]), word_path(w[3])));
}

static void op_readlink_in(char **w)
{
	char target[256];
	ssize_t len = readlinkat(word_fd(w[1]), word_path(w[2]), target, sizeof(target));

	if (len < 0)
		say_result(len);
	else
		printf(" = %.*s\n", (int)len, target);
}

/* read SLOT: how much is there, and what it adds up to */
static void op_read(char **w)
{
	unsigned char bytes[256];
	unsigned long sum = 0;
	ssize_t n = pread(word_fd(w[1]), bytes, sizeof(bytes), 0);

	if (n < 0) {
		say_result(n);
		return;
	}
	for (ssize_t i = 0; i < n; i++)
		sum = sum * 33 + bytes[i];
	printf(" = %zd %lx\n", n, sum);
}

/* setfl SLOT FLAGS */
static void op_setfl(char **w)
{
	say_result(fcntl(word_fd(w[1]), F_SETFL, (int)word_flags(w[2])));
}

/* program PATH: a copy of this program, for `run` */
static void op_program(char **w)
{
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = from < 0 ? -1 : open(w[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	int error = errno;
	ssize_t n = 1;

	while (to >= 0 && n > 0)
		n = sendfile(to, from, NULL, 1 << 20);
	if (to >= 0)
		(void)close(to); /* nobody else has it open */
	if (from >= 0)
		(void)close(from);
	errno = error;
	say_result(to < 0 ? -1 : 0);
}

const struct op held_ops[] = {
	{"fchdir", 1, op_fchdir},
	{"chdir", 1, op_chdir},
	{"cd", 1, op_cd},
	{"move", 5, op_move},
	{"read", 1, op_read},
	{"symlink_in", 3, op_symlink_in},
	{"readlink_in", 2, op_readlink_in},
	{"setfl", 2, op_setfl},
	{"program", 1, op_program},
	{NULL, 0, NULL},
};
