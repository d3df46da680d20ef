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

/* Answered once there is a segment later than `generation`. */
static int wait_for_later(const struct request *request, struct space *space, uint64_t generation)
{
	struct session *session = request->session;
	int r;

	if (request->daemon->full)
		return -ENOSPC;

	r = space_grow_begin(request->daemon, space);
	if (r < 0)
		return r == -ENOMEM ? -ENOSPC : r;

	session->waiting = true;
	session->wait_fsns = space->fsns;
	session->wait_generation = generation;
	return DISPATCH_LATER;
}

int handle_GROW(const struct request *request)
{
	uint32_t fsns = read_u32(request->body);
	uint64_t generation = read_u64(request->body);
	struct space *space;
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	r = space_need(request->daemon, fsns, &space);
	if (r < 0)
		return r;

	if (generation > space_newest(space))
		return -EINVAL;

	if (generation < space_newest(space))
		return 0;

	return wait_for_later(request, space, generation);
}

int handle_FETCH(const struct request *request)
{
	uint32_t fsns = read_u32(request->body);
	struct record_key key = {.volume = read_u32(request->body)};
	struct space *space;
	int r;

	key.ino = read_u64(request->body);
	if (!read_done(request->body) || key.volume == 0)
		return -EBADMSG;

	r = space_need(request->daemon, fsns, &space);
	if (r < 0 || !space_is_loading(space))
		return r;

	r = dispatch_of_store(load_fetch(request->daemon, space, key));
	return r == -EXFULL ? wait_for_later(request, space, space_newest(space)) : r;
}
