/* SPDX-License-Identifier: MIT
 * legacy.h - prototypes of entry points that libc exports and its headers no longer declare.
 */
#ifndef FAKEID_LEGACY_H
#define FAKEID_LEGACY_H

#include <sys/stat.h>
#include <sys/types.h>

#endif
