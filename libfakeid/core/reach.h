/* SPDX-License-Identifier: MIT
 * reach.h - what one process may do to another one: the kernel's rules for signals, priorities and limits.
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
};

/* The capability that makes the ids of no account. */
unsigned reach_cap(enum reach what);

/* Do the ids alone allow it? `of` has the other one's ids as they are in the namespace of `creds`, and
 * FAKEID_ID_INVALID for those that have no place there. */
bool reach_by_ids(enum reach what, const struct creds *creds,
		  uint32_t of[FAKEID_IDKIND_N][CREDS_ID_N]);

#endif
