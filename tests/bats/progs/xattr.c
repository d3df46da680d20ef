/* SPDX-License-Identifier: MIT
 * xattr.c - make a few files in the working directory, put names, values and ACLs through the
 * kernel's rules there, and print each answer: whatever a real root prints, fakeid's has to print.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/xattr.h>
#include <unistd.h>

#define ACCESS "system.posix_acl_access"
#define DEFAULT "system.posix_acl_default"
#define N(table) (sizeof(table) / sizeof((table)[0]))

struct value {
	const char *why;
	const char *bytes;
	size_t size;
};

#define BYTES(why, text)                    \
	{                                   \
		why, text, sizeof(text) - 1 \
	}

static const struct value capabilities[] = {
	BYTES("v2", "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BYTES("v3 root", "\1\0\0\3\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BYTES("v3 1000", "\0\0\0\3\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\350\3\0\0"),
	BYTES("v3 -1", "\0\0\0\3\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\377\377\377\377"),
	BYTES("flags", "\7\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BYTES("v1", "\1\0\0\1\0\x20\0\0\0\0\0\0"),
	BYTES("short", "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	BYTES("long", "\1\0\0\2\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
	{"empty", "", 0},
};

#define HEAD "\2\0\0\0"
#define ID "\377\377\377\377"
#define USER_OBJ(perm) "\1\0" perm "\0" ID
#define USER(perm, id) "\2\0" perm "\0" id
#define GROUP_OBJ(perm) "\4\0" perm "\0" ID
#define GROUP(perm, id) "\10\0" perm "\0" id
#define MASK(perm) "\20\0" perm "\0" ID
#define OTHER(perm) "\40\0" perm "\0" ID
#define ID33 "\41\0\0\0"
#define ID44 "\54\0\0\0"

static const struct value acls[] = {
	BYTES("minimal", HEAD USER_OBJ("\6") GROUP_OBJ("\4") OTHER("\1")),
	BYTES("full", HEAD USER_OBJ("\6") USER("\5", ID33) GROUP_OBJ("\4") GROUP("\1", ID44)
			      MASK("\7") OTHER("\0")),
	BYTES("mask only", HEAD USER_OBJ("\7") GROUP_OBJ("\4") MASK("\1") OTHER("\0")),
	BYTES("no mask", HEAD USER_OBJ("\6") USER("\5", ID33) GROUP_OBJ("\4") OTHER("\0")),
	BYTES("order", HEAD USER_OBJ("\6") GROUP_OBJ("\4") USER("\5", ID33) MASK("\7") OTHER("\0")),
	BYTES("no owner", HEAD GROUP_OBJ("\4") OTHER("\0")),
	BYTES("no other", HEAD USER_OBJ("\6") GROUP_OBJ("\4")),
	BYTES("perm", HEAD USER_OBJ("\10") GROUP_OBJ("\4") OTHER("\0")),
	BYTES("tag", HEAD "\3\0\1\0" ID USER_OBJ("\6") GROUP_OBJ("\4") OTHER("\0")),
	BYTES("id -1", HEAD USER_OBJ("\6") USER("\5", ID) GROUP_OBJ("\4") MASK("\7") OTHER("\0")),
	BYTES("twice", HEAD USER_OBJ("\6") USER("\5", ID33) USER("\5", ID33) GROUP_OBJ("\4")
			       MASK("\7") OTHER("\0")),
	BYTES("stray ids", HEAD "\1\0\6\0" ID33 USER("\5", ID44) "\4\0\4\0" ID33 "\20\0\5\0" ID44
								 "\40\0\0\0" ID33),
	BYTES("large id", HEAD USER_OBJ("\6") USER("\5", "\376\377\377\377") GROUP_OBJ("\4")
				  MASK("\3") OTHER("\0")),
	BYTES("no entries", HEAD),
	BYTES("version", "\1\0\0\0"),
	BYTES("odd", HEAD "x"),
	BYTES("tiny", "abc"),
	{"size 0", "", 0},
};

static const char *const names[] = {
	"user.a",
	"security.a",
	"trusted.a",
	"trusted.overlay.opaque",
	"user.",
	"security.",
	"trusted.",
	"security",
	"system.foo",
	"foo",
	"foo.bar",
	ACCESS "x",
	"trusted.b\n\1",
	"security.\303\244",
	"security.capability2",
};

/* -- printing -- */

static void print_error(const char *what, const char *on, const char *name, long r)
{
	printf("%s %s %s = ", what, on, name);
	if (r < 0)
		printf("%s\n", strerrorname_np(errno));
}

static void print_bytes(const unsigned char *bytes, long n)
{
	printf("%ld ", n);
	for (long i = 0; i < n && i < 200; i++)
		printf("%02x", bytes[i]);
	printf("\n");
}

static void print_value(const char *on, const char *name)
{
	static unsigned char value[65536];
	long r = lgetxattr(on, name, value, sizeof value), probe = lgetxattr(on, name, NULL, 0);

	print_error("get", on, name, r);
	if (r >= 0)
		print_bytes(value, r);
	if (probe != r && !(probe < 0 && r < 0))
		printf("the size probe says %ld\n", probe);
	if (r > 1 && (lgetxattr(on, name, value, (size_t)r - 1) >= 0 || errno != ERANGE))
		printf("a buffer one byte too small is not refused\n");
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void print_sorted(const char *what, char *list, long size)
{
	char *sorted[64];
	size_t n = 0;

	for (char *at = list; at < list + size && n < N(sorted); at += strlen(at) + 1)
		sorted[n++] = at;
	qsort(sorted, n, sizeof sorted[0], compare_names);
	printf("%s %ld:", what, size);
	for (size_t i = 0; i < n; i++)
		printf(" %s", sorted[i]);
	printf("\n");
}

static void print_list(const char *on)
{
	char list[4096];
	long r = llistxattr(on, list, sizeof list);

	print_error("list", on, "", r);
	if (r >= 0)
		print_sorted("", list, r);
	if (llistxattr(on, NULL, 0) != r)
		printf("the size probe differs\n");
	if (r > 0 && (llistxattr(on, list, (size_t)r - 1) >= 0 || errno != ERANGE))
		printf("a list one byte too small is not refused\n");
}

static void print_mode(const char *on)
{
	struct stat st;

	if (lstat(on, &st) == 0)
		printf("mode %s %o\n", on, st.st_mode);
}

static void set(const char *on, const char *name, const char *bytes, size_t size, int flags)
{
	long r = lsetxattr(on, name, bytes, size, flags);

	print_error("set", on, name, r);
	if (r == 0)
		printf("0\n");
}

static void take(const char *on, const char *name)
{
	long r = lremovexattr(on, name);

	print_error("remove", on, name, r);
	if (r == 0)
		printf("0\n");
}

/* -- rules -- */

static const char *const objects[] = {"file", "dir", "link", "pipe", "device"};

static void make_objects(void)
{
	(void)umask(022);
	if (close(open("file", O_CREAT | O_WRONLY, 0644)) < 0 || mkdir("dir", 0755) < 0 ||
	    symlink("file", "link") < 0 || mkfifo("pipe", 0644) < 0 ||
	    mknod("device", S_IFCHR | 0600, makedev(1, 3)) < 0) {
		perror("make_objects");
		exit(1);
	}
}

static void every_name(const char *on)
{
	for (size_t i = 0; i < N(names); i++) {
		printf("-- %s\n", names[i]);
		print_value(on, names[i]);
		take(on, names[i]);
		set(on, names[i], "one", 3, XATTR_REPLACE);
		set(on, names[i], "one", 3, XATTR_CREATE | XATTR_REPLACE);
		set(on, names[i], "one", 3, 4);
		set(on, names[i], "one", 3, XATTR_CREATE);
		print_value(on, names[i]);
		set(on, names[i], "two!", 4, XATTR_CREATE);
		set(on, names[i], "three", 5, XATTR_REPLACE);
		print_value(on, names[i]);
		set(on, names[i], "", 0, 0);
		print_value(on, names[i]);
		print_list(on);
		if (i % 2)
			take(on, names[i]);
	}
	print_list(on);
}

static void every_capability(const char *on)
{
	for (size_t i = 0; i < N(capabilities); i++) {
		printf("-- capability %s\n", capabilities[i].why);
		set(on, "security.capability", capabilities[i].bytes, capabilities[i].size, 0);
		print_value(on, "security.capability");
	}
	set(on, "security.capability", capabilities[0].bytes, capabilities[0].size, 0);
	if (lchown(on, 5, 6) < 0)
		printf("chown: %m\n");
	print_value(on, "security.capability");
}

static void every_acl(const char *on, const char *name)
{
	for (size_t i = 0; i < N(acls); i++) {
		printf("-- acl %s\n", acls[i].why);
		if (strcmp(on, "link") && chmod(on, 04751) < 0)
			printf("chmod: %m\n");
		set(on, name, acls[i].bytes, acls[i].size, i % 2 ? XATTR_CREATE : XATTR_REPLACE);
		print_value(on, name);
		print_mode(on);
		if (strcmp(on, "link") && chmod(on, 0612) < 0)
			printf("chmod: %m\n");
		print_value(on, name);
		print_list(on);
	}
	take(on, name);
	take(on, name);
	print_value(on, name);
	print_mode(on);
}

/* -- a default ACL and what is made below it -- */

static void make_more(void)
{
	struct sockaddr_un address = {AF_UNIX, "dir/socket"};
	char name[] = "dir/mkstempXXXXXX", from[64];
	int fd = open("dir", O_TMPFILE | O_WRONLY, 0644);
	FILE *stream = fopen("dir/stream", "w");
	int temporary = mkstemp(name);

	(void)snprintf(from, sizeof from, "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, from, AT_FDCWD, "dir/tmpfile", AT_SYMLINK_FOLLOW) < 0 || !stream ||
	    temporary < 0 || rename(name, "dir/mkstemp") < 0 ||
	    mknod("dir/device", S_IFBLK | 0666, makedev(7, 1)) < 0 ||
	    bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof address) < 0)
		printf("make_more: %m\n");
}

static void inherit(void)
{
	static const char *const made[] = {
		"dir/file",   "dir/sub",     "dir/link",   "dir/pipe",	  "dir/sub/file",
		"dir/socket", "dir/mkstemp", "dir/stream", "dir/tmpfile", "dir/device"};

	(void)umask(077);
	set("dir", DEFAULT, acls[1].bytes, acls[1].size, 0);
	if (close(open("dir/file", O_CREAT | O_WRONLY, 0666)) < 0 || mkdir("dir/sub", 0750) < 0 ||
	    symlink("x", "dir/link") < 0 || mkfifo("dir/pipe", 0606) < 0 ||
	    close(open("dir/sub/file", O_CREAT | O_WRONLY, 0600)) < 0)
		printf("inherit: %m\n");
	make_more();
	(void)umask(022);
	for (size_t i = 0; i < N(made); i++) {
		print_mode(made[i]);
		print_value(made[i], ACCESS);
		print_value(made[i], DEFAULT);
		print_list(made[i]);
	}
}

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	make_objects();
	for (size_t i = 0; i < N(objects); i++) {
		if (!strcmp(what, "names"))
			every_name(objects[i]);
		else if (!strcmp(what, "capabilities"))
			every_capability(objects[i]);
		else if (!strcmp(what, "access"))
			every_acl(objects[i], ACCESS);
		else if (!strcmp(what, "default"))
			every_acl(objects[i], DEFAULT);
	}
	if (!strcmp(what, "inherit"))
		inherit();
	return fflush(stdout) == 0 ? 0 : 1;
}
