/* SPDX-License-Identifier: MIT
 * nsspec.c - what a namespace is made of, and its bytes. Pure.
 */
#include "core/nsspec.h"

#include <errno.h>
#include <string.h>

#include "core/creds.h"

void nsspec_init(struct nsspec *ret_spec)
{
	ret_spec->flags = NSSPEC_ISOLATED;
	ret_spec->unmapped = UNMAPPED_ROOT;
	ret_spec->fsns = 0;
	ret_spec->caps = CREDS_CAP_ALL;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		ret_spec->map[kind].n = 0;
		ret_spec->fsmap[kind].n = 0;
	}
	ret_spec->n_paths = 0;
}

bool nsspec_is_plain(const struct nsspec *spec, uint32_t number, uint32_t parent)
{
	bool own_files = spec->flags & NSSPEC_FS ? !spec->fsns || spec->fsns == number : !parent;

	return own_files && (spec->flags & NSSPEC_ISOLATED) && spec->unmapped == UNMAPPED_ROOT &&
	       spec->n_paths == 0 && spec->map[FAKEID_UID].n == 0 && spec->map[FAKEID_GID].n == 0 &&
	       spec->fsmap[FAKEID_UID].n == 0 && spec->fsmap[FAKEID_GID].n == 0;
}

void nsspec_take(const struct nsspec *wish, struct nsspec *spec)
{
	uint32_t gave = wish->flags, taken = 0;

	if (gave & NSSPEC_GAVE_ISOLATED)
		taken |= NSSPEC_ISOLATED;
	if (gave & NSSPEC_GAVE_FS) {
		taken |= NSSPEC_FS;
		spec->fsns = wish->fsns;
	}
	spec->flags = (spec->flags & ~taken) | (wish->flags & taken);
	if (gave & NSSPEC_GAVE_UNMAPPED)
		spec->unmapped = wish->unmapped;
	if (gave & NSSPEC_GAVE_CAPS)
		spec->caps = wish->caps;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		if (gave & (uint32_t)NSSPEC_GAVE_UID << kind)
			spec->map[kind] = wish->map[kind];
		if (gave & (uint32_t)NSSPEC_GAVE_FSUID << kind)
			spec->fsmap[kind] = wish->fsmap[kind];
	}
	if (gave & NSSPEC_GAVE_PATHS) {
		for (uint32_t i = 0; i < wish->n_paths; i++)
			spec->paths[i] = wish->paths[i];
		spec->n_paths = wish->n_paths;
	}
}

static bool same_paths(const struct nsspec *a, const struct nsspec *b)
{
	if (a->n_paths != b->n_paths)
		return false;
	for (uint32_t i = 0; i < a->n_paths; i++) {
		uint32_t j = 0;

		while (j < b->n_paths && strcmp(a->paths[i].path, b->paths[j].path) != 0)
			j++;
		if (j == b->n_paths || !fakeid_idmap_equal(&a->paths[i].map, &b->paths[j].map))
			return false;
	}
	return true;
}

int nsspec_check_same(const struct nsspec *wish, uint32_t number, const struct nsspec *spec)
{
	uint32_t gave = wish->flags;
	bool same = true;

	if (gave & NSSPEC_GAVE_ISOLATED)
		same &= !((wish->flags ^ spec->flags) & NSSPEC_ISOLATED);
	if (gave & NSSPEC_GAVE_UNMAPPED)
		same &= wish->unmapped == spec->unmapped;
	if (gave & NSSPEC_GAVE_CAPS)
		same &= wish->caps == spec->caps;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		if (gave & (uint32_t)NSSPEC_GAVE_UID << kind)
			same &= fakeid_idmap_equal(&wish->map[kind], &spec->map[kind]);
		if (gave & (uint32_t)NSSPEC_GAVE_FSUID << kind)
			same &= fakeid_idmap_equal(&wish->fsmap[kind], &spec->fsmap[kind]);
	}
	if (gave & NSSPEC_GAVE_FS)
		same &= (spec->flags & NSSPEC_FS) &&
			(wish->fsns ? wish->fsns : number) == (spec->fsns ? spec->fsns : number);
	if (gave & NSSPEC_GAVE_PATHS)
		same &= same_paths(wish, spec);
	return same ? 0 : -EEXIST;
}

static void write_map(struct writer *w, const struct fakeid_idmap *map)
{
	write_u16(w, (uint16_t)map->n);
	for (uint32_t i = 0; i < map->n; i++) {
		write_u32(w, map->extent[i].upper);
		write_u32(w, fakeid_kid_id(map->extent[i].lower));
		write_u32(w, map->extent[i].count);
	}
}

static int read_map(struct reader *r, struct fakeid_idmap *ret_map)
{
	uint32_t n = read_u16(r);

	if (n > FAKEID_IDMAP_MAX)
		return -EBADMSG;
	for (uint32_t i = 0; i < n; i++) {
		struct fakeid_idmap_extent *extent = &ret_map->extent[i];

		extent->upper = read_u32(r);
		extent->lower = fakeid_kid_make(FAKEID_NS_HOST, read_u32(r));
		extent->count = read_u32(r);
		/* In the one order that they are written in. */
		if (i > 0 && extent->upper <= extent[-1].upper)
			return -EBADMSG;
	}
	if (r->bad || fakeid_idmap_make(ret_map->extent, n, 0, ret_map, NULL) < 0)
		return -EBADMSG;
	return 0;
}

/* Absolute, and with one spelling only. */
static bool is_canonical(const char *path, size_t len)
{
	if (len == 0 || path[0] != '/' || memchr(path, '\0', len))
		return false;
	if (len == 1)
		return true;
	for (size_t at = 0; at < len;) {
		size_t start = ++at;

		while (at < len && path[at] != '/')
			at++;
		if (at == start || (at - start == 1 && path[start] == '.') ||
		    (at - start == 2 && path[start] == '.' && path[start + 1] == '.'))
			return false;
	}
	return true;
}

/* Of a path that has two maps nobody could say which one counts. */
static bool is_among(const struct nsspec_path *paths, uint32_t n, const char *path)
{
	for (uint32_t i = 0; i < n; i++)
		if (strcmp(paths[i].path, path) == 0)
			return true;
	return false;
}

static int read_path(struct reader *r, struct nsspec_path *ret_path)
{
	size_t len = read_u16(r);
	const uint8_t *bytes = read_bytes(r, len);

	if (!bytes || len >= sizeof(ret_path->path) || !is_canonical((const char *)bytes, len))
		return -EBADMSG;
	memcpy(ret_path->path, bytes, len);
	ret_path->path[len] = '\0';
	return read_map(r, &ret_path->map);
}

void nsspec_encode(const struct nsspec *spec, struct writer *w)
{
	write_u32(w, spec->flags);
	write_u32(w, spec->unmapped);
	write_u32(w, spec->fsns);
	write_u64(w, spec->caps);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		write_map(w, &spec->map[kind]);
		write_map(w, &spec->fsmap[kind]);
	}
	write_u16(w, (uint16_t)spec->n_paths);
	for (uint32_t i = 0; i < spec->n_paths; i++) {
		const struct nsspec_path *path = &spec->paths[i];

		write_u16(w, (uint16_t)strlen(path->path));
		write_bytes(w, path->path, strlen(path->path));
		write_map(w, &path->map);
	}
}

static int decode(struct reader *r, bool has_caps, struct nsspec *ret_spec)
{
	int result = 0;

	ret_spec->flags = read_u32(r);
	ret_spec->unmapped = read_u32(r);
	ret_spec->fsns = read_u32(r);
	ret_spec->caps = has_caps ? read_u64(r) : CREDS_CAP_ALL;
	if ((ret_spec->flags & ~(NSSPEC_FLAGS_STORED | NSSPEC_FLAGS_GAVE)) ||
	    ret_spec->unmapped >= UNMAPPED_N || (ret_spec->caps & ~CREDS_CAP_ALL) ||
	    (ret_spec->fsns && !(ret_spec->flags & NSSPEC_FS)))
		return -EBADMSG;

	for (int kind = 0; result == 0 && kind < FAKEID_IDKIND_N; kind++) {
		result = read_map(r, &ret_spec->map[kind]);
		if (result == 0)
			result = read_map(r, &ret_spec->fsmap[kind]);
	}
	ret_spec->n_paths = read_u16(r);
	if (result < 0 || r->bad || ret_spec->n_paths > NSSPEC_PATHS_MAX)
		return -EBADMSG;

	for (uint32_t i = 0; result == 0 && i < ret_spec->n_paths; i++) {
		result = read_path(r, &ret_spec->paths[i]);
		if (result == 0 && is_among(ret_spec->paths, i, ret_spec->paths[i].path))
			result = -EBADMSG;
	}
	return result;
}

int nsspec_decode(struct reader *r, struct nsspec *ret_spec)
{
	return decode(r, true, ret_spec);
}

int nsspec_decode_without_caps(struct reader *r, struct nsspec *ret_spec)
{
	return decode(r, false, ret_spec);
}
