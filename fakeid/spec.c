/* SPDX-License-Identifier: MIT
 * spec.c - the options that say what a namespace is made of.
 */
#include "spec.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/capnames.h"
#include "core/creds.h"
#include "options.h"
#include "tag.h"

static const char *const map_names[FAKEID_IDKIND_N] = {"uid map", "gid map"};
static const char *const fsmap_names[FAKEID_IDKIND_N] = {"fsuid map", "fsgid map"};

int spec_add_extent(struct fakeid_idmap *map, const char *what,
		    const struct fakeid_idmap_extent *extent, struct trouble *trouble)
{
	if (map->n == FAKEID_IDMAP_MAX)
		return trouble_set(trouble, -E2BIG, "%s: more than %u extents: give fewer", what,
				   FAKEID_IDMAP_MAX);
	map->extent[map->n++] = *extent;
	return 0;
}

static int parse_extent(const char *option, const char *value, const char *text,
			struct fakeid_idmap_extent *ret_extent, struct trouble *trouble)
{
	struct fakeid_idmap_report report = {.fault = FAKEID_IDMAP_SYNTAX};
	struct fakeid_idmap one;
	/* One line of the format, so without the newline that may end it. */
	int r = strchr(text, '\n') ? -EINVAL
				   : fakeid_idmap_parse(text, strlen(text), FAKEID_IDMAP_COLON, 0,
							&one, &report);

	if (r < 0 || one.n != 1)
		return trouble_set(trouble, -EINVAL,
				   "option '%s': '%s': %s: use %sinside:outside:count", option,
				   value, fakeid_idmap_fault_text(report.fault),
				   text == value ? "" : "PATH:");

	*ret_extent = one.extent[0];
	return 0;
}

static int take_map(struct nsspec *wish, int option, const char *value, struct trouble *trouble)
{
	static const char *const names[] = {"--map", "--map-uid", "--map-gid"};
	struct fakeid_idmap_extent extent;
	int r = parse_extent(names[option - SPEC_MAP], value, value, &extent, trouble);

	for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++) {
		if (option != SPEC_MAP && option != SPEC_MAP_UID + kind)
			continue;
		wish->flags |= (uint32_t)NSSPEC_GAVE_UID << kind;
		r = spec_add_extent(&wish->map[kind], map_names[kind], &extent, trouble);
	}
	return r;
}

static int take_fsmap(struct nsspec *wish, int option, const char *value, struct trouble *trouble)
{
	static const char *const names[] = {"--map-fsuid", "--map-fsgid"};
	int kind = option - SPEC_MAP_FSUID;
	struct fakeid_idmap_extent extent;
	int r = parse_extent(names[kind], value, value, &extent, trouble);

	if (r < 0)
		return r;
	wish->flags |= (uint32_t)NSSPEC_GAVE_FSUID << kind;
	return spec_add_extent(&wish->fsmap[kind], fsmap_names[kind], &extent, trouble);
}

/* The third colon from the end, or NULL. */
static const char *find_extent(const char *value)
{
	const char *at = value + strlen(value);

	for (int colons = 0; at > value;)
		if (*--at == ':' && ++colons == 3)
			return at;
	return NULL;
}

static struct nsspec_path *find_path(struct nsspec *wish, const char *path)
{
	for (uint32_t i = 0; i < wish->n_paths; i++)
		if (strcmp(wish->paths[i].path, path) == 0)
			return &wish->paths[i];
	return NULL;
}

static int take_idmap(struct nsspec *wish, const char *value, struct trouble *trouble)
{
	const char *colon = find_extent(value);
	char name[PATH_MAX], path[PATH_MAX];
	struct fakeid_idmap_extent extent;
	struct nsspec_path *found;
	int r;

	if (!colon || colon == value || (size_t)(colon - value) >= sizeof(name))
		return trouble_set(trouble, -EINVAL,
				   "option '--idmap': '%s': not of the form path, inside, outside, "
				   "count: use PATH:inside:outside:count",
				   value);
	r = parse_extent("--idmap", value, colon + 1, &extent, trouble);
	if (r < 0)
		return r;

	memcpy(name, value, (size_t)(colon - value));
	name[colon - value] = '\0';
	if (!realpath(name, path))
		return trouble_set(trouble, -errno, "idmap %s: %s: name a path that is there", name,
				   strerror(errno));

	wish->flags |= NSSPEC_GAVE_PATHS;
	found = find_path(wish, path);
	if (!found && wish->n_paths == NSSPEC_PATHS_MAX)
		return trouble_set(trouble, -E2BIG, "idmap %s: more than %u paths: give fewer",
				   path, NSSPEC_PATHS_MAX);
	if (!found) {
		found = &wish->paths[wish->n_paths++];
		memcpy(found->path, path, strlen(path) + 1);
		found->map.n = 0;
	}
	return spec_add_extent(&found->map, "idmap", &extent, trouble);
}

static int take_unmapped(struct nsspec *wish, const char *value, struct trouble *trouble)
{
	static const char *const names[UNMAPPED_N] = {"root", "overflow", "real"};

	for (uint32_t i = 0; i < UNMAPPED_N; i++) {
		if (strcmp(names[i], value) != 0)
			continue;
		wish->unmapped = i;
		wish->flags |= NSSPEC_GAVE_UNMAPPED;
		return 0;
	}
	return trouble_set(trouble, -EINVAL,
			   "option '--unmapped': '%s': unknown: use root, overflow or real", value);
}

static int take_isolated(struct nsspec *wish, bool isolated)
{
	wish->flags &= ~(uint32_t)NSSPEC_ISOLATED;
	wish->flags |= NSSPEC_GAVE_ISOLATED | (isolated ? NSSPEC_ISOLATED : 0u);
	return 0;
}

static int need_wish(struct spec *spec, struct trouble *trouble)
{
	if (spec->wish)
		return 0;
	spec->wish = malloc(sizeof(*spec->wish));
	if (!spec->wish)
		return trouble_set(trouble, -ENOMEM, "options: %s", strerror(ENOMEM));
	nsspec_init(spec->wish);
	spec->caps_kept = CREDS_CAP_ALL;
	spec->caps_added = 0;
	return 0;
}

uint64_t spec_change_caps(const struct spec *spec, uint64_t caps)
{
	return (caps & spec->caps_kept) | spec->caps_added;
}

int spec_parse_caps(const char *option, const char *value, uint64_t *ret_set,
		    struct trouble *trouble)
{
	const char *bad;
	size_t len;

	if (capnames_parse(value, ret_set, &bad, &len) == 0)
		return 0;
	return trouble_set(trouble, -EINVAL,
			   "option '%s': '%.*s': no such capability: use names as in "
			   "capabilities(7), all or none",
			   option, (int)(len < 64 ? len : 64), bad);
}

static int take_caps(struct spec *spec, int option, const char *value, struct trouble *trouble)
{
	static const char *const names[] = {"--caps", "--cap-add", "--cap-drop"};
	uint64_t set;
	int r = spec_parse_caps(names[option - SPEC_CAPS], value, &set, trouble);

	if (r < 0)
		return r;
	spec->wish->flags |= NSSPEC_GAVE_CAPS;
	if (option == SPEC_CAPS)
		spec->caps_kept = spec->caps_added = 0;
	if (option == SPEC_CAP_DROP) {
		spec->caps_kept &= ~set;
		spec->caps_added &= ~set;
	} else {
		spec->caps_added |= set;
	}
	spec->wish->caps = spec_change_caps(spec, CREDS_CAP_ALL);
	return 0;
}

int spec_choose_own_files(struct spec *spec, struct trouble *trouble)
{
	int r = need_wish(spec, trouble);

	if (r == 0)
		spec->wish->flags |= NSSPEC_FS | NSSPEC_GAVE_FS;
	return r;
}

static int take_fs(struct spec *spec, const char *tag, struct trouble *trouble)
{
	spec->wish->flags |= NSSPEC_FS | NSSPEC_GAVE_FS;
	spec->fs = tag;
	return tag_check(tag, trouble);
}

int spec_take(struct spec *spec, int option, const char *value, struct trouble *trouble)
{
	int r;

	if (option == SPEC_SPLIT) {
		spec->split = true;
		return 0;
	}
	r = need_wish(spec, trouble);
	if (r < 0)
		return r;

	switch (option) {
	case SPEC_MAP:
	case SPEC_MAP_UID:
	case SPEC_MAP_GID:
		return take_map(spec->wish, option, value, trouble);
	case SPEC_MAP_AUTO:
		return spec_add_auto(spec->wish, trouble);
	case SPEC_MAP_FSUID:
	case SPEC_MAP_FSGID:
		return take_fsmap(spec->wish, option, value, trouble);
	case SPEC_ISOLATED:
	case SPEC_NO_ISOLATED:
		return take_isolated(spec->wish, option == SPEC_ISOLATED);
	case SPEC_UNMAPPED:
		return take_unmapped(spec->wish, value, trouble);
	case SPEC_FS:
		return take_fs(spec, value, trouble);
	case SPEC_CAPS:
	case SPEC_CAP_ADD:
	case SPEC_CAP_DROP:
		return take_caps(spec, option, value, trouble);
	default:
		return take_idmap(spec->wish, value, trouble);
	}
}

static int make_map(struct fakeid_idmap *map, const char *what, struct trouble *trouble)
{
	struct fakeid_idmap_report report;
	int r = fakeid_idmap_make(map->extent, map->n, 0, map, &report);

	if (r < 0)
		return trouble_set(trouble, r, "%s: inside id %u: %s: give other ranges", what,
				   map->extent[report.extent].upper,
				   fakeid_idmap_fault_text(report.fault));
	return 0;
}

int spec_finish(struct spec *spec, struct trouble *trouble)
{
	char what[PATH_MAX + 16];
	int r = 0;

	if (!spec->wish)
		return 0;

	for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++) {
		r = make_map(&spec->wish->map[kind], map_names[kind], trouble);
		if (r == 0)
			r = make_map(&spec->wish->fsmap[kind], fsmap_names[kind], trouble);
	}
	for (uint32_t i = 0; r == 0 && i < spec->wish->n_paths; i++) {
		struct nsspec_path *path = &spec->wish->paths[i];

		(void)snprintf(what, sizeof(what), "idmap %s", path->path); /* sized for it */
		r = make_map(&path->map, what, trouble);
	}
	return r;
}
