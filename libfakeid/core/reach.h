/* SPDX-License-Identifier: MIT
 * reach.h - what one process may do to another one: the kernel's rules for signals, priorities,
 * limits and tracing.
 * Pure: (credentials, whose ids) -> yes or no.
 */
#ifndef FAKEID_REACH_H
#define FAKEID_REACH_H

#include "core/creds.h"

enum reach {
	REACH_SIGNAL, /* kill(2) and its like; SIGCONT within a session aside */
	REACH_PRIORITY, /* setpriority(2), sched_setscheduler(2), sched_setaffinity(2) and their like */
	REACH_IOPRIO, /* ioprio_set(2) */
	REACH_LIMITS, /* prlimit(2), to ask as well as to set */
	REACH_TRACE,  /* ptrace(2), process_vm_readv(2), pidfd_getfd(2) and their like */
};

/* The capability that makes the ids of no account. */
unsigned reach_cap(enum reach what);

/* The other process. */
struct reach_other {
	/* As they are in the namespace of who asks, FAKEID_ID_INVALID for those that have no place
	 * there. */
	uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N];
	uint64_t permitted; /* its capabilities */
	bool undumpable;
};

/* May it, without that capability? */
bool reach_by_ids(enum reach what, const struct creds *creds, const struct reach_other *other);

#endif
