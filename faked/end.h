/* SPDX-License-Identifier: MIT
 * end.h - how things end: the daemon when it is idle, told
 * to stop, or robbed of its runtime place.
 */
#ifndef FAKED_END_H
#define FAKED_END_H

#include <stdbool.h>

struct daemon;

/* True while DIR/run, the socket and every segment are still our own. */
bool end_place_is_ours(const struct daemon *daemon);

/* View files of namespaces that have no index left: nobody can be in them. */
void end_remove_views(struct daemon *daemon);

#endif
