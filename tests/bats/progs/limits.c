/* SPDX-License-Identifier: MIT
 * limits.c - what a user who is not root gets for calls of libc that open, make or enter inside.
 * Prints a line a call, which must be the same under a real root. `limits UID` runs in a directory
 * that `limits make` filled.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>

#include "expect.h"

static void say(const char *what, int failed)
{
	printf("%s: %s\n", what, failed ? strerrorname_np(errno) : "ok");
}

#define SAY(call) say(#call, (call) < 0)
#define SAY_POINTER(call) say(#call, (call) == NULL)
/* A result that is an error number. */
#define SAY_NUMBER(call) (errno = (call), say(#call, errno != 0))

static int write_file(const char *name, const char *text, mode_t mode)
{
	int fd = open(name, O_CREAT | O_WRONLY | O_TRUNC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || close(fd) < 0)
		return -1;
	return chmod(name, mode);
}

static int make_socket(const char *name, mode_t mode)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	memcpy(address.sun_path, name, strlen(name) + 1);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address) < 0)
		return -1;
	return close(fd) < 0 ? -1 : chmod(name, mode);
}

static int make(void)
{
	static const char script[] = "#!/bin/sh\necho ran\n";

	umask(0);
	expect(mkdir("closed", 0700) == 0 && mkdir("seen", 0755) == 0 && mkdir("tmp", 01777) == 0 &&
	       mkdir("blind", 0744) == 0 && mkdir("drop", 0733) == 0 && mkdir("bin", 0755) == 0 &&
	       mkdir("bin2", 0755) == 0);
	expect(write_file("closed/file", "x", 0666) == 0 &&
	       write_file("seen/secret", "x", 0600) == 0 &&
	       write_file("seen/open", "x", 0666) == 0 && write_file("seen/read", "x", 0644) == 0 &&
	       write_file("tmp/his", "x", 0666) == 0 && write_file("blind/file", "x", 0666) == 0 &&
	       write_file("drop/file", "x", 0666) == 0);
	expect(mkdir("tree", 0755) == 0 && mkdir("tree/read", 0744) == 0 &&
	       mkdir("tree/read/dir", 0755) == 0 && mkdir("tree/search", 0711) == 0 &&
	       mkdir("tree/search/dir", 0755) == 0 && mkdir("tree/none", 0700) == 0 &&
	       mkdir("tree/none/dir", 0755) == 0 &&
	       write_file("tree/search/dir/file", "x", 0644) == 0 &&
	       write_file("tree/none/dir/file", "x", 0644) == 0 &&
	       write_file("tree/read/dir/file", "x", 0644) == 0);
	expect(write_file("bin/run", script, 0700) == 0 &&
	       write_file("bin2/run", script, 0755) == 0 &&
	       write_file("bin/only", script, 0754) == 0);
	expect(write_file("bin2/by_closed", "#!bin/run\n", 0755) == 0 &&
	       write_file("bin2/by_run", "#!bin2/run\n", 0755) == 0 &&
	       write_file("bin2/by_none", "#!nowhere\n", 0755) == 0 &&
	       write_file("bin2/by_text", "#! seen/read x\n", 0755) == 0);
	expect(symlink("../closed/file", "seen/link") == 0 && symlink("loop", "seen/loop") == 0 &&
	       symlink("read", "seen/good") == 0);
	expect(make_socket("seen/private", 0700) == 0 && make_socket("seen/public", 0777) == 0);
	return 0;
}

static int try_connect(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r, error;

	memcpy(address.sun_path, name, strlen(name) + 1);
	r = connect(fd, (const struct sockaddr *)&address, sizeof address);
	error = errno;
	(void)close(fd);
	errno = error;
	return r;
}

static int try_scandir(const char *name)
{
	struct dirent **list;
	int n = scandir(name, &list, NULL, alphasort);

	for (int i = 0; i < n; i++)
		free(list[i]);
	if (n >= 0)
		free(list);
	return n;
}

static int try_mkstemp(const char *dir)
{
	char name[64];
	int fd;

	(void)snprintf(name, sizeof name, "%s/XXXXXX", dir);
	fd = mkstemp(name);
	if (fd >= 0 && (close(fd) < 0 || unlink(name) < 0))
		return -1;
	return fd;
}

static char *try_mkdtemp(const char *dir)
{
	static char name[64];
	char *made;

	(void)snprintf(name, sizeof name, "%s/XXXXXX", dir);
	made = mkdtemp(name);
	if (made && rmdir(made) < 0)
		return NULL;
	return made;
}

/* In a child: what a failed exec says, or what the program does. */
static void try_exec(const char *what, const char *file, int by_path)
{
	char *const argv[] = {(char *)file, NULL};
	int status;
	pid_t pid;

	(void)fflush(stdout);
	pid = vfork();
	if (pid == 0) {
		if (by_path)
			execvp(file, argv);
		else
			execv(file, argv);
		_exit(errno);
	}
	expect(waitpid(pid, &status, 0) == pid && WIFEXITED(status));
	printf("%s %s: %d\n", what, file, WEXITSTATUS(status));
}

typedef int spawn_fn(pid_t *, const char *, const posix_spawn_file_actions_t *,
		     const posix_spawnattr_t *, char *const *, char *const *);

static int try_spawn(spawn_fn *spawn, const char *file)
{
	char *const argv[] = {(char *)file, NULL};
	int status, r;
	pid_t pid;

	(void)fflush(stdout);
	r = spawn(&pid, file, NULL, NULL, argv, environ);
	if (r == 0)
		expect(waitpid(pid, &status, 0) == pid);
	return r;
}

static void streams(void)
{
	FILE *stream;

	SAY_POINTER(fopen("seen/secret", "r"));
	SAY_POINTER(fopen("seen/read", "r"));
	SAY_POINTER(fopen("seen/read", "r+"));
	SAY_POINTER(fopen("seen/new", "w"));
	SAY_POINTER(fopen("tmp/mine", "w"));
	SAY_POINTER(fopen("seen/link", "r"));
	SAY_POINTER(setmntent("seen/secret", "r"));
	SAY_POINTER(setmntent("seen/new", "w"));
	SAY_POINTER(setmntent("tmp/mounts", "w"));
	stream = fopen("seen/read", "r");
	SAY_POINTER(freopen("seen/secret", "r", stream));
	stream = fopen("seen/read", "r");
	SAY_POINTER(freopen("seen/open", "r+", stream));
	SAY(try_mkstemp("seen"));
	SAY(try_mkstemp("tmp"));
	SAY(try_mkstemp("drop"));
	SAY_POINTER(try_mkdtemp("closed"));
	SAY_POINTER(try_mkdtemp("tmp"));
}

static void directories(void)
{
	int home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char target[16];

	SAY_POINTER(opendir("closed"));
	SAY_POINTER(opendir("blind"));
	SAY_POINTER(opendir("drop"));
	SAY_POINTER(opendir("seen/read"));
	SAY(try_scandir("closed"));
	SAY(try_scandir("seen"));
	SAY(try_scandir("drop"));
	SAY(chdir("closed"));
	SAY(chdir("blind"));
	SAY(chdir("drop"));
	SAY(fchdir(home));
	SAY(chdir("closed/file"));
	SAY(access("closed/file", F_OK));
	SAY(access("drop/file", R_OK | W_OK));
	SAY(readlink("seen/link", target, sizeof target));
	SAY(readlink("closed/file", target, sizeof target));
	SAY(open("seen/loop", O_RDONLY));
	SAY(open("seen/good", O_RDONLY | O_NOFOLLOW));
	SAY(open("seen/../closed/../seen/read", O_RDONLY));
	SAY(open("seen/read/", O_RDONLY));
	SAY(open("blind/file", O_RDONLY));
	SAY(open("drop/file", O_RDONLY));
	SAY(open("", O_RDONLY));
	SAY(open((const char *)1, O_RDONLY));
	SAY(openat(home, "seen/secret", O_PATH));
	SAY(openat(-1, "seen/secret", O_RDONLY));
	SAY(openat(home, "closed", O_RDONLY));
	SAY((int)syscall(SYS_open, "seen/secret", O_RDONLY));
	SAY((int)syscall(SYS_chdir, "closed"));
}

static void attributes(void)
{
	static const struct timespec now[2] = {{0, UTIME_NOW}, {0, UTIME_NOW}};
	static const struct timespec some[2] = {{1, 0}, {0, UTIME_OMIT}};
	static const struct timespec none[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};
	static const struct timeval old[2] = {{1, 0}, {1, 0}};
	int fd = open("seen/open", O_RDWR | O_CLOEXEC),
	    path = open("seen/secret", O_PATH | O_CLOEXEC);

	SAY(utimensat(AT_FDCWD, "seen/open", NULL, 0));
	SAY(utimensat(AT_FDCWD, "seen/open", now, 0));
	SAY(utimensat(AT_FDCWD, "seen/open", some, 0));
	SAY(utimensat(AT_FDCWD, "seen/read", now, 0));
	SAY(utimensat(AT_FDCWD, "seen/read", none, 0));
	SAY(utimensat(AT_FDCWD, "closed/file", none, 0));
	SAY(utimensat(AT_FDCWD, "tmp/mine", some, 0));
	SAY(futimens(fd, now));
	SAY(futimens(fd, some));
	SAY(futimens(path, now));
	SAY(utimes("seen/open", NULL));
	SAY(utimes("seen/open", old));
	SAY(lutimes("seen/link", old));
	SAY(utime("seen/read", NULL));
	SAY(fchmod(fd, 0600));
	SAY(fchown(fd, 1000, -1u));
	SAY(chown("tmp/mine", -1u, 1000));
	SAY(chown("tmp/mine", -1u, 0));
	SAY(chmod("tmp/mine", 06755));
	SAY(truncate("seen/read", 0));
	SAY(truncate("seen/open", 0));
	SAY(truncate("seen", 0));
	SAY(mknod("tmp/dev", S_IFCHR | 0666, 0x103));
	SAY(mkfifo("tmp/fifo", 0600));
	SAY(mkfifo("seen/fifo", 0600));
	SAY(unlink("tmp/his"));
	SAY(rename("tmp/his", "tmp/other"));
	SAY(rename("tmp/mine", "tmp/his"));
	SAY(link("seen/read", "tmp/link"));
	SAY(symlink("x", "seen/x"));
	SAY(symlink("x", "tmp/x"));
	SAY(rmdir("seen"));
	SAY(try_connect("seen/private"));
	SAY(try_connect("seen/public"));
	SAY(try_connect("closed/file"));
}

static int try_resolve(const char *path, uint64_t flags, uint64_t resolve)
{
	struct open_how how = {.flags = flags, .resolve = resolve};
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, path, &how, sizeof how);

	if (fd >= 0)
		(void)close(fd); /* nothing was written */
	return fd;
}

static void paths(void)
{
	SAY_POINTER(realpath("seen/good", NULL));
	SAY_POINTER(realpath("seen/link", NULL));
	SAY_POINTER(realpath("seen/loop", NULL));
	SAY_POINTER(realpath("seen/none", NULL));
	SAY_POINTER(realpath("seen/secret", NULL));
	SAY_POINTER(realpath("closed", NULL));
	SAY_POINTER(realpath("blind/file", NULL));
	SAY_POINTER(realpath("drop/file", NULL));
	SAY_POINTER(canonicalize_file_name("closed/file"));
	SAY_POINTER(canonicalize_file_name("seen/read"));
	SAY(try_resolve("seen/read", O_RDONLY, RESOLVE_NO_SYMLINKS));
	SAY(try_resolve("seen/read", O_RDWR, RESOLVE_NO_SYMLINKS));
	SAY(try_resolve("seen/good", O_RDONLY, RESOLVE_NO_SYMLINKS));
	SAY(try_resolve("seen/secret", O_RDONLY, RESOLVE_BENEATH));
	SAY(try_resolve("seen/secret", O_PATH, RESOLVE_BENEATH));
	SAY(try_resolve("closed/file", O_RDONLY, RESOLVE_NO_MAGICLINKS));
	SAY(try_resolve("closed/file", O_PATH, RESOLVE_NO_MAGICLINKS));
	SAY(try_resolve("/etc", O_RDONLY, RESOLVE_BENEATH));
	SAY(try_resolve("/seen/secret", O_RDONLY, RESOLVE_IN_ROOT));
	SAY(try_resolve("/seen/read", O_RDONLY, RESOLVE_IN_ROOT));
	SAY(try_resolve("/seen/read", O_WRONLY, RESOLVE_IN_ROOT));
	SAY(try_resolve("/seen/none", O_RDONLY, RESOLVE_IN_ROOT));
}

static int say_visit(const char *path, const struct stat *st, int type, struct FTW *position)
{
	/* Of what cannot be looked at nothing is known. */
	printf("%s type %d level %d mode %o\n", path, type, position->level,
	       type == FTW_NS ? 0 : st->st_mode);
	return 0;
}

static int say_old_visit(const char *path, const struct stat *st, int type)
{
	printf("%s type %d mode %o\n", path, type, type == FTW_NS ? 0 : st->st_mode);
	return 0;
}

static int walks(void)
{
	static const char *const roots[] = {"closed", "blind", "drop/", "tree", "closed/file", "."};
	static const int flags[] = {0, FTW_PHYS, FTW_DEPTH | FTW_PHYS, FTW_DEPTH, FTW_ACTIONRETVAL};

	for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) {
		for (size_t f = 0; f < sizeof flags / sizeof flags[0]; f++)
			SAY(nftw(roots[i], say_visit, 8, flags[f]));
		SAY(ftw(roots[i], say_old_visit, 8));
	}
	return 0;
}

/* What libc works out where the effective ids are others than the real ones. */
static int effective(uid_t uid)
{
	static const char *const names[] = {
		"seen/secret", "seen/open", "seen/read", "closed/file",	 "bin/only",
		"bin/run",     "tmp",	    "seen/none", "seen/private", "bin2/by_run"};

	expect(setegid(uid) == 0 && seteuid(uid) == 0);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		for (int mode = 0; mode < 9; mode++) {
			printf("%s %d ", names[i], mode);
			SAY(euidaccess(names[i], mode));
			SAY(eaccess(names[i], mode));
		}
	}
	return 0;
}

/* The lowest number that is free, whatever was open on the way. */
static void numbers(void)
{
	int lowest = dup(0), fd;

	(void)close(lowest);
	fd = open("seen/read", O_RDONLY);
	printf("open: %d\n", fd - lowest);
	(void)close(fd);
	fd = open("tmp/one", O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	printf("create: %d, flags %d\n", fd - lowest, fcntl(fd, F_GETFD));
	(void)close(fd);
	(void)open("closed/file", O_RDONLY);
	fd = dup(0);
	printf("after all: %d\n", fd - lowest);
	(void)close(fd);
}

int main(int argc, char **argv)
{
	uid_t uid;

	if (argc == 2 && strcmp(argv[1], "make") == 0)
		return make();
	if (argc == 3 && strcmp(argv[1], "effective") == 0)
		return effective((uid_t)strtoul(argv[2], NULL, 10));
	if (argc != 2 && argc != 3)
		return 2;
	uid = (uid_t)strtoul(argv[1], NULL, 10);
	umask(022);
	expect(setgroups(0, NULL) == 0 && setresgid(uid, uid, uid) == 0 &&
	       setresuid(uid, uid, uid) == 0);
	if (argc == 3)
		return strcmp(argv[2], "walks") == 0 ? walks() : 2;
	numbers();
	streams();
	directories();
	paths();
	attributes();
	expect(setenv("PATH", "bin:bin2", 1) == 0);
	try_exec("execv", "bin/run", 0);
	try_exec("execv", "bin2/run", 0);
	try_exec("execvp", "run", 1);
	try_exec("execvp", "only", 1);
	try_exec("execvp", "nothing", 1);
	try_exec("execvp", "closed/file", 1);
	try_exec("execv", "bin2/by_closed", 0);
	try_exec("execv", "bin2/by_run", 0);
	try_exec("execv", "bin2/by_none", 0);
	try_exec("execv", "bin2/by_text", 0);
	try_exec("execvp", "by_closed", 1);
	SAY_NUMBER(try_spawn(posix_spawn, "bin/run"));
	SAY_NUMBER(try_spawn(posix_spawn, "bin2/run"));
	SAY_NUMBER(try_spawn(posix_spawn, "bin2/by_closed"));
	SAY_NUMBER(try_spawn(posix_spawnp, "run"));
	SAY_NUMBER(try_spawn(posix_spawnp, "only"));
	SAY_NUMBER(try_spawn(posix_spawnp, "nothing"));
	SAY_NUMBER(try_spawn(posix_spawnp, "by_closed"));
	SAY_NUMBER(try_spawn(posix_spawnp, "bin/run"));
	SAY_NUMBER(try_spawn(posix_spawnp, "closed/file"));
	return fflush(stdout) == 0 ? 0 : 1;
}
