/* SPDX-License-Identifier: MIT
 * nsview.h - a namespace's id spaces as a file in the runtime place, that the daemon writes and its
 * processes map: view-N. Only its keys ever change. Namespaces without maps have none, see
 * nsspec_is_plain(). Pure.
 */
#ifndef FAKEID_NSVIEW_H
#define FAKEID_NSVIEW_H

#include <stdbool.h>
#include <stddef.h>

#include "idspace.h"
#include "keyring.h"
#include "nsspec.h"

#define NSVIEW_MAGIC UINT64_C(0x7765697644494b46)
#define NSVIEW_LAYOUT 3u

/* Whose files root's capabilities count for. */
enum nsview_reach {
	NSVIEW_REACH_PART, /* files whose owner or group has no place here are to be expected */
	NSVIEW_REACH_HOME, /* all, but for what isolated children and path idmaps leave:
			    * INDEX_HAS_FOREIGN */
};

struct nsview {
	uint64_t magic;
	uint32_t layout;
	uint32_t size; /* of the file: the paths in use are its end */
	uint32_t number, parent, fsns;
	uint32_t level;				    /* 1 = a child of the host */
	uint32_t flags;				    /* enum nsspec_flags */
	uint32_t unmapped;			    /* enum unmapped */
	struct idspace id[FAKEID_IDKIND_N];	    /* of processes */
	struct idspace fs[FAKEID_IDKIND_N];	    /* of files, as this namespace names them */
	struct idspace home[FAKEID_IDKIND_N];	    /* of files, as the filesystem namespace does */
	struct fakeid_idmap shown[FAKEID_IDKIND_N]; /* the maps as given, to ids of the parent */
	struct keyring keys;			    /* which it holds, not its children */
	uint32_t n_paths;
	uint32_t reach;				    /* enum nsview_reach */
	struct nsspec_path paths[NSSPEC_PATHS_MAX]; /* longest first */
};

#define NSVIEW_SIZE(n_paths) \
	(offsetof(struct nsview, paths) + (n_paths) * sizeof(struct nsspec_path))

/* The spaces of a namespace that has no view file: all its ids are (number, id). */
void nsview_plain(uint32_t number, struct nsview *ret_view);

/* Work out the spaces of `spec` as number `number`, a child of `parent` (NULL: of the host), with the files
 * of `home` (NULL: its own, or without NSSPEC_FS its parent's). Returns 0, -EPERM when the parent, or the
 * filesystem namespace, does not hold a map in one piece, -E2BIG for too many pieces,
 * -EUSERS for more levels than NSSPEC_LEVEL_MAX. */
int nsview_make(const struct nsspec *spec, uint32_t number, const struct nsview *parent,
		const struct nsview *home, struct nsview *ret_view);

/* Are both the same but for their keys? */
bool nsview_equal_but_keys(const struct nsview *a, const struct nsview *b);

/* 0, or -EBADMSG unless `memory` is such a file of namespace `number`. */
int nsview_check(const void *memory, size_t size, uint32_t number);

/* May processes of this namespace leave ids in the records that those of the filesystem
 * namespace have no names for? */
bool nsview_leaves_foreign(const struct nsview *view);

/* The path idmap that holds a file of this name (as the kernel prints it), or NULL. */
const struct fakeid_idmap *nsview_path(const struct nsview *view, const char *path);

#endif
