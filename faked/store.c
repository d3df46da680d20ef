/* SPDX-License-Identifier: MIT
 * store.c - opening the store, its schema and volumes. Namespaces: store_namespaces.c. Records and
 * xattrs: store_rows.c.
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

static struct kv_bytes text(const char *name)
{
	return (struct kv_bytes){name, strlen(name)};
}

static int get_number(struct store *store, const char *name, uint32_t *ret_number)
{
	struct kv_bytes value;
	int r = kv_get(store->kv, KV_META, text(name), &value);

	return r < 0 ? r : store_decode_number(value, ret_number);
}

static int put_number(struct store *store, const char *name, uint32_t number)
{
	struct number_bytes bytes = store_encode_number(number);

	return kv_put(store->kv, KV_META, text(name),
		      (struct kv_bytes){bytes.at, sizeof(bytes.at)});
}

int store_take_number(struct store *store, const char *name, uint32_t *ret_number)
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

	/* Rows of schema 1 are read as they are; an older fakeid must not read ours. */
	if (schema == 1) {
		r = put_number(store, "schema", STORE_SCHEMA);
		if (r == 0)
			r = kv_commit(store->kv);
		if (r < 0)
			return r;
	}

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
	free(store->past);
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
	store->namespaces_version++; /* it may have been changed, and is not any more */
}

int store_grow(struct store *store)
{
	return kv_grow(store->kv);
}

int store_add_volume(struct store *store, const void *id, size_t size, uint32_t *ret_number)
{
	struct number_bytes bytes;
	uint32_t number;
	int r;

	if (size == 0 || size > STORE_VOLUME_ID_MAX)
		return -EINVAL;

	r = store_take_number(store, "next-volume", &number);
	if (r < 0)
		return r;

	bytes = store_encode_number(number);
	r = kv_put(store->kv, KV_VOLUMES, (struct kv_bytes){bytes.at, sizeof(bytes.at)},
		   (struct kv_bytes){id, size});
	if (r < 0)
		return r;

	*ret_number = number;
	return 0;
}

int store_delete_volume(struct store *store, uint32_t number)
{
	struct number_bytes bytes = store_encode_number(number);

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
	int r = store_decode_number(key, &number);

	return r < 0 ? r : each->fn(each->context, number, value.at, value.size);
}

int store_each_volume(struct store *store, store_volume_fn *fn, void *context)
{
	struct each_volume each = {fn, context};

	return kv_each(store->kv, KV_VOLUMES, (struct kv_bytes){0}, 0, visit_volume, &each);
}
