/* SPDX-License-Identifier: MIT
 * session.c - bytes in, frames out, for one client. What a frame means: dispatch.c.
 */
#include "session.h"

#include <string.h>
#include <sys/socket.h>

#include <fakeid/wire.h>

#include "core/cursor.h"
#include "dispatch.h"
#include "tally.h"
#include "util.h"

struct session *session_new(int fd)
{
	struct session *session = calloc(1, sizeof(*session));

	if (!session)
		return NULL;

	session->fd = fd;
	session->since_ms = util_now_ms();
	return session;
}

void session_free(struct session *session)
{
	if (!session)
		return;

	util_close(&session->fd);
	free(session->reply);
	tally_free(session->tally);
	free(session);
}

int session_write(struct session *session)
{
	ssize_t n;

	if (!session->reply)
		return 0;

	n = send(session->fd, session->reply, session->reply_size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS))
		return 0;
	if (n < 0)
		return -EPIPE;

	/* One datagram goes whole or not at all. */
	free(session->reply);
	session->reply = NULL;
	return 0;
}

int session_reply(struct session *session, int status, const void *body, size_t body_size)
{
	struct writer w;

	if (status < 0)
		body_size = 0;
	session->reply_size = WIRE_HEADER_BYTES + body_size;
	session->reply = malloc(session->reply_size);
	if (!session->reply)
		return -EPIPE;

	w = (struct writer){session->reply, session->reply_size, false};
	write_u16(&w, WIRE_PROTOCOL);
	write_u16(&w, session->op);
	write_u32(&w, (uint32_t)status);
	write_u32(&w, (uint32_t)body_size);
	write_bytes(&w, body, body_size);
	return session_write(session);
}

/* The first descriptor that came along; others are closed. */
static int take_descriptor(struct msghdr *message)
{
	int taken = -1;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c; c = CMSG_NXTHDR(message, c)) {
		size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;

		for (size_t i = 0; i < n; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (taken < 0)
				taken = fd;
			else
				util_close(&fd);
		}
	}
	return taken;
}

/* `fd` is closed before the answer: whoever has that may count on his own close. A file that is open
 * for writing cannot be executed, and a pipe ends with its last writer. */
static int answer(struct daemon *daemon, struct session *session, const void *frame, size_t size,
		  int fd)
{
	static uint8_t body[WIRE_FRAME_MAX_BYTES]; /* too large for a stack */
	struct writer reply = {body, sizeof(body) - WIRE_HEADER_BYTES, false};
	int status = dispatch_frame(daemon, session, frame, size, fd, &reply);

	util_close(&fd);
	if (status == DISPATCH_LATER && session->tally) {
		session->waiting = true;
		return tally_keep_frame(session->tally, frame, size);
	}
	if (status == DISPATCH_LATER)
		return 0;

	if (status == 0 && reply.bad)
		status = -EMSGSIZE;
	tally_free(session->tally);
	session->tally = NULL;
	return session_reply(session, status, body, (size_t)(reply.at - body));
}

int session_read(struct daemon *daemon, struct session *session)
{
	static uint8_t frame[WIRE_FRAME_MAX_BYTES]; /* too large for a stack */
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(4 * sizeof(int))];
	} control;
	struct iovec iov = {frame, sizeof(frame)};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(session->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	int fd;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -EPIPE;

	fd = take_descriptor(&message);
	if (n == 0 || (message.msg_flags & MSG_TRUNC)) {
		util_close(&fd);
		return n == 0 ? -EPIPE : session_reply(session, -EMSGSIZE, NULL, 0);
	}
	return answer(daemon, session, frame, (size_t)n, fd);
}

int session_again(struct daemon *daemon, struct session *session)
{
	size_t size;
	const void *frame = tally_frame(session->tally, &size);

	session->waiting = false;
	return answer(daemon, session, frame, size, -1);
}
