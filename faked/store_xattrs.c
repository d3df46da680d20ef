/* SPDX-License-Identifier: MIT
 * store_xattrs.c - xattrs in the store.
 */
#include "store_rows.h"

#include <errno.h>
#include <string.h>

#include <fakeid/wire.h>

#include "core/cursor.h"

#define XATTR_BTIME_BYTES 8u

/* Xattr rows: key = file key and name, value = birth time of the file they belong to and the
 * value. */
static struct kv_bytes encode_xattr(const struct store_file *file, const void *name,
				    size_t name_size, uint8_t *ret_key)
{
	record_encode_key(file->fsns, file->key, ret_key);
	memcpy(ret_key + RECORD_KEY_BYTES, name, name_size);
	return (struct kv_bytes){ret_key, RECORD_KEY_BYTES + name_size};
}

static bool belongs_to(struct kv_bytes value, int64_t btime_ns)
{
	struct reader r = {value.at, value.size, false};

	return (int64_t)read_u64(&r) == btime_ns && !r.bad;
}

int store_get_xattr(struct store *store, const struct store_file *file, const void *name,
		    size_t name_size, const void **ret_value, size_t *ret_size)
{
	uint8_t key[RECORD_KEY_BYTES + WIRE_XATTR_NAME_MAX];
	struct kv_bytes value;
	int r;

	if (name_size == 0 || name_size > WIRE_XATTR_NAME_MAX)
		return -ERANGE;

	r = kv_get(store->kv, KV_XATTRS, encode_xattr(file, name, name_size, key), &value);
	if (r == -ENOENT || (r == 0 && !belongs_to(value, file->btime_ns)))
		return -ENODATA;
	if (r < 0)
		return r;

	*ret_value = (const uint8_t *)value.at + XATTR_BTIME_BYTES;
	*ret_size = value.size - XATTR_BTIME_BYTES;
	return 0;
}

static int find_stranger(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const struct store_file *file = context;

	(void)key; /* all rows here have the file's key */
	return belongs_to(value, file->btime_ns) ? 0 : 1;
}

/* Rows of an older file on this inode are not this file's: all go at once. */
static int drop_strangers(struct store *store, const struct store_file *file)
{
	struct file_key bytes;
	struct kv_bytes prefix = encode_file(file->fsns, file->key, &bytes);
	int r = kv_each(store->kv, KV_XATTRS, prefix, prefix.size, find_stranger, (void *)file);

	return r == 1 ? kv_delete_all(store->kv, KV_XATTRS, prefix) : r;
}

int store_put_xattr(struct store *store, const struct store_file *file, const void *name,
		    size_t name_size, const void *value, size_t value_size)
{
	uint8_t key[RECORD_KEY_BYTES + WIRE_XATTR_NAME_MAX];
	static uint8_t row[XATTR_BTIME_BYTES + WIRE_XATTR_VALUE_MAX]; /* too large for a stack */
	struct writer w = {row, sizeof(row), false};
	int r;

	if (name_size == 0 || name_size > WIRE_XATTR_NAME_MAX)
		return -ERANGE;

	if (value_size > WIRE_XATTR_VALUE_MAX)
		return -E2BIG;

	r = drop_strangers(store, file);
	if (r < 0)
		return r;

	write_u64(&w, (uint64_t)file->btime_ns);
	write_bytes(&w, value, value_size);
	return kv_put(store->kv, KV_XATTRS, encode_xattr(file, name, name_size, key),
		      (struct kv_bytes){row, sizeof(row) - w.left});
}

int store_delete_xattr(struct store *store, const struct store_file *file, const void *name,
		       size_t name_size)
{
	uint8_t key[RECORD_KEY_BYTES + WIRE_XATTR_NAME_MAX];
	const void *value;
	size_t size;
	int r = store_get_xattr(store, file, name, name_size, &value, &size);

	return r < 0 ? r
		     : kv_delete(store->kv, KV_XATTRS, encode_xattr(file, name, name_size, key));
}

struct each_xattr {
	store_xattr_fn *fn;
	void *context;
	int64_t btime_ns;
};

static int visit_xattr(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const struct each_xattr *each = context;

	if (!belongs_to(value, each->btime_ns))
		return 0;

	return each->fn(each->context, (const uint8_t *)key.at + RECORD_KEY_BYTES,
			key.size - RECORD_KEY_BYTES);
}

int store_each_xattr(struct store *store, const struct store_file *file, store_xattr_fn *fn,
		     void *context)
{
	struct each_xattr each = {fn, context, file->btime_ns};
	struct file_key bytes;
	struct kv_bytes prefix = encode_file(file->fsns, file->key, &bytes);

	return kv_each(store->kv, KV_XATTRS, prefix, prefix.size, visit_xattr, &each);
}

struct each_name {
	store_name_fn *fn;
	void *context;
};

static int visit_name(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const struct each_name *each = context;
	struct record_key file;
	uint32_t fsns;
	int r = key.size < RECORD_KEY_BYTES
			? -EBADMSG
			: record_decode_key(key.at, RECORD_KEY_BYTES, &fsns, &file);

	(void)value; /* what it is does not matter */
	return r < 0 ? r
		     : each->fn(each->context, file, (const uint8_t *)key.at + RECORD_KEY_BYTES,
				key.size - RECORD_KEY_BYTES);
}

int store_each_name(struct store *store, uint32_t fsns, struct record_key from, store_name_fn *fn,
		    void *context)
{
	struct each_name each = {fn, context};
	struct file_key bytes;

	return kv_each(store->kv, KV_XATTRS, encode_file(fsns, from, &bytes), 4, visit_name, &each);
}

struct orphan {
	struct store *store;
	uint8_t key[RECORD_KEY_BYTES]; /* the last file looked at */
	bool looked;
};

static int find_orphan(void *context, struct kv_bytes key, struct kv_bytes value)
{
	struct orphan *orphan = context;
	struct kv_bytes file = {key.at, RECORD_KEY_BYTES}, record;
	int r;

	(void)value; /* whose they are is in the key */
	if (orphan->looked && memcmp(orphan->key, key.at, RECORD_KEY_BYTES) == 0)
		return 0;

	memcpy(orphan->key, key.at, RECORD_KEY_BYTES);
	orphan->looked = true;
	r = kv_get(orphan->store->kv, KV_FILES, file, &record);
	return r == -ENOENT ? 1 : r;
}

int store_drop_orphans(struct store *store, uint32_t fsns, uint32_t *ret_n)
{
	struct orphan orphan = {.store = store};
	struct file_key first;
	struct kv_bytes from = encode_file(fsns, (struct record_key){0}, &first);
	uint32_t n = 0;
	int r;

	/* From where the last one was. */
	while ((r = kv_each(store->kv, KV_XATTRS, from, 4, find_orphan, &orphan)) == 1) {
		from = (struct kv_bytes){orphan.key, sizeof(orphan.key)};
		r = kv_delete_all(store->kv, KV_XATTRS, from);
		if (r < 0)
			return r;

		orphan.looked = false;
		n++;
	}
	*ret_n = n;
	return r;
}

static int find_own(void *context, struct kv_bytes key, struct kv_bytes value)
{
	const int64_t *btime_ns = context;

	(void)key; /* all rows here have the file's key */
	return belongs_to(value, *btime_ns) ? 1 : 0;
}

int store_delete_xattrs(struct store *store, struct kv_bytes file, int64_t btime_ns)
{
	int r = kv_each(store->kv, KV_XATTRS, file, file.size, find_own, &btime_ns);

	return r == 1 ? kv_delete_all(store->kv, KV_XATTRS, file) : r;
}
