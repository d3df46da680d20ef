/* SPDX-License-Identifier: MIT
 * ctl_ns_print.c - what `fakeidctl ns` prints.
 */
#include "ctl_ns.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "core/capnames.h"
#include "core/creds.h"
#include "print.h"

static const char *const unmapped_names[UNMAPPED_N] = {"root", "overflow", "real"};

static const char *or_dash(const char *tag)
{
	return *tag ? tag : "-";
}

static const char *yes_no(bool yes)
{
	return yes ? "yes" : "no";
}

/* Paths are the only texts with bytes that do not belong on a line. */
static void print_map(const char *name, const char *path, const struct fakeid_idmap *map)
{
	for (uint32_t i = 0; i < map->n; i++) {
		printf("%s ", name);
		if (path) {
			print_escaped(path);
			printf(":");
		}
		printf("%" PRIu32 ":%" PRIu32 ":%" PRIu32 "\n", map->extent[i].upper,
		       fakeid_kid_id(map->extent[i].lower), map->extent[i].count);
	}
}

void ns_print(const struct about *about, const struct nsspec *spec)
{
	time_t created = (time_t)about->created_s;
	char caps[CAPNAMES_TEXT_BYTES], text[32] = "-";
	struct tm tm;

	if (gmtime_r(&created, &tm))
		(void)strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm); /* sized for it */
	printf("number %" PRIu32 "\ntag %s\n", about->ns, or_dash(about->tag));
	printf("parent %" PRIu32 " %s\n", about->parent, or_dash(about->parent_tag));
	printf("level %" PRIu32 "\n", about->level);
	printf("files %" PRIu32 " %s\n", about->fsns, or_dash(about->fs_tag));
	printf("isolated %s\n", yes_no(spec->flags & NSSPEC_ISOLATED));
	printf("unmapped %s\n", unmapped_names[spec->unmapped]);
	capnames_format(spec->caps, caps);
	printf("caps %s\ncreated %s\n", caps, text);
	printf("records %" PRIu64 "\nsessions %" PRIu32 "\nprocesses %" PRIu32 "\nchildren %" PRIu32
	       "\n",
	       about->n_records, about->n_sessions, about->n_processes, about->n_children);
	print_map("map-uid", NULL, &spec->map[FAKEID_UID]);
	print_map("map-gid", NULL, &spec->map[FAKEID_GID]);
	print_map("map-fsuid", NULL, &spec->fsmap[FAKEID_UID]);
	print_map("map-fsgid", NULL, &spec->fsmap[FAKEID_GID]);
	for (uint32_t i = 0; i < spec->n_paths; i++)
		print_map("idmap", spec->paths[i].path, &spec->paths[i].map);
}

static void print_tag_json(const char *tag)
{
	if (*tag)
		print_json_string(tag, strlen(tag));
	else
		printf("null");
}

static void print_map_json(const char *name, const struct fakeid_idmap *map)
{
	printf("\"%s\":[", name);
	for (uint32_t i = 0; i < map->n; i++)
		printf("%s{\"inside\":%" PRIu32 ",\"outside\":%" PRIu32 ",\"count\":%" PRIu32 "}",
		       i ? "," : "", map->extent[i].upper, fakeid_kid_id(map->extent[i].lower),
		       map->extent[i].count);
	printf("]");
}

void ns_print_caps_json(uint64_t caps)
{
	const char *comma = "";

	printf("\"caps\":[");
	for (unsigned cap = 0; cap < CREDS_CAP_COUNT; cap++) {
		if (!(caps >> cap & 1))
			continue;
		printf("%s\"%s\"", comma, capnames_name(cap));
		comma = ",";
	}
	printf("]");
}

void ns_print_other_json(const char *name, uint32_t number, const char *tag)
{
	printf("\"%s\":", name);
	if (!number) {
		printf("null");
		return;
	}
	printf("{\"number\":%" PRIu32 ",\"tag\":", number);
	print_tag_json(tag);
	printf("}");
}

void ns_print_json(const struct about *about, const struct nsspec *spec)
{
	printf("{\"number\":%" PRIu32 ",\"tag\":", about->ns);
	print_tag_json(about->tag);
	printf(",");
	ns_print_other_json("parent", about->parent, about->parent_tag);
	printf(",");
	ns_print_other_json("files", about->fsns, about->fs_tag);
	printf(",\"level\":%" PRIu32 ",\"isolated\":%s,\"unmapped\":\"%s\",\"created\":%" PRIu64
	       ",\"records\":%" PRIu64 ",\"sessions\":%" PRIu32 ",\"processes\":%" PRIu32
	       ",\"children\":%" PRIu32 ",",
	       about->level, spec->flags & NSSPEC_ISOLATED ? "true" : "false",
	       unmapped_names[spec->unmapped], about->created_s, about->n_records,
	       about->n_sessions, about->n_processes, about->n_children);
	ns_print_caps_json(spec->caps);
	printf(",");
	print_map_json("map_uid", &spec->map[FAKEID_UID]);
	printf(",");
	print_map_json("map_gid", &spec->map[FAKEID_GID]);
	printf(",");
	print_map_json("map_fsuid", &spec->fsmap[FAKEID_UID]);
	printf(",");
	print_map_json("map_fsgid", &spec->fsmap[FAKEID_GID]);
	printf(",\"idmaps\":[");
	for (uint32_t i = 0; i < spec->n_paths; i++) {
		printf("%s{\"path\":", i ? "," : "");
		print_json_string(spec->paths[i].path, strlen(spec->paths[i].path));
		printf(",");
		print_map_json("map", &spec->paths[i].map);
		printf("}");
	}
	printf("]}");
}

/* The first extent, and how many more there are. */
static void shorten(const struct fakeid_idmap *map, char *ret_text, size_t size)
{
	int len;

	if (map->n == 0) {
		(void)snprintf(ret_text, size, "-"); /* sized for it, as those below */
		return;
	}
	len = snprintf(ret_text, size, "%" PRIu32 ":%" PRIu32 ":%" PRIu32, map->extent[0].upper,
		       fakeid_kid_id(map->extent[0].lower), map->extent[0].count);
	if (map->n > 1)
		(void)snprintf(ret_text + len, size - (size_t)len, "+%" PRIu32, map->n - 1);
}

void ns_row_fill(const struct about *about, const struct nsspec *spec, struct ns_row *ret_row)
{
	char uid[40], gid[40];

	ret_row->about = *about;
	ret_row->isolated = spec->flags & NSSPEC_ISOLATED;
	shorten(&spec->map[FAKEID_UID], uid, sizeof(uid));
	shorten(&spec->map[FAKEID_GID], gid, sizeof(gid));
	if (fakeid_idmap_equal(&spec->map[FAKEID_UID], &spec->map[FAKEID_GID]))
		(void)snprintf(ret_row->maps, sizeof(ret_row->maps), "%s", uid);
	else
		(void)snprintf(ret_row->maps, sizeof(ret_row->maps), "u:%s,g:%s", uid, gid);
}

/* The words of a line; row NULL: of the heading. */
#define COLUMNS 9

static void fill_words(const struct ns_row *row, char ret_words[COLUMNS][WIRE_TAG_MAX + 1])
{
	static const char *const heading[COLUMNS] = {"NUMBER",	"TAG",	    "PARENT",
						     "FILES",	"ISOLATED", "MAPS",
						     "RECORDS", "SESSIONS", "PROCESSES"};
	const struct about *about = &row->about;
	const size_t size = WIRE_TAG_MAX + 1;

	for (int i = 0; !row && i < COLUMNS; i++)
		(void)snprintf(ret_words[i], size, "%s",
			       heading[i]); /* sized for it, as all here */
	if (!row)
		return;

	(void)snprintf(ret_words[0], size, "%" PRIu32, about->ns);
	(void)snprintf(ret_words[1], size, "%s", or_dash(about->tag));
	/* Nameless ones are told by their number. */
	if (about->parent && !*about->parent_tag)
		(void)snprintf(ret_words[2], size, "%" PRIu32, about->parent);
	else
		(void)snprintf(ret_words[2], size, "%s", or_dash(about->parent_tag));
	if (!*about->fs_tag)
		(void)snprintf(ret_words[3], size, "%" PRIu32, about->fsns);
	else
		(void)snprintf(ret_words[3], size, "%s", about->fs_tag);
	(void)snprintf(ret_words[4], size, "%s", yes_no(row->isolated));
	(void)snprintf(ret_words[5], size, "%s", row->maps);
	(void)snprintf(ret_words[6], size, "%" PRIu64, about->n_records);
	(void)snprintf(ret_words[7], size, "%" PRIu32, about->n_sessions);
	(void)snprintf(ret_words[8], size, "%" PRIu32, about->n_processes);
}

void ns_print_rows(const struct ns_row *rows, size_t n)
{
	char words[COLUMNS][WIRE_TAG_MAX + 1];
	int width[COLUMNS] = {0};

	for (size_t line = 0; line <= n; line++) {
		fill_words(line ? &rows[line - 1] : NULL, words);
		for (int i = 0; i < COLUMNS; i++)
			if ((int)strlen(words[i]) > width[i])
				width[i] = (int)strlen(words[i]);
	}
	for (size_t line = 0; line <= n; line++) {
		fill_words(line ? &rows[line - 1] : NULL, words);
		/* Numbers to the right, names to the left, no blanks at the end of a line. */
		for (int i = 0; i < COLUMNS; i++)
			printf("%*s%s", i == 0 || i >= 6 ? width[i] : -width[i], words[i],
			       i + 1 < COLUMNS ? " " : "\n");
	}
}
