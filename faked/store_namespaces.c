/* SPDX-License-Identifier: MIT
 * store_namespaces.c - namespaces in the store: their rows by number, and their numbers by tag.
 */
#include <string.h>

#include "core/cursor.h"
#include "store_rows.h"

/* Row: u32 version 2, parent, flags, fsns, u64 created, u16 size of the tag, tag, spec (nsspec.h).
 * Version 1 ends with the tag, without a size before it, and everything is default. */
#define ROW_VERSION 2u
#define ROW_FIXED_BYTES 26u

static int decode_head(struct kv_bytes key, struct reader *r, struct store_namespace *ret)
{
	struct store_namespace entry = {0};
	uint32_t version = read_u32(r);
	const uint8_t *tag;
	size_t size;

	entry.parent = read_u32(r);
	entry.flags = read_u32(r);
	entry.fsns = read_u32(r);
	entry.created_s = (int64_t)read_u64(r);
	size = version == 1 ? r->left : read_u16(r);
	tag = read_bytes(r, size);
	if (!tag || (version != 1 && version != ROW_VERSION) || size > sizeof(entry.tag) ||
	    store_decode_number(key, &entry.number) < 0)
		return -EBADMSG;

	entry.tag_size = size;
	memcpy(entry.tag, tag, size);
	*ret = entry;
	return version == 1;
}

static int decode(struct kv_bytes key, struct kv_bytes value, struct store_namespace *ret,
		  struct nsspec *ret_spec)
{
	struct reader r = {value.at, value.size, false};
	int result = decode_head(key, &r, ret);

	if (result < 0 || !ret_spec)
		return result < 0 ? result : 0;

	if (result == 1) {
		nsspec_init(ret_spec);
		return 0;
	}
	result = nsspec_decode(&r, ret_spec);
	return result < 0 ? result : read_done(&r) ? 0 : -EBADMSG;
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
	static uint8_t
		row[ROW_FIXED_BYTES + sizeof(entry->tag) + NSSPEC_BYTES_MAX]; /* one thread */
	struct writer w = {row, sizeof(row), false};
	struct number_bytes bytes = store_encode_number(entry->number);
	struct kv_bytes key = {bytes.at, sizeof(bytes.at)};
	struct store_namespace old;
	int r = store_get_namespace(store, entry->number, &old, NULL);

	if (r < 0 && r != -ENOENT)
		return r;

	if (r == 0 && old.tag_size > 0)
		r = kv_delete(store->kv, KV_TAGS, (struct kv_bytes){old.tag, old.tag_size});
	if (r < 0 && r != -ENOENT)
		return r;

	write_u32(&w, ROW_VERSION);
	write_u32(&w, entry->parent);
	write_u32(&w, entry->flags);
	write_u32(&w, entry->fsns);
	write_u64(&w, (uint64_t)entry->created_s);
	write_u16(&w, (uint16_t)entry->tag_size);
	write_bytes(&w, entry->tag, entry->tag_size);
	/* However short the tag is: a reply has room for no more. */
	if (w.left > NSSPEC_BYTES_MAX)
		w.left = NSSPEC_BYTES_MAX;
	nsspec_encode(spec, &w);
	if (w.bad)
		return -EMSGSIZE;

	r = kv_put(store->kv, KV_NAMESPACES, key, (struct kv_bytes){row, (size_t)(w.at - row)});
	if (r == 0 && entry->tag_size > 0)
		r = kv_put(store->kv, KV_TAGS, (struct kv_bytes){entry->tag, entry->tag_size}, key);
	return r;
}

int store_add_namespace(struct store *store, struct store_namespace *entry,
			const struct nsspec *spec)
{
	struct store_namespace added = *entry;
	int r = store_take_number(store, "next-namespace", &added.number);

	if (r < 0)
		return r;

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

	if (r < 0)
		return r;

	r = store_delete_records(store, number, 0);
	if (r == 0 && entry.tag_size > 0)
		r = kv_delete(store->kv, KV_TAGS, (struct kv_bytes){entry.tag, entry.tag_size});
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
