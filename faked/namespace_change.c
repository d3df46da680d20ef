/* SPDX-License-Identifier: MIT
 * namespace_change.c - namespaces changed, renamed, removed, and the end of nameless ones.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "namespace_private.h"
#include "persist.h"
#include "procs.h"
#include "session.h"
#include "tag.h"
#include "tally.h"

#define RECENT_MS 500

static uint32_t count_sessions(const struct daemon *daemon, uint32_t number)
{
	uint32_t count = 0;

	for (size_t i = 0; i < daemon->n_sessions; i++)
		count += daemon->sessions[i]->open && daemon->sessions[i]->ns == number;
	return count;
}

int namespace_count(struct daemon *daemon, const struct store_namespace *entry,
		    struct tally **tally, uint64_t *ret_count)
{
	struct space *space = space_find(daemon, entry->number);
	int r;

	*ret_count = 0;
	if (entry->fsns != entry->number)
		return 0;

	r = space && space_is_loading(space) ? persist_flush(daemon) : 0;
	return r < 0 ? r : tally_records(daemon, tally, entry->number, ret_count);
}

static int look_at_processes(struct daemon *daemon, bool recent)
{
	int64_t now_ms = util_now_ms();
	int r;

	if (recent && daemon->procs_ms && now_ms - daemon->procs_ms < RECENT_MS)
		return 0;

	procs_done(&daemon->procs);
	r = procs_scan(daemon->dir, &daemon->procs);
	daemon->procs_ms = r < 0 ? 0 : now_ms;
	return r;
}

/* Does a process map what only the namespace's processes map, its view, or (`own_index`) its index?
 * Those that are not dumpable, or that show a title in ps, are not found by their environment. */
static bool is_mapped(const struct daemon *daemon, uint32_t number, bool own_index)
{
	const struct space *space = own_index ? space_find(daemon, number) : NULL;
	char name[NAMESPACE_VIEW_NAME_MAX];
	autoclose int fd = -1;

	if (space && !space->next.index.header && !segment_is_unshared(&space->cur))
		return true;

	(void)snprintf(name, sizeof(name), FAKEID_VIEW_FORMAT, number);
	fd = openat(daemon->place.dirfd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	return fd >= 0 && fcntl(fd, F_SETLEASE, F_WRLCK) < 0 && errno == EAGAIN;
}

int namespace_uses(struct daemon *daemon, const struct store_namespace *entry, bool recent,
		   struct namespace_uses *ret_uses)
{
	struct namespace_uses uses = {.level = 1};
	struct store_namespace parent = *entry;
	int r = look_at_processes(daemon, recent);

	if (r < 0)
		return r;

	uses.n_processes = procs_count(&daemon->procs, entry->number);
	uses.n_sessions = count_sessions(daemon, entry->number);
	r = relatives_count(daemon, entry->number, &uses.n_children, &uses.n_users);
	if (uses.n_processes == 0 &&
	    is_mapped(daemon, entry->number,
		      entry->fsns == entry->number && uses.n_children + uses.n_users == 0))
		uses.n_processes = 1;
	while (r == 0 && parent.parent) {
		r = store_get_namespace(daemon->store, parent.parent, &parent, NULL);
		uses.level++;
	}
	if (r < 0)
		return r;

	*ret_uses = uses;
	return 0;
}

static void drop_view_file(const struct daemon *daemon, uint32_t number)
{
	char name[NAMESPACE_VIEW_NAME_MAX];

	(void)snprintf(name, sizeof(name), FAKEID_VIEW_FORMAT, number);
	(void)unlinkat(daemon->place.dirfd, name, 0); /* most have none */
}

/* Find what a request is about, and what depends on it. */
static int look(struct daemon *daemon, const struct namespace_wish *wish,
		struct store_namespace *ret_entry, struct nsspec *ret_spec,
		struct namespace_uses *ret_uses)
{
	uint32_t number;
	int r = namespace_find(daemon, wish, &number);

	if (r == 0)
		r = store_get_namespace(daemon->store, number, ret_entry, ret_spec);
	return r < 0 ? r : namespace_uses(daemon, ret_entry, false, ret_uses);
}

struct row {
	struct store_namespace entry;
	struct nsspec spec;
};

static int put_row(struct daemon *daemon, void *context)
{
	struct row *row = context;
	autofree struct nsview *view = NULL;
	uint32_t fsns = 0;
	int r = namespace_limit_caps(daemon, row->entry.parent, NSSPEC_GAVE_CAPS, &row->spec);

	if (r == 0)
		r = namespace_home(daemon, &row->spec, row->entry.parent, &fsns);
	if (r < 0)
		return r;

	row->entry.fsns = fsns ? fsns : row->entry.number;
	r = store_put_namespace(daemon->store, &row->entry, &row->spec);
	return r < 0 ? r : namespace_view(daemon, row->entry.number, &view);
}

int namespace_set(struct daemon *daemon, const struct namespace_wish *wish)
{
	autofree struct row *row = malloc(sizeof(*row));
	struct namespace_uses uses;
	uint64_t n_records = 0;
	struct space *space;
	int r = row ? look(daemon, wish, &row->entry, &row->spec, &uses) : -ENOMEM;

	if (r == 0)
		r = namespace_count(daemon, &row->entry, NULL, &n_records);
	if (r < 0)
		return r;

	if (uses.n_sessions > 0 || uses.n_processes > 0)
		return -EBUSY;

	if (n_records > 0 || uses.n_children > 0 || uses.n_users > 0)
		return -ENOTEMPTY;

	r = namespace_has_keys(daemon, row->entry.number);
	if (r != 0)
		return r < 0 ? r : -ENOTEMPTY;

	if (!namespace_may_see(daemon, wish->spec, wish->inside))
		return -EXDEV;

	nsspec_take(wish->spec, &row->spec);
	if (row->spec.fsns == row->entry.number)
		row->spec.fsns = 0;
	/* Before the change: a daemon killed in between must not leave a file that a later one
	 * would take for that of the new row. */
	drop_view_file(daemon, row->entry.number);
	r = persist_commit(daemon, put_row, row);
	if (r < 0)
		return r;

	space = space_find(daemon, row->entry.number);
	if (space && row->entry.fsns != row->entry.number)
		space_close(daemon, space, INDEX_ABANDONED);
	return 0;
}

int namespace_rename(struct daemon *daemon, const struct namespace_wish *wish, const char *tag,
		     size_t tag_size)
{
	autofree struct row *row = malloc(sizeof(*row));
	uint32_t number;
	int r = row ? tag_check(tag, tag_size) : -ENOMEM;

	if (r == 0)
		r = namespace_find(daemon, wish, &number);
	if (r == 0)
		r = store_get_namespace(daemon->store, number, &row->entry, &row->spec);
	if (r < 0)
		return r;

	r = store_find_namespace(daemon->store, tag, tag_size, &number);
	if (r != -ENOENT)
		return r < 0 ? r : -EEXIST;

	memcpy(row->entry.tag, tag, tag_size);
	row->entry.tag_size = tag_size;
	return persist_commit(daemon, put_row, row);
}

static int drop_row(struct daemon *daemon, void *context)
{
	const uint32_t *number = context;
	int r = store_delete_namespace(daemon->store, *number);

	return r == -ENOENT ? 0 : r;
}

static int drop(struct daemon *daemon, uint32_t number)
{
	struct space *space = space_find(daemon, number);
	int has_keys = namespace_has_keys(daemon, number);
	int r;

	/* The index goes first: what it has must not be committed after its rows are gone. */
	if (space)
		space_close(daemon, space, INDEX_REMOVED);
	drop_view_file(daemon, number);
	/* Where that fails, a nameless one is found by the next look, and a named one is still
	 * there. */
	r = persist_commit(daemon, drop_row, &number);
	persist_keep_room(daemon);
	/* What it granted is no longer in force. */
	return r == 0 && has_keys != 0 ? namespace_renew_keys(daemon) : r;
}

int namespace_remove(struct daemon *daemon, const struct namespace_wish *wish, bool force)
{
	struct store_namespace entry;
	struct namespace_uses uses;
	int r = look(daemon, wish, &entry, NULL, &uses);

	if (r < 0)
		return r;

	if (uses.n_children > 0 || uses.n_users > 0)
		return -ENOTEMPTY;

	if (!force && (uses.n_sessions > 0 || uses.n_processes > 0))
		return -EBUSY;

	return drop(daemon, entry.number);
}

static int end_nameless(struct daemon *daemon, uint32_t number, bool recent)
{
	struct store_namespace entry;
	struct namespace_uses uses;
	int r = store_get_namespace(daemon->store, number, &entry, NULL);

	if (r == 0)
		r = namespace_uses(daemon, &entry, recent, &uses);
	if (r < 0)
		return r;

	if (uses.n_sessions > 0 || uses.n_processes > 0 || uses.n_children > 0 || uses.n_users > 0)
		return -EBUSY;

	return drop(daemon, number);
}

int namespace_end(struct daemon *daemon, uint32_t number)
{
	return end_nameless(daemon, number, false);
}

struct nameless {
	uint32_t *at;
	size_t n;
};

static int note_nameless(void *context, const struct store_namespace *entry)
{
	struct nameless *nameless = context;
	uint32_t *larger;

	if (!(entry->flags & STORE_NAMESPACE_NAMELESS))
		return 0;

	larger = realloc(nameless->at, (nameless->n + 1) * sizeof(*larger));
	if (!larger)
		return -ENOMEM;

	larger[nameless->n++] = entry->number;
	nameless->at = larger;
	return 0;
}

int namespace_end_unused(struct daemon *daemon, uint32_t *ret_left)
{
	struct nameless nameless = {NULL, 0};
	uint32_t n_left = 0;
	int r = store_each_namespace(daemon->store, 0, note_nameless, &nameless);

	/* One look at the processes for all. Children have larger numbers than their parents. */
	if (r == 0 && nameless.n > 0)
		r = look_at_processes(daemon, false);
	for (size_t i = nameless.n; r == 0 && i-- > 0;) {
		r = end_nameless(daemon, nameless.at[i], true);
		if (r == -EBUSY) {
			n_left++;
			r = 0;
		}
	}
	free(nameless.at);
	*ret_left = n_left;
	return r;
}
