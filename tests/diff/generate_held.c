/* SPDX-License-Identifier: MIT
 * generate_held.c - random calls on what is held open for long: two descriptors that nothing else
 * closes, while what they lead to is renamed, removed, given away and closed to others.
 */
#include "generate.h"

#include <stdio.h>

static const char *const held[] = {"f4", "f5"};
static const char *const below_held[] = {"a", "b", "c", "d", "s", "d/a", "d/d", "../a", "..", "."};

static void gen_hold(void)
{
	static const char *const dirs[] = {".", "d", "e", "d/d", "d/d/d"};
	static const char *const dir_flags[] = {"O_RDONLY|O_DIRECTORY", "O_PATH|O_DIRECTORY"};
	static const char *const flags[] = {
		"O_RDONLY",	  "O_RDWR",	    "O_WRONLY|O_APPEND", "O_PATH",
		"O_RDWR|O_CREAT", "O_RDWR|O_CREAT", "O_RDWR|O_CREAT",	 "O_RDONLY|O_NOATIME"};

	if (one_in(6))
		printf("open %s open . %s O_TMPFILE|O_RDWR 0640\n", PICK(held), PICK(dirs));
	else if (one_in(2))
		printf("open %s open . %s %s 0\n", PICK(held), PICK(dirs), PICK(dir_flags));
	else
		printf("open %s openat . %s %s|O_NONBLOCK 0664\n", PICK(held), own_path(),
		       PICK(flags));
}

static void gen_below_held(void)
{
	static const char *const hows[] = {"0600", "0644", "0755", "02755", "04711", "0777"};
	const char *at = PICK(held), *name = PICK(below_held), *mode = PICK(hows);
	const char *nofollow = one_in(2) ? "AT_SYMLINK_NOFOLLOW" : "0";

	switch (below(14)) {
	case 0:
		printf("mkdirat %s %s %s\n", at, name, mode);
		break;
	case 1:
		printf("mknodat %s %s %s|%s 60:1\n", at, name, one_in(2) ? "S_IFCHR" : "S_IFIFO",
		       mode);
		break;
	case 2:
		printf("unlinkat %s %s %s\n", at, name, one_in(3) ? "AT_REMOVEDIR" : "0");
		break;
	case 3:
		printf("move %s %s %s %s %s\n", at, name, one_in(2) ? "." : at, PICK(below_held),
		       one_in(3) ? "RENAME_EXCHANGE" : "0");
		break;
	case 4:
		printf("move . %s %s %s 0\n", own_path(), at, name);
		break;
	case 5:
		printf("linkat %s %s . %s 0\n", at, name, own_path());
		break;
	case 6:
		printf("symlink_in a %s %s\nreadlink_in %s %s\n", at, name, at, name);
		break;
	case 7:
		printf("fchownat %s %s %u %u %s\n", at, name, 1000 + below(4), 1000 + below(4),
		       nofollow);
		break;
	case 8:
		printf("fchmodat %s %s %s %s\n", at, name, mode, nofollow);
		break;
	case 9:
		printf("faccessat %s %s %s %s\n", at, name, one_in(2) ? "R_OK|W_OK" : "X_OK",
		       one_in(2) ? "AT_EACCESS" : "0");
		break;
	case 10:
		printf("utimensat %s %s set %s\n", at, name, nofollow);
		break;
	default:
		if (one_in(2))
			printf("fstatat %s %s %s\n", at, name, nofollow);
		else
			printf("open f%u openat %s %s %s|O_NONBLOCK %s\n", below(4), at, name,
			       one_in(2) ? "O_RDWR|O_CREAT" : "O_RDONLY", mode);
	}
}

/* On the open file itself, whatever has become of its names. */
static void gen_on_held(void)
{
	const char *at = PICK(held);

	/* More often than anything else: look what others have made of it. */
	if (one_in(3))
		printf("fstat %s\n", at);
	switch (below(11)) {
	case 0:
		printf("fchown %s %u %u\n", at, 1000 + below(4), 1000 + below(4));
		break;
	case 1:
		printf("fchmod %s 0%o\n", at, below(07777));
		break;
	case 2:
		printf("ftruncate %s %u\n", at, below(50));
		break;
	case 3:
		printf("read %s\n", at);
		break;
	case 4:
		printf("fsetxattr %s %s 0\nflistxattr %s 4096\n", at,
		       one_in(2) ? "user.one x" : "security.capability @cap", at);
		break;
	case 5:
		printf("fgetxattr %s user.one 100\n", at);
		break;
	case 6:
		printf("fchdir %s\n", at);
		break;
	case 7:
		printf("open f%u open . @%s %s|O_NONBLOCK 0\n", below(4), at,
		       one_in(2) ? "O_RDWR" : "O_RDONLY");
		break;
	case 8:
		printf("chmod @%s 0%o\nchown @%s %u -1\n", at, below(07777), at, 1000 + below(4));
		break;
	case 9:
		if (as_user) /* the kernel looks who opened it */
			printf("setfl %s O_APPEND\n", at);
		else
			printf("linkat %s %%e . %s AT_EMPTY_PATH\n", at, own_path());
		break;
	default:
		printf("linkat . @%s . %s AT_SYMLINK_FOLLOW\n", at, own_path());
	}
	printf("fstat %s\n", at);
}

void gen_held(void)
{
	switch (below(6)) {
	case 0:
		gen_hold();
		break;
	case 1:
	case 2:
		gen_below_held();
		break;
	default:
		gen_on_held();
	}
}
