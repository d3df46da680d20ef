/* SPDX-License-Identifier: MIT
 * mode.h - which permission bits a file gets on disk, whatever a program asked for.
 */
#ifndef FAKEID_MODE_H
#define FAKEID_MODE_H

#include <sys/stat.h>

/* The bits to put on disk for a virtual mode (type bits included): no setuid or setgid, and the
 * owner keeps rw (a directory rwx), so that the real user can go on working in the tree. */
static inline unsigned mode_on_disk(unsigned mode)
{
	return (mode & 01777u) | (S_ISDIR(mode) ? 0700u : 0600u);
}

#endif
