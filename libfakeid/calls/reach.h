/* SPDX-License-Identifier: MIT
 * reach.h - core/reach.h for this process and others: one, a group, a user's, everybody. A root
 * outside of any other namespace is never asked; all that he pays is reach_limited().
 */
#ifndef FAKEID_CALLS_REACH_H
#define FAKEID_CALLS_REACH_H

#include "core/reach.h"
#include "shim/peer.h"

/* A number that no process has: asked about it, the kernel finds fault with all else first. */
#define REACH_NOBODY 0x7fffffff

/* Is there something to be asked? Never once a seccomp filter of the program's own is installed. */
bool reach_limited(enum reach what);

/* May it? What cannot be known is left to the kernel, and so are processes of the host and of
 * other namespaces, but for those that ours lies in: there ids must agree. */
bool reach_peer(enum reach what, const struct peer *peer);

/* The same of a process or thread: 0, also where the kernel knows none, or -EPERM. `pid` 0 or
 * less: 0. */
int reach_ask(enum reach what, int32_t pid);

/* What `fd` stands for: a pidfd or, to older programs, /proc/PID. 0 if it cannot be told. */
int32_t reach_pidfd(int fd);

/* Visits: to each process that procfs has, this one last. */
typedef void reach_act(void *context, int32_t pid);

/* 0, or negative errno where procfs is not to be read. */
long reach_each(reach_act *act, void *context);
long reach_each_thread(int32_t pid, reach_act *act, void *context);

/* Those of a process group; 0 = this process's own. */
long reach_each_of_group(int32_t group, reach_act *act, void *context);

#endif
