/* SPDX-License-Identifier: MIT
 * namespace.c - namespaces made, found and entered. Changed and removed: namespace_change.c.
 */
#include "namespace.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fakeid/wire.h>

#include "core/nsview.h"
#include "daemon.h"
#include "namespace_private.h"
#include "persist.h"
#include "tag.h"

#define STEPS_MAX 1024 /* namespaces looked at for one view: far above any use */

bool namespace_descends(struct daemon *daemon, uint32_t number, uint32_t inside)
{
	struct store_namespace entry = {.parent = number};

	/* Numbers of parents are smaller, so this ends. */
	while (entry.parent && entry.parent != inside)
		if (store_get_namespace(daemon->store, entry.parent, &entry, NULL) < 0)
			return false;
	return entry.parent == inside;
}

bool namespace_may_see(struct daemon *daemon, const struct nsspec *spec, uint32_t inside)
{
	return !inside || !spec->fsns || namespace_descends(daemon, spec->fsns, inside);
}

/* All memory begins as zeros, and so do the parts of the result that say nothing: equal views are
 * equal bytes. */
static int work_out(struct daemon *daemon, uint32_t number, int *steps, struct nsview *ret_view)
{
	autofree struct nsspec *spec = calloc(1, sizeof(*spec));
	autofree struct nsview *parent = NULL, *home = NULL;
	struct store_namespace entry;
	int r;

	if (!spec)
		return -ENOMEM;

	if ((*steps)-- <= 0)
		return -ELOOP;

	r = store_get_namespace(daemon->store, number, &entry, spec);
	if (r == 0 && entry.parent) {
		parent = calloc(1, sizeof(*parent));
		r = parent ? work_out(daemon, entry.parent, steps, parent) : -ENOMEM;
	}
	if (r == 0 && (spec->flags & NSSPEC_FS) && spec->fsns && spec->fsns != entry.parent) {
		home = calloc(1, sizeof(*home));
		r = home ? work_out(daemon, spec->fsns, steps, home) : -ENOMEM;
	}
	if (r < 0)
		return r;

	return nsview_make(spec, number, parent,
			   spec->fsns && spec->fsns == entry.parent ? parent : home, ret_view);
}

int namespace_view(struct daemon *daemon, uint32_t number, struct nsview **ret_view)
{
	autofree struct nsview *view = calloc(1, sizeof(*view));
	int steps = STEPS_MAX;
	int r = view ? work_out(daemon, number, &steps, view) : -ENOMEM;

	if (r < 0)
		return r;

	*ret_view = TAKE(view, NULL);
	return 0;
}

int namespace_home(struct daemon *daemon, const struct nsspec *spec, uint32_t parent,
		   uint32_t *ret_fsns)
{
	uint32_t home = spec->flags & NSSPEC_FS ? spec->fsns : parent;
	struct store_namespace entry = {.fsns = 0};
	int r = home ? store_get_namespace(daemon->store, home, &entry, NULL) : 0;

	if (r < 0)
		return r;

	*ret_fsns = entry.fsns;
	return 0;
}

int namespace_find(struct daemon *daemon, const struct namespace_wish *wish, uint32_t *ret_number)
{
	int r = store_find_namespace(daemon->store, wish->tag, wish->tag_size, ret_number);

	if (r < 0)
		return r;

	return namespace_descends(daemon, *ret_number, wish->inside) ? 0 : -EXDEV;
}

int namespace_limit_caps(struct daemon *daemon, uint32_t parent, uint32_t gave, struct nsspec *spec)
{
	autofree struct nsspec *around = NULL;
	struct store_namespace entry;
	int r;

	if (!parent)
		return 0;

	around = malloc(sizeof(*around));
	r = around ? store_get_namespace(daemon->store, parent, &entry, around) : -ENOMEM;
	if (r < 0)
		return r;

	if (!(gave & NSSPEC_GAVE_CAPS))
		spec->caps &= around->caps;
	return spec->caps & ~around->caps ? -EPERM : 0;
}

struct creation {
	const struct namespace_wish *wish;
	struct nsspec *spec;
	uint32_t number;
};

static int add_namespace(struct daemon *daemon, void *context)
{
	struct creation *creation = context;
	const struct namespace_wish *wish = creation->wish;
	struct store_namespace entry = {.created_s = time(NULL), .parent = wish->inside};
	autofree struct nsview *view = NULL;
	struct store_namespace parent;
	int r;

	if (wish->inside) {
		r = store_get_namespace(daemon->store, wish->inside, &parent, NULL);
		if (r < 0)
			return r;

		if (!namespace_may_see(daemon, creation->spec, wish->inside))
			return -EXDEV;
	}
	entry.flags = wish->tag_size ? 0 : STORE_NAMESPACE_NAMELESS;
	entry.tag_size = wish->tag_size;
	if (wish->tag_size)
		memcpy(entry.tag, wish->tag, wish->tag_size);
	r = namespace_limit_caps(daemon, wish->inside, wish->spec ? wish->spec->flags : 0,
				 creation->spec);
	if (r == 0)
		r = namespace_home(daemon, creation->spec, wish->inside, &entry.fsns);
	if (r == 0)
		r = store_add_namespace(daemon->store, &entry, creation->spec);
	/* That it can be worked out is what makes its maps right. */
	if (r == 0)
		r = namespace_view(daemon, entry.number, &view);
	creation->number = entry.number;
	return r;
}

int namespace_create(struct daemon *daemon, const struct namespace_wish *wish, uint32_t *ret_number)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct creation creation = {.wish = wish, .spec = spec};
	uint32_t found;
	int r;

	if (!spec)
		return -ENOMEM;

	if (wish->tag_size) {
		r = tag_check(wish->tag, wish->tag_size);
		if (r < 0)
			return r;

		r = store_find_namespace(daemon->store, wish->tag, wish->tag_size, &found);
		if (r != -ENOENT)
			return r < 0 ? r : -EEXIST;
	}
	nsspec_init(spec);
	if (wish->spec)
		nsspec_take(wish->spec, spec);
	/* The number has to be safe before anybody hears of it: it is never given twice. */
	r = persist_commit(daemon, add_namespace, &creation);
	if (r < 0)
		return r;

	*ret_number = creation.number;
	return 0;
}

int namespace_need(struct daemon *daemon, const struct namespace_wish *wish, uint32_t *ret_number)
{
	autofree struct nsspec *spec = NULL;
	struct store_namespace entry;
	int r = wish->tag_size ? namespace_find(daemon, wish, ret_number) : -ENOENT;

	if (r == -ENOENT)
		return namespace_create(daemon, wish, ret_number);
	if (r < 0 || !wish->spec)
		return r;

	spec = malloc(sizeof(*spec));
	r = spec ? store_get_namespace(daemon->store, *ret_number, &entry, spec) : -ENOMEM;
	return r < 0 ? r : nsspec_check_same(wish->spec, *ret_number, spec);
}

int namespace_open(struct daemon *daemon, uint32_t number, struct space **ret_space,
		   uint32_t *ret_session_flags, uint64_t *ret_caps)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	autofree struct nsview *view = NULL;
	struct store_namespace entry;
	int r = spec ? store_get_namespace(daemon->store, number, &entry, spec) : -ENOMEM;

	if (r < 0)
		return r;

	if (!nsspec_is_plain(spec, number, entry.parent))
		r = namespace_view(daemon, number, &view);
	if (r == 0 && view)
		r = namespace_put_view(daemon, view);
	if (r == 0)
		r = space_open(daemon, entry.fsns, ret_space);
	if (r < 0)
		return r;

	if (view && nsview_leaves_foreign(view))
		space_raise(*ret_space, INDEX_HAS_FOREIGN);
	*ret_session_flags = view ? SESSION_HAS_VIEW : 0;
	/* Its own files' namespace reaches all that others leave there. */
	if (view && (view->reach != NSVIEW_REACH_HOME || number != entry.fsns))
		*ret_session_flags |= SESSION_ASKS;
	*ret_caps = spec->caps;
	return 0;
}
