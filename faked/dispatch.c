/* SPDX-License-Identifier: MIT
 * dispatch.c - ops.def expanded to op number -> handler. Numbers that are not in it are
 * -EOPNOTSUPP.
 */
#include "dispatch.h"

#include <fakeid/wire.h>

#include "session.h"
#include "util.h"

typedef int handler_fn(const struct request *request);

static handler_fn *const handlers[] = {
#define OP(number, name, who, what) [number] = handle_##name,
#include <fakeid/ops.def>
#undef OP
};

int dispatch_frame(struct daemon *daemon, struct session *session, const void *frame, size_t size,
		   int fd, struct writer *reply)
{
	struct reader r = {frame, size, false};
	struct request request = {daemon, session, &r, fd, reply};
	uint16_t protocol = read_u16(&r), op = read_u16(&r);
	uint32_t status = read_u32(&r), body_size = read_u32(&r);

	session->op = r.bad ? 0 : op;
	if (r.bad || size > WIRE_FRAME_MAX_BYTES || body_size != r.left)
		return -EBADMSG;

	if (protocol != WIRE_PROTOCOL)
		return -EPROTONOSUPPORT;

	if (status != 0)
		return -EBADMSG;

	if (op >= sizeof(handlers) / sizeof(*handlers) || !handlers[op])
		return -EOPNOTSUPP;

	return handlers[op](&request);
}

struct store_file dispatch_read_file(struct reader *r)
{
	struct store_file file = {.fsns = read_u32(r)};

	file.key.volume = read_u32(r);
	file.key.ino = read_u64(r);
	file.btime_ns = (int64_t)read_u64(r);
	if (file.key.volume == 0)
		r->bad = true;
	return file;
}

const char *dispatch_read_str(struct reader *r, size_t *ret_size)
{
	size_t size = read_u16(r);
	const uint8_t *bytes = read_bytes(r, size);

	*ret_size = bytes ? size : 0;
	return (const char *)bytes;
}

void dispatch_write_str(struct writer *w, const char *bytes, size_t size)
{
	write_u16(w, (uint16_t)size);
	write_bytes(w, bytes, size);
}
