/* SPDX-License-Identifier: MIT
 * view.c - how files show in namespaces with maps. Pure.
 */
#include "core/view.h"

/* Below a path idmap, lower ids are on disk (host ids) or in the store (ids of the view). */
static int up_shifted(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
		      uint32_t *ret_id)
{
	uint32_t id;

	if (fakeid_kid_ns(kid) == FAKEID_NS_HOST &&
	    fakeid_idmap_up(view->shift, kid, ret_id) == 0)
		return 0;
	if (idspace_up(&view->space->fs[kind], kid, &id) < 0)
		return -ENXIO;
	return fakeid_idmap_up(view->shift, fakeid_kid_make(FAKEID_NS_HOST, id), ret_id);
}

int view_up_mapped(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
		   uint32_t *ret_id)
{
	if (view->shift)
		return up_shifted(view, kind, kid, ret_id);
	return idspace_up(&view->space->fs[kind], kid, ret_id);
}

int view_make_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t id,
		     struct fakeid_kid *ret_kid)
{
	struct fakeid_kid lower;

	if (!view->shift)
		return idspace_down(&view->space->fs[kind], id, ret_kid) == 0 ? 0 : -EINVAL;
	if (fakeid_idmap_down(view->shift, id, &lower) < 0)
		return -EOVERFLOW;
	/* An id that the view does not know is one of the disk. */
	if (idspace_down(&view->space->fs[kind], fakeid_kid_id(lower), ret_kid) < 0)
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
	struct fakeid_kid kid = fakeid_kid_make(FAKEID_NS_HOST, host);
	uint32_t ignored;

	if (view->all_real)
		return kid;
	if (view->shift && fakeid_idmap_up(view->shift, kid, &ignored) == 0)
		return kid;
	return default_unshifted(view, kind, host);
}

int view_default_up_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t host,
			   uint32_t *ret_id)
{
	struct fakeid_kid kid = view_default_mapped(view, kind, host);

	*ret_id = host;
	if (view->all_real)
		return 0;
	if (view->shift && up_shifted(view, kind, kid, ret_id) == 0)
		return 0;
	/* What a path idmap has no place for is shown as it is elsewhere: the user's own files are root's. */
	if (idspace_up(&view->space->fs[kind], kid, ret_id) == 0)
		return 0;
	if (view->space->unmapped != UNMAPPED_REAL)
		return -ENXIO;
	*ret_id = host;
	return 0;
}
