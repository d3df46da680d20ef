/* SPDX-License-Identifier: MIT
 * procfile.h - files of /proc/PID whose text shows ids: uid_map, gid_map, projid_map, setgroups,
 * loginuid and status.
 */
#ifndef FAKEID_PROCFILE_H
#define FAKEID_PROCFILE_H

#include "core/procpath.h"

/* `fd` has just been opened by `path`. If it is such a file, opened for reading, it becomes a file
 * with the text that this namespace is to see: the same number, read-only, sealed. Opening for
 * writing is the kernel's business. Returns `fd`, or negative errno with `fd` closed. */
long procfile_opened(long fd, const char *path, int flags);

#endif
