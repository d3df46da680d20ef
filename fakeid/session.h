/* SPDX-License-Identifier: MIT
 * session.h - a namespace that this program works with: one it opened itself and keeps alive, or the
 * one it was started in.
 */
#ifndef FAKEID_SESSION_H
#define FAKEID_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "connect.h"
#include "state.h"
#include "trouble.h"

struct session {
	struct state state;
	const char *tag; /* NULL = nameless */
	int fd;		 /* -1 = lost, or never ours: state.in_session */
	uint32_t ns, fsns;
	uint32_t flags;	   /* enum session_flags */
	bool flags_differ; /* from those our own processes' environment names */
};

/* Open the namespace of `tag` (NULL: a nameless one), starting a daemon if there is none. */
int session_open(struct session *session, const char *tag, struct trouble *trouble);

/* Only see that a daemon runs. */
int session_start(struct session *session, struct trouble *trouble);

/* The daemon died: start another one and open the same namespace there. */
int session_reopen(struct session *session, struct trouble *trouble);

/* Read FAKEID_SESSION. False if it is not set or makes no sense: then this is no session. */
bool session_from_env(struct session *ret_session);

/* The number of a tag that exists, among all (`fsns` 0) or one: 1 and *ret_ns, 0 if there is none.
 * Starts no daemon and makes no tag. */
int session_find_tag(struct session *session, const char *tag, uint32_t fsns, uint32_t *ret_ns,
		     struct trouble *trouble);

/* Ask the daemon, reopening the session once if it died. As connect_ask(). */
int session_ask(struct session *session, enum wire_op op, const void *body, size_t body_size,
		int along, void *ret_body, size_t *size, int timeout_ms);

/* Wait until everything this namespace changed is on disk. */
int session_sync(struct session *session, struct trouble *trouble);

#endif
