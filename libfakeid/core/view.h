/* SPDX-License-Identifier: MIT
 * view.h - how one process sees files: ids to and from kids, and the owner of a file that has no
 * record. Pure.
 */
#ifndef FAKEID_VIEW_H
#define FAKEID_VIEW_H

#include <errno.h>

#include <fakeid/kid.h>

#include "nsview.h"

struct view {
	uint32_t ns;   /* the filesystem namespace: whose records these are */
	bool mapped;   /* anything but the plain view: all_real, or ids by `space` */
	bool all_real; /* fakeroot -u: every file without a record shows its host ids */
	uint32_t user[FAKEID_IDKIND_N];	  /* the host ids of the real user */
	const struct nsview *space;	  /* NULL: a plain namespace, kids are (ns, id) */
	const struct fakeid_idmap *shift; /* the path idmap of the file looked at, or NULL */
};

/* The slow half. */
int view_up_mapped(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
		   uint32_t *ret_id);
int view_make_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t id,
		     struct fakeid_kid *ret_kid);
struct fakeid_kid view_default_mapped(const struct view *view, enum fakeid_idkind kind,
				      uint32_t host);
int view_default_up_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t host,
			   uint32_t *ret_id);

bool view_has_place_mapped(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid);
bool view_default_has_place_mapped(const struct view *view, enum fakeid_idkind kind, uint32_t host);

/* The id that `kid` has in this view, or that a key makes it equal to: 0, or -ENXIO if it has
 * none. */
static inline int view_up(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid,
			  uint32_t *ret_id)
{
	if (view->space)
		return view_up_mapped(view, kind, kid, ret_id);
	if (fakeid_kid_ns(kid) != view->ns)
		return -ENXIO;
	*ret_id = fakeid_kid_id(kid);
	return 0;
}

/* Has `kid` an id here without any key? */
static inline bool view_has_place(const struct view *view, enum fakeid_idkind kind,
				  struct fakeid_kid kid)
{
	return view->space ? view_has_place_mapped(view, kind, kid)
			   : fakeid_kid_ns(kid) == view->ns;
}

/* The same for show: FAKEID_ID_OVERFLOW if it has none. */
static inline uint32_t view_show(const struct view *view, enum fakeid_idkind kind,
				 struct fakeid_kid kid)
{
	uint32_t id;

	return view_up(view, kind, kid, &id) == 0 ? id : FAKEID_ID_OVERFLOW;
}

/* The kid of an id given by a program: 0; -EINVAL for an id that is none here, -1 among them;
 * -EOVERFLOW for one that a path idmap has no place for. */
static inline int view_make(const struct view *view, enum fakeid_idkind kind, uint32_t id,
			    struct fakeid_kid *ret_kid)
{
	if (id == FAKEID_ID_INVALID)
		return -EINVAL;
	if (view->space)
		return view_make_mapped(view, kind, id, ret_kid);
	*ret_kid = fakeid_kid_make(view->ns, id);
	return 0;
}

/* The owner (group) of a file that no record says one of. */
static inline struct fakeid_kid view_default(const struct view *view, enum fakeid_idkind kind,
					     uint32_t host)
{
	return view->mapped ? view_default_mapped(view, kind, host) : fakeid_kid_make(view->ns, 0);
}

/* The id that such a file shows: 0, or -ENXIO if it has none. Host ids that are only for show
 * count. */
static inline int view_default_up(const struct view *view, enum fakeid_idkind kind, uint32_t host,
				  uint32_t *ret_id)
{
	*ret_id = 0;
	return view->mapped ? view_default_up_mapped(view, kind, host, ret_id) : 0;
}

/* Has the owner (group) of such a file an id here without any key? */
static inline bool view_default_has_place(const struct view *view, enum fakeid_idkind kind,
					  uint32_t host)
{
	return view->mapped ? view_default_has_place_mapped(view, kind, host) : true;
}

static inline uint32_t view_show_default(const struct view *view, enum fakeid_idkind kind,
					 uint32_t host)
{
	uint32_t id;

	return view_default_up(view, kind, host, &id) == 0 ? id : FAKEID_ID_OVERFLOW;
}

#endif
