/* SPDX-License-Identifier: MIT
 * start.c - what happens before the first client is served: store, place, journal, namespaces,
 * socket.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "namespace.h"
#include "persist.h"
#include "server.h"
#include "spill.h"

#define JOURNAL_NAME "journal"
#define SOCKET_NEW_NAME FAKEID_SOCKET_NAME ".new"
#define BACKLOG 4096
#define NAMELESS_GRACE_MS 10000

static int start_store(struct daemon *daemon, const char **ret_text)
{
	int r = store_open(daemon->dir, &daemon->store);

	if (r == 0)
		return 0;

	*ret_text = r == -EPROTO    ? "store was written by a newer fakeid; use that one"
		    : r == -EBADMSG ? "store is damaged; nothing was changed: move the directory "
				      "\"store\" away, or put a copy back"
				    : "cannot open store";
	return r;
}

static int start_place(struct daemon *daemon, const char *wish, const char **ret_text)
{
	struct stat st;
	uint64_t need = fstatat(daemon->dirfd, "store/data.mdb", &st, 0) == 0 ? (uint64_t)st.st_size
									      : 0;
	int r = place_open(daemon->dir, daemon->dirfd, wish, store_id(daemon->store), need,
			   &daemon->place);

	*ret_text = "cannot find a place for the shared index";
	if (r < 0)
		return r;

	*ret_text = "cannot open the journal";
	return journal_open(daemon->place.dirfd, JOURNAL_NAME, &daemon->journal);
}

static int replay(struct daemon *daemon, void *context)
{
	(void)context; /* all there is to know is in the journal */
	return journal_replay(&daemon->journal, daemon->store);
}

struct numbers {
	uint32_t *at;
	size_t n;
};

static int note_namespace(void *context, const struct store_namespace *entry)
{
	struct numbers *numbers = context;
	uint32_t *at = realloc(numbers->at, (numbers->n + 1) * sizeof(*at));

	if (!at)
		return -ENOMEM;

	numbers->at = at;
	at[numbers->n++] = entry->number;
	return 0;
}

static bool has_segment(const struct daemon *daemon, uint32_t number)
{
	char name[SEGMENT_NAME_MAX];
	struct stat st;

	(void)snprintf(name, sizeof(name), FAKEID_SEGMENT_FORMAT, number);
	return fstatat(daemon->place.dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* All that have a segment are served at once: processes of their sessions may still run. */
static int open_spaces(struct daemon *daemon, const struct numbers *numbers)
{
	struct space *space;
	int r = 0;

	for (size_t i = 0; r == 0 && i < numbers->n; i++) {
		if (has_segment(daemon, numbers->at[i]))
			r = space_open(daemon, numbers->at[i], &space);
	}
	return r;
}

static bool is_past(const struct daemon *daemon, const struct volume *volume)
{
	static const uint8_t always[UTIL_BOOT_ID_BYTES];

	return memcmp(volume->id.boot_id, always, sizeof(always)) != 0 &&
	       memcmp(volume->id.boot_id, daemon->boot_id, sizeof(always)) != 0;
}

/* A filesystem that ended with its boot takes its records along; server_run() removes them. */
static int forget_past(struct daemon *daemon)
{
	size_t n = 0;

	for (size_t i = 0; i < daemon->volumes.n; i++) {
		const struct volume *volume = &daemon->volumes.rows[i];

		if (is_past(daemon, volume)) {
			int r = store_end_volume(daemon->store, volume->number);

			if (r < 0)
				return r;

			daemon->has_past = true;
		} else {
			daemon->volumes.rows[n++] = *volume;
		}
	}
	daemon->volumes.n = n;
	return 0;
}

static int start_spaces(struct daemon *daemon)
{
	struct numbers numbers = {NULL, 0};
	int r = persist_change(daemon, replay, NULL);

	if (r == 0)
		r = store_each_namespace(daemon->store, 0, note_namespace, &numbers);
	if (r == 0)
		r = volumes_load(&daemon->volumes, daemon->store, daemon->boot_id);
	if (r == 0)
		r = forget_past(daemon);
	if (r == 0)
		r = volumes_refresh(&daemon->volumes, daemon->mounts_fd);
	spill_find(daemon);
	if (r == 0)
		r = open_spaces(daemon, &numbers);
	if (r == 0)
		spill_sweep(daemon);
	if (r == 0)
		r = namespace_renew_keys(daemon);
	free(numbers.at);
	/* Launchers of nameless namespaces come back soon, if they live. */
	daemon->nameless_ms = util_now_ms() + NAMELESS_GRACE_MS;
	persist_keep_room(daemon);
	return r < 0 ? r : persist_flush(daemon);
}

static int listen_here(struct daemon *daemon)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct stat st;
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;

	/* By descriptor, so that no path is too long for a socket address. */
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s",
		       daemon->place.dirfd, SOCKET_NEW_NAME);
	if (unlinkat(daemon->place.dirfd, SOCKET_NEW_NAME, 0) < 0 && errno != ENOENT)
		return -errno;

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return -errno;

	/* Under its own name only once it answers. */
	if (renameat(daemon->place.dirfd, SOCKET_NEW_NAME, daemon->place.dirfd,
		     FAKEID_SOCKET_NAME) < 0)
		return -errno;

	if (fstatat(daemon->place.dirfd, FAKEID_SOCKET_NAME, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;

	daemon->socket_ino = st.st_ino;
	daemon->listen_fd = TAKE(fd, -1);
	return 0;
}

int server_start(struct daemon *daemon, const char *wish, const char **ret_text)
{
	int r = start_store(daemon, ret_text);

	if (r < 0)
		return r;

	*ret_text = "cannot read /proc/self/mountinfo";
	daemon->mounts_fd = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (daemon->mounts_fd < 0)
		return -errno;

	r = start_place(daemon, wish, ret_text);
	if (r < 0)
		return r;

	*ret_text = "cannot take up what is stored";
	r = start_spaces(daemon);
	if (r == -EBADMSG || r == -EPROTO)
		*ret_text =
			"store is damaged; nothing was changed: move the directory \"store\" away, "
			"or put a copy back";
	if (r < 0)
		return r;

	*ret_text = "cannot listen";
	return listen_here(daemon);
}
