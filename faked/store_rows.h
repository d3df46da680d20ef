/* SPDX-License-Identifier: MIT
 * store_rows.h - what the files of the store share; nobody else looks inside one.
 */
#ifndef FAKED_STORE_ROWS_H
#define FAKED_STORE_ROWS_H

#include <errno.h>

#include "kv.h"
#include "store.h"

struct store {
	struct kv *kv;
	uint8_t id[STORE_ID_BYTES];
	uint64_t namespaces_version;
	uint32_t *past; /* volumes that are no more */
	size_t n_past;
};

struct number_bytes {
	uint8_t at[4];
};

/* Big-endian, so that rows sort by number. */
static inline struct number_bytes store_encode_number(uint32_t number)
{
	return (struct number_bytes){{(uint8_t)(number >> 24), (uint8_t)(number >> 16),
				      (uint8_t)(number >> 8), (uint8_t)number}};
}

static inline int store_decode_number(struct kv_bytes bytes, uint32_t *ret_number)
{
	const uint8_t *at = bytes.at;

	if (bytes.size != 4)
		return -EBADMSG;

	*ret_number = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	return 0;
}

/* What the rows of a file begin with. */
struct file_key {
	uint8_t at[RECORD_KEY_BYTES];
};

static inline struct kv_bytes encode_file(uint32_t fsns, struct record_key key,
					  struct file_key *ret_key)
{
	record_encode_key(fsns, key, ret_key->at);
	return (struct kv_bytes){ret_key->at, sizeof(ret_key->at)};
}

/* Numbers are never given twice: `name`, the next one, is counted up in the transaction that uses
 * it. */
int store_take_number(struct store *store, const char *name, uint32_t *ret_number);

bool store_is_past(const struct store *store, uint32_t volume);

/* Remove the xattrs of the file with these bytes and birth time. All rows of one key are of one file;
 * those of a newer file on the inode stay, its record may still be on the way. */
int store_delete_xattrs(struct store *store, struct kv_bytes file, int64_t btime_ns);

/* Remove all keys that a namespace has granted or holds. */
int store_delete_keys(struct store *store, uint32_t number);

#endif
