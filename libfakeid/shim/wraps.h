/* SPDX-License-Identifier: MIT
 * wraps.h - prototypes of every wrap_NAME, made from wraps.def, and what the rows need to compile:
 * libc's own headers check each row's type, legacy.h declares what they no longer do.
 */
#ifndef FAKEID_WRAPS_H
#define FAKEID_WRAPS_H

#include <dirent.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <mntent.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/fanotify.h>
#include <sys/fsuid.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/prctl.h>
#include <sys/quota.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/xattr.h>
#include <threads.h>
#include <unistd.h>
#include <utime.h>
#include <wordexp.h>

#include "legacy.h"

#define WRAP(type, name, params, args, family) long wrap_##name params;
#define VALUE(type, name, params, args, family) type wrap_##name params;
#define HAND(name, family)
#define PASS(name, family, why)
#include "wraps.def"
#undef WRAP
#undef VALUE
#undef HAND
#undef PASS

/* HAND rows are exported where they are written. */
#define FAKEID_EXPORT __attribute__((visibility("default")))

#endif
