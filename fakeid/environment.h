/* SPDX-License-Identifier: MIT
 * environment.h - the environment and umask of the command: how a process finds its session.
 */
#ifndef FAKEID_ENVIRONMENT_H
#define FAKEID_ENVIRONMENT_H

#include "core/nsview.h"
#include "session.h"
#include "start.h"
#include "trouble.h"

/* Change this process's own environment and umask to those of a first process of `session`, whose
 * id spaces are `space`. `identity` NULL: of its root. */
int environment_enter(const struct session *session, const struct nsview *space,
		      const struct identity *identity, struct trouble *trouble);

/* Inside a session: make sure the library is loaded; take over the session's flags; become
 * `identity`, unless it is NULL. */
int environment_join(const struct session *session, const struct nsview *space,
		     const struct identity *identity, struct trouble *trouble);

#endif
