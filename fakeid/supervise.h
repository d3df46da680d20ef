/* SPDX-License-Identifier: MIT
 * supervise.h - run the command as a child: signals, stops and the daemon's life meanwhile.
 */
#ifndef FAKEID_SUPERVISE_H
#define FAKEID_SUPERVISE_H

#include <stdbool.h>

#include "session.h"
#include "trouble.h"

/* Run it and wait for its end. 0 with the status as of waitpid(2); -errno of the exec when it could
 * not be started at all (-ENOENT: not found), with the line to print. */
int supervise_run(struct session *session, char **command, bool allow_new_privs, int *ret_status,
		  struct trouble *trouble);

/* Become the command. Returns only if that fails: -errno. */
int supervise_exec(const struct session *session, char **command);

/* The line for a command that exec refused. Returns `error`. */
int supervise_explain_exec(const char *command, int error, struct trouble *trouble);

/* End as the child did: by its exit status, or by its signal. */
_Noreturn void supervise_end_as(int status);

#endif
