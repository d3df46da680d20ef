/* SPDX-License-Identifier: MIT
 * nsview_test.c - namespaces in namespaces, beside the model that walks from each to its parent:
 * random families, every id at the edge of any map, processes and files.
 */
#include "nsspec_help.h"
#include "nsview_model.h"

#define SEED UINT64_C(0x1d3a90005)
#define ROUNDS 4000
#define FAMILY 6u

static struct node family[NSSPEC_LEVEL_MAX + 1];
static struct ids ids;
static struct nsview view;

static struct kids {
	uint32_t n;
	struct fakeid_kid at[65536];
} kids;

static const struct idspace *space_of(const struct node *node, enum model_space space, int kind)
{
	return space == MODEL_ID   ? &node->view.id[kind]
	       : space == MODEL_FS ? &node->view.fs[kind]
				   : &node->view.home[kind];
}

static int by_value(const void *a, const void *b)
{
	uint64_t left = ((const struct fakeid_kid *)a)->value;
	uint64_t right = ((const struct fakeid_kid *)b)->value;

	return (left > right) - (left < right);
}

static int by_id(const void *a, const void *b)
{
	uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;

	return (left > right) - (left < right);
}

/* -- a family: each namespace has a parent and perhaps another's files -- */

/* What of a random map the parent holds; one time in four all of it, to be refused. */
static struct fakeid_idmap map_into(uint64_t *state, const struct node *parent, int kind)
{
	struct fakeid_idmap map = corner_map(state, below(state, 6));
	uint32_t n = 0;

	if (below(state, 4) == 0)
		return map;
	for (uint32_t i = 0; i < map.n; i++)
		if (model_fits(parent, kind, &map.extent[i]))
			map.extent[n++] = map.extent[i];
	holds(fakeid_idmap_make(map.extent, n, 0, &map, NULL) == 0);
	return map;
}

static void random_node(uint64_t *state, uint32_t number, struct node *node)
{
	node->number = number + 10;
	node->parent = number > 0 && below(state, 5)
			       ? &family[number - 1 - below(state, 2) % number]
			       : NULL;
	node->home = NULL;
	nsspec_init(&node->spec);
	node->spec.flags = below(state, 3) ? NSSPEC_ISOLATED : 0;
	node->spec.unmapped = below(state, UNMAPPED_N);
	if (below(state, 4) == 0) {
		node->spec.flags |= NSSPEC_FS;
		if (number > 0 && below(state, 4)) {
			node->home = &family[below(state, number)];
			node->spec.fsns = node->home->number;
		}
	}
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		node->spec.map[kind] = map_into(state, node->parent, kind);
		if (below(state, 3) == 0)
			node->spec.fsmap[kind] = corner_map(state, 1 + below(state, 2));
	}
}

/* Are all maps held in one piece? For files it is said only where the answer is no for sure: in a
 * view that itself came through maps, pieces are where any of those were cut. */
static bool must_be_refused(const struct node *node)
{
	struct fakeid_kid ignored;

	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		const struct fakeid_idmap *map = &node->spec.map[kind];

		for (uint32_t i = 0; i < map->n; i++)
			if (!model_fits(node->parent, kind, &map->extent[i]))
				return true;
		map = &node->spec.fsmap[kind];
		for (uint32_t i = 0; i < map->n; i++)
			if (!model_fs_down(node, kind, map->extent[i].upper, &ignored) ||
			    !model_fs_down(node, kind,
					   map->extent[i].upper + (map->extent[i].count - 1),
					   &ignored))
				return true;
	}
	return false;
}

static bool has_fs_map(const struct node *node)
{
	return node->spec.fsmap[FAKEID_UID].n > 0 || node->spec.fsmap[FAKEID_GID].n > 0;
}

static int make(struct node *node)
{
	return nsview_make(&node->spec, node->number, node->parent ? &node->parent->view : NULL,
			   node->home ? &node->home->view : NULL, &node->view);
}

static void random_family(uint64_t *state, uint32_t *n_refused)
{
	for (uint32_t i = 0; i < FAMILY; i++) {
		int r;

		do {
			random_node(state, i, &family[i]);
			r = make(&family[i]);
			holds(r == 0 || r == -EPERM);
			if (must_be_refused(&family[i]))
				holds(r == -EPERM);
			else if (!has_fs_map(&family[i]))
				holds(r == 0);
			*n_refused += r < 0;
		} while (r < 0);
	}
}

/* -- the comparison -- */

static void collect(int kind)
{
	uint32_t n = 0;

	ids.n = 0;
	ids_add_corners(&ids);
	for (uint32_t i = 0; i < FAMILY; i++) {
		ids_add_edges(&ids, &family[i].spec.map[kind]);
		ids_add_edges(&ids, &family[i].spec.fsmap[kind]);
	}
	qsort(ids.at, ids.n, sizeof ids.at[0], by_id);
	for (uint32_t i = 0; i < ids.n; i++)
		if (n == 0 || ids.at[i] != ids.at[n - 1])
			ids.at[n++] = ids.at[i];
	ids.n = n;
}

static void compare_down(const struct node *node, int kind)
{
	for (int space = 0; space < MODEL_SPACE_N; space++)
		for (uint32_t i = 0; i < ids.n; i++) {
			const struct idspace *ours = space_of(node, (enum model_space)space, kind);
			struct fakeid_kid kid = {77}, expected = {77};
			uint32_t back = 0;
			bool found = model_down(node, (enum model_space)space, kind, ids.at[i],
						&expected);

			holds(idspace_down(ours, ids.at[i], &kid) == (found ? 0 : -ENXIO));
			holds(!found || kid.value == expected.value);
			if (!found)
				continue;
			holds(idspace_up(ours, kid, &back) == 0 && back == ids.at[i]);
			holds(kids.n < (uint32_t)LEN(kids.at));
			kids.at[kids.n++] = kid;
		}
}

/* Of all the kids that the family makes, and of the host's. */
static void compare_up(const struct node *node, int kind)
{
	for (int space = 0; space < MODEL_SPACE_N; space++)
		for (uint32_t i = 0; i < kids.n; i++) {
			const struct idspace *ours = space_of(node, (enum model_space)space, kind);
			uint32_t id = 77, expected = 77;
			bool found = model_up(node, (enum model_space)space, kind, kids.at[i],
					      &expected);

			holds(idspace_up(ours, kids.at[i], &id) == (found ? 0 : -ENXIO));
			holds(!found || id == expected);
		}
}

static void compare_kind(int kind)
{
	uint32_t n = 0;

	collect(kind);
	kids.n = 0;
	for (uint32_t i = 0; i + 1 < ids.n; i++) /* not the last: 4294967295 */
		kids.at[kids.n++] = fakeid_kid_make(FAKEID_NS_HOST, ids.at[i]);
	for (uint32_t i = 0; i < FAMILY; i++)
		compare_down(&family[i], kind);
	qsort(kids.at, kids.n, sizeof kids.at[0], by_value);
	for (uint32_t i = 0; i < kids.n; i++)
		if (n == 0 || kids.at[i].value != kids.at[n - 1].value)
			kids.at[n++] = kids.at[i];
	kids.n = n;
	for (uint32_t i = 0; i < FAMILY; i++)
		compare_up(&family[i], kind);
}

static void assert_fields(const struct node *node)
{
	const struct nsview *made = &node->view;

	holds(made->number == node->number);
	holds(made->parent == (node->parent ? node->parent->number : 0));
	holds(made->level == (node->parent ? node->parent->view.level + 1 : 1));
	holds(made->fsns == model_home(node)->number);
	holds(made->flags == (node->spec.flags & NSSPEC_FLAGS_STORED));
	holds(made->unmapped == node->spec.unmapped);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		holds(fakeid_idmap_equal(&made->shown[kind], &node->spec.map[kind]));
	holds(nsview_check(made, made->size, node->number) == 0);
}

START_TEST(test_every_edge_of_a_family_is_as_the_model_says)
{
	uint64_t state = SEED;
	uint32_t n_refused = 0, n_deep = 0, n_files = 0;

	printf("seed %#jx\n", (uintmax_t)SEED);
	for (int round = 0; round < ROUNDS; round++) {
		random_family(&state, &n_refused);
		for (uint32_t i = 0; i < FAMILY; i++) {
			assert_fields(&family[i]);
			n_deep += family[i].view.level >= 4;
			n_files += family[i].home != NULL;
		}
		compare_kind(FAKEID_UID);
		compare_kind(FAKEID_GID);
	}
	ck_assert_uint_gt(n_refused, 100);
	ck_assert_uint_gt(n_deep, 100);
	ck_assert_uint_gt(n_files, 100);
}
END_TEST

START_TEST(test_thirty_two_deep_is_made_and_one_more_is_not)
{
	struct fakeid_kid kid;

	for (uint32_t i = 0; i <= NSSPEC_LEVEL_MAX; i++) {
		struct node *node = &family[i];

		node->parent = i > 0 ? &family[i - 1] : NULL;
		node->home = NULL;
		node->number = i + 1;
		nsspec_init(&node->spec);
		/* One step up each, and in the parent's in one piece. */
		node->spec.map[FAKEID_UID] = map_of("0:1:1");
		node->spec.map[FAKEID_UID].extent[0].count = 1000 - i;
		ck_assert_int_eq(make(node), i < NSSPEC_LEVEL_MAX ? 0 : -EUSERS);
	}
	ck_assert_int_eq(idspace_down(&family[31].view.id[FAKEID_UID], 969, &kid), 0);
	ck_assert_uint_eq(kid.value, (UINT64_C(32) << 32) + 969);
	ck_assert_int_eq(idspace_down(&family[31].view.id[FAKEID_UID], 968, &kid), 0);
	ck_assert_uint_eq(kid.value, 1000);
	ck_assert_int_eq(idspace_down(&family[31].view.fs[FAKEID_UID], 968, &kid), 0);
	ck_assert_uint_eq(kid.value, 1000);
	ck_assert_int_eq(idspace_down(&family[31].view.id[FAKEID_GID], 968, &kid), 0);
	ck_assert_uint_eq(kid.value, (UINT64_C(32) << 32) + 968);
}
END_TEST

START_TEST(test_plain_is_what_the_default_is_at_top_level)
{
	static struct nsview made;

	nsspec_init(&family[0].spec);
	ck_assert_int_eq(nsview_make(&family[0].spec, 7, NULL, NULL, &made), 0);
	nsview_plain(7, &view);
	ck_assert_mem_eq(&view, &made, offsetof(struct nsview, id));
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		const struct idspace *spaces[] = {&view.id[kind], &view.fs[kind], &view.home[kind],
						  &made.id[kind], &made.fs[kind], &made.home[kind]};

		for (int i = 0; i < LEN(spaces); i++)
			ck_assert(spaces[i]->own == 7 && spaces[i]->map.n == 0);
		ck_assert(view.shown[kind].n == 0 && made.shown[kind].n == 0);
	}
}
END_TEST

static const struct path_row {
	const char *path;
	int found; /* the lower id of its map's first extent; -1: none */
	const char *why;
} path_rows[] = {
	{"/srv/a", 2, "the path itself"},
	{"/srv/a/x", 2, "what is below it"},
	{"/srv/ab", 1, "another name that begins so is not below it"},
	{"/srv/a/b/c/d", 3, "the longest path counts"},
	{"/srv/a/bc", 2, "a longer name again"},
	{"/srv", 1, "a parent is not below its child"},
	{"/sr", -1, "neither is a shorter name"},
	{"/", -1, "nor the root"},
	{"/srv/a (deleted)", 1, "what is open and unlinked has another name"},
};

START_TEST(test_the_longest_path_that_holds_a_file_gives_its_idmap)
{
	const struct path_row *row = &path_rows[_i];
	const char *const paths[] = {"/srv", "/srv/a", "/srv/a/b/c", "/other"};
	const struct fakeid_idmap *map;

	/* In every order. */
	for (uint32_t turn = 0; turn < 4; turn++) {
		nsspec_init(&family[0].spec);
		family[0].spec.n_paths = 4;
		for (uint32_t i = 0; i < 4; i++) {
			struct nsspec_path *path = &family[0].spec.paths[(i + turn) % 4];
			char text[16];

			(void)strcpy(path->path, paths[i]);
			(void)snprintf(text, sizeof text, "0:%u:1", i + 1);
			path->map = map_of(text);
		}
		ck_assert_int_eq(nsview_make(&family[0].spec, 7, NULL, NULL, &view), 0);
		ck_assert_uint_eq(view.size, NSVIEW_SIZE(4));
		map = nsview_path(&view, row->path);
		ck_assert_msg((map ? (int)map->extent[0].lower.value : -1) == row->found, "%s: %s",
			      row->path, row->why);
	}
}
END_TEST

START_TEST(test_the_root_as_a_path_holds_everything)
{
	nsspec_init(&family[0].spec);
	family[0].spec.n_paths = 1;
	(void)strcpy(family[0].spec.paths[0].path, "/");
	family[0].spec.paths[0].map = map_of("0:9:1");
	ck_assert_int_eq(nsview_make(&family[0].spec, 7, NULL, NULL, &view), 0);
	ck_assert_ptr_nonnull(nsview_path(&view, "/"));
	ck_assert_ptr_nonnull(nsview_path(&view, "/any/where"));
}
END_TEST

START_TEST(test_a_view_file_that_is_none_is_refused)
{
	nsview_plain(7, &view);
	ck_assert_int_eq(nsview_check(&view, view.size, 7), 0);
	ck_assert_int_eq(nsview_check(&view, view.size, 8), -EBADMSG);
	for (size_t size = 0; size < view.size; size += 97)
		ck_assert_int_eq(nsview_check(&view, size, 7), -EBADMSG);
	ck_assert_int_eq(nsview_check(&view, view.size + 1, 7), -EBADMSG);
	view.n_paths = 1; /* with the size of none */
	ck_assert_int_eq(nsview_check(&view, view.size, 7), -EBADMSG);
	view.n_paths = NSSPEC_PATHS_MAX + 1;
	ck_assert_int_eq(nsview_check(&view, sizeof view, 7), -EBADMSG);
	nsview_plain(7, &view);
	view.layout++;
	ck_assert_int_eq(nsview_check(&view, view.size, 7), -EBADMSG);
	nsview_plain(7, &view);
	view.magic ^= 1;
	ck_assert_int_eq(nsview_check(&view, view.size, 7), -EBADMSG);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nsview");
	TCase *model = tcase_create("beside the model");
	TCase *rest = tcase_create("paths and files");

	tcase_set_timeout(model, 240);
	tcase_add_test(model, test_every_edge_of_a_family_is_as_the_model_says);
	tcase_add_test(model, test_thirty_two_deep_is_made_and_one_more_is_not);
	tcase_add_test(model, test_plain_is_what_the_default_is_at_top_level);
	suite_add_tcase(suite, model);
	tcase_add_loop_test(rest, test_the_longest_path_that_holds_a_file_gives_its_idmap, 0,
			    LEN(path_rows));
	tcase_add_test(rest, test_the_root_as_a_path_holds_everything);
	tcase_add_test(rest, test_a_view_file_that_is_none_is_refused);
	suite_add_tcase(suite, rest);
	return run_suite(suite);
}
