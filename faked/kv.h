/* SPDX-License-Identifier: MIT
 * kv.h - the store as tables of bytes. Only store*.c may include it; what the bytes mean is theirs.
 */
#ifndef FAKED_KV_H
#define FAKED_KV_H

#include <stddef.h>
#include <stdint.h>

#include "store.h"

enum kv_table {
	KV_META,
	KV_NAMESPACES,
	KV_TAGS,
	KV_VOLUMES,
	KV_FILES,
	KV_XATTRS,
	KV_KEYS,
	KV_TABLE_N,
};

struct kv_bytes {
	const void *at;
	size_t size;
};

struct kv;

/* `path` is a directory that exists. Nothing is read but what every LMDB file begins with. */
int kv_open(const char *path, struct kv **ret_kv);
void kv_close(struct kv *kv);
int kv_commit(struct kv *kv);
void kv_abort(struct kv *kv);
int kv_grow(struct kv *kv);

/* -ENOENT: no such key. Values live until the next change of the table. */
int kv_get(struct kv *kv, enum kv_table table, struct kv_bytes key, struct kv_bytes *ret_value);
int kv_put(struct kv *kv, enum kv_table table, struct kv_bytes key, struct kv_bytes value);
int kv_delete(struct kv *kv, enum kv_table table, struct kv_bytes key);

/* Rows of a table. */
int kv_count(struct kv *kv, enum kv_table table, uint64_t *ret_count);

/* Visit in key order what is at or after `from` and begins with the first `prefix` bytes of it. Not
 * 0 stops and is returned. `fn` may not change the table. */
typedef int kv_row_fn(void *context, struct kv_bytes key, struct kv_bytes value);
int kv_each(struct kv *kv, enum kv_table table, struct kv_bytes from, size_t prefix, kv_row_fn *fn,
	    void *context);

/* Remove every row whose key begins with `prefix`. */
int kv_delete_all(struct kv *kv, enum kv_table table, struct kv_bytes prefix);

/* Likewise `limit` of them; *n becomes more by the number of those removed. 1: there may be more. */
int kv_delete_some(struct kv *kv, enum kv_table table, struct kv_bytes prefix, uint32_t limit,
		   uint32_t *n);

#endif
