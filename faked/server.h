/* SPDX-License-Identifier: MIT
 * server.h - from a locked state directory to a serving daemon, the loop, and the end.
 */
#ifndef FAKED_SERVER_H
#define FAKED_SERVER_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct daemon;

/* Open the store, choose the place, take up what is there, listen. On an error *ret_text says what
 * could not be done. */
int server_start(struct daemon *daemon, const char *wish, const char **ret_text);

/* Serve until idle, told to stop, or robbed of the place. `stop` is set by a signal. */
void server_run(struct daemon *daemon, const volatile sig_atomic_t *stop);

/* Once a tick: give back the indexes that nobody has used for long. */
void server_close_idle(struct daemon *daemon, int64_t now_ms);

/* Commit, and remove what nobody needs any more. */
void server_end(struct daemon *daemon);

/* True while a segment is being moved and comes on. */
bool server_is_moving(const struct daemon *daemon);

#endif
