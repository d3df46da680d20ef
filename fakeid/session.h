/* SPDX-License-Identifier: MIT
 * session.h - a namespace that this program works with: one it opened itself and keeps alive, or
 * the one it was started in.
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
	int fd;		 /* -1 = lost, or not needed yet */
	bool ours;	 /* opened here: it ends with the connection */
	uint32_t inside; /* the namespace that we were started in, 0 = the host */
	uint32_t ns, fsns;
	uint32_t flags;	  /* enum session_flags */
	uint64_t caps;	  /* where `ours`: what its first process may have at most */
	bool env_differs; /* from what the library that we run under would hand to a command */
};

/* Open the namespace of `tag` (NULL: a nameless one), made of what `wish` gives (NULL: of
 * anything), starting a daemon if there is none. */
int session_open(struct session *session, const char *tag, const struct nsspec *wish,
		 struct trouble *trouble);

/* Only see that a daemon runs. */
int session_start(struct session *session, struct trouble *trouble);

/* The daemon died: start another one and open the same namespace there. Inside a session the
 * launcher outside does the starting. Only the patient try it for long. */
int session_reopen(struct session *session, bool patient, struct trouble *trouble);

/* Read FAKEID_SESSION (session_env.c). False if it is not set or makes no sense: then this is no
 * session. */
bool session_from_env(struct session *ret_session);

/* Ask the daemon, trying again if it died meanwhile. As connect_ask(). */
int session_ask(struct session *session, enum wire_op op, const void *body, size_t body_size,
		int along, void *ret_body, size_t *size, int timeout_ms);

/* Wait until everything this namespace changed is on disk. */
int session_sync(struct session *session, struct trouble *trouble);

#endif
