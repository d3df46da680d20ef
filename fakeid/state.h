/* SPDX-License-Identifier: MIT
 * state.h - which state directory is ours, and whether it may be used.
 */
#ifndef FAKEID_STATE_H
#define FAKEID_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <limits.h>

#include "trouble.h"

struct state {
	char path[PATH_MAX]; /* absolute */
	int fd;		     /* O_PATH, close-on-exec; -1 = there is no such directory */
	bool in_session; /* the session that we run in uses it: it was checked, and who owns it we could
			      * not see, as files here show virtual owners */
};

/* Choose the directory from the environment: FAKEID_DIR, XDG_STATE_HOME/fakeid,
 * ~/.local/state/fakeid. */
int state_choose(struct state *ret_state, struct trouble *trouble);

/* Open and check it. Where it is missing: make it with its parents (`create`), or leave fd = -1. */
int state_open(struct state *state, bool create, struct trouble *trouble);

/* True for filesystems whose locks and maps other machines share. */
bool state_is_network(uint64_t f_type);

#endif
