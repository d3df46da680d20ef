/* SPDX-License-Identifier: MIT
 * store_keys.c - what namespaces grant each other, in the store.
 */
#include <string.h>

#include "store_rows.h"

/* Key: who grants and who holds, big-endian. Value: u32 version 1, key (core/key.h). */
#define VERSION 1u

struct pair_bytes {
	struct number_bytes from, to;
};

static struct kv_bytes encode_pair(uint32_t from, uint32_t to, struct pair_bytes *ret_bytes)
{
	*ret_bytes = (struct pair_bytes){store_encode_number(from), store_encode_number(to)};
	return (struct kv_bytes){ret_bytes, sizeof(*ret_bytes)};
}

static int decode_pair(struct kv_bytes bytes, uint32_t *ret_from, uint32_t *ret_to)
{
	int r = bytes.size == sizeof(struct pair_bytes) ? 0 : -EBADMSG;

	if (r == 0)
		r = store_decode_number((struct kv_bytes){bytes.at, 4}, ret_from);
	if (r == 0)
		r = store_decode_number((struct kv_bytes){(const uint8_t *)bytes.at + 4, 4},
					ret_to);
	return r;
}

static int decode_key(struct kv_bytes value, struct key *ret_key)
{
	struct reader r = {value.at, value.size, false};

	if (read_u32(&r) != VERSION || key_decode(&r, ret_key) < 0 || !read_done(&r))
		return -EBADMSG;
	return 0;
}

int store_put_key(struct store *store, uint32_t from, uint32_t to, const struct key *key)
{
	uint8_t row[4 + KEY_BYTES_MAX];
	struct writer w = {row, sizeof(row), false};
	struct pair_bytes bytes;

	write_u32(&w, VERSION);
	key_encode(key, &w);
	return kv_put(store->kv, KV_KEYS, encode_pair(from, to, &bytes),
		      (struct kv_bytes){row, sizeof(row) - w.left});
}

int store_get_key(struct store *store, uint32_t from, uint32_t to, struct key *ret_key)
{
	struct pair_bytes bytes;
	struct kv_bytes value;
	int r = kv_get(store->kv, KV_KEYS, encode_pair(from, to, &bytes), &value);

	return r < 0 ? r : decode_key(value, ret_key);
}

int store_delete_key(struct store *store, uint32_t from, uint32_t to)
{
	struct pair_bytes bytes;

	return kv_delete(store->kv, KV_KEYS, encode_pair(from, to, &bytes));
}

struct each_key {
	uint32_t from, to; /* this one is behind us */
	store_key_fn *fn;
	void *context;
};

static int visit_key(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const struct each_key *each = context;
	struct key found;
	uint32_t from, to;
	int r = decode_pair(key, &from, &to);

	if (r == 0)
		r = decode_key(value, &found);
	if (r < 0 || (from == each->from && to == each->to))
		return r;

	return each->fn(each->context, from, to, &found);
}

int store_each_key(struct store *store, uint32_t from, uint32_t to, store_key_fn *fn, void *context)
{
	struct each_key each = {from, to, fn, context};
	struct pair_bytes bytes;

	return kv_each(store->kv, KV_KEYS, encode_pair(from, to, &bytes), 0, visit_key, &each);
}

struct one_of {
	uint32_t number, from, to;
};

static int find_key_of(void *context, uint32_t from, uint32_t to, const struct key *key)
{
	struct one_of *one = context;

	(void)key; /* whose it is, is all */
	if (from != one->number && to != one->number)
		return 0;
	one->from = from;
	one->to = to;
	return 1;
}

int store_find_key(struct store *store, uint32_t number, uint32_t *ret_from, uint32_t *ret_to)
{
	struct one_of one = {.number = number};
	int r = store_each_key(store, 0, 0, find_key_of, &one);

	if (r == 1) {
		*ret_from = one.from;
		*ret_to = one.to;
	}
	return r;
}

int store_delete_keys(struct store *store, uint32_t number)
{
	uint32_t from, to;
	int r;

	while ((r = store_find_key(store, number, &from, &to)) == 1) {
		r = store_delete_key(store, from, to);
		if (r < 0)
			return r;
	}
	return r;
}
