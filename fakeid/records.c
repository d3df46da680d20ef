/* SPDX-License-Identifier: MIT
 * records.c - all stored records of a filesystem namespace, by as many messages as it takes.
 */
#include "records.h"

#include <errno.h>
#include <stdlib.h>

#include <fakeid/wire.h>

#include "auto.h"
#include "core/cursor.h"

/* One row of a reply. */
static int take_row(struct reader *r, records_fn *fn, void *context, struct record_key *ret_key)
{
	struct records_row row = {.dev = read_u64(r), .bytes = r->at};
	const uint8_t *key = read_bytes(r, RECORD_KEY_BYTES);
	const uint8_t *value = read_bytes(r, RECORD_VALUE_BYTES);
	uint32_t fsns;

	if (!key || !value || record_decode_key(key, RECORD_KEY_BYTES, &fsns, &row.key) < 0 ||
	    record_decode(value, RECORD_VALUE_BYTES, &row.record) < 0)
		return -EBADMSG;

	*ret_key = row.key;
	return fn(context, &row);
}

int records_each(struct session *session, uint32_t fsns, struct record_key after, records_fn *fn,
		 void *context)
{
	autofree uint8_t *reply = malloc(WIRE_FRAME_MAX_BYTES);
	int r = reply ? 0 : -ENOMEM;

	while (r == 0) {
		uint8_t body[16];
		struct writer w = {.at = body, .left = sizeof(body)};
		size_t size = WIRE_FRAME_MAX_BYTES;
		struct reader rows = {.at = reply};

		write_u32(&w, fsns);
		write_u32(&w, after.volume);
		write_u64(&w, after.ino);
		r = session_ask(session, WIRE_EXPORT, body, sizeof(body), -1, reply, &size,
				CONNECT_COMMIT_MS);
		if (r < 0 || size == 0)
			return r;

		for (rows.left = size; r == 0 && rows.left;)
			r = take_row(&rows, fn, context, &after);
	}
	return r;
}
