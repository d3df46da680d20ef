/* SPDX-License-Identifier: MIT
 * send.c - sending to sockets: who may write to a name, and which ids a message may carry.
 */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <string.h>

#include "calls/carry.h"
#include "calls/gate.h"
#include "calls/raw.h"
#include "calls/socket.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/space.h"
#include "shim/sys.h"
#include "shim/user.h"
#include "shim/wraps.h"

#define CONTROL_SMALL_BYTES 1024u
#define CONTROL_MAX_BYTES (1u << 20) /* the kernel takes less (net.core.optmem_max) */

/* How to make the real call: libc's function, a cancellation point, or the program's own system
 * call. */
typedef long send_fn(int fd, const struct msghdr *message, int flags);

static bool is_one_of(const struct creds *creds, enum fakeid_idkind kind, uint32_t id)
{
	const uint32_t *ids = creds->id[kind];

	return id == ids[CREDS_REAL] || id == ids[CREDS_EFFECTIVE] || id == ids[CREDS_SAVED];
}

/* May this process say that of itself? scm_check_creds() of the kernel. */
static int check_creds(const struct ucred *cred)
{
	struct fakeid_kid ignored;
	struct creds creds;
	pid_t own = process_pid();

	process_creds_copy(&creds);
	if (space_make(FAKEID_UID, cred->uid, &ignored) < 0 ||
	    space_make(FAKEID_GID, cred->gid, &ignored) < 0)
		return -EINVAL;
	if ((cred->pid != own && !creds_has_cap(&creds, CAP_SYS_ADMIN)) ||
	    (!is_one_of(&creds, FAKEID_UID, cred->uid) && !creds_has_cap(&creds, CAP_SETUID)) ||
	    (!is_one_of(&creds, FAKEID_GID, cred->gid) && !creds_has_cap(&creds, CAP_SETGID)))
		return -EPERM;
	if (cred->pid != own && !process_filtered() && SYS2(SYS_kill, cred->pid, 0) == -ESRCH)
		return -ESRCH;
	return 0;
}

/* What the kernel lets this process say. */
static int patch_creds(const struct msghdr *message, struct cmsghdr *at)
{
	size_t left = message->msg_controllen - (size_t)((char *)at - (char *)message->msg_control);
	struct ucred cred;
	int r;

	if (at->cmsg_len != CMSG_LEN(sizeof(cred)) || at->cmsg_len > left)
		return -EINVAL;
	memcpy(&cred, CMSG_DATA(at), sizeof(cred));
	r = check_creds(&cred);
	if (r < 0)
		return r;
	cred.pid = process_pid();
	cred.uid = process.view.user[FAKEID_UID];
	cred.gid = process.view.user[FAKEID_GID];
	memcpy(CMSG_DATA(at), &cred, sizeof(cred));
	return 0;
}

static long send_patched(send_fn *real, int fd, const struct msghdr *message, int flags,
			 void *memory)
{
	struct msghdr patched = *message;

	patched.msg_control = memcpy(memory, message->msg_control, message->msg_controllen);
	for (struct cmsghdr *at = NULL; (at = socket_next_creds(&patched, at));) {
		int r = patch_creds(&patched, at);

		if (r < 0)
			return r;
	}
	return real(fd, &patched, flags);
}

static __attribute__((noinline)) long send_small(send_fn *real, int fd,
						 const struct msghdr *message, int flags)
{
	_Alignas(struct cmsghdr) char memory[CONTROL_SMALL_BYTES];

	return send_patched(real, fd, message, flags, memory);
}

/* On the stack it is, as a rule, and costs nothing to know. */
static bool is_there(const void *at, size_t size)
{
	return user_is_known(at, size) || user_can_read(at, size);
}

/* Of those that can be read; for others the kernel has an answer. */
static bool has_creds(const struct msghdr *message)
{
	return message->msg_control && message->msg_controllen <= CONTROL_MAX_BYTES &&
	       is_there(message->msg_control, message->msg_controllen) &&
	       socket_next_creds(message, NULL);
}

static long send_one(send_fn *real, int fd, const struct msghdr *message, int flags)
{
	void *memory;
	long r;

	if (__builtin_expect(!message->msg_control, 1) || !process_on() || !has_creds(message))
		return real(fd, message, flags);
	if (message->msg_controllen <= CONTROL_SMALL_BYTES)
		return send_small(real, fd, message, flags);

	r = carry_map(message->msg_controllen, &memory);
	if (r < 0)
		return r;
	r = send_patched(real, fd, message, flags, memory);
	carry_unmap(memory, message->msg_controllen);
	return r;
}

/* A datagram to a name needs the right to write there. */
static int may_send(const struct msghdr *message)
{
	return permit_limited() && message->msg_name
		       ? gate_socket(message->msg_name, message->msg_namelen, false)
		       : 0;
}

/* A device's placeholder is closed, where a device would listen to nobody. */
static long unless_device(long r, const struct sockaddr *address, socklen_t size)
{
	return r == -EACCES && process_on() && gate_is_device(address, size) ? -ECONNREFUSED : r;
}

static long send_named(send_fn *real, int fd, const struct msghdr *message, int flags)
{
	int may;
	long r;

	if (!is_there(message, sizeof(*message)))
		return real(fd, message, flags);
	may = may_send(message);
	r = may < 0 ? may : send_one(real, fd, message, flags);
	if (may < 0 || r != -EACCES)
		return r;
	return unless_device(r, message->msg_name, message->msg_namelen);
}

/* One by one, as the kernel does inside; an error after the first message is told by the next
 * call. */
static long send_each(send_fn *real, int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	for (unsigned i = 0; i < n; i++) {
		long r = send_named(real, fd, &messages[i].msg_hdr, flags);

		if (r < 0)
			return i > 0 ? (long)i : r;
		messages[i].msg_len = (unsigned)r;
	}
	return n;
}

static bool is_unix(int fd)
{
	int domain;
	socklen_t size = sizeof(domain);

	return SYS5(SYS_getsockopt, fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) == 0 &&
	       domain == AF_UNIX;
}

/* All at once where nothing is to be asked of any. */
static bool must_look(int fd, const struct mmsghdr *messages, unsigned n)
{
	bool asks = permit_limited() && is_unix(fd);

	if (n > IOV_MAX)
		n = IOV_MAX; /* nor does the kernel send more at once */
	if (!is_there(messages, n * sizeof(*messages)))
		return false;
	for (unsigned i = 0; i < n; i++) {
		if (has_creds(&messages[i].msg_hdr) || (asks && messages[i].msg_hdr.msg_name))
			return process_on();
	}
	return false;
}

static long sent_all(long r, const struct mmsghdr *messages)
{
	return r == -EACCES
		       ? unless_device(r, messages->msg_hdr.msg_name, messages->msg_hdr.msg_namelen)
		       : r;
}

static long send_by_libc(int fd, const struct msghdr *message, int flags)
{
	return next_result(NEXT(sendmsg)(fd, message, flags));
}

long wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
	return send_named(send_by_libc, fd, message, flags);
}

long wrap_sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
		 socklen_t address_size)
{
	int r = permit_limited() ? gate_socket(address, address_size, false) : 0;

	if (r < 0)
		return r;
	return unless_device(
		next_result(NEXT(sendto)(fd, bytes, size, flags, address, address_size)), address,
		address_size);
}

long wrap_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	if (must_look(fd, messages, n))
		return send_each(send_by_libc, fd, messages, n, flags);
	return sent_all(next_result(NEXT(sendmmsg)(fd, messages, n, flags)), messages);
}

/* -- the same through syscall(2) -- */

static long send_raw(int fd, const struct msghdr *message, int flags)
{
	return SYS3(SYS_sendmsg, fd, message, flags);
}

static long raw_sendmmsg(int fd, struct mmsghdr *messages, unsigned n, int flags)
{
	if (must_look(fd, messages, n))
		return send_each(send_raw, fd, messages, n, flags);
	return sent_all(SYS4(SYS_sendmmsg, fd, messages, n, flags), messages);
}

bool raw_send_call(long n, const long arg[6], long *ret_result)
{
	int fd = (int)arg[0];

	switch (n) {
	case SYS_sendmsg:
		*ret_result = send_named(send_raw, fd, (const struct msghdr *)arg[1], (int)arg[2]);
		return true;
	case SYS_sendmmsg:
		*ret_result = raw_sendmmsg(fd, (struct mmsghdr *)arg[1], (unsigned)arg[2],
					   (int)arg[3]);
		return true;
	default:
		return false;
	}
}
