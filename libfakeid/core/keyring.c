/* SPDX-License-Identifier: MIT
 * keyring.c - all keys that a namespace holds, as its processes ask for them. Pure.
 */
#include "core/keyring.h"

#include <errno.h>
#include <string.h>

#define IDS_OF_NAMESPACE (UINT64_C(1) << 32)
/* A ring that changes as often as that under a reader is none. */
#define TRIES 16

static struct keyring_half *half_of(struct keyring *ring)
{
	return &ring->half[ring->version & 1];
}

void keyring_clear(struct keyring *ring)
{
	ring->version = ring->reserved = 0;
	for (int half = 0; half < 2; half++) {
		for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
			ring->half[half].n_ranges[kind] = ring->half[half].n_pairs[kind] = 0;
	}
}

static int add_range(struct keyring_half *half, enum fakeid_idkind kind, uint64_t first,
		     uint64_t count, uint64_t caps)
{
	uint32_t *n = &half->n_ranges[kind];

	if (*n == KEYRING_RANGES_MAX)
		return -E2BIG;
	half->ranges[kind][(*n)++] = (struct keyring_range){first, count, caps};
	return 0;
}

/* What idspace_up() has a name for. */
static int add_space(struct keyring_half *half, enum fakeid_idkind kind,
		     const struct idspace *files, uint64_t caps)
{
	int r = 0;

	if (files->own)
		r = add_range(half, kind, (uint64_t)files->own << 32, IDS_OF_NAMESPACE, caps);
	for (uint32_t i = 0; r == 0 && i < files->map.n; i++) {
		const struct fakeid_idmap_extent *extent = &files->map.extent[i];
		uint32_t ignored;

		if (idspace_up(files, extent->lower, &ignored) == 0)
			r = add_range(half, kind, extent->lower.value, extent->count, caps);
	}
	return r;
}

static int add_pair(struct keyring_half *half, enum fakeid_idkind kind, struct key_pair pair,
		    const struct idspace *files)
{
	uint32_t *n = &half->n_pairs[kind];
	struct fakeid_kid kid;

	if (idspace_down(files, pair.from, &kid) < 0)
		return -EINVAL;
	if (*n == KEYRING_PAIRS_MAX)
		return -E2BIG;
	half->pairs[kind][(*n)++] = (struct keyring_pair){kid.value, pair.to};
	return 0;
}

int keyring_add(struct keyring *ring, const struct key *key,
		const struct idspace files[FAKEID_IDKIND_N])
{
	struct keyring_half *half = half_of(ring);
	int r = 0;

	for (int at = 0; r == 0 && at < FAKEID_IDKIND_N; at++) {
		enum fakeid_idkind kind = (enum fakeid_idkind)at;

		if (key->caps)
			r = add_space(half, kind, &files[kind], key->caps);
		for (uint32_t i = 0; r == 0 && i < key->n_pairs[kind]; i++)
			r = add_pair(half, kind, key->pairs[kind][i], &files[kind]);
	}
	return r;
}

/* Bounds of what may be changing, or wrong, while it is read. */
static uint32_t at_most(const uint32_t *n, uint32_t most)
{
	uint32_t value = __atomic_load_n(n, __ATOMIC_RELAXED);

	return value < most ? value : most;
}

static uint64_t find_caps(const struct keyring_half *half, enum fakeid_idkind kind, uint64_t kid)
{
	uint32_t n = at_most(&half->n_ranges[kind], KEYRING_RANGES_MAX);
	uint64_t caps = 0;

	for (uint32_t i = 0; i < n; i++) {
		const struct keyring_range *range = &half->ranges[kind][i];

		if (kid - __atomic_load_n(&range->first, __ATOMIC_RELAXED) <
		    __atomic_load_n(&range->count, __ATOMIC_RELAXED))
			caps |= __atomic_load_n(&range->caps, __ATOMIC_RELAXED);
	}
	return caps;
}

/* FAKEID_ID_INVALID: none. */
static uint64_t find_id(const struct keyring_half *half, enum fakeid_idkind kind, uint64_t kid)
{
	uint32_t n = at_most(&half->n_pairs[kind], KEYRING_PAIRS_MAX);

	for (uint32_t i = 0; i < n; i++) {
		const struct keyring_pair *pair = &half->pairs[kind][i];

		if (__atomic_load_n(&pair->kid, __ATOMIC_RELAXED) == kid)
			return (uint32_t)__atomic_load_n(&pair->id, __ATOMIC_RELAXED);
	}
	return FAKEID_ID_INVALID;
}

typedef uint64_t find_fn(const struct keyring_half *half, enum fakeid_idkind kind, uint64_t kid);

/* `otherwise` where it changed under each try: then no key is in force. */
static uint64_t find(const struct keyring *ring, find_fn *fn, enum fakeid_idkind kind, uint64_t kid,
		     uint64_t otherwise)
{
	for (int tries = 0; tries < TRIES; tries++) {
		uint32_t version = __atomic_load_n(&ring->version, __ATOMIC_ACQUIRE);
		uint64_t found = fn(&ring->half[version & 1], kind, kid);

		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (__atomic_load_n(&ring->version, __ATOMIC_RELAXED) == version)
			return found;
	}
	return otherwise;
}

uint64_t keyring_caps(const struct keyring *ring, enum fakeid_idkind kind, struct fakeid_kid kid)
{
	return find(ring, find_caps, kind, kid.value, 0);
}

int keyring_up(const struct keyring *ring, enum fakeid_idkind kind, struct fakeid_kid kid,
	       uint32_t *ret_id)
{
	uint64_t id = find(ring, find_id, kind, kid.value, FAKEID_ID_INVALID);

	if (id == FAKEID_ID_INVALID)
		return -ENXIO;
	*ret_id = (uint32_t)id;
	return 0;
}

bool keyring_equal(const struct keyring *a, const struct keyring *b)
{
	return memcmp(&a->half[a->version & 1], &b->half[b->version & 1], sizeof a->half[0]) == 0;
}

static void put(uint64_t *to, uint64_t value)
{
	__atomic_store_n(to, value, __ATOMIC_RELAXED); /* a reader who is late may be looking */
}

static void copy_half(struct keyring_half *half, const struct keyring_half *from)
{
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		for (uint32_t i = 0; i < KEYRING_RANGES_MAX; i++) {
			put(&half->ranges[kind][i].first, from->ranges[kind][i].first);
			put(&half->ranges[kind][i].count, from->ranges[kind][i].count);
			put(&half->ranges[kind][i].caps, from->ranges[kind][i].caps);
		}
		for (uint32_t i = 0; i < KEYRING_PAIRS_MAX; i++) {
			put(&half->pairs[kind][i].kid, from->pairs[kind][i].kid);
			put(&half->pairs[kind][i].id, from->pairs[kind][i].id);
		}
		__atomic_store_n(&half->n_ranges[kind], from->n_ranges[kind], __ATOMIC_RELAXED);
		__atomic_store_n(&half->n_pairs[kind], from->n_pairs[kind], __ATOMIC_RELAXED);
	}
}

void keyring_replace(struct keyring *ring, const struct keyring *from)
{
	uint32_t next = ring->version + 1;

	__atomic_thread_fence(__ATOMIC_RELEASE); /* the version before these words */
	copy_half(&ring->half[next & 1], &from->half[from->version & 1]);
	__atomic_store_n(&ring->version, next, __ATOMIC_RELEASE);
}
