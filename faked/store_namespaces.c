/* SPDX-License-Identifier: MIT
 * store_namespaces.c - namespaces in the store: their rows by number, and their numbers by tag.
 */
#include "namespace_row.h"
#include "store_rows.h"

static int decode(struct kv_bytes key, struct kv_bytes value, struct store_namespace *ret,
		  struct nsspec *ret_spec)
{
	uint32_t number;
	int r = store_decode_number(key, &number);

	if (r == 0)
		r = namespace_row_decode(value.at, value.size, ret, ret_spec);
	/* Parents are made before their children: whoever walks up from one to the next comes to an
	 * end. */
	if (r == 0 && ret->parent >= number)
		r = -EBADMSG;
	if (r == 0)
		ret->number = number;
	return r;
}

int store_find_namespace(struct store *store, const char *tag, size_t tag_size,
			 uint32_t *ret_number)
{
	struct kv_bytes value;
	int r = kv_get(store->kv, KV_TAGS, (struct kv_bytes){tag, tag_size}, &value);

	return r < 0 ? r : store_decode_number(value, ret_number);
}

int store_get_namespace(struct store *store, uint32_t number, struct store_namespace *ret,
			struct nsspec *ret_spec)
{
	struct number_bytes bytes = store_encode_number(number);
	struct kv_bytes key = {bytes.at, sizeof(bytes.at)}, value;
	int r = kv_get(store->kv, KV_NAMESPACES, key, &value);

	return r < 0 ? r : decode(key, value, ret, ret_spec);
}

int store_put_namespace(struct store *store, const struct store_namespace *entry,
			const struct nsspec *spec)
{
	static uint8_t row[NAMESPACE_ROW_BYTES_MAX]; /* one thread */
	struct number_bytes bytes = store_encode_number(entry->number);
	struct kv_bytes key = {bytes.at, sizeof(bytes.at)};
	struct store_namespace old;
	size_t size;
	int r = store_get_namespace(store, entry->number, &old, NULL);

	store->namespaces_version++;
	if (r < 0 && r != -ENOENT)
		return r;

	if (r == 0 && old.tag_size > 0)
		r = kv_delete(store->kv, KV_TAGS, (struct kv_bytes){old.tag, old.tag_size});
	if (r < 0 && r != -ENOENT)
		return r;

	r = namespace_row_encode(entry, spec, row, &size);
	if (r < 0)
		return r;

	r = kv_put(store->kv, KV_NAMESPACES, key, (struct kv_bytes){row, size});
	if (r == 0 && entry->tag_size > 0)
		r = kv_put(store->kv, KV_TAGS, (struct kv_bytes){entry->tag, entry->tag_size}, key);
	return r;
}

uint64_t store_namespaces_version(const struct store *store)
{
	return store->namespaces_version + 1;
}

int store_add_namespace(struct store *store, struct store_namespace *entry,
			const struct nsspec *spec)
{
	struct store_namespace added = *entry, old;
	int r = store_take_number(store, "next-namespace", &added.number);

	if (r < 0)
		return r;

	/* A counter that lags behind would cost the namespace that has the number. */
	r = store_get_namespace(store, added.number, &old, NULL);
	if (r != -ENOENT)
		return r < 0 ? r : -EBADMSG;

	if (added.fsns == 0)
		added.fsns = added.number;
	r = store_put_namespace(store, &added, spec);
	if (r < 0)
		return r;

	*entry = added;
	return 0;
}

int store_delete_namespace(struct store *store, uint32_t number)
{
	struct number_bytes bytes = store_encode_number(number);
	struct store_namespace entry;
	int r = store_get_namespace(store, number, &entry, NULL);

	store->namespaces_version++;
	if (r < 0)
		return r;

	r = store_delete_records(store, number, 0);
	if (r == 0 && entry.tag_size > 0)
		r = kv_delete(store->kv, KV_TAGS, (struct kv_bytes){entry.tag, entry.tag_size});
	if (r == 0)
		r = store_delete_keys(store, number);
	if (r < 0)
		return r;

	return kv_delete(store->kv, KV_NAMESPACES, (struct kv_bytes){bytes.at, sizeof(bytes.at)});
}

struct each_namespace {
	store_namespace_fn *fn;
	void *context;
};

static int visit_namespace(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const struct each_namespace *each = context;
	struct store_namespace entry;
	int r = decode(key, value, &entry, NULL);

	return r < 0 ? r : each->fn(each->context, &entry);
}

int store_each_namespace(struct store *store, uint32_t after, store_namespace_fn *fn, void *context)
{
	struct each_namespace each = {fn, context};
	struct number_bytes from = store_encode_number(after + 1);

	if (after == UINT32_MAX)
		return 0;
	return kv_each(store->kv, KV_NAMESPACES, (struct kv_bytes){from.at, sizeof(from.at)}, 0,
		       visit_namespace, &each);
}
