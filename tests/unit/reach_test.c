/* SPDX-License-Identifier: MIT
 * reach_test.c - core/reach.c beside the running kernel: a process of each kind does to one of
 * each other kind what it may. Needs root, whose children they are.
 */
#include <check.h>
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/reach.h"
#include "run_suite.h"

#define N_IDS 3u /* 1000 to 1002 */
#define N_TRIPLES (N_IDS * N_IDS * N_IDS)
#define N_SUBJECTS (N_IDS * N_IDS)
#define CAPABLE (2 * N_TRIPLES)
#define UNDUMPABLE (CAPABLE + 1)
#define N_TARGETS (UNDUMPABLE + 1)
#define N_RULES 5u
#define ID(digit) (1000u + (digit))
#define IOPRIO_BEST_EFFORT_4 ((2 << 13) | 4)

/* Target i < N_TRIPLES differs in its user ids, the others in their group ids; one has a
 * capability, and one is undumpable. */
static struct reach_other target_of(unsigned i)
{
	struct reach_other other = {
		.permitted = i == CAPABLE ? 1 << CAP_CHOWN : 0,
		.undumpable = i == UNDUMPABLE,
	};

	for (unsigned kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		unsigned triple = i / N_TRIPLES == kind ? i % N_TRIPLES : 0;

		other.id[kind][CREDS_REAL] = ID(triple % N_IDS);
		other.id[kind][CREDS_EFFECTIVE] = ID(triple / N_IDS % N_IDS);
		other.id[kind][CREDS_SAVED] = ID(triple / N_IDS / N_IDS);
	}
	return other;
}

static struct creds subject(unsigned i)
{
	struct creds creds = {0};

	creds.id[FAKEID_UID][CREDS_REAL] = ID(i % N_IDS);
	creds.id[FAKEID_UID][CREDS_EFFECTIVE] = ID(i / N_IDS);
	creds.id[FAKEID_GID][CREDS_REAL] = ID(0);
	return creds;
}

static void become(const uint32_t uid[3], const uint32_t gid[3], uint64_t permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{.permitted = (uint32_t)permitted}, {0}};

	if (prctl(PR_SET_KEEPCAPS, permitted != 0, 0, 0, 0) < 0 || setgroups(0, NULL) < 0 ||
	    setresgid(gid[0], gid[1], gid[2]) < 0 || setresuid(uid[0], uid[1], uid[2]) < 0 ||
	    syscall(SYS_capset, &header, data) < 0)
		_exit(2);
}

static pid_t start_target(unsigned i)
{
	struct reach_other other = target_of(i);
	int ready[2];
	pid_t pid;
	char byte;

	ck_assert_int_eq(pipe(ready), 0);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		become(other.id[FAKEID_UID], other.id[FAKEID_GID], other.permitted);
		if (prctl(PR_SET_DUMPABLE, !other.undumpable, 0, 0, 0) < 0)
			_exit(2);
		if (write(ready[1], "x", 1) != 1)
			_exit(2);
		for (;;)
			(void)pause();
	}
	(void)close(ready[1]);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

/* What changes nothing where it is allowed. */
static bool kernel_allows(enum reach what, pid_t pid)
{
	struct rlimit limit;
	cpu_set_t set;
	size_t size;
	void *list;
	long r;

	switch (what) {
	case REACH_SIGNAL:
		r = kill(pid, 0);
		break;
	case REACH_PRIORITY:
		r = setpriority(PRIO_PROCESS, (id_t)pid, getpriority(PRIO_PROCESS, (id_t)pid));
		/* One rule for both, or this is false. */
		if (sched_getaffinity(pid, sizeof(set), &set) < 0 ||
		    sched_setaffinity(pid, sizeof(set), &set) != r)
			_exit(3);
		break;
	case REACH_IOPRIO:
		r = syscall(SYS_ioprio_set, 1, pid, IOPRIO_BEST_EFFORT_4);
		break;
	case REACH_TRACE:
		r = syscall(SYS_get_robust_list, pid, &list, &size);
		break;
	default:
		r = prlimit(pid, RLIMIT_CORE, NULL, &limit);
	}
	if (r < 0 && errno != EPERM)
		_exit(4);
	return r == 0;
}

static void compare_subject(unsigned i, const pid_t target[N_TARGETS])
{
	struct creds creds = subject(i);
	const uint32_t *uid = creds.id[FAKEID_UID];
	const uint32_t ids[3] = {uid[CREDS_REAL], uid[CREDS_EFFECTIVE], uid[CREDS_EFFECTIVE]};
	const uint32_t groups[3] = {ID(0), ID(0), ID(0)};
	int failed = 0;

	become(ids, groups, 0);
	for (unsigned t = 0; t < N_TARGETS; t++) {
		struct reach_other other = target_of(t);

		for (unsigned what = 0; what < N_RULES; what++) {
			bool may = kernel_allows((enum reach)what, target[t]);

			if (reach_by_ids((enum reach)what, &creds, &other) == may)
				continue;
			(void)fprintf(stderr,
				      "subject %u, target %u, rule %u: the kernel says %d\n", i, t,
				      what, may);
			failed = 1;
		}
	}
	_exit(failed);
}

START_TEST(test_the_kernel_says_the_same)
{
	pid_t target[N_TARGETS];

	for (unsigned t = 0; t < N_TARGETS; t++)
		target[t] = start_target(t);
	for (unsigned i = 0; i < N_SUBJECTS; i++) {
		pid_t pid = fork();
		int status;

		ck_assert_int_ge(pid, 0);
		if (pid == 0)
			compare_subject(i, target);
		ck_assert_int_eq(waitpid(pid, &status, 0), pid);
		ck_assert_msg(status == 0, "subject %u: status %#x", i, (unsigned)status);
	}
	for (unsigned t = 0; t < N_TARGETS; t++) {
		ck_assert_int_eq(kill(target[t], SIGKILL), 0);
		ck_assert_int_eq(waitpid(target[t], NULL, 0), target[t]);
	}
}
END_TEST

START_TEST(test_ids_without_a_place_match_nobody)
{
	struct creds creds = subject(0);
	struct reach_other other;

	for (unsigned i = 0; i < FAKEID_IDKIND_N * CREDS_ID_N; i++)
		other.id[i / CREDS_ID_N][i % CREDS_ID_N] = FAKEID_ID_INVALID;
	other.permitted = 0;
	for (unsigned what = 0; what < N_RULES; what++)
		ck_assert(!reach_by_ids((enum reach)what, &creds, &other));
}
END_TEST

START_TEST(test_each_rule_has_its_capability)
{
	ck_assert_uint_eq(reach_cap(REACH_SIGNAL), CAP_KILL);
	ck_assert_uint_eq(reach_cap(REACH_PRIORITY), CAP_SYS_NICE);
	ck_assert_uint_eq(reach_cap(REACH_IOPRIO), CAP_SYS_NICE);
	ck_assert_uint_eq(reach_cap(REACH_LIMITS), CAP_SYS_RESOURCE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("reach");
	TCase *c = tcase_create("rules");

	if (geteuid() != 0) {
		(void)fprintf(stderr, "must be started by root\n");
		return EXIT_FAILURE;
	}
	tcase_set_timeout(c, 60);
	tcase_add_test(c, test_the_kernel_says_the_same);
	tcase_add_test(c, test_ids_without_a_place_match_nobody);
	tcase_add_test(c, test_each_rule_has_its_capability);
	suite_add_tcase(s, c);
	return run_suite(s);
}
