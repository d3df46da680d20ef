/* SPDX-License-Identifier: MIT
 * generate_files.c - random calls on files, over a few names so that they often meet each other.
 *
 * Left out on purpose: opening devices that exist on the machine, which real root would really
 * open, and waiting for the other end of a fifo.
 */
#include "generate.h"

#include <stdio.h>
#include <string.h>

static const char *const names[] = {"a",   "b",	  "c",	 "s",	"t",   "d",	"e",	 "d/a",
				    "d/b", "d/c", "d/d", "e/a", "e/b", "d/d/a", "d/d/d", "d/d/d/a"};
static const char *const dirs[] = {"d", "e", "d/d", "d/d/d"};
static const char *const slots[] = {"f0", "f1", "f2", "f3"};
static const char *const ids[] = {"-1",	  "0",	  "0",	  "1",	   "7",	    "1000",	 "1000",
				  "1001", "1002", "1003", "65534", "65535", "4294967294"};
static const char *const modes[] = {"0",     "0644",  "0600",	 "0755",  "0700",  "0444",
				    "0111",  "0777",  "04755",	 "02755", "06711", "01755",
				    "02644", "07775", "0100640", "0666",  "0660",  "06770",
				    "02660", "01777", "02777"};
static const char *const umasks[] = {"0", "022", "022", "022", "077", "0777", "0177", "027"};

static const char *name(void)
{
	return PICK(names);
}

const char *path(void)
{
	static const char *const odd[] = {"%e",	 "nowhere", "a/b", "d/",	"d/../a", "@f0",
					  "@f1", "@f2",	    "s/a", "d/nowhere", "e/."};

	return one_in(12) ? PICK(odd) : name();
}

const char *own_path(void)
{
	const char *chosen = path();

	return chosen[0] == '@' ? name() : chosen;
}

const char *slot(void)
{
	return PICK(slots);
}

/* The directory that a name is below, for calls that take one: mostly the working directory. */
static const char *at(void)
{
	static const char *const held[] = {"f0", "f1", "f4", "f4", "f5", "f5"};

	return one_in(4) ? PICK(held) : ".";
}

static const char *nofollow(void)
{
	return one_in(2) ? "AT_SYMLINK_NOFOLLOW" : "0";
}

static void gen_mknod(void)
{
	static const char *const how[] = {"mknod", "mknod", "SYS_mknod", "__xmknod"};
	static const char *const types[] = {"S_IFREG", "0",	  "S_IFIFO", "S_IFSOCK",
					    "S_IFCHR", "S_IFBLK", "S_IFCHR", "S_IFBLK",
					    "S_IFCHR", "S_IFDIR", "S_IFLNK"};
	static const char *const devices[] = {"60:1", "60:255", "60:256", "60:1048575",
					      "4095:1048575"};

	if (one_in(3))
		printf("%s %s %s %s|%s %s\n", one_in(2) ? "mknodat" : "SYS_mknodat", at(), name(),
		       PICK(types), PICK(modes), PICK(devices));
	else
		printf("%s %s %s|%s %s\n", PICK(how), name(), PICK(types), PICK(modes),
		       PICK(devices));
}

static void gen_mkdir(void)
{
	static const char *const how[] = {"mkdir", "SYS_mkdir", "mkfifo"};

	if (one_in(2))
		printf("mkdir %s %s\n", PICK(dirs), PICK(modes));
	else if (one_in(4))
		printf("%s %s %s %s\n", one_in(2) ? "mkdirat" : "mkfifoat", at(), name(),
		       PICK(modes));
	else if (one_in(8))
		printf("mkdtemp %s\n", name());
	else
		printf("%s %s %s\n", PICK(how), name(), PICK(modes));
}

static void gen_symlink(void)
{
	static const char *const how[] = {"symlink", "symlink", "symlinkat", "SYS_symlink"};
	static const char *const targets[] = {"a", "b", "d", "d/a", "nowhere", "s", "d/../b", "e"};

	printf("%s %s %s\n", PICK(how), PICK(targets), one_in(2) ? "s" : name());
}

static void gen_link(void)
{
	static const char *const flags[] = {"0", "0", "AT_SYMLINK_FOLLOW"};

	switch (below(5)) {
	case 0:
		printf("%s %s %s %s %s %s\n", one_in(2) ? "linkat" : "SYS_linkat", at(), path(),
		       at(), name(), PICK(flags));
		break;
	case 1: {
		const char *from = slot();

		if (as_user) /* the kernel looks who opened it */
			break;
		printf("linkat . @%s . %s AT_SYMLINK_FOLLOW\n", from, name());
		break;
	}
	case 2:
		if (as_user)
			break;
		printf("linkat %s %%e . %s AT_EMPTY_PATH\n", slot(), name());
		break;
	default:
		printf("%s %s %s\n", one_in(3) ? "SYS_link" : "link", path(), name());
	}
}

static void gen_unlink(void)
{
	static const char *const how[] = {"unlink", "unlink",	  "rmdir",
					  "remove", "SYS_unlink", "SYS_rmdir"};

	if (one_in(4))
		printf("%s %s %s %s\n", one_in(2) ? "unlinkat" : "SYS_unlinkat", at(), path(),
		       one_in(3) ? "AT_REMOVEDIR" : "0");
	else
		printf("%s %s\n", PICK(how), path());
}

static void gen_rename(void)
{
	static const char *const how[] = {"rename", "renameat", "SYS_rename"};
	static const char *const flags[] = {"0", "RENAME_NOREPLACE", "RENAME_EXCHANGE",
					    "RENAME_EXCHANGE", "RENAME_NOREPLACE|RENAME_EXCHANGE"};

	if (one_in(2))
		printf("%s %s %s\n", PICK(how), path(), path());
	else
		printf("%s %s %s %s\n", one_in(2) ? "renameat2" : "SYS_renameat2", path(), path(),
		       PICK(flags));
}

static void gen_open(void)
{
	static const char *const how[] = {"open",	"open",	       "openat",     "open64",
					  "openat64",	"__open_2",    "__openat_2", "SYS_open",
					  "SYS_openat", "SYS_openat2", "SYS_openat2"};
	static const char *const access_modes[] = {"O_RDONLY", "O_RDONLY", "O_WRONLY", "O_RDWR"};
	static const char *const extra[] = {
		"O_CREAT",	     "O_CREAT",		  "O_CREAT|O_EXCL",	 "O_TRUNC",
		"O_CREAT|O_TRUNC",   "O_APPEND",	  "O_DIRECTORY",	 "O_PATH",
		"O_PATH|O_NOFOLLOW", "O_NOFOLLOW",	  "O_CREAT|O_NOFOLLOW",	 "O_CLOEXEC",
		"O_NOATIME",	     "O_NOATIME|O_CREAT", "O_CREAT|O_DIRECTORY", "0"};
	const char *chosen;

	if (one_in(5)) {
		static const char *const places[] = {".", "d", "e", "d/d", "a"};

		printf("open %s %s . %s O_TMPFILE|%s %s\n", slot(), one_in(2) ? "open" : "openat",
		       PICK(places),
		       one_in(4)   ? "O_RDONLY"
		       : one_in(4) ? "O_RDWR|O_EXCL"
				   : "O_RDWR",
		       PICK(modes));
		return;
	}
	/* A link in /proc, held itself, changes with whatever else gets its number meanwhile.
	 * O_NONBLOCK: a fifo must not wait for its other end */
	chosen = PICK(extra);
	printf("open %s %s %s %s %s|O_NONBLOCK|%s %s\n", slot(), PICK(how), at(),
	       strstr(chosen, "O_NOFOLLOW") != NULL ? own_path() : path(), PICK(access_modes),
	       chosen, PICK(modes));
}

static void gen_slot(void)
{
	static const char *const streams[] = {"r", "w", "a", "r+", "w+", "wx"};

	static const char *const creats[] = {"creat", "creat64", "SYS_creat"};

	switch (below(7)) {
	case 0:
		printf("close %s\n", slot());
		break;
	case 1:
		printf("dup %s %s\n", slot(), slot());
		break;
	case 2:
		printf("mkstemp %s %s\n", slot(), name());
		break;
	case 3:
		printf("fchdir %s\n", slot());
		break;
	case 4:
		/* fopen and creat would wait at a fifo */
		printf("unlink d/c\nfopen %s d/c %s\n", slot(), PICK(streams));
		break;
	case 5:
		printf("unlink d/c\nopen %s %s . d/c 0 %s\n", slot(), PICK(creats), PICK(modes));
		break;
	default:
		printf("ftruncate %s %d\n", slot(), (int)below(50));
	}
}

static void gen_write(void)
{
	static const char *const how[] = {"write",     "write",	    "pwrite", "writev",
					  "SYS_write", "fallocate", "nothing"};

	if (one_in(2))
		printf("write %s %s\n", PICK(how), slot());
	else
		printf("write_to %s %s\n", PICK(how), own_path());
}

static void gen_chown(void)
{
	static const char *const how[] = {"chown", "lchown", "SYS_chown", "SYS_lchown"};

	switch (below(4)) {
	case 0:
		printf("%s %s %s %s\n", one_in(3) ? "SYS_fchown" : "fchown", slot(), PICK(ids),
		       PICK(ids));
		break;
	case 1:
		if (one_in(3))
			printf("fchownat %s %%e %s %s AT_EMPTY_PATH\n", slot(), PICK(ids),
			       PICK(ids));
		else
			printf("%s %s %s %s %s %s\n", one_in(3) ? "SYS_fchownat" : "fchownat", at(),
			       own_path(), PICK(ids), PICK(ids), nofollow());
		break;
	default:
		printf("%s %s %s %s\n", PICK(how), own_path(), PICK(ids), PICK(ids));
	}
}

static void gen_chmod(void)
{
	static const char *const how[] = {"chmod", "chmod", "lchmod", "SYS_chmod"};

	switch (below(4)) {
	case 0:
		printf("%s %s %s\n", one_in(3) ? "SYS_fchmod" : "fchmod", slot(), PICK(modes));
		break;
	case 1:
		if (one_in(3))
			printf("SYS_fchmodat2 %s %%e %s AT_EMPTY_PATH\n", slot(), PICK(modes));
		else if (one_in(2))
			printf("SYS_fchmodat %s %s %s 0\n", at(), path(), PICK(modes));
		else
			printf("%s %s %s %s %s\n", one_in(2) ? "fchmodat" : "SYS_fchmodat2", at(),
			       own_path(), PICK(modes), nofollow());
		break;
	default:
		printf("%s %s %s\n", PICK(how), own_path(), PICK(modes));
	}
}

static void gen_stat(void)
{
	static const char *const by_path[] = {"stat",	  "lstat",    "stat64",	   "lstat64",
					      "__xstat",  "__lxstat", "__xstat64", "__lxstat64",
					      "SYS_stat", "SYS_lstat"};
	static const char *const by_fd[] = {"fstat", "fstat64", "__fxstat", "__fxstat64",
					    "SYS_fstat"};
	static const char *const by_at[] = {"fstatat", "fstatat64", "__fxstatat", "__fxstatat64",
					    "SYS_newfstatat"};
	static const char *const masks[] = {"all", "basic", "ids", "mode"};

	const char *object = path();

	switch (below(6)) {
	case 0:
		printf("%s %s\n", PICK(by_fd), slot());
		break;
	case 1:
		printf("%s %s %s %s\n", PICK(by_at), at(), object, nofollow());
		break;
	case 2:
		printf("%s %s %%e AT_EMPTY_PATH\n", PICK(by_at), slot());
		break;
	case 3:
		if (one_in(3))
			printf("statx %s %%e AT_EMPTY_PATH %s\n", slot(), PICK(masks));
		else
			printf("%s %s %s %s %s\n", one_in(2) ? "statx" : "SYS_statx", at(), object,
			       nofollow(), PICK(masks));
		break;
	default:
		printf("%s %s\n", PICK(by_path), object);
	}
}

static void gen_walk(void)
{
	/* The type of a virtual device comes from a stat, which a user may be refused where real
	 * root's kernel says it with the name. */
	static const char *const user_how[] = {"opendir", "fts", "nftw"};
	static const char *const how[] = {"scandir", "scandir", "readdir", "fts", "nftw"};
	static const char *const patterns[] = {"*", "d/*", "*/*", "[ab]"};
	static const char *const where[] = {".", "d", "e", "d/d", "a"};

	if (one_in(6))
		printf("glob %s\n", PICK(patterns));
	else
		printf("%s %s\n", as_user ? PICK(user_how) : PICK(how), PICK(where));
}

static void gen_access(void)
{
	static const char *const what[] = {"F_OK", "R_OK",	     "W_OK",
					   "X_OK", "R_OK|W_OK|X_OK", "R_OK|X_OK"};
	static const char *const how[] = {"access", "euidaccess", "SYS_access"};
	static const char *const how_at[] = {"faccessat", "SYS_faccessat", "SYS_faccessat2"};
	static const char *const flags[] = {"0", "AT_EACCESS", "AT_SYMLINK_NOFOLLOW"};

	if (one_in(2))
		printf("%s %s %s\n", PICK(how), path(), PICK(what));
	else
		printf("%s %s %s %s %s\n", PICK(how_at), at(), path(), PICK(what), PICK(flags));
}

static void gen_times(void)
{
	static const char *const what[] = {"null", "now", "omit", "set"};
	static const char *const old[] = {"utime", "utimes", "lutimes"};
	const char *object = as_user ? own_path() : path();

	switch (below(4)) {
	case 0:
		printf("futimens %s %s\n", slot(), PICK(what));
		break;
	case 1:
		printf("%s %s\n", PICK(old), object);
		break;
	case 2:
		printf("truncate %s %d\n", path(), (int)below(100) - 5);
		break;
	default:
		printf("%s %s %s %s %s\n", one_in(2) ? "utimensat" : "SYS_utimensat", at(),
		       own_path(), PICK(what), nofollow());
	}
}

static void gen_other(void)
{
	static const char *const how[] = {"bind",   "readlink", "connect", "execve",
					  "execve", "chdir",	"chdir"};

	if (one_in(4))
		printf("umask %s\n", PICK(umasks));
	else /* name(), not path(): the kernel's own links name the directory */
		printf("%s %s\n", PICK(how), name());
}

const struct generator file_generators[] = {
	{10, gen_mknod}, {8, gen_mkdir}, {5, gen_symlink}, {7, gen_link},   {9, gen_unlink},
	{7, gen_rename}, {16, gen_open}, {6, gen_slot},	   {16, gen_chown}, {14, gen_chmod},
	{25, gen_stat},	 {4, gen_walk},	 {3, gen_access},  {3, gen_times},  {14, gen_xattr},
	{8, gen_other},	 {7, gen_write}, {14, gen_held},   {0, NULL},
};
