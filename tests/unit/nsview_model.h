/* SPDX-License-Identifier: MIT
 * nsview_model.h - make_kid() and from_kid() as the design has them: one id at a time, from a
 * namespace to its parent, for processes and for files. Slow, and too simple to be wrong.
 */
#ifndef NSVIEW_MODEL_H
#define NSVIEW_MODEL_H

#include "core/nsview.h"
#include "ns_help.h"

struct node {
	const struct node *parent; /* NULL: the host */
	const struct node *home;   /* with NSSPEC_FS: whose files; NULL: its own */
	uint32_t number;
	struct nsspec spec;
	struct nsview view; /* what is compared with the model */
};

/* The three spaces of a namespace: process ids, file ids, and file ids as the namespace has them
 * whose files they are. */
enum model_space { MODEL_ID, MODEL_FS, MODEL_HOME, MODEL_SPACE_N };

static inline bool model_isolated(const struct node *node)
{
	return node->spec.flags & NSSPEC_ISOLATED;
}

/* The namespace whose view of files is looked through; NULL: it has files of its own. */
static inline const struct node *model_files_of(const struct node *node)
{
	return node->spec.flags & NSSPEC_FS ? node->home : node->parent;
}

/* The namespace whose records they are. */
static inline const struct node *model_home(const struct node *node)
{
	while (model_files_of(node))
		node = model_files_of(node);
	return node;
}

static inline bool model_id_down(const struct node *node, int kind, uint32_t id,
				 struct fakeid_kid *ret_kid)
{
	struct fakeid_kid lower;

	if (id == NO)
		return false;
	if (!node) {
		*ret_kid = fakeid_kid_make(FAKEID_NS_HOST, id);
		return true;
	}
	if (naive_down(&node->spec.map[kind], id, &lower))
		return model_id_down(node->parent, kind, fakeid_kid_id(lower), ret_kid);
	*ret_kid = fakeid_kid_make(node->number, id);
	return model_isolated(node);
}

static inline bool model_id_up(const struct node *node, int kind, struct fakeid_kid kid,
			       uint32_t *ret_id)
{
	uint32_t id = 0;

	if (!node) {
		*ret_id = fakeid_kid_id(kid);
		return fakeid_kid_ns(kid) == FAKEID_NS_HOST;
	}
	if (model_isolated(node) && fakeid_kid_ns(kid) == node->number) {
		*ret_id = fakeid_kid_id(kid);
		return true;
	}
	return model_id_up(node->parent, kind, kid, &id) &&
	       naive_up(&node->spec.map[kind], fakeid_kid_make(0, id), ret_id);
}

/* Files: by the fs map into the view that is looked through; a child that has none and chose none
 * goes through its id map into its parent's view. */
static inline bool model_fs_down(const struct node *node, int kind, uint32_t id,
				 struct fakeid_kid *ret_kid)
{
	const struct node *files = model_files_of(node);
	bool has_map = node->spec.fsmap[kind].n > 0;
	struct fakeid_kid lower = {id};

	if (id == NO)
		return false;
	if (has_map && !naive_down(&node->spec.fsmap[kind], id, &lower))
		return false;
	if (!files)
		return model_id_down(node, kind, fakeid_kid_id(lower), ret_kid);
	if (has_map || (node->spec.flags & NSSPEC_FS))
		return model_fs_down(files, kind, fakeid_kid_id(lower), ret_kid);
	if (naive_down(&node->spec.map[kind], id, &lower))
		return model_fs_down(files, kind, fakeid_kid_id(lower), ret_kid);
	*ret_kid = fakeid_kid_make(node->number, id);
	return model_isolated(node);
}

static inline bool model_fs_up(const struct node *node, int kind, struct fakeid_kid kid,
			       uint32_t *ret_id)
{
	const struct node *files = model_files_of(node);
	const struct fakeid_idmap *map = &node->spec.fsmap[kind];
	uint32_t id = 0;

	if (files && map->n == 0 && !(node->spec.flags & NSSPEC_FS)) {
		if (model_isolated(node) && fakeid_kid_ns(kid) == node->number) {
			*ret_id = fakeid_kid_id(kid);
			return true;
		}
		map = &node->spec.map[kind];
		return model_fs_up(files, kind, kid, &id) &&
		       naive_up(map, fakeid_kid_make(0, id), ret_id);
	}
	if (!(files ? model_fs_up(files, kind, kid, &id) : model_id_up(node, kind, kid, &id)))
		return false;
	*ret_id = id;
	return map->n == 0 || naive_up(map, fakeid_kid_make(0, id), ret_id);
}

static inline bool model_down(const struct node *node, enum model_space space, int kind,
			      uint32_t id, struct fakeid_kid *ret_kid)
{
	if (space == MODEL_FS)
		return model_fs_down(node, kind, id, ret_kid);
	return model_id_down(space == MODEL_HOME ? model_home(node) : node, kind, id, ret_kid);
}

static inline bool model_up(const struct node *node, enum model_space space, int kind,
			    struct fakeid_kid kid, uint32_t *ret_id)
{
	if (space == MODEL_FS)
		return model_fs_up(node, kind, kid, ret_id);
	return model_id_up(space == MODEL_HOME ? model_home(node) : node, kind, kid, ret_id);
}

/* Does the parent hold the extent in one piece? Its pieces are its extents and, if it is isolated,
 * what is between them. */
static inline bool model_fits(const struct node *parent, int kind,
			      const struct fakeid_idmap_extent *extent)
{
	uint64_t first = extent->lower.value, end = first + extent->count;

	if (!parent)
		return true;
	for (uint32_t i = 0; i < parent->spec.map[kind].n; i++) {
		const struct fakeid_idmap_extent *held = &parent->spec.map[kind].extent[i];
		uint64_t held_end = (uint64_t)held->upper + held->count;

		if (first >= held->upper && end <= held_end)
			return true;
		if (first < held_end && end > held->upper)
			return false;
	}
	return model_isolated(parent);
}

#endif
