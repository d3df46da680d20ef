/* SPDX-License-Identifier: MIT
 * client.h - the rare messages to faked. One connection a request, so there is no descriptor to
 * lose, to share after fork or to lock. Async-signal-safe. Never on the path of stat or chown.
 */
#ifndef FAKEID_CLIENT_H
#define FAKEID_CLIENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/cursor.h"
#include "core/record.h"
#include <fakeid/wire.h>

struct client_file {
	uint32_t fsns;
	struct record_key key;
	int64_t btime_ns;
};

/* Send a request whose body is at `body`, with `extra` behind it (no copy is made), and receive the
 * reply's body into `ret_body` (capacity in *size, used size out). `fd` >= 0 goes along. Returns
 * the reply's status: 0 or negative errno; -EIO when the daemon cannot be reached before the
 * deadline; -ERANGE when the reply does not fit. */
int client_ask(enum wire_op op, const void *body, size_t body_size, const void *extra,
	       size_t extra_size, int fd, void *ret_body, size_t *size);

void client_write_file(struct writer *w, const struct client_file *file);

#endif
