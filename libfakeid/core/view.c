/* SPDX-License-Identifier: MIT
 * view.c - how files show in namespaces with maps. Pure.
 */
#include "core/view.h"

/* Below a path idmap, what is in the store is an id of the view, or one of the disk that the view
 * has no other name for. */
static int up_shifted(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
		      uint32_t *ret_id)
{
	uint32_t id;

	if (idspace_up(&view->space->fs[kind], kid, &id) == 0)
		kid = fakeid_kid_make(FAKEID_NS_HOST, id);
	return fakeid_kid_ns(kid) == FAKEID_NS_HOST ? fakeid_idmap_up(view->shift, kid, ret_id)
						    : -ENXIO;
}

/* By the view itself, not by keys. */
static int up(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
	      uint32_t *ret_id)
{
	if (view->shift)
		return up_shifted(view, kind, kid, ret_id);
	return idspace_up(&view->space->fs[kind], kid, ret_id);
}

int view_up_mapped(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
		   uint32_t *ret_id)
{
	return up(view, kind, kid, ret_id) == 0 ? 0
						: keyring_up(&view->space->keys, kind, kid, ret_id);
}

bool view_has_place_mapped(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid)
{
	uint32_t ignored;

	return up(view, kind, kid, &ignored) == 0;
}

int view_make_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t id,
		     struct fakeid_kid *ret_kid)
{
	const struct idspace *fs = &view->space->fs[kind];
	struct fakeid_kid lower;
	uint32_t ignored;

	if (!view->shift)
		return idspace_down(fs, id, ret_kid) == 0 ? 0 : -EINVAL;
	if (fakeid_idmap_down(view->shift, id, &lower) < 0)
		return -EOVERFLOW;
	if (idspace_down(fs, fakeid_kid_id(lower), ret_kid) == 0)
		return 0;
	/* An id of the disk, unless the view takes that for one of its own. */
	if (idspace_up(fs, lower, &ignored) == 0)
		return -EOVERFLOW;
	*ret_kid = lower;
	return 0;
}

/* Without regard to path idmaps. */
static struct fakeid_kid default_unshifted(const struct view *view, enum fakeid_idkind kind,
					   uint32_t host)
{
	const struct idspace *home = &view->space->home[kind];
	struct fakeid_kid kid = fakeid_kid_make(FAKEID_NS_HOST, host), root;
	uint32_t ignored;

	if (fakeid_idmap_up(&home->map, kid, &ignored) == 0)
		return kid;
	if ((host == view->user[kind] || view->space->unmapped == UNMAPPED_ROOT) &&
	    idspace_down(home, 0, &root) == 0)
		return root;
	return kid;
}

struct fakeid_kid view_default_mapped(const struct view *view, enum fakeid_idkind kind,
				      uint32_t host)
{
	struct fakeid_kid disk = fakeid_kid_make(FAKEID_NS_HOST, host), kid;
	uint32_t id;

	if (view->all_real)
		return disk;
	if (!view->shift || fakeid_idmap_up(view->shift, disk, &id) < 0)
		return default_unshifted(view, kind, host);
	return view_make_mapped(view, kind, id, &kid) == 0 ? kid : disk;
}

static int default_up(const struct view *view, enum fakeid_idkind kind, uint32_t host,
		      uint32_t *ret_id)
{
	struct fakeid_kid disk = fakeid_kid_make(FAKEID_NS_HOST, host), kid;

	*ret_id = host;
	if (view->all_real)
		return 0;
	kid = default_unshifted(view, kind, host);
	if (view->shift && (fakeid_idmap_up(view->shift, disk, ret_id) == 0 ||
			    up_shifted(view, kind, kid, ret_id) == 0))
		return 0;
	/* What a path idmap has no place for is shown as it is elsewhere: the user's own files are
	 * root's. */
	if (idspace_up(&view->space->fs[kind], kid, ret_id) == 0)
		return 0;
	if (view->space->unmapped != UNMAPPED_REAL)
		return -ENXIO;
	*ret_id = host;
	return 0;
}

int view_default_up_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t host,
			   uint32_t *ret_id)
{
	int r = default_up(view, kind, host, ret_id);

	return r == 0 ? 0
		      : keyring_up(&view->space->keys, kind, view_default_mapped(view, kind, host),
				   ret_id);
}

bool view_default_has_place_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t host)
{
	uint32_t ignored;

	return default_up(view, kind, host, &ignored) == 0;
}
