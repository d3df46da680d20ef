/* SPDX-License-Identifier: MIT
 * keyring.h - all keys that a namespace holds, worked out, as a part of its view file: which
 * capabilities count over the files of ids that the namespace has no place for, and which of these
 * ids it has a name for. The daemon changes it in place, and running processes go by it at their
 * next question. Pure.
 */
#ifndef FAKEID_KEYRING_H
#define FAKEID_KEYRING_H

#include <stdint.h>

#include "idspace.h"
#include "key.h"

#define KEYRING_RANGES_MAX 512u /* of ids that somebody granted something about; of each kind */
#define KEYRING_PAIRS_MAX 128u

struct keyring_range {
	uint64_t first, count; /* kids */
	uint64_t caps;
};

struct keyring_pair {
	uint64_t kid;
	uint64_t id; /* 32 bits of it */
};

struct keyring_half {
	uint32_t n_ranges[FAKEID_IDKIND_N], n_pairs[FAKEID_IDKIND_N];
	struct keyring_range ranges[FAKEID_IDKIND_N][KEYRING_RANGES_MAX];
	struct keyring_pair pairs[FAKEID_IDKIND_N][KEYRING_PAIRS_MAX];
};

/* The keys are in the half that the version's last bit names; a writer fills the other one and
 * counts the version up. So what is in force stays so while it is written, wherever a writer dies.
 * Whoever finds the version changed afterwards has read nothing. */
struct keyring {
	uint32_t version;
	uint32_t reserved;
	struct keyring_half half[2];
};

/* No keys. What lies behind the counts stays as it is: a ring is a hundred kilobytes. */
void keyring_clear(struct keyring *ring);

/* Add what somebody whose files have the ids of `files` grants. 0; -EINVAL for a pair whose
 * first id is none of his; -E2BIG for too many. */
int keyring_add(struct keyring *ring, const struct key *key,
		const struct idspace files[FAKEID_IDKIND_N]);

/* The capabilities that count over an id without a place. */
uint64_t keyring_caps(const struct keyring *ring, enum fakeid_idkind kind, struct fakeid_kid kid);

/* May there be names for any? */
static inline bool keyring_has_pairs(const struct keyring *ring, enum fakeid_idkind kind)
{
	uint32_t version = __atomic_load_n(&ring->version, __ATOMIC_ACQUIRE);

	return __atomic_load_n(&ring->half[version & 1].n_pairs[kind], __ATOMIC_RELAXED);
}

/* The name of such an id: 0, or -ENXIO. */
int keyring_up(const struct keyring *ring, enum fakeid_idkind kind, struct fakeid_kid kid,
	       uint32_t *ret_id);

/* Do both say the same? */
bool keyring_equal(const struct keyring *a, const struct keyring *b);

/* Put `from` into a ring that others read meanwhile. One writer at a time. */
void keyring_replace(struct keyring *ring, const struct keyring *from);

#endif
