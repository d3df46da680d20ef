/* SPDX-License-Identifier: MIT
 * fuzz_nsspec.c - any bytes as what a namespace is made of: what is read is written back as the
 * same bytes, and the id spaces worked out from it, at top level and in others, hold valid ids only
 * and go both ways. A hunt, from the top of the source: clang -fsanitize=fuzzer,address,undefined
 * -g -D_GNU_SOURCE -Iinclude -Ilibfakeid tests/fuzz/fuzz_nsspec.c
 * libfakeid/core/{idmap*,idspace,nsspec,nsview}.c -o fuzz_nsspec && ./fuzz_nsspec NEW
 * tests/fuzz/corpus/nsspec
 */
#include <errno.h>
#include <stdlib.h>

#include "core/nsview.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static void try_id(const struct idspace *space, uint32_t id)
{
	struct fakeid_kid kid = {77};
	uint32_t back = 0;
	int r = idspace_down(space, id, &kid);

	must(r == 0 || (r == -ENXIO && kid.value == 77));
	if (r < 0)
		return;
	must(fakeid_kid_is_valid(kid) && id != FAKEID_ID_INVALID);
	must(idspace_up(space, kid, &back) == 0 && back == id);
}

static void try_space(const struct idspace *space)
{
	must(fakeid_idmap_check(space->map.extent, space->map.n, FAKEID_IDMAP_64, NULL) == 0);
	for (uint32_t i = 0; i < space->map.n; i++) {
		const struct fakeid_idmap_extent *extent = &space->map.extent[i];

		try_id(space, extent->upper - 1);
		try_id(space, extent->upper);
		try_id(space, extent->upper + (extent->count - 1));
		try_id(space, extent->upper + extent->count);
	}
	try_id(space, 0);
	try_id(space, FAKEID_ID_INVALID - 1);
	try_id(space, FAKEID_ID_INVALID);
}

static bool try_view(const struct nsspec *spec, uint32_t number, const struct nsview *parent,
		     const struct nsview *home, struct nsview *ret_view)
{
	int r = nsview_make(spec, number, parent, home, ret_view);

	must(r == 0 || r == -EPERM || r == -E2BIG);
	if (r < 0)
		return false;
	must(nsview_check(ret_view, ret_view->size, ret_view->number) == 0);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		try_space(&ret_view->id[kind]);
		try_space(&ret_view->fs[kind]);
		try_space(&ret_view->home[kind]);
	}
	for (uint32_t i = 0; i < spec->n_paths; i++)
		must(nsview_path(ret_view, spec->paths[i].path) != NULL);
	return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct nsspec spec;
	static struct nsview outer, inner, plain;
	static uint8_t again[2 * NSSPEC_BYTES_MAX];
	struct reader r = {bytes, size, false};
	struct writer w = {again, sizeof again, false};
	int result = nsspec_decode(&r, &spec);
	bool made;

	must(result == 0 || result == -EBADMSG);
	if (result < 0)
		return 0;

	must(!r.bad);
	nsspec_encode(&spec, &w);
	must(!w.bad && w.left == sizeof again - (size - r.left));
	must(memcmp(bytes, again, size - r.left) == 0);

	nsview_plain(3, &plain);
	(void)try_view(&spec, 4, &plain, NULL, &inner); /* may not fit */
	(void)try_view(&spec, 5, NULL, &plain, &inner);
	made = try_view(&spec, 6, NULL, NULL, &outer);
	if (made && try_view(&spec, 7, &outer, NULL, &inner)) /* in itself, two deep */
		(void)try_view(&spec, 8, &inner, &outer, &plain);
	return 0;
}
