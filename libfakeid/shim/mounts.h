/* SPDX-License-Identifier: MIT
 * mounts.h - what only /proc/self/mountinfo tells about a mount. For rare questions: it is read
 * each time.
 */
#ifndef FAKEID_MOUNTS_H
#define FAKEID_MOUNTS_H

#include <stdbool.h>
#include <stdint.h>

/* Is the file system behind mount `id` (stx_mnt_id) itself read-only, and not this mount of it
 * alone? True if it cannot be found out. */
bool mounts_whole_is_read_only(uint64_t id);

#endif
