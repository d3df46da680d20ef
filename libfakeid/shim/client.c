/* SPDX-License-Identifier: MIT
 * client.c - the rare messages to faked: one connection, one request, one reply.
 */
#include "shim/client.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <time.h>

#include "shim/process.h"
#include "shim/sys.h"
#include "shim/text.h"

#define RETRY_STEP_NS 5000000L

static int64_t now_ms(void)
{
	struct timespec now = {0};

	(void)SYS2(SYS_clock_gettime, CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Names the socket in 108 bytes, whatever the length of the state directory: through a descriptor
 * of the runtime place where the plain path is too long. Returns that descriptor, -1 if none is
 * needed, or less. */
static long name_socket(struct sockaddr_un *ret_address)
{
	struct text t = text_into(ret_address->sun_path, sizeof ret_address->sun_path);
	char dir[PATH_MAX + 64];
	long fd = -1;

	ret_address->sun_family = AF_UNIX;
	text_add(&t, process.dir);
	text_add(&t, "/" FAKEID_RUN_NAME "/" FAKEID_SOCKET_NAME);
	if (text_end(&t))
		return -1;

	t = text_into(dir, sizeof dir);
	text_add(&t, process.dir);
	text_add(&t, "/" FAKEID_RUN_NAME);
	if (!text_end(&t))
		return -ENAMETOOLONG;
	fd = SYS4(SYS_openat, AT_FDCWD, dir, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -1 ? -EIO : fd;
	t = text_into(ret_address->sun_path, sizeof ret_address->sun_path);
	text_add(&t, "/proc/self/fd/");
	text_add_number(&t, (uint64_t)fd);
	text_add(&t, "/" FAKEID_SOCKET_NAME);
	(void)text_end(&t); /* fits: a number and a few bytes */
	return fd;
}

static long connect_once(void)
{
	struct sockaddr_un address = {0};
	long fd, dir, r;

	dir = name_socket(&address);
	if (dir < -1)
		return dir;
	/* A stopped daemon whose queue is full must not hold anybody beyond the deadline. */
	fd = SYS3(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	r = fd < 0 ? fd : SYS3(SYS_connect, fd, &address, sizeof address);
	if (dir >= 0)
		(void)SYS1(SYS_close, dir); /* O_PATH: nothing to lose */
	if (r < 0 && fd >= 0)
		(void)SYS1(SYS_close, fd); /* never connected */
	return r < 0 ? r : fd;
}

/* A dead daemon is restarted by the launcher, so a refused connection is worth another try. */
static long connect_until(int64_t deadline)
{
	struct timespec step = {.tv_nsec = RETRY_STEP_NS};

	for (;;) {
		long fd = connect_once();

		if (fd >= 0 ||
		    (fd != -ENOENT && fd != -ECONNREFUSED && fd != -EAGAIN && fd != -EINTR))
			return fd;
		if (now_ms() >= deadline)
			return -EIO;
		(void)SYS4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &step,
			   NULL); /* may be cut short */
	}
}

static long send_request(long fd, const struct iovec *parts, int n_parts, int pass_fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)n_parts};
	long r;

	if (pass_fd >= 0) {
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof pass_fd);
		memcpy(CMSG_DATA(&control.header), &pass_fd, sizeof pass_fd);
		message.msg_control = &control;
		message.msg_controllen = sizeof control;
	}
	do
		r = SYS3(SYS_sendmsg, fd, &message, MSG_NOSIGNAL);
	while (r == -EINTR);
	return r;
}

static long wait_readable(long fd, int64_t deadline)
{
	for (;;) {
		struct pollfd p = {.fd = (int)fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		struct timespec timeout = {.tv_sec = left / 1000, .tv_nsec = left % 1000 * 1000000};
		long r = left > 0 ? SYS5(SYS_ppoll, &p, 1, &timeout, NULL, 0) : 0;

		if (r > 0)
			return 0;
		if (r == 0)
			return -EIO;
		if (r != -EINTR)
			return r;
	}
}

/* -ECONNRESET when the daemon died before it answered. */
static int receive_reply(long fd, enum wire_op op, int64_t deadline, void *ret_body, size_t *size)
{
	uint8_t header[WIRE_HEADER_BYTES];
	struct iovec parts[2] = {{header, sizeof header}, {ret_body, *size}};
	struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
	struct reader in = {.at = header, .left = sizeof header};
	uint32_t body_size;
	int32_t status;
	long r;

	r = wait_readable(fd, deadline);
	if (r < 0)
		return -EIO;
	do
		r = SYS3(SYS_recvmsg, fd, &message, MSG_CMSG_CLOEXEC);
	while (r == -EINTR);
	if (r == 0 || r == -ECONNRESET)
		return -ECONNRESET;
	if (r < (long)sizeof header || read_u16(&in) != WIRE_PROTOCOL || read_u16(&in) != op)
		return -EIO;

	status = (int32_t)read_u32(&in);
	body_size = read_u32(&in);
	if (message.msg_flags & MSG_TRUNC || body_size > *size)
		return status < 0 ? status : -ERANGE;
	if (body_size != (size_t)r - sizeof header)
		return -EIO;
	*size = body_size;
	return status;
}

int client_ask(enum wire_op op, const void *body, size_t body_size, const void *extra,
	       size_t extra_size, int fd, void *ret_body, size_t *size)
{
	uint8_t header[WIRE_HEADER_BYTES];
	struct writer out = {.at = header, .left = sizeof header};
	const struct iovec parts[3] = {
		{header, sizeof header}, {(void *)body, body_size}, {(void *)extra, extra_size}};
	size_t none = 0;
	int64_t deadline;
	int r;

	if (process_filtered()) /* the clock may be forbidden, too */
		return -EIO;
	deadline = now_ms() + WIRE_REPLY_MS;
	write_u16(&out, WIRE_PROTOCOL);
	write_u16(&out, (uint16_t)op);
	write_u32(&out, 0);
	write_u32(&out, (uint32_t)(body_size + extra_size));

	/* A daemon that died over our request may have carried it out: asking the next one again
	 * makes no difference to any request but an xattr's with XATTR_CREATE or a removal. */
	do {
		long sock = connect_until(deadline);

		if (sock < 0)
			return -EIO;
		r = -ECONNRESET;
		if (send_request(sock, parts, 3, fd) >= 0)
			r = receive_reply(sock, op, deadline, ret_body, size ? size : &none);
		(void)SYS1(SYS_close, sock); /* the answer is in hand */
	} while (r == -ECONNRESET && now_ms() < deadline);
	return r == -ECONNRESET ? -EIO : r;
}

void client_write_file(struct writer *w, const struct client_file *file)
{
	write_u32(w, file->fsns);
	write_u32(w, file->key.volume);
	write_u64(w, file->key.ino);
	write_u64(w, (uint64_t)file->btime_ns);
}
