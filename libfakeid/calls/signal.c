/* SPDX-License-Identifier: MIT
 * signal.c - kill and its like. The kernel would let each process of ours signal each other one,
 * because to it they are one user's; so who has no CAP_KILL is asked for here, and then the kernel
 * sends.
 */
#include <errno.h>
#include <signal.h>

#include "calls/raw.h"
#include "calls/reach.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/wraps.h"

#define SIGNAL_MAX 64u /* a greater one is refused by the kernel, whoever sends it */

/* Once more than needed is better than a way that is not compiled out of line. */
#define RARELY static __attribute__((noinline)) long

/* A shell may continue the jobs of its session, whoever they are by now. */
static bool is_continuing(int32_t pid, int sig)
{
	return sig == SIGCONT && SYS1(SYS_getsid, pid) == SYS1(SYS_getsid, 0);
}

static int ask(int32_t pid, int sig)
{
	int r = (unsigned)sig > SIGNAL_MAX ? 0 : reach_ask(REACH_SIGNAL, pid);

	return r < 0 && is_continuing(pid, sig) ? 0 : r;
}

/* -- several at once -- */

struct sweep {
	int sig;
	bool refused, allowed; /* somebody was */
	long result;
};

static void ask_member(void *context, int32_t pid)
{
	struct sweep *sweep = context;

	if (ask(pid, sweep->sig) < 0)
		sweep->refused = true;
	else
		sweep->allowed = true;
}

static void signal_member(void *context, int32_t pid)
{
	struct sweep *sweep = context;
	long r = ask(pid, sweep->sig);

	if (r == 0)
		r = SYS2(SYS_kill, pid, sweep->sig);
	/* One that got it is enough; else it is the last error, but of one that is gone. */
	if (sweep->result != 0 && r != -ESRCH)
		sweep->result = r;
}

/* At once, as the kernel does, unless some of them must be left out. */
RARELY kill_group(int32_t group, int sig)
{
	struct sweep sweep = {.sig = sig, .result = -ESRCH};

	if (reach_each_of_group(group, ask_member, &sweep) < 0 || !sweep.refused)
		return SYS2(SYS_kill, -group, sig);
	if (!sweep.allowed)
		return -EPERM;
	(void)reach_each_of_group(group, signal_member, &sweep); /* it was readable just now */
	return sweep.result;
}

/* The whole system is this namespace and what lies in it: the user's other processes are not of
 * it. */
static bool is_of_this_system(const struct peer *peer)
{
	return peer->place == PEER_INSIDE &&
	       (peer->ns == process.ns ||
		(creds_has_cap(process_creds(), reach_cap(REACH_SIGNAL)) && peer_is_below(peer)));
}

static void signal_everybody(void *context, int32_t pid)
{
	struct sweep *sweep = context;
	struct peer peer;
	long r;

	if (pid == 1 || pid == process_pid() || !peer_look(pid, &peer) || !is_of_this_system(&peer))
		return;
	/* Whom it may not reach is not an error here, nor is there anybody but us. */
	if (sweep->result == -ESRCH)
		sweep->result = 0;
	if (!reach_peer(REACH_SIGNAL, &peer) && !is_continuing(pid, sweep->sig))
		return;
	r = SYS2(SYS_kill, pid, sweep->sig);
	if (r != -EPERM && r != -ESRCH)
		sweep->result = r;
}

RARELY kill_everybody(int sig)
{
	struct sweep sweep = {.sig = sig, .result = -ESRCH};
	long r = reach_each(signal_everybody, &sweep);

	return r < 0 ? -ESRCH : sweep.result;
}

/* -- the calls -- */

long wrap_kill(pid_t pid, int sig)
{
	long r = 0;

	if (pid == -1 && (unsigned)sig <= SIGNAL_MAX && process_may_look())
		return kill_everybody(sig);
	if (pid <= 0 && pid > INT32_MIN && (unsigned)sig <= SIGNAL_MAX &&
	    reach_limited(REACH_SIGNAL))
		return kill_group(-pid, sig);
	if (pid > 0)
		r = ask(pid, sig);
	return r < 0 ? r : SYS2(SYS_kill, pid, sig);
}

long wrap_killpg(pid_t group, int sig)
{
	return group < 0 ? -EINVAL : wrap_kill(-group, sig);
}

long wrap_sigqueue(pid_t pid, int sig, const union sigval value)
{
	int r = ask(pid, sig);

	if (r == 0 && NEXT(sigqueue)(pid, sig, value) < 0)
		r = -errno;
	return r;
}

/* Refused, unless the call had no such thread, or was wrong in itself. */
static long refuse(long as_kernel)
{
	return as_kernel < 0 ? as_kernel : -EPERM;
}

long wrap_tgkill(pid_t pid, pid_t tid, int sig)
{
	if (ask(tid, sig) < 0)
		return refuse(SYS3(SYS_tgkill, pid, tid, 0));
	return SYS3(SYS_tgkill, pid, tid, sig);
}

long wrap_pidfd_send_signal(int fd, int sig, siginfo_t *info, unsigned flags)
{
	if (fd >= 0 && reach_limited(REACH_SIGNAL) && ask(reach_pidfd(fd), sig) < 0)
		return refuse(SYS4(SYS_pidfd_send_signal, fd, 0, NULL, flags));
	return SYS4(SYS_pidfd_send_signal, fd, sig, info, flags);
}

/* -- the same through syscall(2) -- */

static long raw_queue(long n, int32_t target, int sig, const long arg[6])
{
	int r = ask(target, sig);

	return r < 0 ? r : SYS5(n, arg[0], arg[1], arg[2], arg[3], arg[4]);
}

bool raw_signal_call(long n, const long arg[6], long *ret_result)
{
	switch (n) {
	case SYS_kill:
		*ret_result = wrap_kill((pid_t)arg[0], (int)arg[1]);
		return true;
	case SYS_tkill:
	case SYS_rt_sigqueueinfo:
		*ret_result = raw_queue(n, (pid_t)arg[0], (int)arg[1], arg);
		return true;
	case SYS_tgkill:
		*ret_result = wrap_tgkill((pid_t)arg[0], (pid_t)arg[1], (int)arg[2]);
		return true;
	case SYS_rt_tgsigqueueinfo:
		*ret_result = raw_queue(n, (pid_t)arg[1], (int)arg[2], arg);
		return true;
	case SYS_pidfd_send_signal:
		*ret_result = wrap_pidfd_send_signal((int)arg[0], (int)arg[1], (siginfo_t *)arg[2],
						     (unsigned)arg[3]);
		return true;
	default:
		return false;
	}
}
