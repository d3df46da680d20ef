/* SPDX-License-Identifier: MIT
 * cross.c - who processes are to each other: over sockets, in messages, in /proc.
 *
 *     cross serve PATH N     answer N callers; a line for each: who it is by SO_PEERCRED, SO_PEERGROUPS and
 *                            by the credentials of its message
 *     cross call PATH        call; a line: who serves
 *     cross call-from-vfork PATH   the same from a vfork child that drops its user id first
 *     cross NAME             a test that looks by itself, see below
 */
#include "cross.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

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
	expect(chmod(path, 0777) == 0); /* for everybody to connect */
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

/* Its memory is its parent's, who announces its own ids: those are seen until the child starts a
 * program. */
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
	{"filtered", test_filtered}, {"title", test_title},   {"cost", test_cost},
	{"self", test_self},	     {"nobody", test_nobody}, {"children", test_children},
	{"clone", test_clone},	     {"gone", test_gone},     {"large", test_large},
	{"torn", test_torn},	     {"walk", test_walk},     {"owner", test_owner},
	{"doors", test_doors},
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
