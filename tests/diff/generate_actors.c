/* SPDX-License-Identifier: MIT
 * generate_actors.c - who acts: children that become users or lose capabilities, and a second
 * process beside the first one.
 */
#include "generate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What the second process is: as_user of its own. */
static bool has_other, other_as_user;

static const char *const caps[] = {"CHOWN",  "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER",
				   "FSETID", "SETGID",	     "SETUID",		"SETPCAP",
				   "MKNOD",  "SYS_ADMIN",    "LEASE",		"SETFCAP"};

static void print_caps(void)
{
	printf("%s", PICK(caps));
	while (one_in(2))
		printf("|%s", PICK(caps));
}

/* What changes a set, or how sets change. Nothing is got back for good: who is left without calls
 * on in a child or in the second process, which a new one replaces. */
void gen_cap_change(void)
{
	static const char *const sets[] = {"e", "e", "e", "ep", "epi", "i", "pi"};
	static const char *const how[] = {"-", "-", "-", "+", "+", "="};
	static const char *const ambient[] = {"raise", "raise", "lower", "clear", "is"};
	static const char *const bits[] = {"0",	 "1",  "2", "4",  "5",	   "16",
					   "64", "80", "3", "32", "0x1000"};

	switch (below(13)) {
	case 12:
		printf("dumpable %u\n", below(3));
		break;
	case 0:
		printf("keepcaps %u\n", below(2));
		break;
	case 1:
		printf("securebits %s\n", PICK(bits));
		break;
	case 2:
		printf("bounding_drop %s\n", PICK(caps));
		break;
	case 3:
		printf("ambient %s %s\n", PICK(ambient), PICK(caps));
		break;
	case 4:
		printf("capset e = all\n");
		break;
	case 5:
		printf("capset pi + ");
		print_caps();
		printf("\nambient raise %s\n", PICK(caps));
		break;
	case 6:
		printf("%s\n", one_in(4) ? "no_new_privs" : "capset ep = all");
		break;
	default:
		printf("%s %s %s ", one_in(4) ? "SYS_capset" : "capset", PICK(sets), PICK(how));
		print_caps();
		printf("\n");
	}
	printf("caps\n");
}

/* Files that belong to several users, and directories that these may search, write or neither. */
static void gen_ownership(void)
{
	static const char *const dirs[] = {"d", "e", "d/d", "d/d/d", "d", "e"};
	static const char *const open_modes[] = {"0777",  "0755", "01777", "02775",
						 "03777", "0770", "0750",  "0711",
						 "0700",  "0733", "0744",  "06777"};
	static const char *const here[] = {"0755", "0777", "01777", "03777", "02777"};
	const char *dir = PICK(dirs);

	printf("chmod . %s\n", PICK(here));
	for (unsigned n = 1 + below(3); n > 0; n--) {
		dir = PICK(dirs);
		printf("mkdir %s 0755\nlchown %s %u %u\nchmod %s %s\n", dir, dir, 1000 + below(4),
		       1000 + below(4), dir, PICK(open_modes));
	}
	for (unsigned n = below(4); n > 0; n--)
		printf("lchown %s %u %u\n", own_path(), 1000 + below(4), 1000 + below(4));
}

static void gen_become_user(void)
{
	static const char *const groups[] = {"none", "1000", "1001,1002",
					     "1003", "0",    "1000,1001,1002,1003"};
	unsigned gid = 1000 + below(4), uid = 1000 + below(4);

	printf("setgroups %s\n", PICK(groups));
	switch (below(6)) {
	case 0:
		printf("setegid %u\nseteuid %u\n", gid, uid);
		break;
	case 1:
		printf("setfsgid %u\nsetfsuid %u\n", gid, uid);
		break;
	case 2:
		printf("setresgid %u %u %u\nsetresuid %u -1 -1\n", gid, gid, gid, uid);
		break;
	default:
		printf("setresgid %u %u %u\nsetresuid %u %u %u\n", gid, gid, gid, uid, uid, uid);
	}
	printf("creds\n");
}

/* Some capabilities of root's less, or a user with some of them. */
static void gen_become_capable(void)
{
	static const char *const places[] = {"e", "e", "ep", "epi"};

	if (one_in(2)) {
		printf("keepcaps 1\n");
		gen_become_user();
		printf("capset e = ");
		print_caps();
	} else {
		printf("capset %s - ", PICK(places));
		print_caps();
		printf("|%s", PICK(caps));
	}
	printf("\ncaps\n");
}

/* Print what `make` prints as lines of the second process. */
static void as_other(void (*make)(void))
{
	FILE *real = stdout;
	bool mine = as_user;
	char *text = NULL, *rest, *line;
	size_t size = 0;

	stdout = open_memstream(&text, &size);
	if (stdout == NULL)
		abort();
	as_user = other_as_user;
	make();
	as_user = mine;
	(void)fclose(stdout); /* to memory */
	stdout = real;
	rest = text;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			printf("other %s\n", line);
	free(text);
}

static void gen_cd(void)
{
	static const char *const where[] = {"d", "e", "d/d", "home", "home", "..", "d/d/d"};

	printf("cd %s\n", PICK(where));
}

static void gen_exec(void)
{
	printf("exec\n");
}

static const char *const programs[] = {"p", "d/p", "e/p"};

/* A program that makes more, or somebody else, of whoever runs it. */
static void gen_program(void)
{
	static const char *const modes[] = {"04755", "02755", "06755", "04711",
					    "0755",  "0750",  "02745", "06775"};
	static const char *const with[] = {"@cap", "@cap-some", "@cap-all", "@cap3", "@cap3-user"};
	const char *file = PICK(programs);

	printf("unlink %s\nprogram %s\nlchown %s %u %u\nchmod %s %s\n", file, file, file,
	       one_in(3) ? 0 : 1000 + below(4), one_in(3) ? 0 : 1000 + below(4), file, PICK(modes));
	if (one_in(2))
		printf("setxattr %s security.capability %s 0\n", file, PICK(with));
}

static void gen_run(void)
{
	printf("run %s\ncreds\ncaps\n", PICK(programs));
}

void gen_pair(void)
{
	printf("pair\n");
	has_other = true;
	other_as_user = false;
}

/* One turn of whose it is: the second process now and then, if there is one. */
void gen_turn(void)
{
	if (!has_other || !one_in(4)) {
		gen_file_call();
		return;
	}
	switch (below(16)) {
	case 0:
		as_other(gen_become_user);
		other_as_user = true;
		break;
	case 1:
		as_other(gen_become_capable);
		other_as_user = true;
		break;
	case 2:
		as_other(gen_cd);
		break;
	case 3:
		as_other(gen_cap_change);
		other_as_user = true;
		break;
	case 4:
		as_other(one_in(2) ? gen_exec : gen_run);
		other_as_user = true; /* by what it has run */
		break;
	default:
		as_other(gen_file_call);
	}
}

/* What a child does among files that are its user's, his group's, others' and root's. */
static void gen_child_among_files(void (*become)(void), bool is_capable)
{
	gen_ownership();
	if (one_in(2))
		gen_program();
	printf("umask 022\nfork\n");
	become();
	as_user = true;
	for (unsigned n = 5 + below(20); n > 0; n--) {
		if (one_in(30))
			gen_exec();
		else if (one_in(25))
			gen_run();
		else if (one_in(25))
			gen_cd();
		else if (is_capable && one_in(6))
			gen_cap_change();
		else
			gen_turn();
	}
	as_user = false;
	printf("join\n");
}

void gen_user(void)
{
	gen_child_among_files(gen_become_user, false);
}

void gen_capable(void)
{
	gen_child_among_files(gen_become_capable, true);
}
