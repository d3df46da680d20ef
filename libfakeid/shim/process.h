/* SPDX-License-Identifier: MIT
 * process.h - what this process remembers for fakeid. A report that says "only after fork" or "only
 * with threads" starts in process.c, process_creds.c and threads.c: other mutable statics are few,
 * next.h's caches, the mappings in attach.c, the descriptors in lent.c and seen.c, the line in
 * announce.c and the closures in calls/walk.c.
 */
#ifndef FAKEID_PROCESS_H
#define FAKEID_PROCESS_H

#include <limits.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/creds.h"
#include "core/index.h"
#include "core/view.h"
#include "shim/holder.h"

enum process_phase { PROCESS_NEW, PROCESS_OFF, PROCESS_ON };

struct process {
	_Atomic int
		phase; /* NEW until the first wrapped call or the constructor; OFF = no session */
	uint32_t ns, fsns;
	uint32_t session_flags; /* enum session_flags */
	struct view view;	/* how files show here; complete once attach_view() has succeeded */
	_Atomic uint32_t umask_user; /* process_umask_user() */
	_Atomic uint32_t proc_dev;   /* device of /proc; 0 = not known */
	/* Mounts that could be written when they were last asked: what only records change is
	 * refused on others. */
#define PROCESS_MOUNTS 8u
	_Atomic uint64_t writable_mount[PROCESS_MOUNTS];
	/* Pages of the program's that the kernel once wrote to: user.h. */
#define PROCESS_PAGES 64u
	_Atomic uintptr_t user_pages[PROCESS_PAGES];
	_Atomic bool filtered;	  /* the program installed a seccomp filter of its own */
	_Atomic unsigned limits;  /* process_may_be_limited(); above, the number of changes */
	const char *dir;	  /* the state directory, inside `session` */
	bool real_root;		  /* the kernel lets this process open anything */
	struct creds first_creds; /* as of exec: what the auxiliary vector would say */
	/* Value of FAKEID_SESSION, kept because programs edit environ. Last: most of it is never
	 * touched. */
	char session[PATH_MAX + 64];
};

extern struct process process;

/* Read the session from the environment. Idempotent; any thread, any time. */
void process_start(void);

/* True inside a session. The first thing every wrapper asks. */
static inline bool process_on(void)
{
	int phase = atomic_load_explicit(&process.phase, memory_order_acquire);

	if (__builtin_expect(phase == PROCESS_NEW, 0)) {
		process_start();
		phase = atomic_load_explicit(&process.phase, memory_order_acquire);
	}
	return phase == PROCESS_ON;
}

/* Has the program installed a seccomp filter of its own? Then no call of a kind that it did not ask
 * for is made. */
static inline bool process_filtered(void)
{
	return atomic_load_explicit(&process.filtered, memory_order_relaxed);
}

/* May more be asked of the kernel than the program asked for? */
static inline bool process_may_look(void)
{
	return process_on() && !process_filtered();
}

/* The credentials in force for the calling thread; valid only when process_on(). A vfork child
 * that changes them gets a copy of its own, so the parent whose memory it borrows never sees the
 * change. */
const struct creds *process_creds(void);
/* All of them as they were at one moment, whatever other threads change meanwhile. */
void process_creds_copy(struct creds *ret_creds);
const struct groups *process_groups(void);

/* Of thread `tid` of this process; 0 = the first one, whose ids are what others see of the
 * process. */
void process_creds_copy_thread(int32_t tid, struct creds *ret_creds);
const struct groups *process_groups_thread(int32_t tid);

/* Whom a change is for: libc makes its set*id and setgroups every thread's, to the kernel each is
 * one's. */
enum process_reach { PROCESS_THREAD, PROCESS_EVERY_THREAD };

/* Change credentials by a rule; other threads change as far as it lets them. 0, what the rule says
 * of the calling thread, or -ENOMEM. */
int process_creds_change(enum process_reach reach, creds_rule *rule, const void *request);
/* Likewise the groups, to a list that was checked. Calls for every thread at the same time spoil
 * each other's. */
int process_groups_change(enum process_reach reach, const uint32_t *list, size_t n);

/* For process_start(): room for groups, and both as the first ones. The credentials must stay. */
struct groups *process_creds_room(void);
void process_creds_start(struct creds *creds, const struct groups *groups);

/* From now on there may be more than one thread. */
void process_note_threads(void);

/* This process's number; under a filter of the program's own the one remembered, without a call. */
int32_t process_pid(void);

/* Is it the number of a thread of this process? Under such a filter only the first one is known. */
bool process_has_thread(int32_t tid);

/* What a process lacks that a fresh root has: FS in its own calls, ACCESS in what access(2) asks,
 * which is about the real ids. */
#define PROCESS_LIMIT_FS 1u
#define PROCESS_LIMIT_ACCESS 2u
#define PROCESS_LIMIT_THREADS 4u /* times these: of any thread that has credentials of its own */
unsigned process_limits_of(const struct creds *creds);

/* The capabilities that access(2) counts. */
uint64_t process_caps_of_real(const struct creds *creds);

/* False in every root, which has nothing to be asked and pays no more than this. True may also be
 * due to a process that borrows our memory, to another thread, or to files out of this namespace's
 * reach. */
static inline bool process_may_be_limited(unsigned limits)
{
	return __builtin_expect(atomic_load_explicit(&process.limits, memory_order_relaxed) &
					(limits | limits * PROCESS_LIMIT_THREADS),
				0);
}

/* True in a process whose credentials are a copy of its own in memory that is another's. */
bool process_is_borrower(void);

/* In the child of fork(2) and friends; `borrowed`: process_is_borrower() of its parent before. */
void process_forked(bool borrowed);

/* User bits (0700) of the umask that the kernel's never gets. process_set_umask_user() returns the
 * old ones. */
uint32_t process_umask_user(void);
uint32_t process_set_umask_user(uint32_t bits);

/* True when a file made now would not get the owner that the default view shows, so that creation
 * has to record it. */
bool process_creator_differs(void);

/* Around the installation of a seccomp filter by the program: map what we may not map later; from
 * then on make no system call of a kind that the program did not ask for. */
void process_filter_coming(void);
void process_filter_installed(void);

#endif
