/* SPDX-License-Identifier: MIT
 * threads_probe.c - threads that make the calls that its words name, one word after the other, and print
 * what came of each:
 *
 *     threads_probe 1:SYS_setresuid,5,5,0 1:make,file 0:show 1:start,2 2:show
 *
 * The number is the thread's: 0 is the first, others are started by it at their first word, or by the word
 * start, and end by end. SYS_ names are system calls, others libc's. fork: and vfork: make the call in a
 * child; exec goes on with the other words in a new program. threads.bats runs the same words as real root
 * and inside a session.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <threads.h>
#include <unistd.h>

#include "say.h"

#define N_THREADS 8
#define N_ARGS 20

/* Only libcap's header declares it. */
int capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);

static struct worker {
	pthread_t thread;
	pid_t tid;
	sem_t wanted, done;
	char *word;
} workers[N_THREADS];

static char **rest_of_words;
static uint64_t all; /* the bounding set: a container may keep some from a real root */

static void *work(void *worker);

static uint32_t number(char **arg, int i)
{
	return (uint32_t)strtoll(arg[i] ? arg[i] : "0", NULL, 0);
}

static void op_show(char **arg)
{
	(void)arg; /* it takes none */
	say_who();
}

/* By what is missing from a full set, because containers have different ones. */
static void say_set(const char *name, uint64_t set)
{
	char text[60];

	if (set & (set - 1))
		snprintf(text, sizeof text, " %s=all^%" PRIx64, name, set ^ all);
	else
		snprintf(text, sizeof text, " %s=%" PRIx64, name, set);
	say(text);
}

static void say_caps(int tid)
{
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, tid};
	struct __user_cap_data_struct data[2] = {0};

	if (capget(&header, data))
		say(" capget fails");
	say_set("effective", (uint64_t)data[1].effective << 32 | data[0].effective);
	say_set("permitted", (uint64_t)data[1].permitted << 32 | data[0].permitted);
}

static void op_caps(char **arg)
{
	(void)arg;
	say_caps(0);
	say_number(" keepcaps=", prctl(PR_GET_KEEPCAPS));
	say_number(" securebits=", prctl(PR_GET_SECUREBITS));
	say_number(" no_new_privs=", prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
	say_number(" bounding-chown=", prctl(PR_CAPBSET_READ, CAP_CHOWN));
}

static void op_caps_of(char **arg)
{
	say_caps(workers[number(arg, 1)].tid);
}

/* cap-drop,N: out of the effective set alone. */
static void op_cap_drop(char **arg)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (capget(&header, data))
		say(" capget fails");
	data[0].effective &= ~(1u << number(arg, 1));
	say_result(syscall(SYS_capset, &header, data));
}

static void say_owner(int r, const struct stat *st)
{
	say_result(r);
	if (r >= 0)
		say_number(" uid=", st->st_uid), say_number(" gid=", st->st_gid);
}

static void op_make(char **arg)
{
	struct stat st;
	int fd = open(arg[1], O_CREAT | O_EXCL | O_WRONLY, 0600);

	say_owner(fd < 0 ? -1 : fstat(fd, &st), &st);
	close(fd);
}

static void op_stat(char **arg)
{
	struct stat st;

	say_owner(lstat(arg[1], &st), &st);
}

static void op_open(char **arg)
{
	int fd = open(arg[1], O_RDONLY);

	say_result(fd < 0 ? -1 : 0);
	close(fd);
}

/* status,PLACE: the ids that procfs shows. */
static void op_status(char **arg)
{
	char path[80], line[200];
	FILE *status;

	snprintf(path, sizeof path, "/proc/%s/status", arg[1]);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof line, status)) {
		if (strncmp(line, "Uid:", 4) != 0 && strncmp(line, "Groups:", 7) != 0)
			continue;
		line[strcspn(line, "\n")] = '\0';
		say(" "), say(line);
	}
	if (status)
		fclose(status);
}

static void start(int n)
{
	struct worker *w = &workers[n];

	w->tid = 0;
	sem_init(&w->wanted, 0, 0);
	sem_init(&w->done, 0, 0);
	say_number(" = ", pthread_create(&w->thread, NULL, work, w));
	while (sem_wait(&w->done))
		;
}

static void op_start(char **arg)
{
	start((int)number(arg, 1));
}

static int c11_show(void *unused)
{
	(void)unused;
	op_show(NULL);
	return 7;
}

static void op_c11(char **arg)
{
	thrd_t thread;
	int result = 0;

	(void)arg;
	if (thrd_create(&thread, c11_show, NULL) != thrd_success || thrd_join(thread, &result))
		say(" fails");
	say_number(" result=", result);
}

static void op_exec(char **arg)
{
	char *argv[64] = {"threads_probe"};

	(void)arg;
	for (int i = 0; i < 60 && rest_of_words[i]; i++)
		argv[1 + i] = rest_of_words[i];
	say("\n");
	execve("/proc/self/exe", argv, environ);
	say("exec fails\n");
	_exit(3);
}

static long call_libc(char **arg, const uint32_t n[4])
{
#define CALL(name, call)           \
	if (!strcmp(arg[0], name)) \
		return call;
	CALL("setuid", setuid(n[1]))
	CALL("seteuid", seteuid(n[1]))
	CALL("setresuid", setresuid(n[1], n[2], n[3]))
	CALL("setresgid", setresgid(n[1], n[2], n[3]))
	CALL("setfsuid", (uint32_t)setfsuid(n[1]))
	CALL("setfsgid", (uint32_t)setfsgid(n[1]))
	CALL("setgroups", setgroups(1, &n[1]))
	CALL("prctl", prctl((int)n[1], (unsigned long)n[2], (unsigned long)n[3], 0ul, 0ul))
	CALL("chown", chown(arg[1], n[2], n[3]))
	CALL("unlink", unlink(arg[1]))
	CALL("access", access(arg[1], R_OK))
	CALL("renice", setpriority(PRIO_PROCESS, (id_t)workers[n[1]].tid, 1))
	CALL("limit", prlimit(workers[n[1]].tid, RLIMIT_NOFILE, NULL, &(struct rlimit){0}))
	CALL("tgkill", tgkill(getpid(), workers[n[1]].tid, 0))
	errno = ENOSYS;
	return -1;
}

static long call(char **arg, const uint32_t n[4])
{
	static const struct {
		const char *name;
		long number;
	} calls[] = {
		{"SYS_setuid", SYS_setuid},	  {"SYS_setgid", SYS_setgid},
		{"SYS_setreuid", SYS_setreuid},	  {"SYS_setregid", SYS_setregid},
		{"SYS_setresuid", SYS_setresuid}, {"SYS_setresgid", SYS_setresgid},
		{"SYS_setfsuid", SYS_setfsuid},	  {"SYS_setfsgid", SYS_setfsgid},
	};

	if (!strcmp(arg[0], "SYS_setgroups"))
		return syscall(SYS_setgroups, arg[2] ? 2L : 1L, &n[1]);
	for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
		if (!strcmp(calls[i].name, arg[0]))
			return syscall(calls[i].number, (long)(int)n[1], (long)(int)n[2],
				       (long)(int)n[3]);
	return call_libc(arg, n);
}

static void run_word(const char *word)
{
	static const struct {
		const char *name;
		void (*run)(char **arg);
	} ops[] = {
		{"show", op_show}, {"caps", op_caps},	      {"caps-of", op_caps_of},
		{"make", op_make}, {"cap-drop", op_cap_drop}, {"stat", op_stat},
		{"open", op_open}, {"status", op_status},     {"start", op_start},
		{"exec", op_exec}, {"c11", op_c11},
	};
	char copy[200], *arg[N_ARGS + 1] = {NULL}, *rest = copy;
	uint32_t n[4];

	snprintf(copy, sizeof copy, "%s", word);
	for (int i = 0; i < N_ARGS && rest; i++)
		arg[i] = strsep(&rest, ",");
	for (int i = 0; i < 4; i++)
		n[i] = i && arg[i] && (i == 1 || arg[i - 1]) ? number(arg, i) : 0;
	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (!strcmp(ops[i].name, arg[0])) {
			ops[i].run(arg);
			return;
		}
	say_result(call(arg, n));
}

static void run_in_child(const char *word, pid_t pid)
{
	int status;

	if (pid == 0) {
		run_word(word);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		say(" the child fails");
}

static void run_here(const char *word)
{
	if (!strncmp(word, "fork:", 5))
		run_in_child(word + 5, fork());
	else if (!strncmp(word, "vfork:", 6))
		/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork,clang-analyzer-unix.Vfork) */
		run_in_child(word + 6, vfork());
	else
		run_word(word);
}

static void *work(void *worker)
{
	struct worker *w = worker;

	w->tid = (pid_t)syscall(SYS_gettid);
	sem_post(&w->done);
	for (;;) {
		while (sem_wait(&w->wanted))
			;
		if (!strcmp(w->word, "end"))
			pthread_exit(NULL);
		run_here(w->word);
		sem_post(&w->done);
	}
}

static void run_in(int n, char *word)
{
	struct worker *w = &workers[n];

	if (!w->tid)
		start(n);
	w->word = word;
	sem_post(&w->wanted);
	if (!strcmp(word, "end")) {
		pthread_join(w->thread, NULL);
		w->tid = 0;
		return;
	}
	while (sem_wait(&w->done))
		;
}

int main(int argc, char **argv)
{
	for (unsigned long cap = 0; cap < 41; cap++)
		if (prctl(PR_CAPBSET_READ, cap) == 1)
			all |= UINT64_C(1) << cap;
	workers[0].tid = getpid();
	for (int i = 1; i < argc; i++) {
		char *word = argv[i] + 2;
		int n = argv[i][0] - '0';

		if (n < 0 || n >= N_THREADS || argv[i][1] != ':')
			return 2;
		rest_of_words = argv + i + 1;
		say(argv[i]);
		if (n == 0)
			run_here(word);
		else
			run_in(n, word);
		say("\n");
	}
	return 0;
}
