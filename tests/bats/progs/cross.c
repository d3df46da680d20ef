/* SPDX-License-Identifier: MIT
 * cross.c - who processes are to each other: over sockets, in messages, in /proc.
 *
 *     cross serve PATH N     answer N callers; a line for each: who it is by SO_PEERCRED, SO_PEERGROUPS and
 *                            by the credentials of its message
 *     cross call PATH        call; a line: who serves
 *     cross call-from-vfork PATH   the same from a vfork child that drops its user id first
 *     cross NAME             a test that looks by itself, see below
 */
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "expect.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(struct ucred))];
};

static struct ucred peer_of(int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	expect(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0);
	expect(size == sizeof(cred));
	return cred;
}

static bool is(struct ucred cred, pid_t pid, uid_t uid, gid_t gid)
{
	return cred.pid == pid && cred.uid == uid && cred.gid == gid;
}

/* -- messages: through libc, or as bare system calls -- */

static bool bare, many;

static ssize_t send_any(int fd, struct msghdr *message)
{
	struct mmsghdr one = {.msg_hdr = *message};
	long n;

	if (!many)
		return bare ? syscall(SYS_sendmsg, fd, message, 0L) : sendmsg(fd, message, 0);
	n = bare ? syscall(SYS_sendmmsg, fd, &one, 1L, 0L) : sendmmsg(fd, &one, 1, 0);
	return n < 0 ? n : (ssize_t)one.msg_len;
}

static ssize_t receive_any(int fd, struct msghdr *message)
{
	struct mmsghdr one = {.msg_hdr = *message};
	long n;

	if (!many)
		return bare ? syscall(SYS_recvmsg, fd, message, 0L) : recvmsg(fd, message, 0);
	n = bare ? syscall(SYS_recvmmsg, fd, &one, 1L, 0L, NULL) : recvmmsg(fd, &one, 1, 0, NULL);
	*message = one.msg_hdr;
	return n < 0 ? n : (ssize_t)one.msg_len;
}

/* One byte, with `cred` unless that is NULL. 0 or the error. */
static int send_creds(int fd, const struct ucred *cred)
{
	union control control = {.header = {.cmsg_len = CMSG_LEN(sizeof(*cred)),
					    .cmsg_level = SOL_SOCKET,
					    .cmsg_type = SCM_CREDENTIALS}};
	struct iovec byte = {"x", 1};
	struct msghdr message = {.msg_iov = &byte, .msg_iovlen = 1};
	union control before;

	if (cred) {
		memcpy(CMSG_DATA(&control.header), cred, sizeof(*cred));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	before = control;
	if (send_any(fd, &message) != 1)
		return errno;
	expect(memcmp(&before, &control, sizeof(control)) == 0);
	return 0;
}

static struct ucred receive_creds(int fd)
{
	union control control;
	char byte;
	struct iovec part = {&byte, 1};
	struct msghdr message = {.msg_iov = &part,
				 .msg_iovlen = 1,
				 .msg_control = &control,
				 .msg_controllen = sizeof(control)};
	struct ucred cred;

	expect(receive_any(fd, &message) == 1);
	expect(message.msg_controllen >= CMSG_LEN(sizeof(cred)));
	expect(control.header.cmsg_type == SCM_CREDENTIALS);
	memcpy(&cred, CMSG_DATA(&control.header), sizeof(cred));
	return cred;
}

static void want_creds(int fd)
{
	const int one = 1;

	expect(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) == 0);
}

static void make_pair(int ends[2])
{
	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	want_creds(ends[0]);
}

/* -- serve and call -- */

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	expect(strlen(path) < sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

static void answer(int fd)
{
	struct ucred peer = peer_of(fd), message;
	gid_t groups[64];
	socklen_t size = sizeof(groups);

	want_creds(fd);
	message = receive_creds(fd);
	expect(getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) == 0);
	(void)printf("peer=%u:%u message=%u:%u groups=", peer.uid, peer.gid, message.uid,
		     message.gid);
	for (socklen_t i = 0; i < size / sizeof(groups[0]); i++)
		(void)printf("%s%u", i ? "," : "", groups[i]);
	(void)puts("");
	(void)fflush(stdout);
	expect(write(fd, "x", 1) == 1);
	(void)close(fd);
}

static void serve(const char *path, int n)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	expect(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	expect(listen(fd, 8) == 0);
	while (n-- > 0) {
		int caller = accept(fd, NULL, NULL);

		expect(caller >= 0);
		answer(caller);
	}
}

static void call(const char *path)
{
	struct sockaddr_un address = address_of(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct ucred peer;
	char byte;

	want_creds(fd);
	expect(connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	peer = peer_of(fd);
	expect(send_creds(fd, NULL) == 0);
	expect(read(fd, &byte, 1) == 1);
	(void)printf("server=%u:%u\n", peer.uid, peer.gid);
}

/* Its memory is its parent's, who announces its own ids: those are seen until the child starts a program. */
static void call_from_vfork(const char *path)
{
	struct sockaddr_un address = address_of(path);
	const int one = 1;
	char byte;
	int fd, status;
	pid_t pid = vfork();

	if (pid == 0) {
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
		if (setuid(1000) < 0 || geteuid() != 1000 ||
		    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) < 0 ||
		    connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
		    send(fd, "x", 1, 0) != 1 || read(fd, &byte, 1) != 1)
			_exit(1);
		_exit(0);
	}
	expect(waitpid(pid, &status, 0) == pid && status == 0);
	expect(geteuid() == 0);
}

/* -- tests that look by themselves -- */

static void test_self(void)
{
	int ends[2];

	make_pair(ends);
	expect(is(peer_of(ends[0]), getpid(), 0, 0));
	expect(setregid(7, 8) == 0 && setreuid(5, 6) == 0);
	expect(is(peer_of(ends[0]), getpid(), 6, 8));
	/* Messages carry the real ids. */
	expect(send_creds(ends[1], NULL) == 0);
	expect(is(receive_creds(ends[0]), getpid(), 5, 7));
}

static void test_nobody(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	struct ucred cred = {1, 1, 1};
	socklen_t size = sizeof(cred);
	char few[6] = "......";

	expect(is(peer_of(fd), 0, (uid_t)-1, (gid_t)-1));
	expect(getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, &cred, &size) < 0 && errno == ENODATA);

	/* As much as there is room for, and no more is written. */
	int ends[2];
	pid_t pid = getpid();

	make_pair(ends);
	size = 4;
	expect(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, few, &size) == 0 && size == 4);
	expect(memcmp(few, &pid, 4) == 0 && few[4] == '.');
	size = 0;
	expect(getsockopt(ends[0], SOL_SOCKET, SO_PEERGROUPS, few, &size) < 0 && errno == ERANGE);
	expect(size == sizeof(gid_t));
}

/* What a child says, for as long as it lives. */
static void child_says(void (*says)(int fd), uid_t uid, gid_t gid)
{
	struct ucred cred;
	int ends[2], status;
	pid_t pid;

	make_pair(ends);
	pid = fork();
	if (pid == 0) {
		says(ends[1]);
		pause();
	}
	cred = receive_creds(ends[0]);
	expect(is(cred, pid, uid, gid));
	expect(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
	(void)close(ends[0]);
	(void)close(ends[1]);
}

static void say(int fd)
{
	expect(send_creds(fd, NULL) == 0);
}

static void drop_and_say(int fd)
{
	expect(setgid(1001) == 0 && setuid(1000) == 0);
	expect(send_creds(fd, NULL) == 0);
}

static void say_own(int fd)
{
	struct ucred own = {getpid(), 1000, 1001}, root = {getpid(), 0, 0};
	struct ucred other = {getppid(), 1000, 1001}, none = {getpid(), (uid_t)-1, 0};

	expect(setgid(1001) == 0 && setuid(1000) == 0);
	expect(send_creds(fd, &root) == EPERM);
	expect(send_creds(fd, &other) == EPERM);
	expect(send_creds(fd, &none) == EINVAL);
	expect(send_creds(fd, &own) == 0);
}

/* A root may say what it likes; the receiver sees who it is. */
static void say_other(int fd)
{
	struct ucred other = {getppid(), 77, 78}, nobody = {INT32_MAX - 1, 0, 0};

	expect(send_creds(fd, &nobody) == ESRCH);
	expect(send_creds(fd, &other) == 0);
}

static void raw_child(int fd)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	int status;

	/* The one that is asked about is the child of this one. */
	if (pid == 0) {
		expect(setuid(1000) == 0);
		expect(send_creds(fd, NULL) == 0);
		pause();
	}
	(void)waitpid(pid, &status, 0);
}

static void test_children(void)
{
	child_says(say, 0, 0);
	child_says(drop_and_say, 1000, 1001);
	child_says(say_own, 1000, 1001);
	child_says(say_other, 0, 0);
}

static void test_clone(void)
{
	int ends[2];
	struct ucred cred;
	pid_t pid;

	make_pair(ends);
	pid = fork();
	if (pid == 0) {
		raw_child(ends[1]);
		_exit(0);
	}
	cred = receive_creds(ends[0]);
	expect(cred.pid != pid && cred.uid == 1000 && cred.gid == 0);
	expect(kill(cred.pid, SIGKILL) == 0);
}

static void test_gone(void)
{
	int ends[2], status;
	pid_t pid;

	make_pair(ends);
	pid = fork();
	if (pid == 0) {
		say(ends[1]);
		_exit(0);
	}
	expect(waitpid(pid, &status, 0) == pid && status == 0);
	expect(is(receive_creds(ends[0]), pid, 65534, 65534));
}

/* More control data than fits a small buffer, with the credentials behind much else. */
static void test_large(void)
{
	enum { FDS = 250 };
	_Alignas(struct cmsghdr) static char
		room[CMSG_SPACE(FDS * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	char text[] = "x";
	struct iovec byte = {text, 1};
	struct msghdr message = {.msg_iov = &byte,
				 .msg_iovlen = 1,
				 .msg_control = room,
				 .msg_controllen = sizeof(room)};
	struct cmsghdr *at = CMSG_FIRSTHDR(&message);
	struct ucred cred = {getpid(), 0, 0};
	int ends[2], fds[FDS] = {0};

	*at = (struct cmsghdr){CMSG_LEN(sizeof(fds)), SOL_SOCKET, SCM_RIGHTS};
	memcpy(CMSG_DATA(at), fds, sizeof(fds));
	at = CMSG_NXTHDR(&message, at);
	*at = (struct cmsghdr){CMSG_LEN(sizeof(cred)), SOL_SOCKET, SCM_CREDENTIALS};
	memcpy(CMSG_DATA(at), &cred, sizeof(cred));
	make_pair(ends);
	expect(send_any(ends[1], &message) == 1);
	message.msg_controllen = sizeof(room);
	memset(room, 0, sizeof(room));
	expect(receive_any(ends[0], &message) == 1);
	at = CMSG_FIRSTHDR(&message);
	expect(at && at->cmsg_type == SCM_CREDENTIALS);
	memcpy(&cred, CMSG_DATA(at), sizeof(cred));
	expect(is(cred, getpid(), 0, 0));
}

/* A reader never sees half of a change. Real and saved ids let the effective one go back and forth. */
static void test_torn(void)
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

static void test_walk(void)
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

static void test_owner(void)
{
	int proc = open("/proc", O_RDONLY | O_DIRECTORY), self, status;
	char name[32];

	expect(setreuid(5, 6) == 0);
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
	expect_owner(AT_FDCWD, "/proc/1", 0, 0);
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

static void test_doors(void)
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

/* As setproctitle() of many programs does: the block holds something else from now on. */
static void test_title(void)
{
	char *first = environ[0], *last = first;
	int ends[2], status;
	struct ucred cred;
	pid_t pid;

	for (char **at = environ; *at; at++)
		last = *at + strlen(*at);
	make_pair(ends);
	pid = fork();
	if (pid == 0) {
		memset(first, 'T', (size_t)(last - first));
		expect(setuid(1000) == 0 && geteuid() == 1000);
		for (const char *at = first; at < last; at++)
			expect(*at == 'T');
		say(ends[1]);
		pause();
	}
	cred = receive_creds(ends[0]);
	expect(is(cred, pid, 65534, 65534));
	expect(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
}

/* What crossing.bats counts, between two marks. */
static void test_cost(void)
{
	char byte[] = "x";
	struct iovec part = {byte, 1};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	socklen_t size = sizeof(int);
	struct stat st;
	int ends[2], type;

	expect(stat("/etc/passwd", &st) == 0);
	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	(void)syscall(SYS_getppid);
	if (sendmsg(ends[0], &message, 0) != 1 || recvmsg(ends[1], &message, 0) != 1 ||
	    open("/etc/passwd", O_RDONLY) < 0 || stat("/etc/passwd", &st) < 0 ||
	    getsockopt(ends[0], SOL_SOCKET, SO_TYPE, &type, &size) < 0)
		_exit(1);
	(void)syscall(SYS_getppid);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"title", test_title},	 {"cost", test_cost},	      {"self", test_self},
	{"nobody", test_nobody}, {"children", test_children}, {"clone", test_clone},
	{"gone", test_gone},	 {"large", test_large},	      {"torn", test_torn},
	{"walk", test_walk},	 {"owner", test_owner},	      {"doors", test_doors},
};

int main(int argc, char **argv)
{
	const char *how = getenv("CROSS_HOW");

	bare = how && strstr(how, "bare");
	many = how && strstr(how, "many");
	if (argc == 4 && strcmp(argv[1], "serve") == 0) {
		serve(argv[2], (int)strtol(argv[3], NULL, 10));
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "call") == 0) {
		call(argv[2]);
		return 0;
	}
	if (argc == 3 && strcmp(argv[1], "call-from-vfork") == 0) {
		call_from_vfork(argv[2]);
		return 0;
	}
	for (size_t i = 0; argc == 2 && i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].run();
			return 0;
		}
	}
	return 2;
}
