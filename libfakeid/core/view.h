/* SPDX-License-Identifier: MIT
 * view.h - how one namespace sees files: ids to and from kids, and the default view of a file that
 * has no record. Pure.
 */
#ifndef FAKEID_VIEW_H
#define FAKEID_VIEW_H

#include <errno.h>

#include <fakeid/kid.h>

enum unmapped { UNMAPPED_ROOT, UNMAPPED_OVERFLOW, UNMAPPED_REAL };

struct view {
	uint32_t ns;               /* whose ids files are stored in */
	enum unmapped unmapped;    /* what host ids without a place show as */
	uint32_t real[FAKEID_IDKIND_N]; /* the real user and group of the session */
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
static inline uint32_t view_default(const struct view *view, enum fakeid_idkind kind, uint32_t host)
{
	switch (view->unmapped) {
	case UNMAPPED_REAL:
		return host;
	case UNMAPPED_OVERFLOW:
		return host == view->real[kind] ? 0 : FAKEID_ID_OVERFLOW;
	case UNMAPPED_ROOT:
		break;
	}
	return 0;
}

#endif
