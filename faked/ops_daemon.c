/* SPDX-License-Identifier: MIT
 * ops_daemon.c - what launchers and tools ask about the daemon as a whole.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "persist.h"
#include "server.h"
#include "session.h"
#include "tally.h"

int handle_SYNC(const struct request *request)
{
	(void)read_u32(request->body); /* one commit is for all */
	if (!read_done(request->body))
		return -EBADMSG;

	/* To finish a large move now would hold up everybody else. */
	if (server_is_moving(request->daemon)) {
		request->session->waiting = true;
		request->session->wait_sync = true;
		return DISPATCH_LATER;
	}
	return persist_flush(request->daemon);
}

int handle_STOP(const struct request *request)
{
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	r = persist_flush(request->daemon);
	if (r == 0)
		request->daemon->stopping = true;
	return r;
}

__attribute__((format(printf, 2, 3))) static void print(struct writer *w, const char *format, ...)
{
	char line[1024];
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	if (n > 0)
		write_bytes(w, line, (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1);
}

/* As one line, whatever it holds: \ooo for control characters and the backslash, as fakeidctl
 * stat. */
static void print_path(struct writer *w, const char *key, const char *path, const char *below)
{
	print(w, "%s ", key);
	for (const unsigned char *c = (const unsigned char *)path; *c; c++)
		if (*c < ' ' || *c == 0x7f || *c == '\\')
			print(w, "\\%03o", *c);
		else
			write_bytes(w, c, 1);
	print(w, "%s\n", below);
}

struct status {
	struct daemon *daemon;
	struct writer *reply;
	struct tally **tally;
	uint32_t fsns;
	unsigned int n_left_out;
};

static int print_namespace(void *context, const struct store_namespace *entry)
{
	struct status *status = context;
	struct space *space = entry->fsns == entry->number
				      ? space_find(status->daemon, entry->number)
				      : NULL;
	const struct writer before = *status->reply;
	uint64_t n_records = 0;
	int r;

	if (status->fsns != 0 && entry->number != status->fsns)
		return 0;

	print(status->reply, "namespace %u tag %.*s", entry->number,
	      entry->tag_size ? (int)entry->tag_size : 1, entry->tag_size ? entry->tag : "-");
	if (space) {
		r = tally_records(status->daemon, status->tally, space->fsns, &n_records);
		if (r < 0)
			return r;

		print(status->reply,
		      " records %llu dirty %llu index %zu generation %llu sessions %u\n",
		      (unsigned long long)n_records,
		      (unsigned long long)index_count_dirty(&space->cur.index), space->cur.size,
		      (unsigned long long)space->cur.index.header->generation, space->n_sessions);
	} else if (entry->fsns != entry->number) {
		print(status->reply, " files %u\n", entry->fsns);
	} else {
		print(status->reply, " not in use\n");
	}
	if (status->reply->bad) {
		*status->reply = before;
		status->n_left_out++;
	}
	return 0;
}

/* What is being loaded is counted in the store: what it lacks goes there first. */
static int flush_loading(struct daemon *daemon)
{
	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space_is_loading(space))
			return persist_flush(daemon);
	}
	return 0;
}

int handle_STATUS(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct status status = {daemon, request->reply, &request->session->tally,
				read_u32(request->body), 0};
	unsigned int n_open = 0;
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	for (size_t i = 0; i < daemon->n_sessions; i++)
		n_open += daemon->sessions[i]->open;
	print(request->reply, "pid %d\nuptime %lld\nsessions %u\n", getpid(),
	      (long long)(util_now_ms() - daemon->started_ms) / 1000, n_open);
	print_path(request->reply, "store", daemon->dir, "/store");
	print_path(request->reply, "runtime", daemon->place.path, "");
	print(request->reply, "full %s\n", daemon->full ? "yes" : "no");
	/* Room for the last line, whatever the namespaces take. */
	request->reply->left -= 64;
	r = flush_loading(daemon);
	if (r == 0)
		r = store_each_namespace(daemon->store, 0, print_namespace, &status);
	request->reply->left += 64;
	if (status.n_left_out > 0)
		print(request->reply, "left out %u\n", status.n_left_out);
	return r == -EINPROGRESS ? DISPATCH_LATER : r;
}

int handle_WHERE(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	uint32_t fsns = read_u32(request->body), volume = read_u32(request->body);
	uint64_t dev = read_u64(request->body);
	int r = 0;

	if (!read_done(request->body))
		return -EBADMSG;

	if ((volume == 0) == (dev == 0))
		return -EINVAL;

	(void)fsns; /* volumes are the same for all of them */
	if (volume != 0) {
		r = volumes_catch_up(&daemon->volumes, daemon->mounts_fd);
		dev = volumes_device(&daemon->volumes, volume);
		if (r == 0 && dev == 0)
			r = -ENOENT;
	} else {
		r = volumes_find(&daemon->volumes, daemon->mounts_fd, dev, -1, NULL, &volume);
	}
	if (r < 0)
		return r;

	write_u32(request->reply, volume);
	write_u64(request->reply, dev);
	return 0;
}
