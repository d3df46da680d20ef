/* SPDX-License-Identifier: MIT
 * idle.c - indexes that nobody uses any more are given back while the daemon runs: thousands of
 * namespaces may have been in use since it started.
 */
#include "daemon.h"
#include "end.h"
#include "procs.h"
#include "server.h"

/* So many stay until they have been unused for as long as an idle daemon stays; more of them a
 * second. */
#define SPACES_KEPT 64u
#define CROWDED_MS 1000

static bool is_candidate(const struct daemon *daemon, const struct space *space, size_t n_spaces,
			 int64_t now_ms)
{
	int64_t kept_ms = n_spaces > SPACES_KEPT ? CROWDED_MS : (int64_t)daemon->idle_s * 1000;

	return space->n_sessions == 0 && now_ms - space->used_ms >= kept_ms &&
	       !space->next.index.header && !index_is_dirty(&space->cur.index);
}

/* Does a process live in a namespace whose files these are? It may not have opened the index
 * yet. */
static bool has_process(struct daemon *daemon, const struct procs *procs, const struct space *space)
{
	struct store_namespace entry;

	for (size_t i = 0; i < procs->n; i++) {
		if (store_get_namespace(daemon->store, procs->ns[i], &entry, NULL) == 0 &&
		    entry.fsns == space->fsns)
			return true;
	}
	return false;
}

static size_t count_spaces(const struct daemon *daemon)
{
	size_t n = 0;

	for (const struct space *space = daemon->spaces; space; space = space->next_space)
		n++;
	return n;
}

void server_close_idle(struct daemon *daemon, int64_t now_ms)
{
	size_t n_spaces = count_spaces(daemon);
	struct procs procs = {NULL, 0};
	bool scanned = false, closed = false;
	struct space *next;

	for (struct space *space = daemon->spaces; space; space = next) {
		next = space->next_space;
		if (!is_candidate(daemon, space, n_spaces, now_ms))
			continue;

		if (!scanned && procs_scan(daemon->dir, &procs) < 0)
			return;

		scanned = true;
		/* Asked last: where it is true, nobody can open the file until it is closed. */
		if (has_process(daemon, &procs, space) || !segment_is_alone(&space->cur)) {
			space->used_ms = now_ms;
			continue;
		}
		space_give_back(daemon, space);
		n_spaces--;
		closed = true;
	}
	procs_done(&procs);
	if (closed)
		end_remove_views(daemon);
}
