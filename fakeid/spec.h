/* SPDX-License-Identifier: MIT
 * spec.h - the options that say what a namespace is made of: those of `fakeid` and of
 * `fakeidctl ns create` and `set`.
 */
#ifndef FAKEID_SPEC_H
#define FAKEID_SPEC_H

#include <getopt.h>
#include <stdbool.h>

#include "core/nsspec.h"
#include "trouble.h"

struct spec {
	struct nsspec
		*wish; /* NULL: no option was given. Maps hold what was given until spec_finish() */
	const char *fs; /* --fs: a tag, whose number spec_fit() finds */
	bool split;
	/* --caps, --cap-add, --cap-drop in their order: of a set, keep these and add those. */
	uint64_t caps_kept, caps_added;
};

/* Above all characters, and what else programs have of long options. */
enum spec_option {
	SPEC_FIRST = 512,
	SPEC_MAP = SPEC_FIRST,
	SPEC_MAP_UID,
	SPEC_MAP_GID,
	SPEC_MAP_AUTO,
	SPEC_ISOLATED,
	SPEC_NO_ISOLATED,
	SPEC_UNMAPPED,
	SPEC_SPLIT,
	SPEC_FS,
	SPEC_MAP_FSUID,
	SPEC_MAP_FSGID,
	SPEC_IDMAP,
	SPEC_CAPS,
	SPEC_CAP_ADD,
	SPEC_CAP_DROP,
	SPEC_END
};

#define SPEC_LONG_OPTIONS                                               \
	{"map", required_argument, NULL, SPEC_MAP},                     \
		{"map-uid", required_argument, NULL, SPEC_MAP_UID},     \
		{"map-gid", required_argument, NULL, SPEC_MAP_GID},     \
		{"map-auto", no_argument, NULL, SPEC_MAP_AUTO},         \
		{"isolated", no_argument, NULL, SPEC_ISOLATED},         \
		{"no-isolated", no_argument, NULL, SPEC_NO_ISOLATED},   \
		{"unmapped", required_argument, NULL, SPEC_UNMAPPED},   \
		{"split", no_argument, NULL, SPEC_SPLIT},               \
		{"fs", required_argument, NULL, SPEC_FS},               \
		{"map-fsuid", required_argument, NULL, SPEC_MAP_FSUID}, \
		{"map-fsgid", required_argument, NULL, SPEC_MAP_FSGID}, \
		{"idmap", required_argument, NULL, SPEC_IDMAP},         \
		{"caps", required_argument, NULL, SPEC_CAPS},           \
		{"cap-add", required_argument, NULL, SPEC_CAP_ADD},     \
		{"cap-drop", required_argument, NULL, SPEC_CAP_DROP},

#define SPEC_HELP                                                                                 \
	"      --map I:O:C        ids I to I+C-1 inside are O to O+C-1 outside; --map-uid and\n"  \
	"                         --map-gid for one kind (repeat for more)\n"                     \
	"      --map-auto         root is you, and further ids those of /etc/subuid, "            \
	"/etc/subgid\n"                                                                           \
	"      --no-isolated      there are no other ids than the mapped ones (--isolated: "      \
	"there\n"                                                                                 \
	"                         are; the default)\n"                                            \
	"      --unmapped HOW     what files of other users of the machine show as: root,\n"      \
	"                         overflow (65534) or real (default: root)\n"                     \
	"      --split            cut an extent that the namespace around holds in pieces\n"      \
	"      --fs TAG           see the records of files that TAG sees\n"                       \
	"      --map-fsuid I:O:C, --map-fsgid I:O:C\n"                                            \
	"                         the same for the ids of files, outside being those of --fs\n"   \
	"      --idmap PATH:I:O:C below PATH, show I for what is O on disk or in the records\n"   \
	"      --cap-drop LIST    its root lacks these capabilities, as chown,mknod; --cap-add\n" \
	"                         gives some back, --caps says which there are (all, none)\n"

static inline bool spec_is_option(int found)
{
	return found >= SPEC_FIRST && found < SPEC_END;
}

/* One option that getopt_long(3) found, with its value. */
int spec_take(struct spec *spec, int option, const char *value, struct trouble *trouble);

/* What the options for capabilities make of a set. */
uint64_t spec_change_caps(const struct spec *spec, uint64_t caps);

/* All were given: make maps of them. */
int spec_finish(struct spec *spec, struct trouble *trouble);

/* A list of capabilities, the value of `option`. 0, or -EINVAL with the line. */
int spec_parse_caps(const char *option, const char *value, uint64_t *ret_set,
		    struct trouble *trouble);

/* As by --fs with the tag of the namespace itself. */
int spec_choose_own_files(struct spec *spec, struct trouble *trouble);

/* One extent more for a map called `what`; and (spec_auto.c) those of --map-auto. */
int spec_add_extent(struct fakeid_idmap *map, const char *what,
		    const struct fakeid_idmap_extent *extent, struct trouble *trouble);
int spec_add_auto(struct nsspec *wish, struct trouble *trouble);

#endif
