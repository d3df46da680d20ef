/* SPDX-License-Identifier: MIT
 * rules.c - rules_run: carry out tables of rules, and print one line for each: what the calls answered, and
 * what every file of the rule's directory is then.
 *
 *   rules_run make DIR TABLE...   as root: for each rule a directory below DIR with what the rule is given
 *   rules_run run DIR TABLE...    carry them out; print one line a rule
 *   rules_run count TABLE...      print how many there are
 *
 * A table is made of rules; blanks or ~ separate words, # begins a comment:
 *
 *   rule NAME                        begins one
 *   for VAR VALUE...                 makes one of each value; $VAR stands for it, ${VAR} where letters follow
 *   each VAR VALUE...                repeats the lines that name it, last
 *   given TYPE PATH MODE UID:GID [X] what there is; times of all are old. X: a size, where a link leads
 *   as root|owner|member|...         who makes the calls below; in a child, for anybody but root
 *   do CALL ARGUMENTS                a row of rules_calls.def, in terms of the rule's directory
 */
#include "rules.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>

static const struct actor {
	const char *name;
	uid_t uid;
	gid_t gid;
	gid_t group; /* one more */
} actors[] = {
	{"owner", 1000, 1000, 1000},
	{"member", 1001, 1001, 2000},
	{"group", 1002, 2000, 2000},
	{"other", 1003, 1003, 1003},
	{"u1000g2000", 1000, 1000, 2000},
	{"u65533", 65533, 65533, 65533},
	{"u65534", 65534, 65534, 65534},
	{"u65535", 65535, 65535, 65535},
	{"uhuge", 4294967294u, 4294967293u, 5},
};

static const char *home;
static int64_t started_ns;

/* Root without one capability, from then on. */
static void drop_capability(const char *name)
{
	static const struct {
		const char *name;
		int cap;
	} caps[] = {
		{"-chown", CAP_CHOWN},	    {"-fowner", CAP_FOWNER},
		{"-fsetid", CAP_FSETID},    {"-mknod", CAP_MKNOD},
		{"-dac", CAP_DAC_OVERRIDE}, {"-search", CAP_DAC_READ_SEARCH},
		{"-setuid", CAP_SETUID},    {"-setgid", CAP_SETGID},
	};
	struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
	struct __user_cap_data_struct data[2];
	extern int capget(cap_user_header_t, cap_user_data_t);
	extern int capset(cap_user_header_t, const cap_user_data_t);

	for (size_t i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (strcmp(caps[i].name, name) == 0) {
			if (capget(&header, data) < 0)
				rules_die("capget");
			data[0].effective &= ~(1u << caps[i].cap);
			data[0].permitted &= ~(1u << caps[i].cap);
			if (capset(&header, data) < 0)
				rules_die("capset");
			return;
		}
	rules_die("unknown actor: %s", name);
}

static void become(const char *name)
{
	for (size_t i = 0; i < sizeof(actors) / sizeof(actors[0]); i++)
		if (strcmp(actors[i].name, name) == 0) {
			const struct actor *a = &actors[i];

			if (setgroups(1, &a->group) < 0 || setresgid(a->gid, a->gid, a->gid) < 0 ||
			    setresuid(a->uid, a->uid, a->uid) < 0)
				rules_die("cannot become %s: %s", name, strerror(errno));
			return;
		}
	drop_capability(name);
}

static void report_end(int status)
{
	if (WIFSIGNALED(status))
		say(" killed by SIG%s;", sigabbrev_np(WTERMSIG(status)));
	else if (WEXITSTATUS(status) != 0)
		rules_die("a rule ended with %d", WEXITSTATUS(status));
}

static void wait_for(pid_t pid)
{
	int status;

	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		rules_die("fork: %s", strerror(errno));
	report_end(status);
}

/* The lines behind an `as`, up to the next. */
static void do_calls(const struct rule *rule, unsigned i)
{
	struct words w;

	for (; i < rule->n_lines; i++) {
		words_split(rule->lines[i], &w);
		if (strcmp(w.word[0], "as") == 0)
			return;
		if (strcmp(w.word[0], "do") == 0)
			call_do(&w);
	}
}

/* In the rule's own process, which stays root. */
static void do_rule(const struct rule *rule)
{
	struct words w;

	(void)alarm(5);
	do_calls(rule, 0);
	for (unsigned i = 0; i < rule->n_lines; i++) {
		pid_t pid;

		words_split(rule->lines[i], &w);
		if (strcmp(w.word[0], "as") != 0)
			continue;
		if (strcmp(w.word[1], "root") == 0) {
			do_calls(rule, i + 1);
			continue;
		}
		pid = fork();
		if (pid == 0) {
			become(w.word[1]);
			do_calls(rule, i + 1);
			_exit(0);
		}
		wait_for(pid);
	}
}

static void enter(unsigned number)
{
	char dir[32];

	(void)snprintf(dir, sizeof(dir), "%u", number);
	if (chdir(home) < 0 || chdir(dir) < 0)
		rules_die("cannot enter %s/%s: %s", home, dir, strerror(errno));
}

static void run_rule(const struct rule *rule, unsigned number)
{
	pid_t pid;

	say_start();
	say("%s:", rule->name);
	enter(number);
	pid = fork();
	if (pid == 0) {
		do_rule(rule);
		_exit(0);
	}
	wait_for(pid);
	scene_show(started_ns);
	say_end();
}

static void make_rule(const struct rule *rule, unsigned number)
{
	char dir[32];
	struct words w;

	(void)snprintf(dir, sizeof(dir), "%u", number);
	if (chdir(home) < 0 || mkdir(dir, 0755) < 0)
		rules_die("cannot make %s/%s: %s", home, dir, strerror(errno));
	enter(number);
	for (unsigned i = 0; i < rule->n_lines; i++) {
		words_split(rule->lines[i], &w);
		if (strcmp(w.word[0], "given") == 0)
			scene_given(&w);
	}
	scene_age();
}

static void ignore_rule(const struct rule *rule, unsigned number)
{
	(void)rule;
	(void)number;
}

int main(int argc, char **argv)
{
	rule_function *function = ignore_rule;
	const struct timespec tick = {0, 30000000};
	struct timespec now;
	unsigned n = 0;
	int first = 2;

	if (argc >= 4 && strcmp(argv[1], "count") != 0) {
		function = strcmp(argv[1], "make") == 0 ? make_rule : run_rule;
		home = argv[2];
		first = 3;
	}
	if (argc <= first || (function == ignore_rule && strcmp(argv[1], "count") != 0))
		rules_die("usage: rules_run make|run DIR TABLE... | count TABLE...");
	(void)umask(0);
	/* What changes from now on has another time than what was made. */
	(void)nanosleep(&tick, NULL);
	(void)clock_gettime(CLOCK_REALTIME_COARSE, &now);
	started_ns = now.tv_sec * 1000000000L + now.tv_nsec;
	for (int i = first; i < argc; i++)
		n += rules_each(argv[i], n, function);
	if (function == ignore_rule)
		printf("%u\n", n);
	return fflush(stdout) == 0 ? 0 : 1;
}
