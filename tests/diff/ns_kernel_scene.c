/* SPDX-License-Identifier: MIT
 * ns_kernel_scene.c - scenes from seeds: random maps inside each other, the ids at their edges, and
 * files whose owners on disk are at the edges too.
 */
#include <stdio.h>

#include "ns_kernel.h"

static uint64_t random_state;

static uint32_t any(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static uint32_t near_a_corner(void)
{
	static const uint32_t corners[] = {0,	  1,	  100,	      1000,	  65534,
					   65535, 100000, 0x80000000, 0xfffffffe, 0xfffffff0};
	uint32_t id = corners[any(sizeof corners / sizeof corners[0])], away = any(30);

	return any(2) ? id + away : id - away;
}

/* An extent that the parent holds, perhaps in several pieces that touch. */
static struct fakeid_idmap_extent any_extent(const struct fakeid_idmap *parent)
{
	struct fakeid_idmap_extent extent = {.upper = near_a_corner()};
	uint32_t room = 0xffffffff, first = near_a_corner();

	if (parent) {
		uint32_t at = any(parent->n);
		const struct fakeid_idmap_extent *held = &parent->extent[at];
		uint32_t skip = any(3) ? any(held->count < 20 ? held->count : 20) : 0;

		first = held->upper + skip;
		room = held->count - skip;
		for (; ++at < parent->n && first + room == parent->extent[at].upper;
		     room += held->count)
			held = &parent->extent[at];
	}
	extent.count = 1 + any(any(3) ? 12 : 70000);
	if (extent.count > room || any(8) == 0)
		extent.count =
			room; /* to the end; too much for an id of the host, which is tried again */
	extent.lower = fakeid_kid_make(FAKEID_NS_HOST, first);
	return extent;
}

static void make_map(const struct fakeid_idmap *parent, bool wants_root,
		     struct fakeid_idmap *ret_map)
{
	struct fakeid_idmap_extent extents[EXTENTS_MAX];
	uint32_t n = 0, wanted = 1 + any(EXTENTS_MAX);

	for (int tries = 0; n == 0 || (n < wanted && tries < 50); tries++) {
		extents[n] = any_extent(parent);
		if (n == 0 && wants_root)
			extents[n].upper = 0;
		if (n > 0 && any(2)) /* touches the last one, so that a child can span both */
			extents[n].upper = extents[n - 1].upper + extents[n - 1].count;
		n += fakeid_idmap_check(extents, n + 1, 0, NULL) == 0;
	}
	(void)fakeid_idmap_make(extents, n, 0, ret_map, NULL); /* each was checked */
}

/* As given, and in pieces that the parent holds: the library's own answer, which others prove. */
static void make_level(struct scene *scene, unsigned level, int kind, bool wants_root)
{
	const struct fakeid_idmap *parent = level ? &scene->map[level - 1][kind] : NULL;
	struct fakeid_idmap *asked = &scene->asked[level][kind];
	static struct fakeid_idmap_split split;

	make_map(parent, wants_root, asked);
	scene->map[level][kind] = *asked;
	if (parent && fakeid_idmap_split(asked->extent, asked->n, parent, FAKEID_IDMAP_SPLIT,
					 &split, NULL) == 0)
		scene->map[level][kind] = split.applied;
	scene->n_cuts += parent ? split.n_cuts : 0;
}

static void add_id(struct scene *scene, int kind, uint32_t id)
{
	uint32_t *n = &scene->n_ids[kind];

	for (uint32_t i = 0; i < *n; i++)
		if (scene->id[kind][i] == id)
			return;
	if (*n < IDS_MAX)
		scene->id[kind][(*n)++] = id;
}

static void choose_ids(struct scene *scene, int kind)
{
	const struct fakeid_idmap *map = &scene->map[scene->depth - 1][kind];

	scene->n_ids[kind] = 0;
	for (uint32_t i = 0; i < map->n; i++)
		for (uint32_t edge = 0; edge < 4; edge++)
			add_id(scene, kind,
			       map->extent[i].upper + (edge & 2 ? map->extent[i].count : 0) -
				       (edge & 1));
	add_id(scene, kind, 0);
	add_id(scene, kind, FAKEID_ID_OVERFLOW);
	add_id(scene, kind, FAKEID_ID_INVALID - 1);
	add_id(scene, kind, FAKEID_ID_INVALID); /* which chown takes for "leave it" */
}

/* What the kernel is to be told of the test user's own file. To fakeid it is that of the root of
 * the outermost namespace (whose records they are), unless that one's map holds the user. This is
 * where fakeid is not a user namespace, and on purpose. */
static uint32_t own_of(const struct scene *scene, int kind)
{
	const struct fakeid_idmap *map = &scene->map[0][kind];
	struct fakeid_kid user = fakeid_kid_make(FAKEID_NS_HOST, TEST_USER), root;
	uint32_t ignored;

	if (fakeid_idmap_up(map, user, &ignored) < 0 && fakeid_idmap_down(map, 0, &root) == 0)
		return fakeid_kid_id(root);
	return TEST_USER;
}

/* An owner on disk: at the edge of the whole way down, or anywhere. Not the test user himself,
 * where he has no place, see above. */
static uint32_t any_owner(const struct scene *scene, int kind)
{
	const struct fakeid_idmap *map = &scene->absolute[kind];
	uint32_t id, ignored;

	do {
		const struct fakeid_idmap_extent *extent = map->n ? &map->extent[any(map->n)]
								  : NULL;
		uint32_t edge = any(4);

		id = extent ? fakeid_kid_id(extent->lower) + (edge & 2 ? extent->count : 0) -
				      (edge & 1)
			    : near_a_corner();
		if (any(6) == 0)
			id = near_a_corner();
	} while (id == FAKEID_ID_INVALID ||
		 (id == TEST_USER &&
		  fakeid_idmap_up(&scene->map[0][kind], fakeid_kid_make(FAKEID_NS_HOST, id),
				  &ignored) < 0));
	return id;
}

void scene_make(uint64_t seed, unsigned number, struct scene *ret_scene)
{
	struct scene *scene = ret_scene;

	*scene = (struct scene){.seed = seed, .number = number, .depth = 1 + number % DEPTH_MAX};
	random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)number * 0x10001;
	(void)any(2); /* the first numbers of neighbouring seeds are alike */
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		for (unsigned level = 0; level < scene->depth; level++)
			/* Not all need a root. But who has no uid 0 loses his capabilities by the
			 * first exec, here and there, and then there is nothing left to ask. */
			make_level(scene, level, kind,
				   any(5) > 0 || (kind == FAKEID_UID && level + 1 == scene->depth));
		scene->absolute[kind] = scene->map[0][kind];
		for (unsigned level = 1; level < scene->depth; level++)
			(void)fakeid_idmap_compose(&scene->map[level][kind], &scene->absolute[kind],
						   &scene->absolute[kind]); /* a few dozen fit */
		choose_ids(scene, kind);
		scene->own[kind] = own_of(scene, kind);
	}
	scene->n_files = FILES_MAX;
	for (uint32_t i = 0; i < scene->n_files; i++)
		for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
			scene->owner[i][kind] = any_owner(scene, kind);
}

void scene_print_maps(const struct scene *scene)
{
	static char text[FAKEID_IDMAP_TEXT_BYTES];
	size_t len;

	for (unsigned level = 0; level < scene->depth; level++)
		for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
			if (fakeid_idmap_print(&scene->asked[level][kind], FAKEID_IDMAP_COLON, text,
					       sizeof text, &len) == 0)
				printf("namespace %u, %s map:\n%s", level + 1, kind ? "gid" : "uid",
				       text);
}
