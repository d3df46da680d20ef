/* SPDX-License-Identifier: MIT
 * ns_kernel.h - the parts of ns_kernel: a scene made from a seed, the questions asked in it, and
 * who asks them where.
 */
#ifndef NS_KERNEL_H
#define NS_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fakeid/idmap.h>

enum { DEPTH_MAX = 3, EXTENTS_MAX = 5, IDS_MAX = 64, FILES_MAX = 14 };

#define TEST_USER 65534u	    /* who runs fakeid; his group too */
#define NO_CHANGE FAKEID_ID_INVALID /* to chown(2) */

/* Everything that follows from a seed and a number. */
struct scene {
	uint64_t seed;
	unsigned number, depth, n_cuts;
	/* Of each namespace, to ids of the one around it; [0] is a child of the host. As fakeid is
	 * asked for them, with --split, and in the pieces that are to be in force, which the kernel
	 * is given. */
	struct fakeid_idmap asked[DEPTH_MAX][FAKEID_IDKIND_N];
	struct fakeid_idmap map[DEPTH_MAX][FAKEID_IDKIND_N];
	struct fakeid_idmap
		absolute[FAKEID_IDKIND_N]; /* of the innermost one, to ids of the host */
	uint32_t n_ids[FAKEID_IDKIND_N], id[FAKEID_IDKIND_N][IDS_MAX]; /* inside, to ask about */
	uint32_t own[FAKEID_IDKIND_N]; /* whose file is one's own, to the kernel: ids of the host */
	uint32_t n_files, owner[FILES_MAX][FAKEID_IDKIND_N]; /* of files on disk: ids of the host */
};

void scene_make(uint64_t seed, unsigned number, struct scene *ret_scene);
void scene_print_maps(const struct scene *scene);

/* In the innermost namespace, in a directory with the files: `own`, `h0`, `h1` ... Prints a line
 * for every question to stdout. Where /proc/self/uid_map is not to be asked about, not `proc`. */
void probe(const struct scene *scene, bool proc);

/* Give the process ids that have a place, and keep its capabilities: true if that went well. Of a
 * namespace, by its own map. */
bool probe_settle(const struct fakeid_idmap map[FAKEID_IDKIND_N]);

#endif
