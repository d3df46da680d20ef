/* SPDX-License-Identifier: MIT
 * peer.h - who another process is, as seen from this one's namespace: its session and ids are read
 * from its environment block (announce.h) and translated. Without a message; three or more system
 * calls a question, none for the own process. Async-signal-safe.
 */
#ifndef FAKEID_PEER_H
#define FAKEID_PEER_H

#include <stdbool.h>
#include <stdint.h>

#include "core/creds.h"

enum peer_place {
	PEER_GONE,   /* or not to be read, which a filter of this program's own may forbid, or in a
		    * session of another state directory */
	PEER_HOST,   /* outside of any session: its real ids are its ids */
	PEER_INSIDE, /* a session of ours, maybe of another namespace */
};

struct peer {
	enum peer_place place;
	bool is_self;
	uint32_t ns, session_flags; /* where INSIDE */
	struct creds creds;	    /* where INSIDE: capabilities and no_new_privs */
	uint32_t id[FAKEID_IDKIND_N]
		   [CREDS_ID_N]; /* as this namespace shows them; all overflow where GONE */
	bool foreign[FAKEID_IDKIND_N][CREDS_ID_N]; /* has no place here, so shows as overflow */
	uint32_t owner[FAKEID_IDKIND_N];	   /* whose its files in /proc are: as `id` */
};

/* Look at process `pid` (0 = one that the kernel has no number for here), whose real ids the kernel
 * says are `uid` and `gid`. */
void peer_find(int32_t pid, uint32_t uid, uint32_t gid, struct peer *ret_peer);

/* The same for a process or thread that only its number tells: false where the kernel knows none,
 * or may not be asked. One system call more. */
bool peer_look(int32_t pid, struct peer *ret_peer);

/* Is `ns` a namespace that this process's own lies in, at any depth? */
bool peer_is_above(uint32_t ns);

/* Does the namespace of `peer` lie in this process's own? */
bool peer_is_below(const struct peer *peer);

#endif
