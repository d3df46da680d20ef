/* SPDX-License-Identifier: MIT
 * ctl_map.c - `fakeidctl map`: the idmap library on the command line. Needs neither daemon nor
 * state. What it reads is in ctl_map_read.c, what it prints in ctl_map_print.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "ctl.h"
#include "ctl_map.h"

static int usage(struct trouble *trouble, const char *name, const char *form)
{
	return trouble_set(trouble, -EINVAL, "map %s: it needs %s: see fakeidctl(1)", name, form);
}

static int map_show(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct fakeid_idmap map;
	int r;

	if (!words[0] || words[1])
		return usage(trouble, "show", "MAP");

	r = map_take(words[0], &map, trouble);
	if (r == 0)
		map_print(&map, ctl->json);
	return r;
}

static int map_invert(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct fakeid_idmap map;
	int r;

	if (!words[0] || words[1])
		return usage(trouble, "invert", "MAP");

	r = map_take(words[0], &map, trouble);
	if (r < 0)
		return r;
	r = fakeid_idmap_invert(&map, &map);
	if (r < 0)
		return trouble_set(trouble, r,
				   "map invert: %s: an outside id of more than 32 bits cannot be "
				   "an inside one",
				   words[0]);
	map_print(&map, ctl->json);
	return 0;
}

static int map_compose(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct fakeid_idmap map, next;
	int r;

	if (!words[0] || !words[1])
		return usage(trouble, "compose", "MAP MAP...");

	r = map_take(words[0], &map, trouble);
	for (words++; r == 0 && *words; words++) {
		r = map_take(*words, &next, trouble);
		if (r < 0)
			break;
		r = fakeid_idmap_compose(&map, &next, &map);
		if (r < 0)
			(void)trouble_set(trouble, r, "map compose: %s: %s", *words,
					  r == -E2BIG
						  ? "the result has more than 340 extents"
						  : "outside ids of more than 32 bits before it");
	}
	if (r == 0)
		map_print(&map, ctl->json);
	return r;
}

/* `map check MAP [PARENT]`: with --json the fault goes to stdout, else it is the line to print. */
static int map_check(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct fakeid_idmap_report report = {.fault = FAKEID_IDMAP_FINE};
	struct fakeid_idmap map, parent;
	struct fakeid_idmap_split split;
	int r;

	if (!words[0] || (words[1] && words[2]))
		return usage(trouble, "check", "MAP [PARENT]");

	fakeid_idmap_identity(&parent);
	r = words[1] ? map_take(words[1], &parent, trouble) : 0;
	if (r < 0)
		return r;

	r = map_read(words[0], 0, &map, &report, trouble);
	if (r == 0) {
		r = fakeid_idmap_split(map.extent, map.n, &parent, FAKEID_IDMAP_STRICT, &split,
				       &report);
		if (r < 0)
			(void)trouble_set(trouble, r, "map: %s: inside id %u: %s", words[0],
					  map.extent[report.extent].upper,
					  fakeid_idmap_fault_text(report.fault));
	}
	if (r < 0 && (report.fault == FAKEID_IDMAP_FINE || !ctl->json))
		return r;
	map_print_check(&map, r < 0 ? &report : NULL, ctl->json);
	return r < 0;
}

static int map_split(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct fakeid_idmap_report report;
	struct fakeid_idmap map, parent;
	struct fakeid_idmap_split split;
	int r;

	if (!words[0] || !words[1] || words[2])
		return usage(trouble, "split", "MAP PARENT");

	r = map_read(words[0], 0, &map, &report, trouble);
	if (r == 0)
		r = map_take(words[1], &parent, trouble);
	if (r < 0)
		return r;

	r = fakeid_idmap_split(map.extent, map.n, &parent, FAKEID_IDMAP_SPLIT, &split, &report);
	if (r < 0)
		return trouble_set(trouble, r, "map split: inside id %u: %s",
				   map.extent[report.extent].upper,
				   fakeid_idmap_fault_text(report.fault));
	map_print_split(&split, ctl->json);
	return 0;
}

/* A decimal number of at most `max` at *at. */
static bool take_number(const char **at, uint64_t max, uint64_t *ret_value)
{
	uint64_t value = 0;
	const char *start = *at;

	for (; **at >= '0' && **at <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*ret_value = value;
	return *at != start;
}

/* One of [u]ID[:COUNT], looked up down, or kID[:COUNT], up. 0, 1 for unmapped, or negative. */
static int lookup_word(const struct fakeid_idmap *map, const char *word, struct map_lookup *ret,
		       struct trouble *trouble)
{
	bool up = *word == 'k';
	const char *at = word + (up || *word == 'u');
	uint64_t id, count = 1;
	int r;

	if (!take_number(&at, up ? UINT64_MAX : UINT32_MAX, &id) ||
	    (*at == ':' && (at++, !take_number(&at, UINT32_MAX, &count))) || *at || count == 0)
		return trouble_set(trouble, -EINVAL,
				   "map lookup: '%s': not an id: use 1000, u1000 or k1000, and "
				   ":COUNT for a range",
				   word);

	*ret = (struct map_lookup){.up = up,
				   .inside = (uint32_t)id,
				   .outside = {.value = id},
				   .count = (uint32_t)count};
	r = up ? fakeid_idmap_up_range(map, ret->outside, ret->count, &ret->inside)
	       : fakeid_idmap_down_range(map, ret->inside, ret->count, &ret->outside);
	ret->mapped = r == 0;
	return r < 0;
}

static int map_lookup(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct fakeid_idmap map;
	int unmapped = 0, r;

	if (!words[0] || !words[1])
		return usage(trouble, "lookup", "MAP ID...");

	r = map_take(words[0], &map, trouble);
	for (char **word = words + 1; r == 0 && *word; word++) {
		struct map_lookup lookup;

		r = lookup_word(&map, *word, &lookup, trouble); /* all first: no half an output */
		unmapped |= r == 1;
		r = r < 0 ? r : 0;
	}
	if (r < 0)
		return r;

	for (char **word = words + 1; *word; word++) {
		struct map_lookup lookup;

		(void)lookup_word(&map, *word, &lookup, trouble); /* is right: see above */
		map_print_lookup(&lookup, word == words + 1, !word[1], ctl->json);
	}
	return unmapped;
}

/* Is the owner of a line one of these names, which commas separate? */
static bool is_owner(const struct fakeid_subid *subid, const char *names)
{
	for (;;) {
		size_t len = strcspn(names, ",");

		if (len == subid->owner_len && memcmp(names, subid->owner, len) == 0)
			return true;
		if (!names[len])
			return false;
		names += len + 1;
	}
}

/* The ranges of one owner. Other lines, and those that are none, are passed over, as newuidmap
 * does. */
static int read_subids(const char *path, const char *names, struct fakeid_idrange **ret_ranges,
		       size_t *ret_n, struct trouble *trouble)
{
	struct fakeid_subid subid;
	autofree char *text = NULL;
	struct fakeid_idrange *ranges;
	const char *at;
	size_t len, n = 1;
	int r = map_read_file(path, &text, &len, trouble);

	if (r < 0)
		return r;

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	ranges = calloc(n, sizeof(*ranges));
	if (!ranges)
		return trouble_set(trouble, -ENOMEM, "map: out of memory");

	at = text;
	n = 0;
	while ((r = fakeid_subid_next(&at, &len, &subid)) != 0)
		if (r == 1 && is_owner(&subid, names))
			ranges[n++] = subid.range;
	*ret_ranges = ranges;
	*ret_n = n;
	return 0;
}

/* What maps use of the ids outside. */
static int read_uses(char **words, struct fakeid_idrange **ret_ranges, size_t *ret_n,
		     struct trouble *trouble)
{
	autofree struct fakeid_idrange *ranges = NULL;
	struct fakeid_idmap_report ignored;
	size_t n_words = 0, n = 0;
	struct fakeid_idmap map;

	while (words[n_words])
		n_words++;
	ranges = calloc(n_words * FAKEID_IDMAP_MAX + 1, sizeof(*ranges));
	if (!ranges)
		return trouble_set(trouble, -ENOMEM, "map: out of memory");

	for (; *words; words++) {
		int r = map_read(*words, 0, &map, &ignored, trouble);

		if (r < 0)
			return r;
		for (uint32_t i = 0; i < map.n; i++)
			ranges[n++] = (struct fakeid_idrange){
				.first = fakeid_kid_id(map.extent[i].lower),
				.count = map.extent[i].count};
	}
	*ret_ranges = ranges;
	*ret_n = n;
	ranges = NULL;
	return 0;
}

/* `map alloc COUNT OWNER[,OWNER] FILE [MAP...]` */
static int map_alloc(struct ctl *ctl, char **words, struct trouble *trouble)
{
	autofree struct fakeid_idrange *ranges = NULL, *uses = NULL;
	size_t n_ranges = 0, n_uses = 0;
	uint64_t count;
	uint32_t first;
	const char *at = words[0];
	int r;

	if (!words[0] || !words[1] || !words[2])
		return usage(trouble, "alloc", "COUNT OWNER FILE [MAP...]");
	if (!take_number(&at, UINT32_MAX, &count) || *at || count == 0)
		return trouble_set(trouble, -EINVAL, "map alloc: '%s': not a number of ids",
				   words[0]);

	r = read_subids(words[2], words[1], &ranges, &n_ranges, trouble);
	if (r == 0)
		r = read_uses(words + 3, &uses, &n_uses, trouble);
	if (r < 0)
		return r;

	r = fakeid_idmap_alloc(ranges, n_ranges, uses, n_uses, (uint32_t)count, &first);
	if (r < 0)
		return trouble_set(trouble, r, "map alloc: %s: no %s free ids in one range of '%s'",
				   words[2], words[0], words[1]);
	map_print_range(first, (uint32_t)count, ctl->json);
	return 0;
}

static const struct {
	const char *name;
	int (*run)(struct ctl *ctl, char **words, struct trouble *trouble);
} commands[] = {
	{"show", map_show},	  {"check", map_check},	  {"split", map_split},
	{"compose", map_compose}, {"invert", map_invert}, {"lookup", map_lookup},
	{"alloc", map_alloc},
};

int ctl_map(struct ctl *ctl, char **words, struct trouble *trouble)
{
	for (size_t i = 0; *words && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(*words, commands[i].name) == 0)
			return commands[i].run(ctl, words + 1, trouble);
	return trouble_set(
		trouble, -EINVAL,
		"map: it needs one of show, check, split, compose, invert, lookup, alloc: "
		"see fakeidctl(1)");
}
