/* SPDX-License-Identifier: MIT
 * reserve.h - ballast in the state directory: room that is given back when a commit finds none.
 */
#ifndef FAKED_RESERVE_H
#define FAKED_RESERVE_H

#include <stdbool.h>

struct daemon;

/* Make it large enough for a segment that is going to be offered. -ENOSPC: that cannot be; where it
 * `must`, what is stored already finds its way into the index, and nothing else. */
int reserve_offer(struct daemon *daemon, bool must);

/* Give the room back to the filesystem and refuse further updates. */
void reserve_release(struct daemon *daemon);

#endif
