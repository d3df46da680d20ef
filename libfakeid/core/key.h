/* SPDX-License-Identifier: MIT
 * key.h - what one namespace grants another: capabilities over its files, and ids of the other that
 * count as ids of its own; and its bytes, in the store and in messages. Pure.
 */
#ifndef FAKEID_KEY_H
#define FAKEID_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include <fakeid/kid.h>

#include "cursor.h"

#define KEY_PAIRS_MAX 64u /* equal ids of each kind */
#define KEY_BYTES_MAX (8u + FAKEID_IDKIND_N * (2u + KEY_PAIRS_MAX * 8u))

struct key_pair {
	uint32_t from; /* among the files of who grants */
	uint32_t to;   /* the id of who holds that is the same user or group */
};

/* Pairs by their `from`, each there once. Several may lead to one id. */
struct key {
	uint64_t caps;
	uint32_t n_pairs[FAKEID_IDKIND_N];
	struct key_pair pairs[FAKEID_IDKIND_N][KEY_PAIRS_MAX];
};

void key_init(struct key *ret_key);

/* 0; -EINVAL for ids that are none, -EEXIST where `from` is there already, -E2BIG for too many. */
int key_add(struct key *key, enum fakeid_idkind kind, struct key_pair pair);

bool key_is_empty(const struct key *key);

/* The writer is bad afterwards if they do not fit. */
void key_encode(const struct key *key, struct writer *w);

/* Read one from a reader that may hold more. 0, or -EBADMSG for what key_encode() would not have
 * written of a key that opens anything; then *ret_key is undefined. */
int key_decode(struct reader *r, struct key *ret_key);

#endif
