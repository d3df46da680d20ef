/* SPDX-License-Identifier: MIT
 * records.h - all stored records of a filesystem namespace, one after another.
 */
#ifndef FAKEID_RECORDS_H
#define FAKEID_RECORDS_H

#include <stdint.h>

#include "core/record.h"
#include "session.h"

struct records_row {
	uint64_t dev; /* the volume's device number now, 0 = not mounted */
	struct record_key key;
	struct record record;
	const uint8_t *bytes; /* key and value as they came: RECORDS_ROW_BYTES */
};

#define RECORDS_ROW_BYTES (RECORD_KEY_BYTES + RECORD_VALUE_BYTES)

/* Anything but 0 ends the walk and is its result. */
typedef int records_fn(void *context, const struct records_row *row);

/* Call `fn` for each record after the key `after` ({0}: for all), by volume and inode. 0, what `fn` returned,
 * -ENOMEM, -EBADMSG, or as session_ask(). */
int records_each(struct session *session, uint32_t fsns, struct record_key after, records_fn *fn,
		 void *context);

#endif
