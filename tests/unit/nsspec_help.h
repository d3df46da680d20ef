/* SPDX-License-Identifier: MIT
 * nsspec_help.h - random namespaces, as they could be stored or asked for.
 */
#ifndef NSSPEC_HELP_H
#define NSSPEC_HELP_H

#include "core/creds.h"
#include "core/nsspec.h"
#include "ns_help.h"

#define GAVE_BITS 9 /* of enum nsspec_flags, from NSSPEC_GAVE_ISOLATED on */

/* Canonical, and no two alike: `number` is in it. */
static inline void random_path(uint64_t *state, uint32_t number, struct nsspec_path *ret_path)
{
	static const char *const parts[] = {"/srv", "/a", "/...", "/.b", "/c d", "/..x"};
	size_t used = (size_t)snprintf(ret_path->path, sizeof ret_path->path, "/%u", number);

	for (uint32_t i = below(state, 5); i > 0; i--)
		used += (size_t)snprintf(ret_path->path + used, sizeof ret_path->path - used, "%s",
					 parts[below(state, (uint32_t)LEN(parts))]);
	if (number == 0 && below(state, 2))
		(void)strcpy(ret_path->path, "/");
	ret_path->map = corner_map(state, 1 + below(state, 3));
}

static inline void random_spec(uint64_t *state, struct nsspec *ret_spec)
{
	ret_spec->flags = (uint32_t)next_random(state) & (NSSPEC_FLAGS_STORED | NSSPEC_FLAGS_GAVE);
	ret_spec->unmapped = below(state, UNMAPPED_N);
	ret_spec->caps = next_random(state) & CREDS_CAP_ALL;
	ret_spec->fsns = ret_spec->flags & NSSPEC_FS ? below(state, 3) : 0;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		ret_spec->map[kind] = corner_map(state, below(state, 6));
		ret_spec->fsmap[kind] = corner_map(state, below(state, 4));
	}
	ret_spec->n_paths = below(state, 2) ? 0 : below(state, 4);
	for (uint32_t i = 0; i < ret_spec->n_paths; i++)
		random_path(state, i, &ret_spec->paths[i]);
}

/* Everything in them, by their bytes. */
static inline bool same_spec(const struct nsspec *a, const struct nsspec *b)
{
	static uint8_t bytes[2][NSSPEC_BYTES_MAX * 2];
	struct writer w[2] = {{bytes[0], sizeof bytes[0], false},
			      {bytes[1], sizeof bytes[1], false}};

	nsspec_encode(a, &w[0]);
	nsspec_encode(b, &w[1]);
	holds(!w[0].bad && !w[1].bad);
	return w[0].left == w[1].left &&
	       memcmp(bytes[0], bytes[1], sizeof bytes[0] - w[0].left) == 0;
}

#endif
