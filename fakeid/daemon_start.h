/* SPDX-License-Identifier: MIT
 * daemon_start.h - start faked for a state directory.
 */
#ifndef FAKEID_DAEMON_START_H
#define FAKEID_DAEMON_START_H

#include "state.h"
#include "trouble.h"

/* Start a daemon and wait for its word that it serves, or that another one does already. */
int daemon_start(const struct state *state, struct trouble *trouble);

#endif
