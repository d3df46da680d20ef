/* SPDX-License-Identifier: MIT
 * ctl_map_print.c - what `fakeidctl map` prints. JSON holds numbers and texts of ours only, so
 * nothing needs to be escaped.
 */
#include "ctl_map.h"

#include <inttypes.h>
#include <stdio.h>

static void print_extents_json(const struct fakeid_idmap *map)
{
	printf("\"extents\":[");
	for (uint32_t i = 0; i < map->n; i++)
		printf("%s{\"inside\":%" PRIu32 ",\"outside\":%" PRIu64 ",\"count\":%" PRIu32 "}",
		       i ? "," : "", map->extent[i].upper, map->extent[i].lower.value,
		       map->extent[i].count);
	printf("]");
}

void map_print(const struct fakeid_idmap *map, bool json)
{
	if (json) {
		printf("{");
		print_extents_json(map);
		printf("}\n");
		return;
	}
	for (uint32_t i = 0; i < map->n; i++)
		printf("%10" PRIu32 " %10" PRIu64 " %10" PRIu32 "\n", map->extent[i].upper,
		       map->extent[i].lower.value, map->extent[i].count);
}

void map_print_check(const struct fakeid_idmap *map, const struct fakeid_idmap_report *fault,
		     bool json)
{
	uint64_t ids = 0;

	if (fault) {
		printf("{\"valid\":false,\"fault\":\"%s\",\"extent\":%" PRIu32 ",\"other\":%" PRIu32
		       "}\n",
		       fakeid_idmap_fault_text(fault->fault), fault->extent + 1, fault->other + 1);
		return;
	}
	for (uint32_t i = 0; i < map->n; i++)
		ids += map->extent[i].count;
	printf(json ? "{\"valid\":true,\"extents\":%" PRIu32 ",\"ids\":%" PRIu64 "}\n"
		    : "valid: extents %" PRIu32 ", ids %" PRIu64 "\n",
	       map->n, ids);
}

void map_print_split(const struct fakeid_idmap_split *split, bool json)
{
	if (json) {
		printf("{");
		print_extents_json(&split->applied);
		printf(",\"cuts\":[");
	} else {
		map_print(&split->applied, false);
	}
	for (uint32_t i = 0; i < split->n_cuts; i++) {
		const struct fakeid_idmap_cut *cut = &split->cut[i];

		if (json)
			printf("%s{\"extent\":%" PRIu32 ",\"inside\":%" PRIu32
			       ",\"outside\":%" PRIu32 "}",
			       i ? "," : "", cut->extent + 1, cut->upper, cut->lower);
		else
			fprintf(stderr,
				"fakeidctl: map split: extent %" PRIu32 ": cut at inside %" PRIu32
				", outside %" PRIu32 "\n",
				cut->extent + 1, cut->upper, cut->lower);
	}
	if (json)
		printf("]}\n");
}

static void print_lookup_json(const struct map_lookup *lookup)
{
	if (lookup->mapped || !lookup->up)
		printf("{\"inside\":%" PRIu32, lookup->inside);
	else
		printf("{\"inside\":null");
	if (lookup->mapped || lookup->up)
		printf(",\"outside\":%" PRIu64, lookup->outside.value);
	else
		printf(",\"outside\":null");
	printf(",\"count\":%" PRIu32 "}", lookup->count);
}

static void print_range_end(uint32_t count)
{
	if (count > 1)
		printf(":%" PRIu32, count);
	printf("\n");
}

void map_print_lookup(const struct map_lookup *lookup, bool is_first, bool is_last, bool json)
{
	if (json) {
		printf("%s", is_first ? "{\"lookups\":[" : ",");
		print_lookup_json(lookup);
		printf("%s", is_last ? "]}\n" : "");
		return;
	}
	if (lookup->up)
		printf("k%" PRIu64, lookup->outside.value);
	else
		printf("u%" PRIu32, lookup->inside);
	if (!lookup->mapped)
		printf(" -");
	else if (lookup->up)
		printf(" u%" PRIu32, lookup->inside);
	else
		printf(" k%" PRIu64, lookup->outside.value);
	print_range_end(lookup->count);
}

void map_print_range(uint32_t first, uint32_t count, bool json)
{
	printf(json ? "{\"first\":%" PRIu32 ",\"count\":%" PRIu32 "}\n"
		    : "%" PRIu32 " %" PRIu32 "\n",
	       first, count);
}
