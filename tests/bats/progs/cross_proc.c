/* SPDX-License-Identifier: MIT
 * cross_proc.c - who a process is, in /proc.
 */
#include "cross.h"

#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* A reader never sees half of a change. Real and saved ids let the effective one go back and
 * forth. */
void test_torn(void)
{
	enum { READS = 3000 };
	char path[64], text[4096];
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		expect(setresuid(0x11111111, 0, 0x22222222) == 0);
		while (getppid() != 1)
			expect(seteuid(0x11111111) == 0 && seteuid(0x22222222) == 0);
		_exit(0);
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	for (int i = 0; i < READS; i++) {
		unsigned uid[4];
		FILE *stream = fopen(path, "r");
		size_t n = stream ? fread(text, 1, sizeof(text) - 1, stream) : 0;
		const char *line;

		expect(stream != NULL);
		text[n] = '\0';
		line = strstr(text, "Uid:");
		expect(line != NULL);
		expect(sscanf(line, "Uid: %u %u %u %u", uid, uid + 1, uid + 2, uid + 3) ==
		       4); /* NOLINT */
		expect(uid[1] == uid[3]);
		expect(uid[1] == 0 || uid[1] == 0x11111111 || uid[1] == 0x22222222);
		(void)fclose(stream);
	}
	expect(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
}

static uid_t walked;

static int on_entry(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)path;
	(void)type;
	(void)position;
	walked = st->st_uid;
	return 1;
}

void test_walk(void)
{
	char path[64], *paths[] = {path, NULL};
	FTSENT *entry;
	FTS *fts;

	expect(setreuid(5, 6) == 0);
	(void)snprintf(path, sizeof(path), "/proc/%d", getpid());
	expect(nftw(path, on_entry, 4, FTW_PHYS) == 1 && walked == 6);
	fts = fts_open(paths, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	expect(fts != NULL);
	entry = fts_read(fts);
	expect(entry && entry->fts_statp->st_uid == 6);
	expect(fts_close(fts) == 0);
}

static void expect_owner(int dirfd, const char *path, int flags, uid_t uid)
{
	struct statx stx;
	struct stat st;

	expect(fstatat(dirfd, path, &st, flags) == 0 && st.st_uid == uid);
	expect(statx(dirfd, path, flags, STATX_UID, &stx) == 0 && stx.stx_uid == uid);
}

void test_owner(void)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY), self, status;
	char name[32];

	expect(setreuid(5, 6) == 0);
	/* Who has changed ids is undumpable: only what all may list stays his own. */
	expect(prctl(PR_GET_DUMPABLE) == 0);
	expect_owner(AT_FDCWD, "/proc/self/", 0, 6);
	expect_owner(AT_FDCWD, "/proc/self/task", 0, 6);
	expect_owner(AT_FDCWD, "/proc/self/stat", 0, 0);
	expect_owner(AT_FDCWD, "/proc/self/fd/0", AT_SYMLINK_NOFOLLOW, 0);
	expect(prctl(PR_SET_DUMPABLE, 1) == 0 && prctl(PR_GET_DUMPABLE) == 1);
	(void)snprintf(name, sizeof(name), "%d", getpid());
	self = openat(proc, name, O_RDONLY | O_DIRECTORY);
	status = openat(self, "stat", O_RDONLY);
	expect_owner(self, "", AT_EMPTY_PATH, 6);
	expect_owner(status, "", AT_EMPTY_PATH, 6);
	expect_owner(self, "stat", 0, 6);
	expect_owner(self, "fd/0", AT_SYMLINK_NOFOLLOW, 6);
	expect_owner(proc, name, AT_SYMLINK_NOFOLLOW, 6);
	expect_owner(AT_FDCWD, "/proc/self/", 0, 6);
	expect_owner(AT_FDCWD, "/proc/self/root/proc/self/stat", 0, 6);
	expect_owner(AT_FDCWD, "/proc/thread-self/stat", 0, 6);
	expect_owner(AT_FDCWD, "/proc/cpuinfo", 0, 0);
	/* The machine's own root, who has no id here. */
	expect_owner(AT_FDCWD, "/proc/1", 0, 65534);
	(void)snprintf(name, sizeof(name), "/proc/%d", getpid());
	expect_owner(AT_FDCWD, name, 0, 6);
	(void)snprintf(name, sizeof(name), "/proc/%d/../self/", getpid());
	expect_owner(AT_FDCWD, name, 0, 6);
	/* Of the parent, by a path that passes through ours. */
	(void)snprintf(name, sizeof(name), "/proc/%d/../%d", getpid(), getppid());
	expect_owner(AT_FDCWD, name, 0, 0);
}

/* Reads by a descriptor that must be an ordinary, read-only one of the lowest number. */
static void expect_text(int fd, const char *text, int fd_flags)
{
	char found[256];
	ssize_t n = read(fd, found, sizeof(found));

	expect(fd == 3);
	expect(n == (ssize_t)strlen(text) && memcmp(found, text, (size_t)n) == 0);
	expect(fcntl(fd, F_GETFD) == fd_flags);
	expect((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY);
	expect(lseek(fd, 0, SEEK_SET) == 0 && read(fd, found, sizeof(found)) == n);
	expect(close(fd) == 0);
}

void test_doors(void)
{
	static const char map[] = "         0          0 4294967295\n";
	struct {
		unsigned long long flags, mode, resolve;
	} how = {O_RDONLY | O_CLOEXEC, 0, 0};
	char line[64] = "", name[] = "uid_map";
	FILE *stream;
	struct stat st;
	int fd;

	(void)closefrom(3);
	expect_text(open("/proc/self/uid_map", O_RDONLY), map, 0);
	expect_text(open64("/proc/self/gid_map", O_RDONLY | O_CLOEXEC), map, FD_CLOEXEC);
	expect_text(openat(AT_FDCWD, "/proc/thread-self/projid_map", O_RDONLY), map, 0);
	expect_text(open("/proc/self/setgroups", O_RDONLY), "allow\n", 0);
	expect_text(open("/proc/self/loginuid", O_RDONLY), "4294967295", 0);
	expect_text((int)syscall(SYS_openat, AT_FDCWD, "/proc/self/uid_map", O_RDONLY), map, 0);
	expect_text((int)syscall(SYS_openat2, AT_FDCWD, "/proc/self/uid_map", &how, sizeof(how)),
		    map, FD_CLOEXEC);
	expect(chdir("/proc/self/task") == 0);
	expect_text(open("../uid_map", O_RDONLY), map, 0);

	stream = fopen("/proc/self/uid_map", "re");
	expect(stream && fgets(line, sizeof(line), stream) && strcmp(line, map) == 0);
	stream = freopen("/proc/self/setgroups", "r", stream);
	expect(stream && fgets(line, sizeof(line), stream) && strcmp(line, "allow\n") == 0);
	expect(fstat(fileno(stream), &st) == 0 && S_ISREG(st.st_mode) && !(st.st_mode & 0333));
	expect(fclose(stream) == 0);

	/* Another file of that name is that file, and writing is the kernel's. */
	expect(chdir(getenv("HOME")) == 0);
	fd = open(name, O_RDWR | O_CREAT, 0600);
	expect(write(fd, "mine", 4) == 4 && close(fd) == 0);
	expect_text(open(name, O_RDONLY), "mine", 0);
	fd = open("/proc/self/uid_map", O_RDWR);
	expect(fd >= 0 && (fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDWR);
}
