/* SPDX-License-Identifier: MIT
 * reserve.h - ballast in the state directory: room that is given back when a commit finds none.
 */
#ifndef FAKED_RESERVE_H
#define FAKED_RESERVE_H

struct daemon;

/* Give the room back to the filesystem and refuse further updates. */
void reserve_release(struct daemon *daemon);

#endif
