/* SPDX-License-Identifier: MIT
 * again.h - the command's own setuid bits. The launcher's exec goes past the library, which alone
 * knows of them; so where there may be such files the launcher runs itself again, inside, and that
 * one the command.
 */
#ifndef FAKEID_AGAIN_H
#define FAKEID_AGAIN_H

#include <stdbool.h>

#include "session.h"

/* May the command be a file with setuid or setgid bits, or capabilities, of the session's? */
bool again_is_needed(const struct session *session);

/* Become this program again, to run `command` from there. Returns only if that fails: -errno. */
int again_exec(char **command);

/* The command that we are to run at once, or NULL: we were not started so. */
char **again_command(int argc, char **argv);

#endif
