/* SPDX-License-Identifier: MIT
 * procowner.h - whom /proc/PID and what lies in it belong to: the process, as this namespace sees
 * it; and who may look in there.
 */
#ifndef FAKEID_PROCOWNER_H
#define FAKEID_PROCOWNER_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "core/access.h"
#include "shim/file.h"
#include "shim/process.h"

/* Whether procowner_find() is to be asked about an object of device `dev`. All that other files pay
 * for. */
static inline bool procowner_concerns(uint64_t dev)
{
	return __builtin_expect(
		dev == atomic_load_explicit(&process.proc_dev, memory_order_relaxed), 0);
}

/* The owner and group of the object, which the kernel says are `uid` and `gid`, and its mode
 * `mode`. False, and nothing written, for what is not a process's. */
bool procowner_find(int dirfd, const char *path, int at_flags, mode_t mode, uint32_t uid,
		    uint32_t gid, uint32_t *ret_uid, uint32_t *ret_gid);

/* For processes that are to be asked, about an object of procfs that was looked at: 0 or -EACCES.
 * By its mode; and as ptrace_may_access() has it, to follow a link of a process or read what its
 * memory looks like. */
int procowner_permit(const struct access_subject *who, const struct file *file, int dirfd,
		     const char *path, int at_flags, unsigned mask);
int procowner_peek(const struct access_subject *who, const struct file *file, int dirfd,
		   const char *path, int at_flags);

#endif
