/* SPDX-License-Identifier: MIT
 * connect.h - talk to a daemon that may or may not be there. Starts nothing; wire.h has the
 * protocol.
 */
#ifndef FAKEID_CONNECT_H
#define FAKEID_CONNECT_H

#include <stddef.h>
#include <stdint.h>

#include <fakeid/wire.h>

#include "core/nsspec.h"
#include "state.h"

#define CONNECT_COMMIT_MS 120000 /* for SYNC, STOP: the disk decides */

/* Connect to the daemon of a state directory. 0; -ENOENT when nobody is there; -ETIMEDOUT when
 * somebody is and does not take the connection; -EPERM when it is not ours. */
int connect_open(const struct state *state, int *ret_fd);

/* One request, one reply. `along` >= 0 is a descriptor that goes with it. The body goes to `ret_body` (capacity in *size, used size out).
 * Returns the reply's status: 0 or the daemon's negative errno; -ECONNRESET when the daemon is gone,
 * -ETIMEDOUT when it does not answer, -EBADMSG when what it says makes no sense. */
int connect_ask(int fd, enum wire_op op, const void *body, size_t body_size, int along,
		void *ret_body, size_t *size, int timeout_ms);

/* The same with a connection of its own. */
int connect_ask_once(const struct state *state, enum wire_op op, const void *body, size_t body_size,
		     int along, void *ret_body, size_t *size, int timeout_ms);

/* What HELLO asks for. */
struct hello {
	uint32_t flags;		   /* enum wire_hello */
	uint32_t inside;	   /* the caller's namespace, 0 = the host */
	const char *tag;	   /* or the number of a nameless one */
	const struct nsspec *wish; /* NULL: nothing but the tag */
};

/* What it answers. */
struct welcome {
	uint32_t ns, fsns;
	uint32_t flags; /* enum session_flags */
	uint32_t daemon_pid;
	uint64_t caps; /* of the namespace: see core/nsspec.h */
};

int connect_hello(int fd, const struct hello *hello, struct welcome *ret_welcome);

#endif
