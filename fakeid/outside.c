/* SPDX-License-Identifier: MIT
 * outside.c - a few calls as they are outside of any session.
 */
#include "outside.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fakeid/wire.h>

/* Do we run under the library? Asked first before the launcher names its command's session. */
static bool are_inside(void)
{
	static int inside = -1;

	if (inside < 0)
		inside = getenv(FAKEID_ENV_SESSION) != NULL;
	return inside;
}

/* libc's own function of this name into *ret_function, a pointer to one, which else stays. */
static void find(const char *name, void *ret_function)
{
	void *libc = are_inside() ? dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD) : NULL;
	void *found = libc ? dlsym(libc, name) : NULL;

	if (found)
		memcpy(ret_function, &found, sizeof(found));
}

uint32_t outside_uid(void)
{
	uid_t (*real_geteuid)(void) = geteuid;

	find("geteuid", &real_geteuid);
	return real_geteuid();
}

uint32_t outside_gid(void)
{
	gid_t (*real_getegid)(void) = getegid;

	find("getegid", &real_getegid);
	return real_getegid();
}

int outside_openat(int dirfd, const char *path, int flags)
{
	int (*real_openat)(int, const char *, int, ...) = openat;

	find("openat", &real_openat);
	return real_openat(dirfd, path, flags);
}

int outside_faccessat(int dirfd, const char *path, int mode, int flags)
{
	int (*real_faccessat)(int, const char *, int, int) = faccessat;

	find("faccessat", &real_faccessat);
	return real_faccessat(dirfd, path, mode, flags);
}

int outside_connect(int fd, const struct sockaddr *address, uint32_t size)
{
	int (*real_connect)(int, const struct sockaddr *, socklen_t) = connect;

	find("connect", &real_connect);
	return real_connect(fd, address, size);
}

int outside_open(const char *path, int flags)
{
	int (*real_open)(const char *, int, ...) = open;
	int fd;

	find("open", &real_open);
	fd = real_open(path, flags);
	return fd < 0 ? -errno : fd;
}

int outside_statx(const char *path, int flags, unsigned mask, struct statx *ret_stx)
{
	int (*real_statx)(int, const char *, int, unsigned, struct statx *) = statx;

	find("statx", &real_statx);
	return real_statx(AT_FDCWD, path, flags, mask, ret_stx) < 0 ? -errno : 0;
}

int outside_exec_file(const char *path, char **words)
{
	int (*real_execve)(const char *, char *const[], char *const[]) = execve;

	find("execve", &real_execve);
	(void)real_execve(path, words, environ);
	return -errno;
}

int outside_exec(char **command)
{
	int (*real_execvpe)(const char *, char *const[], char *const[]) = execvpe;

	find("execvpe", &real_execvpe);
	(void)real_execvpe(command[0], command, environ);
	return -errno;
}
