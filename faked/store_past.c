/* SPDX-License-Identifier: MIT
 * store_past.c - removing what volumes had. Of those that ended with an earlier boot the rows may be
 * millions: they are hidden at once and removed little by little. A volume's number is never given
 * again.
 */
#include <stdlib.h>
#include <string.h>

#include "store_rows.h"

int store_end_volume(struct store *store, uint32_t volume)
{
	uint32_t *past = realloc(store->past, (store->n_past + 1) * sizeof(*past));

	if (!past)
		return -ENOMEM;

	store->past = past;
	past[store->n_past++] = volume;
	return 0;
}

bool store_is_past(const struct store *store, uint32_t volume)
{
	for (size_t i = 0; i < store->n_past; i++) {
		if (store->past[i] == volume)
			return true;
	}
	return false;
}

static struct kv_bytes encode_volume(uint32_t fsns, uint32_t volume,
				     uint8_t ret_bytes[RECORD_KEY_BYTES])
{
	record_encode_key(fsns, (struct record_key){.volume = volume}, ret_bytes);
	return (struct kv_bytes){ret_bytes, volume ? 8 : 4};
}

int store_delete_records(struct store *store, uint32_t fsns, uint32_t volume)
{
	uint8_t bytes[RECORD_KEY_BYTES];
	struct kv_bytes prefix = encode_volume(fsns, volume, bytes);
	int r = kv_delete_all(store->kv, KV_FILES, prefix);

	return r < 0 ? r : kv_delete_all(store->kv, KV_XATTRS, prefix);
}

static int delete_some(struct store *store, uint32_t fsns, uint32_t volume, uint32_t limit,
		       uint32_t *n)
{
	uint8_t bytes[RECORD_KEY_BYTES];
	struct kv_bytes prefix = encode_volume(fsns, volume, bytes);
	uint32_t before = *n;
	int r = kv_delete_some(store->kv, KV_FILES, prefix, limit, n);

	return r ? r : kv_delete_some(store->kv, KV_XATTRS, prefix, limit - (*n - before), n);
}

static int take_number(void *context, const struct store_namespace *entry)
{
	*(uint32_t *)context = entry->number;
	return 1;
}

/* Of one volume, in all namespaces from where the last step was. */
static int drop_volume(struct store *store, struct store_past *past, uint32_t volume,
		       uint32_t limit, uint32_t *ret_n)
{
	uint32_t fsns = 0, n = 0;
	int r;

	while ((r = store_each_namespace(store, past->fsns, take_number, &fsns)) == 1) {
		r = delete_some(store, fsns, volume, limit - n, &n);
		if (r != 0)
			break;
		past->fsns = fsns;
	}
	*ret_n = n;
	return r;
}

int store_drop_past(struct store *store, struct store_past *past, uint32_t limit)
{
	uint32_t n;
	int r;

	if (past->at >= store->n_past)
		return 0;

	r = drop_volume(store, past, store->past[past->at], limit, &n);
	past->removed |= n > 0;
	if (r != 0)
		return r;

	/* What an abort brought back behind us is found by another look. */
	past->fsns = 0;
	if (!past->removed) {
		r = store_delete_volume(store, store->past[past->at]);
		if (r < 0 && r != -ENOENT)
			return r;

		past->at++;
	}
	past->removed = false;
	return 1;
}
