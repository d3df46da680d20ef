/* SPDX-License-Identifier: MIT
 * key.c - what one namespace grants another, and its bytes. Pure.
 */
#include "core/key.h"

#include <errno.h>
#include <string.h>

#include "core/creds.h"

/* Bytes: u64 caps; of users, then of groups: u16 number of pairs, and of each u32 from, u32 to. */

void key_init(struct key *ret_key)
{
	memset(ret_key, 0, sizeof *ret_key);
}

int key_add(struct key *key, enum fakeid_idkind kind, struct key_pair pair)
{
	struct key_pair *pairs = key->pairs[kind];
	uint32_t n = key->n_pairs[kind], at = n;

	if (pair.from == FAKEID_ID_INVALID || pair.to == FAKEID_ID_INVALID)
		return -EINVAL;
	while (at > 0 && pairs[at - 1].from >= pair.from)
		at--;
	if (at < n && pairs[at].from == pair.from)
		return -EEXIST;
	if (n == KEY_PAIRS_MAX)
		return -E2BIG;
	memmove(&pairs[at + 1], &pairs[at], (n - at) * sizeof pairs[0]);
	pairs[at] = pair;
	key->n_pairs[kind]++;
	return 0;
}

bool key_is_empty(const struct key *key)
{
	return !key->caps && !key->n_pairs[FAKEID_UID] && !key->n_pairs[FAKEID_GID];
}

void key_encode(const struct key *key, struct writer *w)
{
	write_u64(w, key->caps);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		write_u16(w, (uint16_t)key->n_pairs[kind]);
		for (uint32_t i = 0; i < key->n_pairs[kind]; i++) {
			write_u32(w, key->pairs[kind][i].from);
			write_u32(w, key->pairs[kind][i].to);
		}
	}
}

static int decode_pairs(struct reader *r, enum fakeid_idkind kind, struct key *key)
{
	uint32_t n = read_u16(r);

	for (uint32_t i = 0; i < n && !r->bad; i++) {
		struct key_pair pair = {.from = read_u32(r)};

		pair.to = read_u32(r);
		/* In their order, so that equal keys are equal bytes. */
		if (r->bad || (i > 0 && pair.from <= key->pairs[kind][i - 1].from) ||
		    key_add(key, kind, pair) < 0)
			return -EBADMSG;
	}
	return r->bad ? -EBADMSG : 0;
}

int key_decode(struct reader *r, struct key *ret_key)
{
	int result = 0;

	key_init(ret_key);
	ret_key->caps = read_u64(r);
	for (int kind = 0; result == 0 && kind < FAKEID_IDKIND_N; kind++)
		result = decode_pairs(r, (enum fakeid_idkind)kind, ret_key);
	if (result < 0 || (ret_key->caps & ~CREDS_CAP_ALL) || key_is_empty(ret_key))
		return -EBADMSG;
	return 0;
}
