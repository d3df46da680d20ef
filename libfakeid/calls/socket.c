/* SPDX-License-Identifier: MIT
 * socket.c - ids that sockets carry: who the peer is, and credentials in messages. The kernel puts
 * real ones there, and refuses any other; so they are translated where they arrive, by the sender's
 * pid.
 */
#include <errno.h>
#include <string.h>

#include "calls/raw.h"
#include "calls/socket.h"
#include "shim/next.h"
#include "shim/peer.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/wraps.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* A socket that is not connected. */
static bool is_nobody(const struct ucred *cred)
{
	return cred->pid == 0 && cred->uid == FAKEID_ID_INVALID;
}

/* Put the ids in place of the process that the kernel names. */
static void translate(struct ucred *cred, enum creds_id which)
{
	struct peer peer;

	if (is_nobody(cred))
		return;
	peer_find(cred->pid, cred->uid, cred->gid, &peer);
	cred->uid = peer.id[FAKEID_UID][which];
	cred->gid = peer.id[FAKEID_GID][which];
}

/* In place, and as far as the kernel came: what does not fit is cut off. */
static void fix_ucred(void *bytes, size_t size, enum creds_id which)
{
	struct ucred cred = {0};

	if (size > sizeof(cred))
		size = sizeof(cred);
	if (size <= offsetof(struct ucred, uid))
		return;
	memcpy(&cred, bytes, size);
	translate(&cred, which);
	memcpy(bytes, &cred, size);
}

/* -- getsockopt -- */

static long get_peer(int fd, struct ucred *value, socklen_t *size)
{
	long r = SYS5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, value, size);

	if (r == 0)
		fix_ucred(value, *size, CREDS_EFFECTIVE);
	return r;
}

/* Of another process no more is known than the group it acts as. */
static long get_peer_groups(int fd, gid_t *value, socklen_t *size)
{
	struct ucred cred = {0};
	struct peer peer;
	socklen_t cred_size = sizeof(cred), room, needed;
	const gid_t *list = &peer.id[FAKEID_GID][CREDS_EFFECTIVE];
	uint32_t n = 1;
	long r = SYS5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, &cred, &cred_size);

	if (r < 0 || is_nobody(&cred))
		return SYS5(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERGROUPS, value, size);
	peer_find(cred.pid, cred.uid, cred.gid, &peer);
	if (peer.is_self) {
		list = process_groups()->list;
		n = process_groups()->n;
	}
	needed = n * (socklen_t)sizeof(list[0]);
	room = *size;
	if ((int)room < 0)
		return -EINVAL;
	*size = needed;
	if (room < needed)
		return -ERANGE;
	memcpy(value, list, needed);
	return 0;
}

long wrap_getsockopt(int fd, int level, int name, void *value, socklen_t *size)
{
	if (level == SOL_SOCKET && (name == SO_PEERCRED || name == SO_PEERGROUPS) && value &&
	    size && process_on())
		return name == SO_PEERCRED ? get_peer(fd, value, size)
					   : get_peer_groups(fd, value, size);
	return SYS5(SYS_getsockopt, fd, level, name, value, size);
}

/* -- receiving -- */

struct cmsghdr *socket_next_creds(const struct msghdr *message, struct cmsghdr *at)
{
	at = at ? CMSG_NXTHDR((struct msghdr *)message, at) : CMSG_FIRSTHDR(message);
	for (; at; at = CMSG_NXTHDR((struct msghdr *)message, at)) {
		if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_CREDENTIALS)
			return at;
	}
	return NULL;
}

static void fix_received(struct msghdr *message)
{
	/* Nobody asks for them, and nothing is looked at. */
	if (!message->msg_control)
		return;
	/* What the kernel sends by itself are real ids, as in getuid(2). */
	for (struct cmsghdr *at = NULL; (at = socket_next_creds(message, at));)
		fix_ucred(CMSG_DATA(at), at->cmsg_len - CMSG_LEN(0), CREDS_REAL);
}

static long received(long r, struct msghdr *message)
{
	if (r >= 0 && message && process_on())
		fix_received(message);
	return r;
}

static long received_many(long n, struct mmsghdr *messages)
{
	for (long i = 0; i < n && process_on(); i++)
		fix_received(&messages[i].msg_hdr);
	return n;
}

long wrap_recvmsg(int fd, struct msghdr *message, int flags)
{
	long r = next_result(NEXT(recvmsg)(fd, message, flags));

	seen_forget_all(); /* descriptors may have come */
	return received(r, message);
}

long wrap_recvmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags,
		   struct timespec *timeout)
{
	long r = next_result(NEXT(recvmmsg)(fd, messages, n, flags, timeout));

	seen_forget_all();
	return received_many(r, messages);
}

/* -- the same through syscall(2) -- */

bool raw_socket_call(long n, const long arg[6], long *ret_result)
{
	struct mmsghdr *messages = (struct mmsghdr *)arg[1];
	int fd = (int)arg[0];

	switch (n) {
	case SYS_getsockopt:
		*ret_result = wrap_getsockopt(fd, (int)arg[1], (int)arg[2], (void *)arg[3],
					      (socklen_t *)arg[4]);
		return true;
	case SYS_recvmsg:
		*ret_result = received(SYS3(SYS_recvmsg, fd, arg[1], arg[2]),
				       (struct msghdr *)arg[1]);
		return true;
	case SYS_recvmmsg:
		*ret_result = received_many(
			SYS5(SYS_recvmmsg, fd, messages, arg[2], arg[3], arg[4]), messages);
		return true;
	default:
		return raw_send_call(n, arg, ret_result);
	}
}
