/* SPDX-License-Identifier: MIT
 * xattr_doors.c - the same request through every entry point of the xattr family, and bad
 * arguments. Prints each answer: whatever a real root prints, fakeid's has to print.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACCESS "system.posix_acl_access"

static void make_objects(void)
{
	(void)umask(022);
	if (close(open("file", O_CREAT | O_WRONLY, 0644)) < 0 || mkdir("dir", 0755) < 0 ||
	    symlink("file", "link") < 0) {
		perror("make_objects");
		exit(1);
	}
}

/* -- doors: the same through every entry point -- */

struct args {
	uint64_t value;
	uint32_t size, flags;
};

static void show(const char *door, const char *call, long r)
{
	printf("%s %s = ", door, call);
	if (r < 0)
		printf("%s\n", strerrorname_np(errno));
	else
		printf("%ld\n", r);
}

#define NAME "trusted.door"

static void path_door(const char *path)
{
	char value[64];

	show(path, "setxattr", setxattr(path, NAME, "abc", 3, 0));
	show(path, "getxattr", getxattr(path, NAME, value, sizeof value));
	show(path, "lgetxattr", lgetxattr(path, NAME, value, sizeof value));
	show(path, "listxattr", listxattr(path, value, sizeof value));
	show(path, "llistxattr", llistxattr(path, value, sizeof value));
	show(path, "removexattr", removexattr(path, NAME));
	show(path, "lsetxattr", lsetxattr(path, NAME, "abcd", 4, 0));
	show(path, "lgetxattr", lgetxattr(path, NAME, value, sizeof value));
	show(path, "getxattr", getxattr(path, NAME, value, sizeof value));
	show(path, "lremovexattr", lremovexattr(path, NAME));
}

static void fd_door(const char *why, int fd)
{
	char value[64];

	show(why, "fsetxattr", fsetxattr(fd, NAME, "abc", 3, 0));
	show(why, "fgetxattr", fgetxattr(fd, NAME, value, sizeof value));
	show(why, "flistxattr", flistxattr(fd, value, sizeof value));
	show(why, "fremovexattr", fremovexattr(fd, NAME));
	show(why, "fremovexattr", fremovexattr(fd, NAME));
}

static void raw_door(const char *path, int fd)
{
	char value[64];

	show("raw", "setxattr", syscall(SYS_setxattr, path, NAME, "abc", 3, 0));
	show("raw", "lsetxattr", syscall(SYS_lsetxattr, path, NAME, "abc", 3, 0));
	show("raw", "fsetxattr", syscall(SYS_fsetxattr, fd, NAME, "abc", 3, XATTR_CREATE));
	show("raw", "getxattr", syscall(SYS_getxattr, path, NAME, value, sizeof value));
	show("raw", "lgetxattr", syscall(SYS_lgetxattr, path, NAME, value, sizeof value));
	show("raw", "fgetxattr", syscall(SYS_fgetxattr, fd, NAME, value, sizeof value));
	show("raw", "listxattr", syscall(SYS_listxattr, path, value, sizeof value));
	show("raw", "llistxattr", syscall(SYS_llistxattr, path, value, sizeof value));
	show("raw", "flistxattr", syscall(SYS_flistxattr, fd, value, sizeof value));
	show("raw", "removexattr", syscall(SYS_removexattr, path, NAME));
	show("raw", "lremovexattr", syscall(SYS_lremovexattr, path, NAME));
	show("raw", "fremovexattr", syscall(SYS_fremovexattr, fd, NAME));
}

enum { SETAT = 463, GETAT, LISTAT, REMOVEAT };

static void at_door(const char *path, unsigned flags, int dirfd)
{
	struct {
		struct args args;
		uint64_t tail;
	} a = {{(uintptr_t) "abc", 3, 0}, 0}, g;
	char value[64];

	show(path, "setxattrat", syscall(SETAT, dirfd, path, flags, NAME, &a.args, sizeof a.args));
	g.args = (struct args){(uintptr_t)value, sizeof value, 0};
	g.tail = 0;
	show(path, "getxattrat", syscall(GETAT, dirfd, path, flags, NAME, &g, sizeof g));
	g.tail = 1;
	show(path, "getxattrat tail", syscall(GETAT, dirfd, path, flags, NAME, &g, sizeof g));
	show(path, "getxattrat small", syscall(GETAT, dirfd, path, flags, NAME, &g, 8));
	g.args.flags = 1;
	show(path, "getxattrat flags", syscall(GETAT, dirfd, path, flags, NAME, &g.args, 16));
	a.tail = 1;
	show(path, "setxattrat tail", syscall(SETAT, dirfd, path, flags, NAME, &a, sizeof a));
	show(path, "setxattrat bad", syscall(SETAT, dirfd, path, flags, NAME, 1, 16));
	a.args.flags = XATTR_CREATE;
	show(path, "setxattrat create", syscall(SETAT, dirfd, path, flags, NAME, &a.args, 16));
	show(path, "listxattrat", syscall(LISTAT, dirfd, path, flags, value, sizeof value));
	show(path, "removexattrat", syscall(REMOVEAT, dirfd, path, flags, NAME));
	show(path, "removexattrat", syscall(REMOVEAT, dirfd, path, flags, NAME));
	show(path, "wrong flags", syscall(REMOVEAT, dirfd, path, 0x10000, NAME));
}

static void doors(void)
{
	int fd = open("file", O_RDONLY), dir = open("dir", O_RDONLY | O_DIRECTORY);
	int here = open(".", O_RDONLY | O_DIRECTORY), path = open("file", O_PATH);

	path_door("file");
	path_door("link");
	path_door("dir/../link");
	path_door("nowhere");
	path_door("file/x");
	fd_door("fd", fd);
	fd_door("fd of a directory", dir);
	fd_door("O_PATH", path);
	fd_door("closed", 999);
	raw_door("file", fd);
	at_door("file", 0, here);
	at_door("link", AT_SYMLINK_NOFOLLOW, here);
	at_door("link", 0, AT_FDCWD);
	at_door("", AT_EMPTY_PATH, fd);
	at_door("", AT_EMPTY_PATH, path);
	at_door("", 0, fd);
	at_door("file", 0, fd);
}

/* -- bad arguments -- */

static void bad(const char *name)
{
	static char long_name[300], big[70000];
	char *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *volatile nothing = NULL; /* or the compiler knows better */
	char value[64];

	memset(long_name, 'n', sizeof long_name - 1);
	memcpy(long_name, name, strlen(name));
	show(name, "value too big", setxattr("file", name, big, 65537, 0));
	show(name, "value nowhere", setxattr("file", name, hole, 20, 0));
	show(name, "value NULL", setxattr("file", name, nothing, 20, 0));
	show(name, "flags first", setxattr("file", hole, hole, 70000, 8));
	show(name, "no file, value nowhere", setxattr("nofile", name, hole, 20, 0));
	show(name, "no file, value too big", setxattr("nofile", name, big, 65537, 0));
	show(name, "long name", setxattr("file", long_name, "x", 1, 0));
	show(name, "long name get", getxattr("file", long_name, value, sizeof value));
	show(name, "long name remove", removexattr("file", long_name));
	long_name[255] = '\0';
	show(name, "longest name", setxattr("file", long_name, "x", 1, 0));
	show(name, "longest name get", getxattr("file", long_name, value, sizeof value));
	show(name, "longest name remove", removexattr("file", long_name));
	show(name, "path nowhere", setxattr(hole, name, "x", 1, 0));
	show(name, "path nowhere get", getxattr(hole, name, value, sizeof value));
	show(name, "path nowhere list", listxattr(hole, value, sizeof value));
	show(name, "path nowhere remove", removexattr(hole, name));
	show(name, "set", setxattr("file", name, big, 20, 0));
	show(name, "get nowhere", getxattr("file", name, hole, 64));
	show(name, "get nowhere, no room", getxattr("file", name, hole, 1));
	show(name, "list nowhere", listxattr("file", hole, 64));
	munmap(hole, 4096);
}

static void bad_names(void)
{
	char *hole = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *volatile nothing = NULL;
	char value[64];

	show("hole", "set", setxattr("file", hole, "x", 1, 0));
	show("hole", "get", getxattr("file", hole, value, sizeof value));
	show("hole", "remove", removexattr("file", hole));
	show("NULL", "get", getxattr("file", nothing, value, sizeof value));
	show("empty", "set", setxattr("file", "", "x", 1, 0));
	show("empty", "get", getxattr("file", "", value, sizeof value));
	show("empty", "remove", removexattr("file", ""));
	munmap(hole, 4096);
}

/* -- under a filter that ends the process at a socket, a mapping, or a getxattr it did not ask for -- */

#define LOAD(what) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, what))
#define KILL_AT(number)                                      \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static void filtered(void)
{
	struct sock_filter program[] = {
		LOAD(nr),
		KILL_AT(SYS_socket),
		KILL_AT(SYS_mmap),
		KILL_AT(SYS_getxattr),
		KILL_AT(SYS_setxattr),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof program / sizeof program[0], program};
	char value[64];

	show("before", "set", setxattr("file", NAME, "abc", 3, 0));
	show("before", "set user", setxattr("file", "user.a", "abc", 3, 0));
	(void)fflush(stdout);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) < 0)
		printf("prctl: %m\n");
	show("after", "get", lgetxattr("file", NAME, value, sizeof value));
	show("after", "list", llistxattr("file", value, sizeof value));
	show("after", "set", lsetxattr("file", NAME, "abcd", 4, 0));
	show("after", "remove", lremovexattr("file", NAME));
	show("after", "get user", lgetxattr("file", "user.a", value, sizeof value));
	show("after", "set user", lsetxattr("file", "user.a", "abcd", 4, 0));
	show("after", "remove user", lremovexattr("file", "user.a"));
	show("after", "get of another", lgetxattr("dir", NAME, value, sizeof value));
}

int main(int argc, char **argv)
{
	make_objects();
	if (argc == 2 && !strcmp(argv[1], "doors")) {
		doors();
	} else if (argc == 2 && !strcmp(argv[1], "filtered")) {
		filtered();
	} else {
		bad("security.x");
		bad("trusted.x");
		bad("user.x");
		bad("security.capability");
		bad(ACCESS);
		bad_names();
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
