/* SPDX-License-Identifier: MIT
 * idspace.h - the ids of one namespace as kids, parents worked in: make_kid() and from_kid() of the
 * design in one step. Pure. User and group ids each have a space of their own.
 */
#ifndef FAKEID_IDSPACE_H
#define FAKEID_IDSPACE_H

#include <fakeid/idmap.h>
#include <fakeid/kid.h>

/* An id in an extent of `map` is the kid there; any other is (own, id), or none where own is 0: the
 * namespace is not isolated. The map's lower side holds final kids (FAKEID_IDMAP_64). */
struct idspace {
	uint32_t own;
	struct fakeid_idmap map;
};

/* The ids of the host: each is itself. */
void idspace_host(struct idspace *ret_space);

/* make_kid(): 0, or -ENXIO for an id that is none here, 4294967295 always among them. */
int idspace_down(const struct idspace *space, uint32_t id, struct fakeid_kid *ret_kid);

/* from_kid(): 0, or -ENXIO for a kid that has no place here. */
int idspace_up(const struct idspace *space, struct fakeid_kid kid, uint32_t *ret_id);

/* Fit extents, whose lower ids are ids of `parent`, into it, as fakeid_idmap_split() does with a
 * map; the ids that an isolated parent maps nowhere count as extents of it. */
int idspace_fit(const struct fakeid_idmap_extent *extents, size_t n, const struct idspace *parent,
		enum fakeid_idmap_mode mode, struct fakeid_idmap_split *ret_split,
		struct fakeid_idmap_report *ret_report);

/* The space of a child: `map` leads to ids of `parent`, ids outside of it are (own, id) unless
 * own is 0. Extents are cut where the parent's end; ids in them that the parent does not hold
 * are none here. Returns 0, or -E2BIG for more than FAKEID_IDMAP_MAX pieces. ret_space may not
 * be `parent`. */
int idspace_make(const struct fakeid_idmap *map, const struct idspace *parent, uint32_t own,
		 struct idspace *ret_space);

#endif
