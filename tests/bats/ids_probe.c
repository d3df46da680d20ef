/* SPDX-License-Identifier: MIT
 * ids_probe.c - makes the calls about credentials that its words name, and prints what came of each:
 *
 *     ids_probe setuid,1000 show thread:setuid,0 exec caps
 *
 * ids.bats runs the same words as real root and inside a session and compares the lines. A prefix
 * fork:, vfork: or thread: makes the call there; exec and exec-bare (no environment) go on with the
 * remaining words in a new program.
 */
#include <errno.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "say.h"

#define N_CAPS 41
#define ALL_TEXT "all"

/* Only libcap's header declares them. */
int capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);
int capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data);
int __getgroups_chk(int size, gid_t *list, size_t list_size);

static uint64_t all; /* what a new root may have here at most: a container may keep some from it */
static char **arg;   /* of the word at work */

static uint32_t number(int i)
{
	return (uint32_t)strtoll(arg[i] ? arg[i] : "0", NULL, 0);
}

static void op_show(void)
{
	say_who();
}

static void say_set(const char *name, uint64_t set)
{
	char text[60];

	if (set == all)
		snprintf(text, sizeof text, " %s=" ALL_TEXT, name);
	else if (__builtin_popcountll(set) > N_CAPS / 2)
		snprintf(text, sizeof text, " %s=" ALL_TEXT "^%" PRIx64, name, set ^ all);
	else
		snprintf(text, sizeof text, " %s=%" PRIx64, name, set);
	say(text);
}

static uint64_t bounding(void)
{
	uint64_t set = 0;

	for (unsigned long cap = 0; cap < N_CAPS; cap++)
		if (prctl(PR_CAPBSET_READ, cap) == 1)
			set |= UINT64_C(1) << cap;
	return set;
}

static void say_caps(const struct __user_cap_data_struct data[2])
{
	say_set("effective", (uint64_t)data[1].effective << 32 | data[0].effective);
	say_set("permitted", (uint64_t)data[1].permitted << 32 | data[0].permitted);
	say_set("inheritable", (uint64_t)data[1].inheritable << 32 | data[0].inheritable);
}

static void op_caps(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint64_t ambient = 0;

	if (capget(&header, data))
		say(" capget fails");
	say_caps(data);
	for (unsigned long cap = 0; cap < N_CAPS; cap++)
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			ambient |= UINT64_C(1) << cap;
	say_set("ambient", ambient);
	say_set("bounding", bounding());
	say_number(" keepcaps=", prctl(PR_GET_KEEPCAPS));
	say_number(" securebits=", prctl(PR_GET_SECUREBITS));
}

static uint64_t set_of(int i)
{
	if (!strncmp(arg[i], ALL_TEXT, 3))
		return arg[i][3] ? all ^ strtoull(arg[i] + 4, NULL, 16) : all;
	return strtoull(arg[i], NULL, 16);
}

static void op_capset(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	uint64_t effective = set_of(1), permitted = set_of(2), inheritable = set_of(3);
	struct __user_cap_data_struct data[2] = {
		{(uint32_t)effective, (uint32_t)permitted, (uint32_t)inheritable},
		{(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32),
		 (uint32_t)(inheritable >> 32)},
	};

	say_result(capset(&header, data));
}

/* capget,VERSION,PID: v1 shows the lower words alone; what the header holds afterwards. */
static void op_capget(void)
{
	struct __user_cap_header_struct header = {.version = number(1), .pid = (int)number(2)};
	struct __user_cap_data_struct data[2] = {{1, 1, 1}, {~0u, ~0u, ~0u}};

	if (arg[2] && !strcmp(arg[2], "tid"))
		header.pid = (int)syscall(SYS_gettid);
	if (arg[2] && !strcmp(arg[2], "pid"))
		header.pid = getpid();
	say_result(syscall(SYS_capget, &header, data));
	say_number(" effective-high=", data[1].effective == ~0u);
	say_number(" version=", header.version);
	say_result(capget(&header, NULL));
}

static void op_capset_pid(void)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, (int)number(1)};
	struct __user_cap_data_struct data[2];
	struct __user_cap_header_struct own = {.version = _LINUX_CAPABILITY_VERSION_3};

	if (!strcmp(arg[1], "pid"))
		header.pid = getpid();
	if (capget(&own, data))
		say(" capget fails");
	say_result(capset(&header, data));
}

static void op_setgroups(void)
{
	gid_t list[64];
	size_t n = 0;

	while (arg[n + 1] && n < 64)
		list[n] = number((int)n + 1), n++;
	say_result(setgroups(n, list));
}

static void op_many_groups(void)
{
	static gid_t list[70000];
	int n = (int)number(1);

	for (int i = 0; i < n; i++)
		list[i] = (gid_t)(100 + n - i);
	say_result(setgroups((size_t)n, list));
	n = getgroups(70000, list);
	say_number(" then ", n);
	if (n > 0)
		say_number(" from ", list[0]), say_number(" to ", list[n - 1]);
}

static void op_getgroups(void)
{
	gid_t list[64] = {0};

	say_result(getgroups((int)number(1), list));
}

static void op_getgroups_chk(void)
{
	gid_t list[64] = {0};

	say_result(__getgroups_chk((int)number(1), list, number(2)));
}

/* Not what the real kernel's loader took from the environment: PROBE is a harmless name. */
static void op_secure(void)
{
	say_number(" AT_SECURE=", (long)getauxval(AT_SECURE));
	say(secure_getenv("PROBE") ? " trusted" : " not trusted");
}

static void op_auxv(void)
{
	say_ids("uid", (uint32_t)getauxval(AT_UID), (uint32_t)getauxval(AT_EUID), 0, 0);
	say_ids("gid", (uint32_t)getauxval(AT_GID), (uint32_t)getauxval(AT_EGID), 0, 0);
	say_number(" pagesize=", (long)getauxval(AT_PAGESZ));
	errno = 0;
	say_number(" unknown=", (long)getauxval(12345));
	say_number(" errno=", errno);
}

static void op_prctl(void)
{
	unsigned long words[4] = {0};

	for (int i = 0; i < 4 && arg[i + 2]; i++)
		words[i] = number(i + 2);
	say_result(prctl((int)number(1), words[0], words[1], words[2], words[3]));
}

static void op_call(void)
{
	const char *name = arg[0];
	long r = -1;

	errno = ENOSYS;
	if (!strcmp(name, "setuid"))
		r = setuid(number(1));
	else if (!strcmp(name, "setgid"))
		r = setgid(number(1));
	else if (!strcmp(name, "seteuid"))
		r = seteuid(number(1));
	else if (!strcmp(name, "setegid"))
		r = setegid(number(1));
	else if (!strcmp(name, "setreuid"))
		r = setreuid(number(1), number(2));
	else if (!strcmp(name, "setresuid"))
		r = setresuid(number(1), number(2), number(3));
	else if (!strcmp(name, "setresgid"))
		r = setresgid(number(1), number(2), number(3));
	else if (!strcmp(name, "setfsuid"))
		r = (uint32_t)setfsuid(number(1));
	else if (!strcmp(name, "setfsgid"))
		r = (uint32_t)setfsgid(number(1));
	else if (!strcmp(name, "group_member"))
		r = group_member(number(1));
	else if (!strcmp(name, "initgroups"))
		r = initgroups(arg[1], number(2));
	else if (!strcmp(name, "syscall"))
		r = syscall((long)number(1), (long)(int)number(2), (long)(int)number(3),
			    (long)(int)number(4), 0L, 0L);
	say_result(r);
}

static const struct {
	const char *name;
	void (*run)(void);
} ops[] = {
	{"show", op_show},
	{"caps", op_caps},
	{"capset", op_capset},
	{"capget", op_capget},
	{"prctl", op_prctl},
	{"capset-pid", op_capset_pid},
	{"auxv", op_auxv},
	{"secure", op_secure},
	{"setgroups", op_setgroups},
	{"getgroups", op_getgroups},
	{"many-groups", op_many_groups},
	{"__getgroups_chk", op_getgroups_chk},
};

static void *run_word(void *word)
{
	char copy[400], *args[70] = {NULL}, *rest = copy;

	snprintf(copy, sizeof copy, "%s", (char *)word);
	for (int i = 0; i < 69 && rest; i++)
		args[i] = strsep(&rest, ",");
	arg = args;
	say(word);
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (!strcmp(ops[i].name, args[0])) {
			ops[i].run();
			say("\n");
			return NULL;
		}
	op_call();
	say("\n");
	return NULL;
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		_exit(3);
	if (WIFSIGNALED(status))
		say_number(" killed by ", WTERMSIG(status)), say("\n");
}

static void run_in_fork(char *word)
{
	pid_t pid = fork();

	if (pid == 0) {
		run_word(word);
		_exit(0);
	}
	wait_for(pid);
}

static void run_in_vfork(char *word)
{
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork): the call that is tested */
	pid_t pid = vfork();

	if (pid == 0) {
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork): its memory is what the test is
		 * about */
		run_word(word);
		_exit(0);
	}
	wait_for(pid);
}

/* Go on in a new program, which is told what "all" means: the bounding set may have shrunk
 * since. */
static void next_program(char **words, bool bare)
{
	char *argv[64] = {"ids_probe", "-all"}, *none[] = {NULL}, text[32];

	snprintf(text, sizeof text, "%" PRIx64, all);
	argv[2] = text;
	for (int i = 0; i < 60 && words[i]; i++)
		argv[3 + i] = words[i];
	execve("/proc/self/exe", argv, bare ? none : environ);
	say("exec fails\n");
	_exit(3);
}

int main(int argc, char **argv)
{
	bool goes_on = argc > 2 && !strcmp(argv[1], "-all");
	pthread_t thread;

	all = goes_on ? strtoull(argv[2], NULL, 16) : bounding();
	for (int i = goes_on ? 3 : 1; i < argc; i++) {
		char *word = argv[i];

		if (!strcmp(word, "exec") || !strcmp(word, "exec-bare"))
			next_program(argv + i + 1, !strcmp(word, "exec-bare"));
		else if (!strncmp(word, "fork:", 5))
			run_in_fork(word + 5);
		else if (!strncmp(word, "vfork:", 6))
			run_in_vfork(word + 6);
		else if (strncmp(word, "thread:", 7) != 0)
			run_word(word);
		else if (pthread_create(&thread, NULL, run_word, word + 7) ||
			 pthread_join(thread, NULL))
			return 3;
	}
	return 0;
}
