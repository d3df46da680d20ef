/* SPDX-License-Identifier: MIT
 * nsspec.h - what a namespace is made of, as it is asked for, stored and shown, and its bytes.
 * Pure.
 */
#ifndef FAKEID_NSSPEC_H
#define FAKEID_NSSPEC_H

#include <stdbool.h>
#include <stdint.h>

#include <fakeid/idmap.h>

#include "cursor.h"

#define NSSPEC_PATHS_MAX 16u	/* path idmaps of a namespace */
#define NSSPEC_PATH_BYTES 4096u /* of a path, its NUL included: PATH_MAX */
#define NSSPEC_BYTES_MAX 61440u /* encoded: fits a message */
#define NSSPEC_LEVEL_MAX 32u	/* namespaces inside each other; the host is level 0 */

/* What a file of a host user shows as owner where neither a record nor a map says otherwise. */
enum unmapped {
	UNMAPPED_ROOT,	   /* the root of the filesystem namespace, as fakeroot does */
	UNMAPPED_OVERFLOW, /* 65534, as in a user namespace */
	UNMAPPED_REAL,	   /* the host id, for show */
	UNMAPPED_N
};

enum nsspec_flags {
	NSSPEC_ISOLATED = 1 << 0, /* ids outside the maps are the namespace's own */
	NSSPEC_FS =
		1 << 1, /* `fsns` was chosen: file ids go there by the fs maps alone. Without it a
			     * child's go through its id maps into its parent's view of files */
	/* Of a request: what the user gave. The rest is default, or, of a namespace that exists,
	 * any. */
	NSSPEC_GAVE_ISOLATED = 1 << 8,
	NSSPEC_GAVE_UNMAPPED = 1 << 9,
	NSSPEC_GAVE_UID = 1 << 10, /* uid and gid, neighbours, for each of the three */
	NSSPEC_GAVE_GID = 1 << 11,
	NSSPEC_GAVE_FSUID = 1 << 12,
	NSSPEC_GAVE_FSGID = 1 << 13,
	NSSPEC_GAVE_FS = 1 << 14,
	NSSPEC_GAVE_PATHS = 1 << 15,
	NSSPEC_GAVE_CAPS = 1 << 16,
};
#define NSSPEC_FLAGS_STORED ((uint32_t)(NSSPEC_ISOLATED | NSSPEC_FS))
#define NSSPEC_FLAGS_GAVE UINT32_C(0x1ff00)

/* In files below `path` (canonical, absolute, no slash at its end but for "/"), upper ids are shown
 * for lower ones, which are on disk or in the store; users and groups alike. */
struct nsspec_path {
	char path[NSSPEC_PATH_BYTES];
	struct fakeid_idmap map; /* plain lower ids */
};

struct nsspec {
	uint32_t flags;	   /* enum nsspec_flags */
	uint32_t unmapped; /* enum unmapped */
	uint32_t fsns;	   /* with NSSPEC_FS: the namespace chosen; 0 = itself */
	uint64_t caps;	   /* the bounding set its processes begin with: a subset of its parent's */
	struct fakeid_idmap map[FAKEID_IDKIND_N];   /* to ids of the parent, as applied */
	struct fakeid_idmap fsmap[FAKEID_IDKIND_N]; /* to ids of `fsns`; empty = each to itself */
	uint32_t n_paths;
	struct nsspec_path paths[NSSPEC_PATHS_MAX]; /* as given */
};

/* What `fakeid -n TAG` makes where nothing else was asked for: isolated, no map, files of its own
 * or, in a child, its parent's; every capability. */
void nsspec_init(struct nsspec *ret_spec);

/* True where the ids of files and processes are (number, id) and nothing more: at top level
 * (`parent` 0), the defaults. Capabilities do not matter here: processes carry them. */
bool nsspec_is_plain(const struct nsspec *spec, uint32_t number, uint32_t parent);

/* Put what the user gave in `wish` into `spec`. */
void nsspec_take(const struct nsspec *wish, struct nsspec *spec);

/* -EEXIST if something the user gave in `wish` is not so in `spec`, which is `number`'s, else 0. */
int nsspec_check_same(const struct nsspec *wish, uint32_t number, const struct nsspec *spec);

/* Write the bytes; the writer is bad afterwards if they do not fit. */
void nsspec_encode(const struct nsspec *spec, struct writer *w);

/* Read them from a reader that may hold more. Returns 0, or -EBADMSG for anything that
 * nsspec_encode() would not have written: maps that are none, unknown flags, paths not canonical or
 * there twice. On failure *ret_spec is undefined. */
int nsspec_decode(struct reader *r, struct nsspec *ret_spec);

/* The same for bytes that say nothing of capabilities, as fakeid stored them before it knew any:
 * all. */
int nsspec_decode_without_caps(struct reader *r, struct nsspec *ret_spec);

#endif
