/* SPDX-License-Identifier: MIT
 * creds_kernel.c - random sequences of set*id, setgroups, capset, prctl and exec, each made both
 * for real and with the pure core; every result and the whole state afterwards must agree. Needs
 * real root. Usage: creds_kernel [SEQUENCES [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/creds.h"

enum { N_SEQUENCES = 400, N_STEPS = 25, N_PROGRAMS = 3 /* of one sequence, by exec */ };
#define NO FAKEID_ID_INVALID

static const uint32_t ids[] = {0, 0, 1, 2, 1000, 65534, FAKEID_ID_INVALID - 1, NO};

struct state {
	struct creds creds;
	struct groups groups;
};

static struct state ours, kernels;
static uint64_t random_state;
static char step_text[200];

/* What older kernels do otherwise; the core follows the newest. */
static bool has_exec_bits, has_quiet_setresuid, has_exact_exec;

static uint32_t any(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >> 32) % below;
}

static uint32_t any_id(void)
{
	return ids[any(sizeof ids / sizeof ids[0])];
}

static long answer(long result)
{
	return result < 0 ? -errno : result;
}

static uint64_t joined(uint32_t low, uint32_t high)
{
	return (uint64_t)high << 32 | low;
}

static void read_kernel(struct state *ret_state)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	struct creds *creds = &ret_state->creds;
	uint32_t *uid = creds->id[FAKEID_UID], *gid = creds->id[FAKEID_GID];
	int n = getgroups(CREDS_GROUPS_MAX, ret_state->groups.list);

	memset(creds, 0, sizeof *creds);
	if (n < 0 || getresuid(&uid[0], &uid[1], &uid[2]) || getresgid(&gid[0], &gid[1], &gid[2]) ||
	    syscall(SYS_capget, &header, data)) {
		perror("reading the credentials");
		_exit(2);
	}
	ret_state->groups.n = (uint32_t)n;
	uid[CREDS_FS] = (uint32_t)syscall(SYS_setfsuid, -1);
	gid[CREDS_FS] = (uint32_t)syscall(SYS_setfsgid, -1);
	creds->cap[CREDS_CAP_EFFECTIVE] = joined(data[0].effective, data[1].effective);
	creds->cap[CREDS_CAP_PERMITTED] = joined(data[0].permitted, data[1].permitted);
	creds->cap[CREDS_CAP_INHERITABLE] = joined(data[0].inheritable, data[1].inheritable);
	for (unsigned long cap = 0; cap < CREDS_CAP_COUNT; cap++) {
		if (prctl(PR_CAPBSET_READ, cap) == 1)
			creds->cap[CREDS_CAP_BOUNDING] |= UINT64_C(1) << cap;
		if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0) == 1)
			creds->cap[CREDS_CAP_AMBIENT] |= UINT64_C(1) << cap;
	}
	creds->securebits = (uint32_t)prctl(PR_GET_SECUREBITS);
	creds->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	creds->undumpable = prctl(PR_GET_DUMPABLE) != 1;
}

static void print_state(const char *who, const struct state *state)
{
	const struct creds *creds = &state->creds;

	printf("  %s: ", who);
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		for (int i = 0; i < CREDS_ID_N; i++)
			printf("%s%" PRIu32, i ? "," : kind ? " gid=" : "uid=", creds->id[kind][i]);
	for (int i = 0; i < CREDS_CAPSET_N; i++)
		printf("%s%" PRIx64, i ? "," : " cap=", creds->cap[i]);
	printf(" sb=%x nnp=%d", creds->securebits, creds->no_new_privs);
	printf(" undumpable=%d groups=", creds->undumpable);
	for (uint32_t i = 0; i < state->groups.n; i++)
		printf("%s%" PRIu32, i ? "," : "", state->groups.list[i]);
	printf("\n");
}

static bool is_same(const struct state *a, const struct state *b)
{
	return !memcmp(a->creds.id, b->creds.id, sizeof a->creds.id) &&
	       !memcmp(a->creds.cap, b->creds.cap, sizeof a->creds.cap) &&
	       a->creds.securebits == b->creds.securebits &&
	       a->creds.no_new_privs == b->creds.no_new_privs &&
	       a->creds.undumpable == b->creds.undumpable && a->groups.n == b->groups.n &&
	       !memcmp(a->groups.list, b->groups.list, a->groups.n * sizeof a->groups.list[0]);
}

/* One call each: make it for real and with the core, and say what it was. */
static void step_ids(long *ret_kernel, long *ret_core)
{
	static const char *const names[FAKEID_IDKIND_N][5] = {
		{"setuid", "setreuid", "setresuid", "seteuid", "setfsuid"},
		{"setgid", "setregid", "setresgid", "setegid", "setfsgid"},
	};
	enum fakeid_idkind kind = any(2) ? FAKEID_GID : FAKEID_UID;
	uint32_t a = any_id(), b = any_id(), c = any_id();
	bool uid = kind == FAKEID_UID;
	struct creds *creds = &ours.creds;
	uint32_t which = any(5);

	/* What an older kernel answers otherwise: a request for what is already there. */
	if (!has_quiet_setresuid && (which == 2 || which == 3) &&
	    creds->id[kind][CREDS_EFFECTIVE] != creds->id[kind][CREDS_FS])
		which = 0;
	snprintf(step_text, sizeof step_text, "%s(%d, %d, %d)", names[kind][which], (int)a, (int)b,
		 (int)c);
	switch (which) {
	case 0:
		*ret_kernel = answer(syscall(uid ? SYS_setuid : SYS_setgid, a));
		*ret_core = creds_setid(creds, kind, a);
		break;
	case 1:
		*ret_kernel = answer(syscall(uid ? SYS_setreuid : SYS_setregid, a, b));
		*ret_core = creds_setreid(creds, kind, a, b);
		break;
	case 2:
		*ret_kernel = answer(syscall(uid ? SYS_setresuid : SYS_setresgid, a, b, c));
		*ret_core = creds_setresid(creds, kind, a, b, c);
		break;
	case 3:
		*ret_kernel = answer(uid ? seteuid(a) : setegid(a));
		*ret_core = creds_seteid(creds, kind, a);
		break;
	default:
		*ret_kernel = (uint32_t)syscall(uid ? SYS_setfsuid : SYS_setfsgid, a);
		*ret_core = creds_setfsid(creds, kind, a);
	}
}

static void step_groups(long *ret_kernel, long *ret_core)
{
	uint32_t list[8] = {0}, n = any(9);

	for (uint32_t i = 0; i < n; i++)
		list[i] = any(20) ? any(40) : any_id();
	if (any(20) == 0)
		n = CREDS_GROUPS_MAX + 1; /* looked at before the list is */
	snprintf(step_text, sizeof step_text, "setgroups(%u, %d, %d ...)", n, (int)list[0],
		 (int)list[1]);
	*ret_kernel = answer(syscall(SYS_setgroups, n, list));
	*ret_core = creds_check_setgroups(&ours.creds, list, n);
	if (*ret_core == 0)
		creds_fill_groups(&ours.groups, list, n);
}

/* Mostly a subset of what the process has, because anything else only fails. */
static uint64_t any_set(void)
{
	uint64_t set = ours.creds.cap[any(CREDS_CAPSET_N)],
		 other = ours.creds.cap[any(CREDS_CAPSET_N)];

	switch (any(6)) {
	case 0:
		return set & other & joined(any(UINT32_MAX), any(UINT32_MAX));
	case 1:
		return set & ~(UINT64_C(1) << any(64));
	case 2:
		return set | UINT64_C(1) << any(64);
	case 3:
		return set | other;
	default:
		return set;
	}
}

static void step_capset(long *ret_kernel, long *ret_core)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	uint64_t permitted = any_set(), inheritable = any_set();
	uint64_t effective = any(2) ? permitted & any_set() : any_set();

	data[0] = (struct __user_cap_data_struct){(uint32_t)effective, (uint32_t)permitted,
						  (uint32_t)inheritable};
	data[1] = (struct __user_cap_data_struct){(uint32_t)(effective >> 32),
						  (uint32_t)(permitted >> 32),
						  (uint32_t)(inheritable >> 32)};
	snprintf(step_text, sizeof step_text, "capset(%" PRIx64 ", %" PRIx64 ", %" PRIx64 ")",
		 effective, permitted, inheritable);
	*ret_kernel = answer(syscall(SYS_capset, &header, data));
	*ret_core = creds_capset(&ours.creds, effective, permitted, inheritable);
}

/* A capability that may be raised, if there is one. */
static unsigned long any_raisable(void)
{
	const uint64_t *cap = ours.creds.cap;
	unsigned long first = any(CREDS_CAP_COUNT), c = first;

	do {
		if (cap[CREDS_CAP_PERMITTED] & cap[CREDS_CAP_INHERITABLE] & UINT64_C(1) << c)
			break;
		c = (c + 1) % CREDS_CAP_COUNT;
	} while (c != first);
	return c;
}

static unsigned long any_securebits(void)
{
	unsigned long bits = ours.creds.securebits ^ 1ul << any(any(10) ? 12 : 64);

	if (any(4) == 0)
		bits ^= 1ul << any(12);
	return has_exec_bits ? bits : bits & ~0xf00ul;
}

static void step_prctl(long *ret_kernel, long *ret_core)
{
	static const int options[] = {PR_SET_KEEPCAPS, PR_GET_KEEPCAPS,	   PR_SET_SECUREBITS,
				      PR_CAP_AMBIENT,  PR_CAP_AMBIENT,	   PR_CAPBSET_READ,
				      PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS};
	int option = options[any(sizeof options / sizeof options[0])];
	unsigned long arg[4] = {any(3), 0, 0, 0};

	switch (option) {
	case PR_SET_SECUREBITS:
		arg[0] = any_securebits();
		break;
	case PR_CAP_AMBIENT:
		arg[0] = any(3) ? PR_CAP_AMBIENT_RAISE : any(6);
		arg[1] = any(3) ? any_raisable() : any(43);
		if (arg[0] == PR_CAP_AMBIENT_CLEAR_ALL && any(4))
			arg[1] = 0;
		break;
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
		arg[0] = any(45);
		break;
	case PR_SET_NO_NEW_PRIVS:
		arg[0] = any(8) == 0; /* there is no way back */
		break;
	}
	if (option != PR_SET_SECUREBITS && any(12) == 0)
		arg[any(4)] = any(50);
	snprintf(step_text, sizeof step_text, "prctl(%d, %lu, %lu, %lu, %lu)", option, arg[0],
		 arg[1], arg[2], arg[3]);
	*ret_kernel = answer(prctl(option, arg[0], arg[1], arg[2], arg[3]));
	*ret_core = creds_prctl(&ours.creds, option, arg);
}

static void differ(const char *what, long kernel, long core)
{
	printf("%s: kernel %ld, core %ld\n", what, kernel, core);
	print_state("kernel", &kernels);
	print_state("core  ", &ours);
	fflush(stdout);
	_exit(1);
}

/* An older kernel takes every effective id that is not the real one for a setuid file's. */
static bool exec_is_known(void)
{
	const struct creds *creds = &ours.creds;

	return has_exact_exec ||
	       (creds->id[FAKEID_UID][CREDS_REAL] == creds->id[FAKEID_UID][CREDS_EFFECTIVE] &&
		creds->id[FAKEID_GID][CREDS_REAL] == creds->id[FAKEID_GID][CREDS_EFFECTIVE]);
}

/* Go on in a new program, which compares what it finds with what the core expects. */
static void next_program(int self, int program)
{
	static char text[CREDS_TEXT_BASE_BYTES + 16 * CREDS_TEXT_GROUP_BYTES];
	char seed[32], number[16];
	char *argv[] = {"creds_kernel", "--program", number, seed, text, NULL};
	size_t len;

	if (creds_exec(&ours.creds, &ours.groups, NULL) < 0 ||
	    creds_format(&ours.creds, &ours.groups, 0, text, sizeof text, &len) < 0)
		_exit(2);

	snprintf(number, sizeof number, "%d", program);
	snprintf(seed, sizeof seed, "%" PRIx64, random_state);
	fflush(stdout);
	syscall(SYS_execveat, self, "", argv, environ, AT_EMPTY_PATH);
	perror("exec");
	_exit(2);
}

static void run_program(int self, int program)
{
	static void (*const steps[])(long *, long *) = {
		step_ids, step_ids, step_ids, step_groups, step_capset, step_prctl, step_prctl};

	for (int step = 0; step < N_STEPS; step++) {
		long kernel, core;

		steps[any(sizeof steps / sizeof steps[0])](&kernel, &core);
		read_kernel(&kernels);
		if (kernel != core || !is_same(&ours, &kernels))
			differ(step_text, kernel, core);
	}
	if (program < N_PROGRAMS && exec_is_known())
		next_program(self, program + 1);
	_exit(0);
}

/* We are the new program of a sequence. */
static void continue_program(char **argv)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC),
	    program = (int)strtol(argv[2], NULL, 10);
	uint32_t umask_user;

	random_state = strtoull(argv[3], NULL, 16);
	read_kernel(&kernels);
	if (self < 0 || creds_parse(argv[4], &ours.creds, &ours.groups, &umask_user) < 0)
		differ(argv[4], 0, -EINVAL);
	if (!is_same(&ours, &kernels))
		differ("exec", 0, 0);
	run_program(self, program);
}

static bool kernel_is(unsigned major, unsigned minor)
{
	unsigned long is_major, is_minor;
	struct utsname name;
	char *end;

	if (uname(&name))
		return false;
	is_major = strtoul(name.release, &end, 10);
	is_minor = *end == '.' ? strtoul(end + 1, NULL, 10) : 0;
	return is_major > major || (is_major == major && is_minor >= minor);
}

static bool run_sequence(uint64_t seed, int number)
{
	int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC), status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		random_state = seed + (uint64_t)number * UINT64_C(0x9e3779b97f4a7c15);
		if (self < 0 || setgroups(1, &(gid_t){0}))
			_exit(2);
		read_kernel(&ours);
		run_program(self, 1);
	}
	close(self);
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	if (status)
		printf("sequence %d of seed %#" PRIx64 " ended with status %#x\n", number, seed,
		       status);
	return status == 0;
}

int main(int argc, char **argv)
{
	int n = argc > 1 ? (int)strtol(argv[1], NULL, 10) : N_SEQUENCES, n_bad = 0;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 0) : UINT64_C(0x5eed0003);

	has_exec_bits = kernel_is(6, 14);
	has_quiet_setresuid = kernel_is(6, 3);
	has_exact_exec = kernel_is(6, 17);
	if (argc == 5 && !strcmp(argv[1], "--program"))
		continue_program(argv);
	if (getuid() || geteuid()) {
		printf("creds_kernel compares with real root, so it must be run as root\n");
		return EXIT_FAILURE;
	}
	printf("seed %#" PRIx64 ", %d sequences of up to %d calls\n", seed, n,
	       N_STEPS * N_PROGRAMS);
	for (int i = 0; i < n && n_bad < 5; i++)
		n_bad += !run_sequence(seed, i);
	printf("%d sequences differ\n", n_bad);
	return n_bad ? EXIT_FAILURE : EXIT_SUCCESS;
}
