/* SPDX-License-Identifier: MIT
 * end.h - how things end: a nameless namespace with its session, the daemon when it is idle, told
 * to stop, or robbed of its runtime place.
 */
#ifndef FAKED_END_H
#define FAKED_END_H

#include <stdbool.h>

struct daemon;
struct space;

void end_nameless(struct daemon *daemon, struct space *space);

/* True while DIR/run, the socket and every segment are still our own. */
bool end_place_is_ours(const struct daemon *daemon);

#endif
