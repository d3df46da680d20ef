/* SPDX-License-Identifier: MIT
 * ops_segment.c - what a process asks about its index: a volume it does not hold, a segment that is full.
 */
#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "persist.h"
#include "session.h"

struct wanted_volume {
	uint64_t dev;
	int fd;
	uint32_t number;
};

static int find_volume(struct daemon *daemon, void *context)
{
	struct wanted_volume *wanted = context;

	return volumes_find(&daemon->volumes, daemon->mounts_fd, wanted->dev, wanted->fd,
			    daemon->store, &wanted->number);
}

int handle_VOLUME(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct space *space = space_find(daemon, read_u32(request->body));
	struct wanted_volume wanted = {.dev = read_u64(request->body), .fd = request->fd};
	const size_t n_known = daemon->volumes.n;
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	if (!space || wanted.fd < 0)
		return -EINVAL;

	r = persist_change(daemon, find_volume, &wanted);
	/* The number has to be safe before anything is filed under it. */
	if (r == 0 && daemon->volumes.n > n_known) {
		r = persist_flush(daemon);
		if (r < 0)
			daemon->volumes.n = n_known;
	}
	if (r == 0)
		r = space_note_volume(space, wanted.number);
	if (r == 0)
		r = space_bind(daemon, space, wanted.dev, wanted.number);
	if (r < 0)
		return r;

	space_bind_volumes(daemon, space);
	write_u32(request->reply, wanted.number);
	return 0;
}

int handle_GROW(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct session *session = request->session;
	uint32_t fsns = read_u32(request->body);
	uint64_t generation = read_u64(request->body);
	struct space *space = space_find(daemon, fsns);
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	if (!space || generation > space->cur.index.header->generation)
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
