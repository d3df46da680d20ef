/* SPDX-License-Identifier: MIT
 * connect.c - talk to a daemon that may or may not be there.
 */
#include "connect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "outside.h"
#include "auto.h"
#include "core/cursor.h"

static int set_timeout(int fd, int which, int ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000L};

	return setsockopt(fd, SOL_SOCKET, which, &tv, sizeof(tv)) < 0 ? -errno : 0;
}

/* The runtime place, by the link that the daemon made. It must be ours alone: it may lie in a
 * folder where everybody makes files. */
static int open_run(const struct state *state, int *ret_fd)
{
	autoclose int fd = outside_openat(state->fd, FAKEID_RUN_NAME,
					  O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;

	if (fstat(fd, &st) < 0)
		return -errno;

	if (!state->in_session && (st.st_uid != geteuid() || (st.st_mode & 077)))
		return -EPERM;

	*ret_fd = take_fd(&fd);
	return 0;
}

int connect_open(const struct state *state, int *ret_fd)
{
	/* Through /proc, so that no length of path is too much for sun_path. */
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int run_fd = -1;
	autoclose int fd = -1;
	int r = open_run(state, &run_fd);

	if (r < 0)
		return r;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", run_fd,
		       FAKEID_SOCKET_NAME); /* an int and a short name always fit */
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;

	r = set_timeout(fd, SO_SNDTIMEO, WIRE_REPLY_MS);
	if (r < 0)
		return r;

	if (outside_connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		if (errno == ECONNREFUSED)
			return -ENOENT;
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	}

	*ret_fd = take_fd(&fd);
	return 0;
}

static int send_frame(int fd, enum wire_op op, const void *body, size_t body_size, int along)
{
	uint8_t header[WIRE_HEADER_BYTES];
	struct writer w = {.at = header, .left = sizeof(header)};
	struct iovec parts[2] = {
		{.iov_base = header, .iov_len = sizeof(header)},
		{.iov_base = (void *)(uintptr_t)body,
		 .iov_len = body_size}, /* sendmsg only reads it */
	};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};

	if (along >= 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		control.align.cmsg_level = SOL_SOCKET;
		control.align.cmsg_type = SCM_RIGHTS;
		control.align.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.align), &along, sizeof(int));
	}
	write_u16(&w, WIRE_PROTOCOL);
	write_u16(&w, (uint16_t)op);
	write_u32(&w, 0);
	write_u32(&w, (uint32_t)body_size);
	if (sendmsg(fd, &message, MSG_NOSIGNAL) >= 0)
		return 0;
	if (errno == EPIPE || errno == ENOTCONN)
		return -ECONNRESET;
	return errno == EAGAIN ? -ETIMEDOUT : -errno;
}

static int receive_frame(int fd, enum wire_op op, void *ret_body, size_t *size)
{
	uint8_t frame[WIRE_FRAME_MAX_BYTES];
	struct reader r;
	ssize_t n;
	int32_t status;
	uint32_t protocol, answered, body_size;

	do
		n = recv(fd, frame, sizeof(frame), 0);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -ECONNRESET;

	if (n < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;

	r = (struct reader){.at = frame, .left = (size_t)n};
	protocol = read_u16(&r);
	answered = read_u16(&r);
	status = (int32_t)read_u32(&r);
	body_size = read_u32(&r);
	if (r.bad || protocol != WIRE_PROTOCOL || answered != op || r.left != body_size ||
	    status > 0 || status < -4095 || body_size > *size)
		return -EBADMSG;

	if (body_size)
		memcpy(ret_body, r.at, body_size);
	*size = body_size;
	return status;
}

int connect_ask(int fd, enum wire_op op, const void *body, size_t body_size, int along,
		void *ret_body, size_t *size, int timeout_ms)
{
	size_t none = 0;
	int r = set_timeout(fd, SO_RCVTIMEO, timeout_ms);

	if (r < 0)
		return r;

	r = send_frame(fd, op, body, body_size, along);
	if (r < 0)
		return r;
	return receive_frame(fd, op, ret_body, size ? size : &none);
}

int connect_ask_once(const struct state *state, enum wire_op op, const void *body, size_t body_size,
		     int along, void *ret_body, size_t *size, int timeout_ms)
{
	autoclose int fd = -1;
	int r = connect_open(state, &fd);

	if (r < 0)
		return r;
	return connect_ask(fd, op, body, body_size, along, ret_body, size, timeout_ms);
}

int connect_hello(int fd, const struct hello *hello, struct welcome *ret_welcome)
{
	uint8_t body[4 + 4 + 2 + WIRE_TAG_MAX + NSSPEC_BYTES_MAX];
	uint8_t reply[24] = {0};
	size_t size = sizeof(reply);
	struct writer w = {.at = body, .left = sizeof(body)};
	struct reader r = {.at = reply};
	struct welcome welcome;
	int status;

	write_u32(&w, hello->flags);
	write_u32(&w, hello->inside);
	write_u16(&w, (uint16_t)strlen(hello->tag));
	write_bytes(&w, hello->tag, strlen(hello->tag));
	if (hello->wish)
		nsspec_encode(hello->wish, &w);
	if (w.bad)
		return -EMSGSIZE;

	status = connect_ask(fd, WIRE_HELLO, body, sizeof(body) - w.left, -1, reply, &size,
			     WIRE_REPLY_MS);
	if (status < 0)
		return status;

	r.left = size;
	welcome.ns = read_u32(&r);
	welcome.fsns = read_u32(&r);
	welcome.flags = read_u32(&r);
	welcome.daemon_pid = read_u32(&r);
	welcome.caps = read_u64(&r);
	if (!read_done(&r))
		return -EBADMSG;

	*ret_welcome = welcome;
	return 0;
}
