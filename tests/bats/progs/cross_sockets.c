/* SPDX-License-Identifier: MIT
 * cross_sockets.c - who a peer is, over sockets and in messages.
 */
#include "cross.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

void test_self(void)
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

void test_nobody(void)
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

void test_children(void)
{
	child_says(say, 0, 0);
	child_says(drop_and_say, 1000, 1001);
	child_says(say_own, 1000, 1001);
	child_says(say_other, 0, 0);
}

void test_clone(void)
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

void test_gone(void)
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
void test_large(void)
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

/* As setproctitle() of many programs does: the block holds something else from now on. */
void test_title(void)
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

#define KILLS(name)                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##name, 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

/* A program that forbids itself what it does not do is not killed for asking who its peer is. */
void test_filtered(void)
{
	struct sock_filter rules[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		KILLS(openat),
		KILLS(getpid),
		KILLS(getuid),
		KILLS(getgid),
		KILLS(fstatfs),
		KILLS(memfd_create),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = {sizeof(rules) / sizeof(rules[0]), rules};
	int ends[2], other[2], status;
	pid_t own = getpid(), pid;
	struct ucred cred = {own, 0, 0};

	make_pair(ends);
	make_pair(other);
	pid = fork();
	if (pid == 0) {
		say(other[1]);
		pause();
	}
	expect(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	expect(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter, 0, 0) == 0);
	expect(is(receive_creds(other[0]), pid, 65534, 65534));
	expect(send_creds(ends[1], &cred) == 0);
	expect(is(receive_creds(ends[0]), own, 0, 0));
	expect(is(peer_of(ends[0]), own, 0, 0));
	expect(kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid);
}
