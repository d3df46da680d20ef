/* SPDX-License-Identifier: MIT
 * walk_caps.c - capability sets, securebits and the like: changed, and read back in every way there
 * is.
 */
#include "walk.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* libc exports them and no header of its own declares them. */
int capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);
int capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data);

#define N_WORDS _LINUX_CAPABILITY_U32S_3
#define CAP(name)                 \
	{                         \
#name, CAP_##name \
	}

/* The only ones that are changed or shown: of the others a machine's root may lack some. */
static const struct {
	const char *name;
	unsigned number;
} caps[] = {
	CAP(CHOWN),  CAP(DAC_OVERRIDE), CAP(DAC_READ_SEARCH), CAP(FOWNER),
	CAP(FSETID), CAP(SETGID),	CAP(SETUID),	      CAP(SETPCAP),
	CAP(MKNOD),  CAP(SYS_ADMIN),	CAP(LEASE),	      CAP(SETFCAP),
};

#define N_CAPS (sizeof(caps) / sizeof(caps[0]))

static uint64_t known(void)
{
	uint64_t set = 0;

	for (size_t i = 0; i < N_CAPS; i++)
		set |= UINT64_C(1) << caps[i].number;
	return set;
}

static unsigned cap_number(const char *name, size_t len)
{
	for (size_t i = 0; i < N_CAPS; i++)
		if (strlen(caps[i].name) == len && memcmp(caps[i].name, name, len) == 0)
			return caps[i].number;
	walk_die("unknown capability: %s", name);
}

/* all, none, or CHOWN|FOWNER */
static uint64_t cap_set(const char *word)
{
	uint64_t set = 0;

	if (word_is(word, "all"))
		return known();
	if (word_is(word, "none"))
		return 0;
	for (;;) {
		size_t len = strcspn(word, "|");

		set |= UINT64_C(1) << cap_number(word, len);
		if (word[len] == '\0')
			return set;
		word += len + 1;
	}
}

static uint64_t changed(uint64_t old, char how, uint64_t set)
{
	switch (how) {
	case '+':
		return old | set;
	case '-':
		return old & ~set;
	default:
		return (old & ~known()) | set;
	}
}

/* capset SETS HOW CAPS: SETS some of e, p and i; HOW + (more), - (less) or = (of those known
 * here) */
static void op_capset(char **w)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[N_WORDS];
	uint64_t set = cap_set(w[3]);

	if (capget(&header, data) < 0)
		walk_die("capget");
	for (unsigned i = 0; i < N_WORDS; i++) {
		uint64_t mine = (set >> 32 * i) << 32 * i;
		uint64_t e = (uint64_t)data[i].effective << 32 * i;
		uint64_t p = (uint64_t)data[i].permitted << 32 * i;
		uint64_t inh = (uint64_t)data[i].inheritable << 32 * i;

		if (strchr(w[1], 'e') != NULL)
			data[i].effective = (uint32_t)(changed(e, w[2][0], mine) >> 32 * i);
		if (strchr(w[1], 'p') != NULL)
			data[i].permitted = (uint32_t)(changed(p, w[2][0], mine) >> 32 * i);
		if (strchr(w[1], 'i') != NULL)
			data[i].inheritable = (uint32_t)(changed(inh, w[2][0], mine) >> 32 * i);
	}
	if (word_is(w[0], "capset"))
		say_result(capset(&header, data));
	else
		say_result(syscall(SYS_capset, &header, data));
}

static void op_bounding_drop(char **w)
{
	say_result(prctl(PR_CAPBSET_DROP, cap_number(w[1], strlen(w[1])), 0, 0, 0));
}

/* ambient raise|lower|is CAP, ambient clear CAP */
static void op_ambient(char **w)
{
	unsigned long cap = cap_number(w[2], strlen(w[2]));

	if (word_is(w[1], "clear"))
		say_result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0));
	else if (word_is(w[1], "raise"))
		say_result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0));
	else if (word_is(w[1], "lower"))
		say_result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_LOWER, cap, 0, 0));
	else
		say_result(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, cap, 0, 0));
}

static void op_securebits(char **w)
{
	say_result(prctl(PR_SET_SECUREBITS, word_number(w[1]), 0, 0, 0));
}

static void op_dumpable(char **w)
{
	say_result(prctl(PR_SET_DUMPABLE, word_number(w[1]), 0, 0, 0));
}

static void op_no_new_privs(char **w)
{
	(void)w;
	say_result(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
}

static uint64_t ask_each(int option, unsigned long how)
{
	uint64_t set = 0;

	for (size_t i = 0; i < N_CAPS; i++) {
		unsigned long cap = caps[i].number;
		int r = option == PR_CAPBSET_READ ? prctl(option, cap, 0, 0, 0)
						  : prctl(option, how, cap, 0, 0);

		if (r > 0)
			set |= UINT64_C(1) << cap;
	}
	return set;
}

/* A row of /proc/self/status, `base` 16 or 10. */
static uint64_t status_row(const char *name, int base)
{
	char line[256];
	uint64_t value = 0;
	size_t len = strlen(name);
	FILE *stream = fopen("/proc/self/status", "r");

	while (stream != NULL && fgets(line, sizeof(line), stream) != NULL)
		if (strncmp(line, name, len) == 0 && line[len] == ':')
			value = strtoull(line + len + 1, NULL, base);
	if (stream != NULL)
		(void)fclose(stream); /* was only read */
	return value;
}

static void op_caps(char **w)
{
	static const char *const rows[] = {"CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"};
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[N_WORDS];
	int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
	uint64_t sets[5];

	(void)w;
	if (capget(&header, d) < 0)
		walk_die("capget");
	sets[0] = (uint64_t)d[1].effective << 32 | d[0].effective;
	sets[1] = (uint64_t)d[1].permitted << 32 | d[0].permitted;
	sets[2] = (uint64_t)d[1].inheritable << 32 | d[0].inheritable;
	sets[3] = ask_each(PR_CAPBSET_READ, 0);
	sets[4] = ask_each(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET);
	printf(" =");
	/* Every way to ask must give the same answer, so only a liar makes the line longer. */
	for (int i = 0; i < 5; i++) {
		uint64_t row = status_row(rows[i], 16) & known();

		printf(" %s=%llx", rows[i] + 3, (unsigned long long)(sets[i] & known()));
		if (row != (sets[i] & known()))
			printf("(status: %llx)", (unsigned long long)row);
	}
	printf(" dumpable=%d securebits=%x keepcaps=%d no_new_privs=%d",
	       prctl(PR_GET_DUMPABLE, 0, 0, 0, 0), prctl(PR_GET_SECUREBITS, 0, 0, 0, 0),
	       prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0), no_new_privs);
	if (status_row("NoNewPrivs", 10) != (uint64_t)no_new_privs)
		printf("(status: %llu)", (unsigned long long)status_row("NoNewPrivs", 10));
	putchar('\n');
}

const struct op cap_ops[] = {
	{"capset", 3, op_capset},
	{"SYS_capset", 3, op_capset},
	{"bounding_drop", 1, op_bounding_drop},
	{"ambient", 2, op_ambient},
	{"securebits", 1, op_securebits},
	{"dumpable", 1, op_dumpable},
	{"no_new_privs", 0, op_no_new_privs},
	{"caps", 0, op_caps},
	{NULL, 0, NULL},
};
