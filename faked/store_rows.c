/* SPDX-License-Identifier: MIT
 * store_rows.c - records in the store.
 */
#include "store_rows.h"

#include <errno.h>
#include <string.h>

/* Where the next volume begins. */
static struct kv_bytes encode_behind(uint32_t fsns, uint32_t volume, struct file_key *ret_key)
{
	return encode_file(fsns, (struct record_key){.volume = volume + 1}, ret_key);
}

int store_put_record(struct store *store, uint32_t fsns, struct record_key key,
		     const struct record *record)
{
	uint8_t value[RECORD_VALUE_BYTES];
	struct file_key file;

	record_encode(record, value);
	return kv_put(store->kv, KV_FILES, encode_file(fsns, key, &file),
		      (struct kv_bytes){value, sizeof(value)});
}

int store_get_record(struct store *store, uint32_t fsns, struct record_key key,
		     struct record *ret_record)
{
	struct file_key file;
	struct kv_bytes value;
	int r = kv_get(store->kv, KV_FILES, encode_file(fsns, key, &file), &value);

	return r < 0 ? r : record_decode(value.at, value.size, ret_record);
}

struct each_record {
	const struct store *store;
	store_record_fn *fn;
	void *context;
	const uint8_t *after;
	uint32_t past; /* volume to go on behind, or 0 */
};

static int visit_record(void *context, struct kv_bytes key, struct kv_bytes value)
{
	struct each_record *each = context;
	struct record_key file;
	struct record record;
	uint32_t fsns;
	int r = record_decode_key(key.at, key.size, &fsns, &file);

	if (r == 0 && store_is_past(each->store, file.volume)) {
		each->past = file.volume;
		return 1;
	}
	if (r == 0)
		r = record_decode(value.at, value.size, &record);
	if (r < 0)
		return r;

	if (each->after && memcmp(each->after, key.at, key.size) == 0)
		return 0;

	return each->fn(each->context, file, &record);
}

int store_each_record(struct store *store, uint32_t fsns, struct record_key after,
		      store_record_fn *fn, void *context)
{
	struct file_key from;
	struct kv_bytes begin = encode_file(fsns, after, &from);
	struct each_record each = {store, fn, context, after.volume ? from.at : NULL, 0};
	int r;

	/* Only the namespace has to match, the first four bytes. */
	while ((r = kv_each(store->kv, KV_FILES, begin, 4, visit_record, &each)) == 1 &&
	       each.past) {
		begin = encode_behind(fsns, each.past, &from);
		each.after = NULL;
		each.past = 0;
	}
	return r;
}

struct count {
	const struct store *store;
	struct file_key last;
	uint64_t n, limit;
	uint32_t past; /* volume to go on behind, or 0 */
};

static bool notes_past(const struct store *store, struct kv_bytes key, uint32_t *ret_past)
{
	struct record_key file;
	uint32_t fsns;

	if (store->n_past == 0 || record_decode_key(key.at, key.size, &fsns, &file) < 0 ||
	    !store_is_past(store, file.volume))
		return false;

	*ret_past = file.volume;
	return true;
}

static int count_row(void *context, struct kv_bytes key, struct kv_bytes value)
{
	struct count *count = context;

	(void)value; /* a count does not look at it */
	if (key.size != RECORD_KEY_BYTES)
		return -EBADMSG;

	if (notes_past(count->store, key, &count->past))
		return 1;

	/* The one to begin behind. */
	if (count->n == 0 && memcmp(count->last.at, key.at, key.size) == 0)
		return 0;

	if (++count->n < count->limit)
		return 0;

	memcpy(count->last.at, key.at, key.size);
	return 1;
}

/* 1: stopped at the limit. */
static int count_rows(struct store *store, uint32_t fsns, struct kv_bytes begin,
		      struct count *count)
{
	struct file_key from;
	int r;

	while ((r = kv_each(store->kv, KV_FILES, begin, 4, count_row, count)) == 1 && count->past) {
		begin = encode_behind(fsns, count->past, &from);
		count->past = 0;
	}
	return r;
}

int store_count_some(struct store *store, uint32_t fsns, struct record_key *after, uint32_t limit,
		     uint64_t *ret_count)
{
	struct file_key from;
	struct kv_bytes begin = encode_file(fsns, *after, &from);
	struct count count = {.store = store, .last = from, .limit = limit};
	int r = count_rows(store, fsns, begin, &count);

	if (r == 1)
		r = record_decode_key(count.last.at, RECORD_KEY_BYTES, &fsns, after) < 0 ? -EBADMSG
											 : 1;
	if (r >= 0)
		*ret_count = count.n;
	return r;
}

int store_count_records(struct store *store, uint32_t fsns, uint64_t *ret_count)
{
	struct file_key from;
	struct kv_bytes begin = encode_file(fsns, (struct record_key){0}, &from);
	struct count count = {.store = store, .limit = UINT64_MAX};
	int r = count_rows(store, fsns, begin, &count);

	if (r == 0)
		*ret_count = count.n;
	return r;
}

int store_count_all(struct store *store, uint64_t *ret_count)
{
	return kv_count(store->kv, KV_FILES, ret_count);
}

int store_delete_doomed(struct store *store, uint32_t fsns, struct record_key key, int64_t btime_ns)
{
	struct file_key bytes;
	int r;

	if (!btime_ns)
		return store_delete_record(store, fsns, key, btime_ns);

	r = kv_delete(store->kv, KV_FILES, encode_file(fsns, key, &bytes));
	return r == -ENOENT ? 0 : r;
}

int store_delete_record(struct store *store, uint32_t fsns, struct record_key key, int64_t btime_ns)
{
	struct file_key bytes;
	struct kv_bytes row = encode_file(fsns, key, &bytes);
	int r = kv_delete(store->kv, KV_FILES, row);

	return r == 0 || r == -ENOENT ? store_delete_xattrs(store, row, btime_ns) : r;
}
