/* SPDX-License-Identifier: MIT
 * store.c - opening the store, its schema, namespaces and volumes. Records and xattrs:
 * store_rows.c.
 */
#include "store.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "core/cursor.h"
#include "kv.h"
#include "store_rows.h"

#define NAMESPACE_VERSION 1u

static struct kv_bytes text(const char *name)
{
	return (struct kv_bytes){name, strlen(name)};
}

struct number_bytes {
	uint8_t at[4];
};

/* Big-endian, so that rows sort by number. */
static struct number_bytes encode_number(uint32_t number)
{
	return (struct number_bytes){{(uint8_t)(number >> 24), (uint8_t)(number >> 16),
				      (uint8_t)(number >> 8), (uint8_t)number}};
}

static int decode_number(struct kv_bytes bytes, uint32_t *ret_number)
{
	const uint8_t *at = bytes.at;

	if (bytes.size != 4)
		return -EBADMSG;

	*ret_number = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	return 0;
}

static int get_number(struct store *store, const char *name, uint32_t *ret_number)
{
	struct kv_bytes value;
	int r = kv_get(store->kv, KV_META, text(name), &value);

	return r < 0 ? r : decode_number(value, ret_number);
}

static int put_number(struct store *store, const char *name, uint32_t number)
{
	struct number_bytes bytes = encode_number(number);

	return kv_put(store->kv, KV_META, text(name),
		      (struct kv_bytes){bytes.at, sizeof(bytes.at)});
}

/* Numbers are never given twice: next is counted up in the transaction that uses it. */
static int take_number(struct store *store, const char *name, uint32_t *ret_number)
{
	uint32_t number;
	int r = get_number(store, name, &number);

	if (r < 0)
		return r == -ENOENT ? -EBADMSG : r;

	if (number == 0 || number == UINT32_MAX)
		return -EOVERFLOW;

	r = put_number(store, name, number + 1);
	if (r < 0)
		return r;

	*ret_number = number;
	return 0;
}

static int fill_empty(struct store *store)
{
	int r;

	if (getrandom(store->id, sizeof(store->id), 0) != (ssize_t)sizeof(store->id))
		return -EIO;

	r = kv_put(store->kv, KV_META, text("id"), (struct kv_bytes){store->id, sizeof(store->id)});
	if (r == 0)
		r = put_number(store, "next-namespace", 1);
	if (r == 0)
		r = put_number(store, "next-volume", 1);
	if (r == 0)
		r = put_number(store, "schema", STORE_SCHEMA);
	return r < 0 ? r : kv_commit(store->kv);
}

static int check_schema(struct store *store)
{
	struct kv_bytes value;
	uint32_t schema;
	int r = get_number(store, "schema", &schema);

	if (r == -ENOENT)
		return fill_empty(store);
	if (r < 0)
		return r;

	if (schema > STORE_SCHEMA)
		return -EPROTO;

	r = kv_get(store->kv, KV_META, text("id"), &value);
	if (r < 0 || value.size != sizeof(store->id) || schema == 0)
		return -EBADMSG;

	memcpy(store->id, value.at, sizeof(store->id));
	return 0;
}

int store_open(const char *dir, struct store **ret_store)
{
	struct store *store = calloc(1, sizeof(*store));
	char path[4096];
	int r = 0;

	if (!store)
		return -ENOMEM;

	if ((size_t)snprintf(path, sizeof(path), "%s/store", dir) >= sizeof(path))
		r = -ENAMETOOLONG;
	if (r == 0 && mkdir(path, 0700) < 0 && errno != EEXIST)
		r = -errno;
	if (r == 0)
		r = kv_open(path, &store->kv);
	if (r == 0)
		r = check_schema(store);
	if (r < 0) {
		store_close(store);
		return r;
	}

	*ret_store = store;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;

	kv_close(store->kv);
	free(store);
}

const uint8_t *store_id(const struct store *store)
{
	return store->id;
}

int store_commit(struct store *store)
{
	return kv_commit(store->kv);
}

void store_abort(struct store *store)
{
	kv_abort(store->kv);
}

int store_grow(struct store *store)
{
	return kv_grow(store->kv);
}

/* Value: u32 version, parent, flags, fsns, u64 created, tag to the end. */
static int decode_namespace(struct kv_bytes key, struct kv_bytes value, struct store_namespace *ret)
{
	struct reader r = {value.at, value.size, false};
	struct store_namespace entry = {0};
	uint32_t version = read_u32(&r);

	entry.parent = read_u32(&r);
	entry.flags = read_u32(&r);
	entry.fsns = read_u32(&r);
	entry.created_s = (int64_t)read_u64(&r);
	if (r.bad || version != NAMESPACE_VERSION || r.left > sizeof(entry.tag) ||
	    decode_number(key, &entry.number) < 0)
		return -EBADMSG;

	entry.tag_size = r.left;
	memcpy(entry.tag, r.at, r.left);
	*ret = entry;
	return 0;
}

int store_find_namespace(struct store *store, const char *tag, size_t tag_size,
			 uint32_t *ret_number)
{
	struct kv_bytes value;
	int r = kv_get(store->kv, KV_TAGS, (struct kv_bytes){tag, tag_size}, &value);

	return r < 0 ? r : decode_number(value, ret_number);
}

int store_get_namespace(struct store *store, uint32_t number, struct store_namespace *ret)
{
	struct number_bytes bytes = encode_number(number);
	struct kv_bytes key = {bytes.at, sizeof(bytes.at)}, value;
	int r = kv_get(store->kv, KV_NAMESPACES, key, &value);

	return r < 0 ? r : decode_namespace(key, value, ret);
}

int store_add_namespace(struct store *store, struct store_namespace *entry)
{
	uint8_t buffer[4 * 4 + 8 + sizeof(entry->tag)];
	struct writer w = {buffer, sizeof(buffer), false};
	struct number_bytes bytes;
	struct kv_bytes key = {bytes.at, sizeof(bytes.at)};
	uint32_t number;
	int r = take_number(store, "next-namespace", &number);

	if (r < 0)
		return r;

	bytes = encode_number(number);
	write_u32(&w, NAMESPACE_VERSION);
	write_u32(&w, entry->parent);
	write_u32(&w, entry->flags);
	write_u32(&w, number);
	write_u64(&w, (uint64_t)entry->created_s);
	write_bytes(&w, entry->tag, entry->tag_size);
	if (w.bad)
		return -EINVAL;

	r = kv_put(store->kv, KV_NAMESPACES, key,
		   (struct kv_bytes){buffer, sizeof(buffer) - w.left});
	if (r == 0 && entry->tag_size > 0)
		r = kv_put(store->kv, KV_TAGS, (struct kv_bytes){entry->tag, entry->tag_size}, key);
	if (r < 0)
		return r;

	entry->number = number;
	entry->fsns = number;
	return 0;
}

int store_delete_namespace(struct store *store, uint32_t number)
{
	struct number_bytes bytes = encode_number(number);
	struct store_namespace entry;
	int r = store_get_namespace(store, number, &entry);

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
	int r = decode_namespace(key, value, &entry);

	return r < 0 ? r : each->fn(each->context, &entry);
}

int store_each_namespace(struct store *store, store_namespace_fn *fn, void *context)
{
	struct each_namespace each = {fn, context};

	return kv_each(store->kv, KV_NAMESPACES, (struct kv_bytes){0}, 0, visit_namespace, &each);
}

int store_add_volume(struct store *store, const void *id, size_t size, uint32_t *ret_number)
{
	struct number_bytes bytes;
	uint32_t number;
	int r;

	if (size == 0 || size > STORE_VOLUME_ID_MAX)
		return -EINVAL;

	r = take_number(store, "next-volume", &number);
	if (r < 0)
		return r;

	bytes = encode_number(number);
	r = kv_put(store->kv, KV_VOLUMES, (struct kv_bytes){bytes.at, sizeof(bytes.at)},
		   (struct kv_bytes){id, size});
	if (r < 0)
		return r;

	*ret_number = number;
	return 0;
}

int store_delete_volume(struct store *store, uint32_t number)
{
	struct number_bytes bytes = encode_number(number);

	return kv_delete(store->kv, KV_VOLUMES, (struct kv_bytes){bytes.at, sizeof(bytes.at)});
}

struct each_volume {
	store_volume_fn *fn;
	void *context;
};

static int visit_volume(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const struct each_volume *each = context;
	uint32_t number;
	int r = decode_number(key, &number);

	return r < 0 ? r : each->fn(each->context, number, value.at, value.size);
}

int store_each_volume(struct store *store, store_volume_fn *fn, void *context)
{
	struct each_volume each = {fn, context};

	return kv_each(store->kv, KV_VOLUMES, (struct kv_bytes){0}, 0, visit_volume, &each);
}
