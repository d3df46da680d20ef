/* SPDX-License-Identifier: MIT
 * nsview.c - a namespace's id spaces, worked out from what it and its parents are made of. Pure.
 */
#include "core/nsview.h"

#include <errno.h>

_Static_assert(offsetof(struct nsview, id) % 8 == 0, "no padding that could differ");

static void own_space(uint32_t number, struct idspace *ret_space)
{
	ret_space->own = number;
	ret_space->map.n = 0;
}

static void start(uint32_t number, struct nsview *ret_view)
{
	ret_view->magic = NSVIEW_MAGIC;
	ret_view->layout = NSVIEW_LAYOUT;
	ret_view->size = NSVIEW_SIZE(0);
	ret_view->number = number;
	ret_view->parent = 0;
	ret_view->fsns = number;
	ret_view->level = 1;
	ret_view->flags = NSSPEC_ISOLATED;
	ret_view->unmapped = UNMAPPED_ROOT;
	ret_view->n_paths = 0;
	ret_view->reach = NSVIEW_REACH_HOME;
	keyring_clear(&ret_view->keys);
}

void nsview_plain(uint32_t number, struct nsview *ret_view)
{
	start(number, ret_view);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		own_space(number, &ret_view->id[kind]);
		own_space(number, &ret_view->fs[kind]);
		own_space(number, &ret_view->home[kind]);
		ret_view->shown[kind].n = 0;
	}
}

/* The space that `map` makes in `parent`, which must hold each extent in one piece. */
static int fit_and_make(const struct fakeid_idmap *map, const struct idspace *parent, uint32_t own,
			struct idspace *ret_space)
{
	struct fakeid_idmap_split split;
	int r = idspace_fit(map->extent, map->n, parent, FAKEID_IDMAP_STRICT, &split, NULL);

	return r < 0 ? r : idspace_make(map, parent, own, ret_space);
}

/* How files show: by the fs map where there is one, into the file view of `base`. */
static int make_fs(const struct nsspec *spec, enum fakeid_idkind kind, const struct idspace *base,
		   struct idspace *ret_space)
{
	if (spec->fsmap[kind].n > 0)
		return fit_and_make(&spec->fsmap[kind], base, 0, ret_space);
	*ret_space = *base;
	return 0;
}

static int make_kind(const struct nsspec *spec, enum fakeid_idkind kind, bool own_files,
		     const struct nsview *parent, const struct nsview *home,
		     struct nsview *ret_view)
{
	uint32_t own = spec->flags & NSSPEC_ISOLATED ? ret_view->number : 0;
	struct idspace host;
	int r;

	idspace_host(&host);
	r = fit_and_make(&spec->map[kind], parent ? &parent->id[kind] : &host, own,
			 &ret_view->id[kind]);
	if (r < 0)
		return r;

	ret_view->shown[kind] = spec->map[kind];
	if (own_files) {
		ret_view->home[kind] = ret_view->id[kind];
		return make_fs(spec, kind, &ret_view->id[kind], &ret_view->fs[kind]);
	}
	ret_view->home[kind] = home->home[kind];
	if ((spec->flags & NSSPEC_FS) || spec->fsmap[kind].n > 0)
		return make_fs(spec, kind, &home->fs[kind], &ret_view->fs[kind]);
	return idspace_make(&spec->map[kind], &home->fs[kind], own, &ret_view->fs[kind]);
}

static void take_paths(const struct nsspec *spec, struct nsview *ret_view)
{
	for (uint32_t i = 0; i < spec->n_paths; i++) {
		uint32_t at = i;

		/* Longest first, so that the first that fits is the one. */
		for (; at > 0 && strlen(ret_view->paths[at - 1].path) < strlen(spec->paths[i].path);
		     at--)
			ret_view->paths[at] = ret_view->paths[at - 1];
		ret_view->paths[at] = spec->paths[i];
	}
	ret_view->n_paths = spec->n_paths;
	ret_view->size = (uint32_t)NSVIEW_SIZE(spec->n_paths);
}

/* Only what has a place in `home` is ever recorded, or, by processes that
 * nsview_leaves_foreign() tells, what has none. A file of the host that no map holds is its
 * root's, or one for show. */
static uint32_t reach_of(const struct nsview *view)
{
	struct fakeid_kid root;
	bool all = view->n_paths == 0 && view->unmapped != UNMAPPED_OVERFLOW;

	for (int kind = 0; all && kind < FAKEID_IDKIND_N; kind++)
		all = view->fs[kind].own == view->home[kind].own &&
		      fakeid_idmap_equal(&view->fs[kind].map, &view->home[kind].map) &&
		      (view->unmapped == UNMAPPED_REAL ||
		       idspace_down(&view->home[kind], 0, &root) == 0);
	return all ? NSVIEW_REACH_HOME : NSVIEW_REACH_PART;
}

bool nsview_leaves_foreign(const struct nsview *view)
{
	return view->n_paths > 0 ||
	       (view->fs[FAKEID_UID].own && view->fs[FAKEID_UID].own != view->home[FAKEID_UID].own);
}

int nsview_make(const struct nsspec *spec, uint32_t number, const struct nsview *parent,
		const struct nsview *home, struct nsview *ret_view)
{
	bool own_files = spec->flags & NSSPEC_FS ? !home : !parent;
	int r = 0;

	if (parent && parent->level >= NSSPEC_LEVEL_MAX)
		return -EUSERS;

	start(number, ret_view);
	if (!own_files && !(spec->flags & NSSPEC_FS))
		home = parent;
	ret_view->flags = spec->flags & NSSPEC_FLAGS_STORED;
	ret_view->unmapped = spec->unmapped;
	if (parent) {
		ret_view->parent = parent->number;
		ret_view->level = parent->level + 1;
	}
	if (!own_files)
		ret_view->fsns = home->fsns;
	for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++)
		r = make_kind(spec, (enum fakeid_idkind)kind, own_files, parent, home, ret_view);
	take_paths(spec, ret_view);
	if (r == 0)
		ret_view->reach = reach_of(ret_view);
	return r;
}

bool nsview_equal_but_keys(const struct nsview *a, const struct nsview *b)
{
	const size_t rest = offsetof(struct nsview, keys) + sizeof a->keys;

	return a->size == b->size && memcmp(a, b, offsetof(struct nsview, keys)) == 0 &&
	       memcmp((const char *)a + rest, (const char *)b + rest, a->size - rest) == 0;
}

static bool is_map(const struct fakeid_idmap *map)
{
	if (map->n > FAKEID_IDMAP_MAX)
		return false;
	for (uint32_t i = 0; i < map->n; i++)
		if (map->by_lower[i] >= map->n)
			return false;
	return true;
}

/* Nothing in it leads out of it, whatever it says. */
static bool is_sound(const struct nsview *view)
{
	bool sound = view->unmapped < UNMAPPED_N && view->level <= NSSPEC_LEVEL_MAX;

	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		sound = sound && is_map(&view->id[kind].map) && is_map(&view->fs[kind].map) &&
			is_map(&view->home[kind].map) && is_map(&view->shown[kind]);
	for (uint32_t i = 0; sound && i < view->n_paths; i++)
		sound = is_map(&view->paths[i].map) &&
			memchr(view->paths[i].path, '\0', NSSPEC_PATH_BYTES);
	return sound;
}

int nsview_check(const void *memory, size_t size, uint32_t number)
{
	const struct nsview *view = memory;

	if (size < NSVIEW_SIZE(0) || view->magic != NSVIEW_MAGIC || view->layout != NSVIEW_LAYOUT ||
	    view->size != size || view->n_paths > NSSPEC_PATHS_MAX ||
	    size != NSVIEW_SIZE(view->n_paths) || view->number != number || !is_sound(view))
		return -EBADMSG;
	return 0;
}

const struct fakeid_idmap *nsview_path(const struct nsview *view, const char *path)
{
	for (uint32_t i = 0; i < view->n_paths; i++) {
		const char *prefix = view->paths[i].path;
		size_t len = strlen(prefix);

		if (len == 1 ||
		    (strncmp(path, prefix, len) == 0 && (path[len] == '/' || path[len] == '\0')))
			return &view->paths[i].map;
	}
	return NULL;
}
