/* SPDX-License-Identifier: MIT
 * ops_segment.c - what a process asks about its index: a volume it does not hold, a segment that is
 * full.
 */
#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "session.h"

int handle_VOLUME(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	uint32_t fsns = read_u32(request->body), number;
	uint64_t dev = read_u64(request->body);
	struct space *space;
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	if (request->fd < 0)
		return -EINVAL;

	r = space_need(daemon, fsns, &space);
	if (r == 0)
		r = space_bind_device(daemon, space, dev, request->fd, &number);
	if (r < 0)
		return r;

	write_u32(request->reply, number);
	return 0;
}

int handle_GROW(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct session *session = request->session;
	uint32_t fsns = read_u32(request->body);
	uint64_t generation = read_u64(request->body);
	struct space *space;
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	r = space_need(daemon, fsns, &space);
	if (r < 0)
		return r;

	if (generation > space->cur.index.header->generation)
		return -EINVAL;

	if (generation < space->cur.index.header->generation)
		return 0;

	if (daemon->full)
		return -ENOSPC;

	r = space_grow_begin(daemon, space);
	if (r < 0)
		return r == -ENOMEM ? -ENOSPC : r;

	session->waiting = true;
	session->wait_fsns = fsns;
	session->wait_generation = generation;
	return DISPATCH_LATER;
}
