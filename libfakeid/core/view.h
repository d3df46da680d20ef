/* SPDX-License-Identifier: MIT
 * view.h - how one namespace sees files: ids to and from kids, and the default view of a file that
 * has no record. Pure.
 */
#ifndef FAKEID_VIEW_H
#define FAKEID_VIEW_H

#include <errno.h>

#include <fakeid/kid.h>

/* What a file of a host user shows as owner where no record says otherwise. */
enum unmapped {
	UNMAPPED_ROOT, /* id 0, as fakeroot does */
	UNMAPPED_REAL, /* the host id, for show */
};

struct view {
	uint32_t ns; /* whose ids the files are stored in */
	enum unmapped unmapped;
};

/* The id that `kid` has in this view, FAKEID_ID_OVERFLOW if none. */
static inline uint32_t view_show(const struct view *view, struct fakeid_kid kid)
{
	return fakeid_kid_ns(kid) == view->ns ? fakeid_kid_id(kid) : FAKEID_ID_OVERFLOW;
}

/* The kid of an id given by a program; -EINVAL for -1. */
static inline int view_make(const struct view *view, uint32_t inside, struct fakeid_kid *ret_kid)
{
	if (inside == FAKEID_ID_INVALID)
		return -EINVAL;
	*ret_kid = fakeid_kid_make(view->ns, inside);
	return 0;
}

/* What a file shows as owner (group) when no record says otherwise. */
static inline uint32_t view_default(const struct view *view, uint32_t host)
{
	return view->unmapped == UNMAPPED_REAL ? host : 0;
}

#endif
