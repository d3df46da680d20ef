/* SPDX-License-Identifier: MIT
 * walk_creds.c - set*id, setgroups, and what the get calls say afterwards.
 */
#include "walk.h"

#include <errno.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static uid_t id(const char *word)
{
	return (uid_t)word_number(word);
}

static void op_set_one(char **w)
{
	uid_t a = id(w[1]);

	if (word_is(w[0], "setuid"))
		say_result(setuid(a));
	else if (word_is(w[0], "seteuid"))
		say_result(seteuid(a));
	else if (word_is(w[0], "setgid"))
		say_result(setgid(a));
	else if (word_is(w[0], "setegid"))
		say_result(setegid(a));
	else if (word_is(w[0], "setfsuid"))
		say_result(setfsuid(a));
	else if (word_is(w[0], "setfsgid"))
		say_result(setfsgid(a));
	else if (word_is(w[0], "SYS_setuid"))
		say_result(syscall(SYS_setuid, a));
	else
		say_result(syscall(SYS_setgid, a));
}

static void op_set_two(char **w)
{
	uid_t a = id(w[1]), b = id(w[2]);

	if (word_is(w[0], "setreuid"))
		say_result(setreuid(a, b));
	else if (word_is(w[0], "setregid"))
		say_result(setregid(a, b));
	else if (word_is(w[0], "SYS_setreuid"))
		say_result(syscall(SYS_setreuid, a, b));
	else
		say_result(syscall(SYS_setregid, a, b));
}

static void op_set_three(char **w)
{
	uid_t a = id(w[1]), b = id(w[2]), c = id(w[3]);

	if (word_is(w[0], "setresuid"))
		say_result(setresuid(a, b, c));
	else if (word_is(w[0], "setresgid"))
		say_result(setresgid(a, b, c));
	else if (word_is(w[0], "SYS_setresuid"))
		say_result(syscall(SYS_setresuid, a, b, c));
	else
		say_result(syscall(SYS_setresgid, a, b, c));
}

/* setgroups 1,2,3 or none */
static void op_setgroups(char **w)
{
	gid_t groups[64];
	size_t n = 0;
	char list[512], *rest = list, *word;

	(void)snprintf(list, sizeof(list), "%s", w[1]);
	while (!word_is(w[1], "none") && (word = strsep(&rest, ",")) != NULL && n < 64)
		groups[n++] = id(word);
	if (word_is(w[0], "setgroups"))
		say_result(setgroups(n, groups));
	else
		say_result(syscall(SYS_setgroups, n, groups));
}

static void op_keepcaps(char **w)
{
	int result = prctl(PR_SET_KEEPCAPS, word_number(w[1]), 0, 0, 0);

	if (result < 0)
		say_result(result);
	else
		printf(" = %d\n", prctl(PR_GET_KEEPCAPS, 0, 0, 0, 0));
}

static void say_groups(void)
{
	gid_t groups[256];
	int n = getgroups(256, groups);

	if (n < 0)
		walk_die("getgroups");
	printf(" groups=");
	for (int i = 0; i < n; i++)
		printf("%s%u", i > 0 ? "," : "", groups[i]);
	if (getgroups(0, NULL) != n)
		printf(" count=%d", getgroups(0, NULL));
	if (syscall(SYS_getgroups, 0, NULL) != n)
		printf(" SYS_count=%ld", syscall(SYS_getgroups, 0, NULL));
}

/* Every way to ask must give the same answer, so only a liar makes the line longer. */
static void op_creds(char **w)
{
	uid_t r, e, s, rg, eg, sg;

	(void)w;
	if (getresuid(&r, &e, &s) < 0 || getresgid(&rg, &eg, &sg) < 0)
		walk_die("getresuid");
	printf(" = uid=%u,%u,%u fsuid=%u gid=%u,%u,%u fsgid=%u", r, e, s,
	       (unsigned)setfsuid((uid_t)-1), rg, eg, sg, (unsigned)setfsgid((gid_t)-1));
	say_groups();
	if (getuid() != r || (uid_t)syscall(SYS_getuid) != r)
		printf(" getuid=%u,%ld", getuid(), syscall(SYS_getuid));
	if (geteuid() != e || (uid_t)syscall(SYS_geteuid) != e)
		printf(" geteuid=%u,%ld", geteuid(), syscall(SYS_geteuid));
	if (getgid() != rg || (gid_t)syscall(SYS_getgid) != rg)
		printf(" getgid=%u,%ld", getgid(), syscall(SYS_getgid));
	if (getegid() != eg || (gid_t)syscall(SYS_getegid) != eg)
		printf(" getegid=%u,%ld", getegid(), syscall(SYS_getegid));
	putchar('\n');
}

/* owner PATH: only what a new file's owner is, for after a set*id */
static void op_owner(char **w)
{
	struct stat st;
	int result = lstat(word_path(w[1]), &st);

	if (result < 0)
		say_result(result);
	else
		printf(" = %s %u:%u\n", type_name(st.st_mode), st.st_uid, st.st_gid);
}

const struct op cred_ops[] = {
	{"setuid", 1, op_set_one},
	{"seteuid", 1, op_set_one},
	{"setgid", 1, op_set_one},
	{"setegid", 1, op_set_one},
	{"setfsuid", 1, op_set_one},
	{"setfsgid", 1, op_set_one},
	{"SYS_setuid", 1, op_set_one},
	{"SYS_setgid", 1, op_set_one},
	{"setreuid", 2, op_set_two},
	{"setregid", 2, op_set_two},
	{"SYS_setreuid", 2, op_set_two},
	{"SYS_setregid", 2, op_set_two},
	{"setresuid", 3, op_set_three},
	{"setresgid", 3, op_set_three},
	{"SYS_setresuid", 3, op_set_three},
	{"SYS_setresgid", 3, op_set_three},
	{"setgroups", 1, op_setgroups},
	{"SYS_setgroups", 1, op_setgroups},
	{"keepcaps", 1, op_keepcaps},
	{"creds", 0, op_creds},
	{"owner", 1, op_owner},
	{NULL, 0, NULL},
};
