/* SPDX-License-Identifier: MIT
 * session.h - one client's connection: a request in, a reply out, never a second request before the
 * reply to the first has gone.
 */
#ifndef FAKED_SESSION_H
#define FAKED_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct daemon;
struct tally;

struct session {
	int fd;
	bool open;	   /* HELLO was answered: a launcher lives at the other end */
	bool waiting;	   /* for a segment later than `wait_generation`, or */
	bool wait_sync;	   /* for a commit, once no segment is being moved */
	bool nameless;	   /* the namespace goes with its last process */
	uint32_t ns, fsns; /* of the session, once it is open */
	uint32_t wait_fsns;
	uint64_t wait_generation;
	int64_t since_ms; /* when the connection was made */
	uint16_t op;
	struct tally *tally; /* what it waits for, if not NULL */
	uint8_t *reply;	     /* not sent yet */
	size_t reply_size;
};

struct session *session_new(int fd);
void session_free(struct session *session);

/* The other end can be read from: take one request and answer it. Returns 0; -EPIPE when the
 * connection is over. */
int session_read(struct daemon *daemon, struct session *session);

/* Its tally has counted: make the request again. Returns as session_read(). */
int session_again(struct daemon *daemon, struct session *session);

/* Send what is left of a reply. 0 or -EPIPE. */
int session_write(struct session *session);

/* Put a reply together and send as much as goes. 0 or -EPIPE. */
int session_reply(struct session *session, int status, const void *body, size_t body_size);

#endif
