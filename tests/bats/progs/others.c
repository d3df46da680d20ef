/* SPDX-License-Identifier: MIT
 * others.c - what processes do to each other: each kind of sender, each kind of target, each call.
 * What it prints is the same for a real root and inside a session, or fakeid is wrong.
 *
 *     others CAPS matrix     one target a call
 *     others CAPS many       groups, users, everybody; needs a pid namespace, for real root
 *
 * CAPS, in hexadecimal, are those that root has: in a container not all of them.
 */
#include "expect.h"
#include "others.h"

#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define N(array) (sizeof(array) / sizeof((array)[0]))
#define BEST_EFFORT(level) ((2 << 13) | (level))
#define NO_CLASS (7 << 13)

/* Ids and the effective capabilities that are left. */
struct who {
	const char *name;
	uid_t real, effective, saved;
	uint64_t caps;
};

#define CAP(name) (UINT64_C(1) << (name))
#define ALL_CAPS (UINT64_C(0x1ffffffffff))

static uint64_t root_caps;

static const struct who senders[] = {
	{"root", 0, 0, 0, ALL_CAPS},
	{"root-without", 0, 0, 0, CAP(CAP_CHOWN)},
	{"a", 1000, 1000, 1000, 0},
	{"b", 1001, 1001, 1001, 0},
	{"a-as-b", 1000, 1001, 1001, 0},
	{"b-was-a", 1001, 1001, 1000, 0},
	{"killer", 1002, 1002, 1002, CAP(CAP_KILL)},
	{"nicer", 1002, 1002, 1002, CAP(CAP_SYS_NICE)},
	{"limiter", 1002, 1002, 1002, CAP(CAP_SYS_RESOURCE)},
};

static const struct who targets[] = {
	{"root", 0, 0, 0, ALL_CAPS},	 {"a", 1000, 1000, 1000, 0},
	{"b", 1001, 1001, 1001, 0},	 {"a-as-b", 1000, 1001, 1001, 0},
	{"b-as-a", 1001, 1000, 1001, 0}, {"b-was-a", 1001, 1001, 1000, 0},
	{"root-as-a", 0, 1000, 0, 0},
};

static void become(const struct who *who)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	expect(prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) == 0);
	expect(setgroups(0, NULL) == 0);
	expect(setresgid(who->real, who->effective, who->saved) == 0);
	expect(setresuid(who->real, who->effective, who->saved) == 0);
	for (unsigned i = 0; i < N(data); i++) {
		data[i].permitted = (uint32_t)((who->caps & root_caps) >> 32 * i);
		data[i].effective = data[i].permitted;
	}
	expect(syscall(SYS_capset, &header, data) == 0);
}

/* A target stays until it is killed; in a session of its own unless it joins a group. */
static pid_t start_target(const struct who *who, pid_t group)
{
	int ready[2];
	pid_t pid;
	char byte;

	expect(pipe(ready) == 0);
	pid = fork();
	expect(pid >= 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)signal(SIGUSR1, SIG_DFL);
		if (group < 0)
			expect(setsid() > 0);
		else
			expect(setpgid(0, group) == 0);
		become(who);
		expect(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0);
		expect(write(ready[1], "x", 1) == 1);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	expect(read(ready[0], &byte, 1) == 1);
	(void)close(ready[0]);
	return pid;
}

/* The signal that ended it. */
static int end_target(pid_t pid)
{
	int status;

	(void)kill(pid, SIGKILL); /* it may have ended */
	expect(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
	return WTERMSIG(status);
}

static void try_signals(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);
	siginfo_t info = {.si_signo = SIGURG, .si_code = SI_QUEUE};

	expect(fd >= 0);
	say("kill-0", kill(pid, 0));
	say("kill", kill(pid, SIGWINCH));
	say("kill-99", kill(pid, 99));
	say("continue", kill(pid, SIGCONT));
	say("group", kill(-getpgid(pid), SIGWINCH));
	say("killpg", killpg(getpgid(pid), 0));
	say("sigqueue", sigqueue(pid, SIGURG, (union sigval){.sival_int = 1}));
	say("tgkill", tgkill(pid, pid, 0));
	say("tgkill-other", tgkill(getpid(), pid, 0));
	say("pidfd", syscall(SYS_pidfd_send_signal, fd, SIGWINCH, NULL, 0));
	say("pidfd-flags", syscall(SYS_pidfd_send_signal, fd, SIGWINCH, NULL, 1u << 30));
	say("raw-kill", syscall(SYS_kill, pid, SIGWINCH));
	say("raw-tkill", syscall(SYS_tkill, pid, 0));
	say("raw-queue", syscall(SYS_rt_sigqueueinfo, pid, SIGURG, &info));
	say("raw-tgqueue", syscall(SYS_rt_tgsigqueueinfo, pid, pid, SIGURG, &info));
	(void)close(fd);
}

static void try_priorities(pid_t pid)
{
	const struct sched_param zero = {0}, ten = {.sched_priority = 10};
	char attr[48] = {48};
	cpu_set_t set;

	errno = 0;
	expect(getpriority(PRIO_PROCESS, (id_t)pid) == 0 && errno == 0);
	expect(sched_getaffinity(pid, sizeof(set), &set) == 0);
	say("setpriority", setpriority(PRIO_PROCESS, (id_t)pid, 0));
	say("which", setpriority((__priority_which_t)7, (id_t)pid, 0));
	say("group", setpriority(PRIO_PGRP, (id_t)getpgid(pid), 0));
	say("ioprio", syscall(SYS_ioprio_set, 1, pid, BEST_EFFORT(4)));
	say("no-class", syscall(SYS_ioprio_set, 1, pid, NO_CLASS));
	say("ioprio-group", syscall(SYS_ioprio_set, 2, getpgid(pid), BEST_EFFORT(4)));
	say("ioprio-get", syscall(SYS_ioprio_get, 1, pid));
	say("scheduler", sched_setscheduler(pid, SCHED_OTHER, &zero));
	say("no-policy", sched_setscheduler(pid, 77, &zero));
	say("no-priority", sched_setscheduler(pid, SCHED_OTHER, &ten));
	say("no-param", sched_setscheduler(pid, SCHED_OTHER, NULL));
	say("param", sched_setparam(pid, &zero));
	say("param-10", sched_setparam(pid, &ten));
	say("attr", syscall(SYS_sched_setattr, pid, attr, 0));
	say("attr-flags", syscall(SYS_sched_setattr, pid, attr, 1));
	say("affinity", sched_setaffinity(pid, sizeof(set), &set));
	say("raw-affinity", syscall(SYS_sched_setaffinity, pid, sizeof(set), NULL));
	say("getscheduler", sched_getscheduler(pid));
}

static void try_limits(pid_t pid)
{
	struct rlimit limit;

	say("prlimit", prlimit(pid, RLIMIT_CORE, NULL, &limit));
	say("set", prlimit(pid, RLIMIT_CORE, &(struct rlimit){0, 0}, NULL));
	say("no-limit", prlimit(pid, (__rlimit_resource_t)99, NULL, &limit));
	say("fault", syscall(SYS_prlimit64, pid, RLIMIT_CORE, 1, NULL));
}

static void try_nobody(void)
{
	const pid_t nobody = 0x3fffffff;

	(void)printf("nobody:");
	say("kill", kill(nobody, 0));
	say("group", kill(-nobody, 0));
	say("sigqueue", sigqueue(nobody, 0, (union sigval){0}));
	say("setpriority", setpriority(PRIO_PROCESS, (id_t)nobody, 0));
	say("user", setpriority(PRIO_USER, 987654, 0));
	say("get-user", getpriority(PRIO_USER, 987654));
	say("ioprio-user", syscall(SYS_ioprio_set, 3, 987654, BEST_EFFORT(4)));
	say("prlimit", prlimit(nobody, RLIMIT_CORE, NULL, NULL));
	say("self", kill(getpid(), 0) | setpriority(PRIO_PROCESS, 0, 0) |
			    (int)syscall(SYS_tgkill, getpid(), getpid(), 0) |
			    prlimit(0, RLIMIT_CORE, NULL, NULL));
	(void)puts("");
}

static void send_all(const struct who *sender, const pid_t pid[], pid_t near)
{
	pid_t child = fork();
	int status;

	expect(child >= 0);
	if (child > 0) {
		expect(waitpid(child, &status, 0) == child && status == 0);
		return;
	}
	become(sender);
	for (unsigned t = 0; t < N(targets); t++) {
		(void)printf("%s to %s:", sender->name, targets[t].name);
		try_signals(pid[t]);
		try_priorities(pid[t]);
		try_limits(pid[t]);
		try_looks(pid[t]);
		(void)puts("");
	}
	(void)printf("%s to near:", sender->name);
	say("continue", kill(near, SIGCONT));
	say("kill", kill(near, SIGWINCH));
	(void)puts("");
	try_nobody();
	(void)fflush(stdout);
	_exit(0);
}

static void matrix(void)
{
	static const struct who far = {"near", 1005, 1005, 1005, 0};
	pid_t pid[N(targets)], near = start_target(&far, 0);

	for (unsigned t = 0; t < N(targets); t++)
		pid[t] = start_target(&targets[t], -1);
	for (unsigned s = 0; s < N(senders); s++)
		send_all(&senders[s], pid, near);
	for (unsigned t = 0; t < N(targets); t++)
		(void)end_target(pid[t]);
	(void)end_target(near);
}

/* -- many at once -- */

static const struct who members[] = {
	{"root", 0, 0, 0, ALL_CAPS},
	{"a", 1000, 1000, 1000, 0},
	{"b", 1001, 1001, 1001, 0},
	{"a-as-b", 1000, 1001, 1001, 0},
};

typedef long action(pid_t group);

/* It may be that this process and its parent are of those who are made nicer. */
static int nicer(void)
{
	return getpriority(PRIO_PROCESS, 0) + 2;
}

static long group_gets_usr1(pid_t group)
{
	return killpg(group, SIGUSR1);
}

static long group_is_asked(pid_t group)
{
	return kill(-group, 0);
}

static long group_is_nicer(pid_t group)
{
	return setpriority(PRIO_PGRP, (id_t)group, nicer());
}

static long group_ioprio(pid_t group)
{
	return syscall(SYS_ioprio_set, 2, group, BEST_EFFORT(6));
}

static long own_user_is_nicer(pid_t group)
{
	(void)group;
	return setpriority(PRIO_USER, 0, nicer());
}

static long user_a_is_nicer(pid_t group)
{
	(void)group;
	return setpriority(PRIO_USER, 1000, nicer());
}

static long user_b_is_asked(pid_t group)
{
	int base = getpriority(PRIO_PROCESS, 0);
	long r;

	(void)group;
	errno = 0;
	r = getpriority(PRIO_USER, 1001);
	return errno ? -1 : r - base;
}

static long user_a_ioprio(pid_t group)
{
	(void)group;
	return syscall(SYS_ioprio_set, 3, 1000, BEST_EFFORT(6));
}

static long user_a_ioprio_get(pid_t group)
{
	(void)group;
	if (syscall(SYS_ioprio_set, 3, 1000, BEST_EFFORT(3)) < 0 && errno != EPERM)
		return -1;
	return syscall(SYS_ioprio_get, 3, 1000) == BEST_EFFORT(3) ? 0 : -1;
}

static long own_group_gets_winch(pid_t group)
{
	expect(setpgid(0, group) == 0);
	return kill(0, SIGWINCH);
}

static long own_group_gets_usr1(pid_t group)
{
	expect(setpgid(0, group) == 0);
	(void)signal(SIGUSR1, SIG_IGN);
	return kill(0, SIGUSR1);
}

static long everybody_gets_usr1(pid_t group)
{
	(void)group;
	return kill(-1, SIGUSR1);
}

static const struct {
	const char *name;
	action *act;
} actions[] = {
	{"group-usr1", group_gets_usr1},	  {"group-0", group_is_asked},
	{"group-nice", group_is_nicer},		  {"group-ioprio", group_ioprio},
	{"own-user-nice", own_user_is_nicer},	  {"user-a-nice", user_a_is_nicer},
	{"user-b-nice", user_b_is_asked},	  {"user-a-ioprio", user_a_ioprio},
	{"user-a-ioprio-get", user_a_ioprio_get}, {"own-winch", own_group_gets_winch},
	{"own-usr1", own_group_gets_usr1},	  {"everybody-usr1", everybody_gets_usr1},
};

static void do_to_members(const struct who *sender, const char *name, action *act)
{
	int base = getpriority(PRIO_PROCESS, 0), status;
	pid_t pid[N(members)], child;

	pid[0] = start_target(&members[0], 0);
	for (unsigned i = 1; i < N(members); i++)
		pid[i] = start_target(&members[i], pid[0]);
	child = fork();
	expect(child >= 0);
	if (child == 0) {
		long r;

		become(sender);
		(void)printf("%s %s:", sender->name, name);
		r = act(pid[0]);
		say("result", r);
		(void)fflush(stdout);
		_exit(r < 0);
	}
	expect(waitpid(child, &status, 0) == child);
	for (unsigned i = 0; i < N(members); i++) {
		(void)printf(" %s=+%d", members[i].name,
			     getpriority(PRIO_PROCESS, (id_t)pid[i]) - base);
		/* The first error ends it, and the kernel's order is not told. */
		if (status == 0)
			(void)printf("/%lx", syscall(SYS_ioprio_get, 1, pid[i]));
	}
	for (unsigned i = 0; i < N(members); i++)
		(void)printf("%s%d", i ? "," : " ended by ", end_target(pid[i]));
	(void)puts("");
	(void)fflush(stdout);
}

static void many(void)
{
	(void)signal(SIGUSR1, SIG_IGN); /* everybody is us, too */
	for (unsigned a = 0; a < N(actions); a++) {
		for (unsigned s = 0; s < N(senders); s++)
			do_to_members(&senders[s], actions[a].name, actions[a].act);
	}
}

int main(int argc, char **argv)
{
	expect(argc == 3);
	root_caps = strtoull(argv[1], NULL, 16);
	if (strcmp(argv[2], "matrix") == 0)
		matrix();
	else
		many();
	return 0;
}
