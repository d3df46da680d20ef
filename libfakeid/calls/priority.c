/* SPDX-License-Identifier: MIT
 * priority.c - priorities, schedulers and limits of other processes. Whether a value may be had is
 * the kernel's to say; here is asked whether it may be set for that process, and who a user's
 * processes are.
 */
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>

#include "calls/raw.h"
#include "calls/reach.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/wraps.h"

enum {
	IOPRIO_WHO_PROCESS = 1,
	IOPRIO_WHO_PGRP,
	IOPRIO_WHO_USER
}; /* only the kernel has a header */

/* Once more than needed is better than a way that is not compiled out of line. */
#define RARELY static __attribute__((noinline)) long

/* Refused, unless the call is wrong in itself; `as_kernel` is the answer for REACH_NOBODY. */
static long refuse(long as_kernel)
{
	return as_kernel == -ESRCH ? -EPERM : as_kernel;
}

/* -- many at once -- */

struct sweep {
	long call; /* the system call, which has each thread's turn */
	enum reach what;
	long value; /* to set */
	bool of_user;
	uint32_t uid;
	bool refused; /* somebody is out of reach */
	long result;
};

static void visit_thread(void *context, int32_t tid)
{
	struct sweep *sweep = context;
	bool failed = sweep->result < 0 && sweep->result != -ESRCH;
	long r;

	switch (sweep->call) {
	case SYS_getpriority:
		r = SYS2(SYS_getpriority, PRIO_PROCESS, tid);
		if (r > sweep->result)
			sweep->result = r;
		return;
	case SYS_ioprio_get:
		r = SYS2(SYS_ioprio_get, IOPRIO_WHO_PROCESS, tid);
		if (r >= 0 && (sweep->result < 0 || r < sweep->result))
			sweep->result = r;
		return;
	case SYS_setpriority:
		r = SYS3(SYS_setpriority, PRIO_PROCESS, tid, sweep->value);
		break;
	default:
		/* The first error ends it, where setpriority goes on. */
		r = failed ? -ESRCH : SYS3(SYS_ioprio_set, IOPRIO_WHO_PROCESS, tid, sweep->value);
	}
	if (r != -ESRCH && (r < 0 || !failed))
		sweep->result = r;
}

static bool is_of_user(const struct peer *peer, uint32_t uid)
{
	return peer->place != PEER_GONE && !peer->foreign[FAKEID_UID][CREDS_REAL] &&
	       peer->id[FAKEID_UID][CREDS_REAL] == uid;
}

static void visit_process(void *context, int32_t pid)
{
	struct sweep *sweep = context;
	bool sets = sweep->call == SYS_setpriority || sweep->call == SYS_ioprio_set;
	struct peer peer;

	if (!peer_look(pid, &peer) || (sweep->of_user && !is_of_user(&peer, sweep->uid)))
		return;
	if (!sets || reach_peer(sweep->what, &peer))
		(void)reach_each_thread(pid, visit_thread, sweep); /* it may have ended */
	else if (sweep->call == SYS_setpriority || sweep->result >= 0 || sweep->result == -ESRCH)
		sweep->result = -EPERM;
}

static void ask_member(void *context, int32_t pid)
{
	struct sweep *sweep = context;

	sweep->refused = sweep->refused || reach_ask(sweep->what, pid) < 0;
}

/* A user's processes by virtual ids: the kernel knows one user only. */
RARELY sweep_user(long call, enum reach what, uint32_t uid, long value)
{
	struct sweep sweep = {
		.call = call,
		.what = what,
		.value = value,
		.of_user = true,
		.uid = uid,
		.result = -ESRCH,
	};
	long r = reach_each(visit_process, &sweep);

	return r < 0 ? -ESRCH : sweep.result;
}

/* At once, as the kernel does, unless some of them must be left out; then *ret_result is set. */
static __attribute__((noinline)) bool sweep_group(long call, enum reach what, int32_t group,
						  long value, long *ret_result)
{
	struct sweep sweep = {.call = call, .what = what, .value = value, .result = -ESRCH};

	if (reach_each_of_group(group, ask_member, &sweep) < 0 || !sweep.refused)
		return false;
	(void)reach_each_of_group(group, visit_process, &sweep); /* it was readable just now */
	*ret_result = sweep.result;
	return true;
}

/* -- nice values -- */

static uint32_t own_user(void)
{
	return process_creds()->id[FAKEID_UID][CREDS_REAL];
}

/* 20 less the nice value: what the system call answers. */
static long get_priority(int which, id_t who)
{
	if (which == PRIO_USER && process_may_look())
		return sweep_user(SYS_getpriority, REACH_PRIORITY, who ? who : own_user(), 0);
	return SYS2(SYS_getpriority, which, who);
}

/* -1 is a good answer, so it is no WRAP row. */
FAKEID_EXPORT int getpriority(__priority_which_t which, id_t who)
{
	long r = get_priority((int)which, who);

	if (r >= 0)
		return (int)(20 - r);
	errno = (int)-r;
	return -1;
}

static long set_priority(int which, id_t who, int value)
{
	long r;

	if (which == PRIO_USER && process_may_look())
		return sweep_user(SYS_setpriority, REACH_PRIORITY, who ? who : own_user(), value);
	if (which == PRIO_PGRP && reach_limited(REACH_PRIORITY) &&
	    sweep_group(SYS_setpriority, REACH_PRIORITY, (int32_t)who, value, &r))
		return r;
	r = which == PRIO_PROCESS ? reach_ask(REACH_PRIORITY, (int32_t)who) : 0;
	return r < 0 ? r : SYS3(SYS_setpriority, which, who, value);
}

long wrap_setpriority(__priority_which_t which, id_t who, int value)
{
	return set_priority((int)which, who, value);
}

/* -- I/O priorities; libc has no functions for them -- */

static long get_ioprio(int which, int who)
{
	if (which == IOPRIO_WHO_USER && process_may_look())
		return sweep_user(SYS_ioprio_get, REACH_IOPRIO, who ? (uint32_t)who : own_user(),
				  0);
	return SYS2(SYS_ioprio_get, which, who);
}

/* User 0 is root here, and not oneself. */
static long set_ioprio(int which, int who, int value)
{
	long r;

	if (which == IOPRIO_WHO_USER && process_may_look())
		return sweep_user(SYS_ioprio_set, REACH_IOPRIO, (uint32_t)who, value);
	if (which == IOPRIO_WHO_PGRP && reach_limited(REACH_IOPRIO) &&
	    sweep_group(SYS_ioprio_set, REACH_IOPRIO, who, value, &r))
		return r;
	if (which == IOPRIO_WHO_PROCESS && reach_ask(REACH_IOPRIO, who) < 0)
		return refuse(SYS3(SYS_ioprio_set, which, REACH_NOBODY, value));
	return SYS3(SYS_ioprio_set, which, who, value);
}

/* -- schedulers -- */

/* The kernel finds the policy wrong before the process out of reach. */
static long refuse_policy(int policy, const struct sched_param *param)
{
	long min = SYS1(SYS_sched_get_priority_min, policy);
	long max = SYS1(SYS_sched_get_priority_max, policy);

	return min < 0 || param->sched_priority < min || param->sched_priority > max ? -EINVAL
										     : -EPERM;
}

long wrap_sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	long r;

	if (reach_ask(REACH_PRIORITY, pid) == 0)
		return SYS3(SYS_sched_setscheduler, pid, policy, param);
	r = SYS3(SYS_sched_setscheduler, REACH_NOBODY, policy, param);
	return r == -ESRCH ? refuse_policy(policy & ~SCHED_RESET_ON_FORK, param) : r;
}

long wrap___sched_setscheduler(pid_t pid, int policy, const struct sched_param *param)
{
	return wrap_sched_setscheduler(pid, policy, param);
}

long wrap_sched_setparam(pid_t pid, const struct sched_param *param)
{
	long r;

	if (reach_ask(REACH_PRIORITY, pid) == 0)
		return SYS2(SYS_sched_setparam, pid, param);
	r = SYS2(SYS_sched_setparam, REACH_NOBODY, param);
	if (r == -ESRCH)
		r = refuse_policy((int)SYS1(SYS_sched_getscheduler, pid) & ~SCHED_RESET_ON_FORK,
				  param);
	return r;
}

long wrap_sched_setattr(pid_t pid, struct sched_attr *attr, unsigned flags)
{
	if (reach_ask(REACH_PRIORITY, pid) < 0)
		return refuse(SYS3(SYS_sched_setattr, REACH_NOBODY, attr, flags));
	return SYS3(SYS_sched_setattr, pid, attr, flags);
}

long wrap_sched_setaffinity(pid_t pid, size_t size, const cpu_set_t *set)
{
	if (reach_ask(REACH_PRIORITY, pid) < 0)
		return refuse(SYS3(SYS_sched_setaffinity, REACH_NOBODY, size, set));
	return SYS3(SYS_sched_setaffinity, pid, size, set);
}

/* -- limits -- */

static long limit(pid_t pid, unsigned resource, const void *value, void *ret_old)
{
	if (reach_ask(REACH_LIMITS, pid) < 0)
		return refuse(SYS4(SYS_prlimit64, REACH_NOBODY, resource, value, ret_old));
	return SYS4(SYS_prlimit64, pid, resource, value, ret_old);
}

long wrap_prlimit(pid_t pid, __rlimit_resource_t resource, const struct rlimit *value,
		  struct rlimit *ret_old)
{
	return limit(pid, resource, value, ret_old);
}

long wrap_prlimit64(pid_t pid, __rlimit_resource_t resource, const struct rlimit64 *value,
		    struct rlimit64 *ret_old)
{
	return limit(pid, resource, value, ret_old);
}

/* -- the same through syscall(2) -- */

bool raw_priority_call(long n, const long arg[6], long *ret_result)
{
	switch (n) {
	case SYS_getpriority:
		*ret_result = get_priority((int)arg[0], (id_t)arg[1]);
		return true;
	case SYS_setpriority:
		*ret_result = set_priority((int)arg[0], (id_t)arg[1], (int)arg[2]);
		return true;
	case SYS_ioprio_get:
		*ret_result = get_ioprio((int)arg[0], (int)arg[1]);
		return true;
	case SYS_ioprio_set:
		*ret_result = set_ioprio((int)arg[0], (int)arg[1], (int)arg[2]);
		return true;
	case SYS_sched_setscheduler:
		*ret_result = wrap_sched_setscheduler((pid_t)arg[0], (int)arg[1], (void *)arg[2]);
		return true;
	case SYS_sched_setparam:
		*ret_result = wrap_sched_setparam((pid_t)arg[0], (void *)arg[1]);
		return true;
	case SYS_sched_setattr:
		*ret_result = wrap_sched_setattr((pid_t)arg[0], (void *)arg[1], (unsigned)arg[2]);
		return true;
	case SYS_sched_setaffinity:
		*ret_result = wrap_sched_setaffinity((pid_t)arg[0], (size_t)arg[1], (void *)arg[2]);
		return true;
	case SYS_prlimit64:
		*ret_result = limit((pid_t)arg[0], (unsigned)arg[1], (void *)arg[2],
				    (void *)arg[3]);
		return true;
	default:
		return false;
	}
}
