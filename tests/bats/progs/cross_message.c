/* SPDX-License-Identifier: MIT
 * cross_message.c - credentials in messages.
 */
#include "cross.h"

#include <sys/syscall.h>

union control {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(struct ucred))];
};

struct ucred peer_of(int fd)
{
	struct ucred cred;
	socklen_t size = sizeof(cred);

	expect(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &size) == 0);
	expect(size == sizeof(cred));
	return cred;
}

bool is(struct ucred cred, pid_t pid, uid_t uid, gid_t gid)
{
	return cred.pid == pid && cred.uid == uid && cred.gid == gid;
}

/* -- messages: through libc, or as bare system calls -- */

bool bare, many;

ssize_t send_any(int fd, struct msghdr *message)
{
	struct mmsghdr one = {.msg_hdr = *message};
	long n;

	if (!many)
		return bare ? syscall(SYS_sendmsg, fd, message, 0L) : sendmsg(fd, message, 0);
	n = bare ? syscall(SYS_sendmmsg, fd, &one, 1L, 0L) : sendmmsg(fd, &one, 1, 0);
	return n < 0 ? n : (ssize_t)one.msg_len;
}

ssize_t receive_any(int fd, struct msghdr *message)
{
	struct mmsghdr one = {.msg_hdr = *message};
	long n;

	if (!many)
		return bare ? syscall(SYS_recvmsg, fd, message, 0L) : recvmsg(fd, message, 0);
	n = bare ? syscall(SYS_recvmmsg, fd, &one, 1L, 0L, NULL) : recvmmsg(fd, &one, 1, 0, NULL);
	*message = one.msg_hdr;
	return n < 0 ? n : (ssize_t)one.msg_len;
}

int send_creds(int fd, const struct ucred *cred)
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

struct ucred receive_creds(int fd)
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

void want_creds(int fd)
{
	const int one = 1;

	expect(setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &one, sizeof(one)) == 0);
}

void make_pair(int ends[2])
{
	expect(socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
	want_creds(ends[0]);
}
