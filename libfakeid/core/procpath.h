/* SPDX-License-Identifier: MIT
 * procpath.h - whose files in procfs a path names. Pure.
 */
#ifndef FAKEID_PROCPATH_H
#define FAKEID_PROCPATH_H

#include <stdbool.h>
#include <stdint.h>

/* The files of a process whose text shows ids. */
enum procpath_file {
	PROCPATH_NONE,
	PROCPATH_STATUS,
	PROCPATH_UID_MAP,
	PROCPATH_GID_MAP,
	PROCPATH_PROJID_MAP,
	PROCPATH_SETGROUPS,
	PROCPATH_LOGINUID,
};

/* By the last component of a path, wherever it leads. */
enum procpath_file procpath_file(const char *path);

/* The process that an object of procfs belongs to, by the name that the kernel gave it: N of
 * /proc/N and of all below it. *ret_is_dir: it is that directory itself. 0 for what belongs to no
 * process. */
int32_t procpath_process(const char *name, bool *ret_is_dir);

/* The thread that such an object belongs to: T of all below /proc/N/task/T. 0 for what is the
 * process's. */
int32_t procpath_thread(const char *name);

/* As procpath_process() for a program's path, where that cannot lead elsewhere: /proc/N and, as
 * `nofollow` says that the last component is taken as it is, /proc/N/NAME. 0 where one has to ask
 * the kernel. */
int32_t procpath_direct(const char *path, bool nofollow);

#endif
