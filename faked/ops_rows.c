/* SPDX-License-Identifier: MIT
 * ops_rows.c - records in bulk: out of a namespace, into one, and away.
 */
#include <string.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "persist.h"

#define EXPORT_ROW_BYTES (8u + RECORD_KEY_BYTES + RECORD_VALUE_BYTES)
#define IMPORT_ROW_BYTES (8u + 8u + RECORD_VALUE_BYTES)
#define DROP_ROW_BYTES (RECORD_KEY_BYTES + RECORD_VALUE_BYTES)
#define PUBLISH_TRIES 64

struct export
{
	const struct daemon *daemon;
	struct writer *reply;
	uint32_t fsns;
};

static int write_row(void *context, struct record_key key, const struct record *record)
{
	const struct export *export = context;
	uint8_t key_bytes[RECORD_KEY_BYTES], value[RECORD_VALUE_BYTES];

	if (export->reply->left < EXPORT_ROW_BYTES)
		return 1;

	record_encode_key(export->fsns, key, key_bytes);
	record_encode(record, value);
	write_u64(export->reply, volumes_device(&export->daemon->volumes, key.volume));
	write_bytes(export->reply, key_bytes, sizeof(key_bytes));
	write_bytes(export->reply, value, sizeof(value));
	return 0;
}

int handle_EXPORT(const struct request *request)
{
	struct export export = {request->daemon, request->reply, read_u32(request->body)};
	struct record_key after = {.volume = read_u32(request->body)};
	int r;

	after.ino = read_u64(request->body);
	if (!read_done(request->body))
		return -EBADMSG;

	r = volumes_catch_up(&request->daemon->volumes, request->daemon->mounts_fd);
	if (r == 0)
		r = persist_flush(request->daemon);
	if (r == 0)
		r = store_each_record(request->daemon->store, export.fsns, after, write_row,
				      &export);
	return r < 0 ? r : 0;
}

/* One attempt, as any client would make it, but for growth, which we do ourselves. `expected` NULL:
 * over whatever is there; else only over a record of these bytes. -EAGAIN: try again; -ESTALE: it
 * is another. */
static int try_publish(struct daemon *daemon, struct space *space, struct record_key key,
		       const struct record *record, const uint8_t *expected)
{
	const struct index_view view = {&space->cur.index,
					space->next.index.header ? &space->next.index : NULL};
	uint8_t bytes[RECORD_VALUE_BYTES];
	struct record old;
	uint64_t version = 0;
	int r = index_find(&view, key, &old, &version);

	if (r == -EINPROGRESS) {
		r = load_fetch(daemon, space, key);
		if (r == 0)
			return -EAGAIN;
	}
	if (r == 0)
		record_encode(&old, bytes);
	if (expected && (r == -ENOENT || (r == 0 && memcmp(bytes, expected, sizeof(bytes)) != 0)))
		return -ESTALE;

	if (r == 0 || r == -ENOENT)
		r = index_publish(&view, key, version, record);
	if (r != -EXFULL)
		return r;

	r = space_grow_begin(daemon, space);
	if (r == 0)
		r = space_grow_finish(daemon, space);
	return r < 0 ? r : -EAGAIN;
}

static int publish(struct daemon *daemon, struct space *space, struct record_key key,
		   const struct record *record, const uint8_t *expected)
{
	int r = -EAGAIN;

	for (int tries = 0; r == -EAGAIN && tries < PUBLISH_TRIES; tries++)
		r = try_publish(daemon, space, key, record, expected);
	return r == -EAGAIN ? -EIO : r;
}

static int import_row(struct daemon *daemon, struct space *space, struct reader *body)
{
	uint64_t dev = read_u64(body);
	struct record_key key = {.ino = read_u64(body)};
	const uint8_t *value = read_bytes(body, RECORD_VALUE_BYTES);
	struct record record;
	int r = record_decode(value, RECORD_VALUE_BYTES, &record);

	if (r < 0 || (record.flags & (RECORD_NONE | RECORD_DOOMED)))
		return -EBADMSG;

	key.volume = index_volume_of(&space->cur.index, dev);
	if (key.volume == 0) {
		r = space_bind_device(daemon, space, dev, -1, &key.volume);
		if (r < 0)
			return r == -EINVAL ? -ENOENT : r;
	}

	return publish(daemon, space, key, &record, NULL);
}

int handle_IMPORT(const struct request *request)
{
	uint32_t fsns = read_u32(request->body), n_taken = 0;
	struct space *space;
	int r;

	if (request->body->bad || request->body->left % IMPORT_ROW_BYTES != 0)
		return -EBADMSG;

	r = space_need(request->daemon, fsns, &space);
	if (r < 0)
		return r;

	while (request->body->left > 0) {
		r = import_row(request->daemon, space, request->body);

		/* A row of a device that is not there, or of another kind, is left out and not
		 * counted. No room is an error: the caller would take the rest for done. */
		if (r == 0)
			n_taken++;
		else if (r != -ENOENT && r != -EBADMSG)
			return r;
	}
	write_u32(request->reply, n_taken);
	return 0;
}

/* A record goes if it still is the one that the client was told about. */
static int drop_row(struct daemon *daemon, struct space *space, struct reader *body)
{
	const uint8_t *key_bytes = read_bytes(body, RECORD_KEY_BYTES);
	const uint8_t *value = read_bytes(body, RECORD_VALUE_BYTES);
	struct record none = {.flags = RECORD_NONE};
	struct record_key key;
	struct record old;
	uint32_t fsns;

	if (record_decode_key(key_bytes, RECORD_KEY_BYTES, &fsns, &key) < 0 ||
	    record_decode(value, RECORD_VALUE_BYTES, &old) < 0 || fsns != space->fsns)
		return -EBADMSG;

	none.btime_ns = old.btime_ns; /* by which its xattrs are known */
	return publish(daemon, space, key, &none, value);
}

int handle_DROP(const struct request *request)
{
	uint32_t fsns = read_u32(request->body), n_dropped = 0;
	struct space *space;
	int r;

	if (request->body->bad || request->body->left % DROP_ROW_BYTES != 0)
		return -EBADMSG;

	r = space_need(request->daemon, fsns, &space);
	while (r == 0 && request->body->left > 0) {
		r = drop_row(request->daemon, space, request->body);
		n_dropped += r == 0;
		r = r == -ESTALE ? 0 : r;
	}
	if (r == 0)
		r = persist_flush(request->daemon);
	if (r < 0)
		return r;

	write_u32(request->reply, n_dropped);
	return 0;
}
