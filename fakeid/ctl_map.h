/* SPDX-License-Identifier: MIT
 * ctl_map.h - what `fakeidctl map` reads, and what it prints: columns or one line of JSON, to
 * stdout.
 */
#ifndef FAKEID_CTL_MAP_H
#define FAKEID_CTL_MAP_H

#include <stdbool.h>

#include <fakeid/idmap.h>

#include "trouble.h"

/* All of a file, or of stdin for "-", with a NUL. The caller frees it. */
int map_read_file(const char *path, char **ret_text, size_t *ret_len, struct trouble *trouble);

/* The map that a word names or is. Where the map is at fault, *ret_report says how. */
int map_read(const char *word, unsigned flags, struct fakeid_idmap *ret_map,
	     struct fakeid_idmap_report *ret_report, struct trouble *trouble);

/* The same with 64-bit ids, where the fault is of no further use. */
int map_take(const char *word, struct fakeid_idmap *ret_map, struct trouble *trouble);

/* A question about an id or a range, and its answer. */
struct map_lookup {
	bool up, mapped;
	uint32_t inside, count;
	struct fakeid_kid outside;
};

void map_print(const struct fakeid_idmap *map, bool json);

/* The verdict on a map; `fault` NULL when it is good, and only then is `map` looked at. */
void map_print_check(const struct fakeid_idmap *map, const struct fakeid_idmap_report *fault,
		     bool json);

/* The extents, and each cut: on stderr, unless in JSON, so that the extents alone can go on in a
 * pipe. */
void map_print_split(const struct fakeid_idmap_split *split, bool json);

void map_print_lookup(const struct map_lookup *lookup, bool is_first, bool is_last, bool json);
void map_print_range(uint32_t first, uint32_t count, bool json);

#endif
