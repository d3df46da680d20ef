/* SPDX-License-Identifier: MIT
 * walk_names.c - calls that make, move and remove names.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

typedef int old_mknod(int version, const char *path, mode_t mode, dev_t *device);

static void op_mknod(char **w)
{
	const char *path = word_path(w[1]);
	mode_t mode = word_mode(w[2]);
	dev_t device = word_device(w[3]);
	old_mknod *old = NULL;

	if (word_is(w[0], "mknod")) {
		say_result(mknod(path, mode, device));
		return;
	}
	if (word_is(w[0], "SYS_mknod")) {
		say_result(syscall(SYS_mknod, path, mode, (unsigned)device));
		return;
	}
	*(void **)&old = walk_symbol("__xmknod");
	say_result(old != NULL ? old(0, path, mode, &device) : mknod(path, mode, device));
}

static void op_mknodat(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	mode_t mode = word_mode(w[3]);
	dev_t device = word_device(w[4]);

	if (word_is(w[0], "mknodat"))
		say_result(mknodat(fd, path, mode, device));
	else
		say_result(syscall(SYS_mknodat, fd, path, mode, (unsigned)device));
}

static void op_mkdir(char **w)
{
	if (word_is(w[0], "mkdir"))
		say_result(mkdir(word_path(w[1]), word_mode(w[2])));
	else if (word_is(w[0], "mkfifo"))
		say_result(mkfifo(word_path(w[1]), word_mode(w[2])));
	else
		say_result(syscall(SYS_mkdir, word_path(w[1]), word_mode(w[2])));
}

static void op_mkdirat(char **w)
{
	if (word_is(w[0], "mkdirat"))
		say_result(mkdirat(word_fd(w[1]), word_path(w[2]), word_mode(w[3])));
	else
		say_result(mkfifoat(word_fd(w[1]), word_path(w[2]), word_mode(w[3])));
}

/* A listening socket's name: the one kind of file that neither open nor mknod has to make. */
static void op_bind(char **w)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = word_path(w[1]);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		walk_die("bind %s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	say_result(bind(fd, (const struct sockaddr *)&address, sizeof(address)));
	(void)close(fd); /* nothing was sent */
}

static void op_symlink(char **w)
{
	const char *target = word_path(w[1]), *path = word_path(w[2]);

	if (word_is(w[0], "symlink"))
		say_result(symlink(target, path));
	else if (word_is(w[0], "symlinkat"))
		say_result(symlinkat(target, AT_FDCWD, path));
	else
		say_result(syscall(SYS_symlink, target, path));
}

static void op_link(char **w)
{
	const char *from = word_path(w[1]), *to = word_path(w[2]);

	if (word_is(w[0], "link"))
		say_result(link(from, to));
	else
		say_result(syscall(SYS_link, from, to));
}

static void op_linkat(char **w)
{
	const char *from = word_path(w[2]), *to = word_path(w[4]);

	if (word_is(w[0], "linkat"))
		say_result(linkat(word_fd(w[1]), from, word_fd(w[3]), to, (int)word_flags(w[5])));
	else
		say_result(syscall(SYS_linkat, word_fd(w[1]), from, word_fd(w[3]), to,
				   (int)word_flags(w[5])));
}

static void op_unlink(char **w)
{
	const char *path = word_path(w[1]);

	if (word_is(w[0], "unlink"))
		say_result(unlink(path));
	else if (word_is(w[0], "rmdir"))
		say_result(rmdir(path));
	else if (word_is(w[0], "remove"))
		say_result(remove(path));
	else if (word_is(w[0], "SYS_unlink"))
		say_result(syscall(SYS_unlink, path));
	else
		say_result(syscall(SYS_rmdir, path));
}

static void op_unlinkat(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	int at_flags = (int)word_flags(w[3]);

	if (word_is(w[0], "unlinkat"))
		say_result(unlinkat(fd, path, at_flags));
	else
		say_result(syscall(SYS_unlinkat, fd, path, at_flags));
}

static void op_rename(char **w)
{
	const char *from = word_path(w[1]), *to = word_path(w[2]);

	if (word_is(w[0], "rename"))
		say_result(rename(from, to));
	else if (word_is(w[0], "renameat"))
		say_result(renameat(AT_FDCWD, from, AT_FDCWD, to));
	else
		say_result(syscall(SYS_rename, from, to));
}

static void op_renameat2(char **w)
{
	const char *from = word_path(w[1]), *to = word_path(w[2]);
	unsigned how = (unsigned)word_flags(w[3]);

	if (word_is(w[0], "renameat2"))
		say_result(renameat2(AT_FDCWD, from, AT_FDCWD, to, how));
	else
		say_result(syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, how));
}

static void op_connect(char **w)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const char *path = word_path(w[1]);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		walk_die("connect %s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	say_result(connect(fd, (const struct sockaddr *)&address, sizeof(address)));
	(void)close(fd); /* nothing was sent */
}

/* Of files that are empty or no programs, so that it never succeeds. */
static void op_execve(char **w)
{
	char *const argv[] = {w[1], NULL};

	say_result(execve(word_path(w[1]), argv, environ));
}

static void op_readlink(char **w)
{
	char target[256];
	ssize_t len = readlink(word_path(w[1]), target, sizeof(target));

	if (len < 0)
		say_result(len);
	else
		printf(" = %.*s\n", (int)len, target);
}

const struct op name_ops[] = {
	{"mknod", 3, op_mknod},
	{"SYS_mknod", 3, op_mknod},
	{"__xmknod", 3, op_mknod},
	{"mknodat", 4, op_mknodat},
	{"SYS_mknodat", 4, op_mknodat},
	{"mkdir", 2, op_mkdir},
	{"SYS_mkdir", 2, op_mkdir},
	{"mkfifo", 2, op_mkdir},
	{"mkdirat", 3, op_mkdirat},
	{"mkfifoat", 3, op_mkdirat},
	{"bind", 1, op_bind},
	{"symlink", 2, op_symlink},
	{"symlinkat", 2, op_symlink},
	{"SYS_symlink", 2, op_symlink},
	{"link", 2, op_link},
	{"SYS_link", 2, op_link},
	{"linkat", 5, op_linkat},
	{"SYS_linkat", 5, op_linkat},
	{"unlink", 1, op_unlink},
	{"rmdir", 1, op_unlink},
	{"remove", 1, op_unlink},
	{"SYS_unlink", 1, op_unlink},
	{"SYS_rmdir", 1, op_unlink},
	{"unlinkat", 3, op_unlinkat},
	{"SYS_unlinkat", 3, op_unlinkat},
	{"rename", 2, op_rename},
	{"renameat", 2, op_rename},
	{"SYS_rename", 2, op_rename},
	{"renameat2", 3, op_renameat2},
	{"SYS_renameat2", 3, op_renameat2},
	{"readlink", 1, op_readlink},
	{"connect", 1, op_connect},
	{"execve", 1, op_execve},
	{NULL, 0, NULL},
};
