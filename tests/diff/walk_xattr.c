/* SPDX-License-Identifier: MIT
 * walk_xattr.c - the xattr calls. Values are words: text, %e for empty, and a few well-known blobs.
 */
#include "walk.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#define ACL(...) ((const unsigned char[]){2, 0, 0, 0, __VA_ARGS__})
#define ENTRY(tag, perm, id) \
	tag, 0, perm, 0, (id)&0xff, ((id) >> 8) & 0xff, ((id) >> 16) & 0xff, ((id) >> 24) & 0xff
#define ANY 0xffffffffu
#define USER_OBJ 0x01
#define USER 0x02
#define GROUP_OBJ 0x04
#define GROUP 0x08
#define MASK 0x10
#define OTHER 0x20
#define BLOB(name, bytes)                  \
	{                                  \
		name, bytes, sizeof(bytes) \
	}

static const unsigned char capability[] = {1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0,
					   0, 0, 0, 0, 0, 0,	0, 0, 0, 0};

/* struct vfs_cap_data: revision and effective bit, then two words of permitted and inheritable. */
#define CAPABILITY(...) ((const unsigned char[]){__VA_ARGS__})
#define CAP_OF(revision, permitted, inheritable)                                                  \
	1, 0, 0, revision, (permitted)&0xff, 0, 0, 0, (inheritable)&0xff, 0, 0, 0, 0, 0, 0, 0, 0, \
		0, 0, 0

static const struct {
	const char *name;
	const unsigned char *bytes;
	size_t size;
} blobs[] = {
	BLOB("@cap", capability),
	{"@shortcap", capability, 12},
	BLOB("@cap-some", CAPABILITY(CAP_OF(2, 0x0f, 0xf0))),
	BLOB("@cap-all", CAPABILITY(CAP_OF(2, 0xff, 0xff))),
	/* of version 3, with the id of the root that it counts for */
	BLOB("@cap3", CAPABILITY(CAP_OF(3, 1, 0), 0, 0, 0, 0)),
	BLOB("@cap3-user", CAPABILITY(CAP_OF(3, 1, 0), 0xe8, 3, 0, 0)),
	{"@cap-old", CAPABILITY(CAP_OF(1, 1, 0)), 12},
	/* rw-r--r--: says no more than a mode does */
	BLOB("@acl-mode",
	     ACL(ENTRY(USER_OBJ, 6, ANY), ENTRY(GROUP_OBJ, 4, ANY), ENTRY(OTHER, 4, ANY))),
	BLOB("@acl-user", ACL(ENTRY(USER_OBJ, 7, ANY), ENTRY(USER, 6, 1000u),
			      ENTRY(GROUP_OBJ, 5, ANY), ENTRY(MASK, 7, ANY), ENTRY(OTHER, 1, ANY))),
	BLOB("@acl-big",
	     ACL(ENTRY(USER_OBJ, 6, ANY), ENTRY(USER, 4, 4294967294u), ENTRY(GROUP_OBJ, 0, ANY),
		 ENTRY(GROUP, 5, 65534u), ENTRY(MASK, 5, ANY), ENTRY(OTHER, 0, ANY))),
	/* a named user without a mask is no ACL */
	BLOB("@acl-bad", ACL(ENTRY(USER_OBJ, 7, ANY), ENTRY(USER, 6, 1000u),
			     ENTRY(GROUP_OBJ, 5, ANY), ENTRY(OTHER, 1, ANY))),
	BLOB("@acl-group",
	     ACL(ENTRY(USER_OBJ, 6, ANY), ENTRY(USER, 0, 1001u), ENTRY(USER, 7, 1002u),
		 ENTRY(GROUP_OBJ, 5, ANY), ENTRY(GROUP, 7, 1000u), ENTRY(GROUP, 2, 1003u),
		 ENTRY(MASK, 7, ANY), ENTRY(OTHER, 1, ANY))),
	BLOB("@acl-empty", ACL()),
};

static const void *value(const char *word, size_t *ret_size)
{
	for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++)
		if (strcmp(blobs[i].name, word) == 0) {
			*ret_size = blobs[i].size;
			return blobs[i].bytes;
		}

	if (word_is(word, "%e"))
		word = "";
	*ret_size = strlen(word);
	return word;
}

/* setxattr PATH NAME VALUE FLAGS */
static void op_setxattr(char **w)
{
	size_t size;
	const void *bytes = value(w[3], &size);
	int how = (int)word_flags(w[4]);

	if (word_is(w[0], "setxattr"))
		say_result(setxattr(word_path(w[1]), w[2], bytes, size, how));
	else if (word_is(w[0], "lsetxattr"))
		say_result(lsetxattr(word_path(w[1]), w[2], bytes, size, how));
	else
		say_result(fsetxattr(word_fd(w[1]), w[2], bytes, size, how));
}

static void say_bytes(const unsigned char *bytes, ssize_t size, size_t room)
{
	if (size < 0) {
		say_result(size);
		return;
	}
	printf(" = %zd", size);
	if (room > 0)
		putchar(' ');
	for (ssize_t i = 0; room > 0 && i < size; i++)
		printf("%02x", bytes[i]);
	putchar('\n');
}

/* getxattr PATH NAME ROOM */
static void op_getxattr(char **w)
{
	unsigned char bytes[4096];
	size_t room = (size_t)word_number(w[3]);
	ssize_t size;

	if (room > sizeof(bytes))
		walk_die("too much room: %s", w[3]);
	if (word_is(w[0], "getxattr"))
		size = getxattr(word_path(w[1]), w[2], bytes, room);
	else if (word_is(w[0], "lgetxattr"))
		size = lgetxattr(word_path(w[1]), w[2], bytes, room);
	else
		size = fgetxattr(word_fd(w[1]), w[2], bytes, room);
	say_bytes(bytes, size, room);
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Asked for the size only, overlayfs counts names that it hides afterwards. */
static void say_room(ssize_t enough, ssize_t size)
{
	if (enough < 0 || size < 0)
		say_result(enough);
	else
		printf(" = %s\n", enough >= size ? "enough" : "too little");
}

/* Names come in no particular order. */
static void say_list(char *first, ssize_t size, size_t room)
{
	const char *names[256];
	size_t n = 0;

	if (size < 0) {
		say_result(size);
		return;
	}
	printf(" = %zd", size);
	for (char *name = first; room > 0 && name < first + size && n < 256;
	     name += strlen(name) + 1)
		names[n++] = name;
	if (n > 0)
		qsort(names, n, sizeof(names[0]), by_string);
	for (size_t i = 0; i < n; i++)
		printf(" %s", names[i]);
	putchar('\n');
}

static ssize_t list(char **w, char *names, size_t room)
{
	if (word_is(w[0], "listxattr"))
		return listxattr(word_path(w[1]), names, room);
	if (word_is(w[0], "llistxattr"))
		return llistxattr(word_path(w[1]), names, room);
	return flistxattr(word_fd(w[1]), names, room);
}

/* listxattr PATH ROOM */
static void op_listxattr(char **w)
{
	char names[4096];
	size_t room = (size_t)word_number(w[2]);
	ssize_t size;

	if (room > sizeof(names))
		walk_die("too much room: %s", w[2]);
	size = list(w, names, room);
	if (room == 0)
		say_room(size, list(w, names, sizeof(names)));
	else
		say_list(names, size, room);
}

/* removexattr PATH NAME */
static void op_removexattr(char **w)
{
	if (word_is(w[0], "removexattr"))
		say_result(removexattr(word_path(w[1]), w[2]));
	else if (word_is(w[0], "lremovexattr"))
		say_result(lremovexattr(word_path(w[1]), w[2]));
	else
		say_result(fremovexattr(word_fd(w[1]), w[2]));
}

const struct op xattr_ops[] = {
	{"setxattr", 4, op_setxattr},
	{"lsetxattr", 4, op_setxattr},
	{"fsetxattr", 4, op_setxattr},
	{"getxattr", 3, op_getxattr},
	{"lgetxattr", 3, op_getxattr},
	{"fgetxattr", 3, op_getxattr},
	{"listxattr", 2, op_listxattr},
	{"llistxattr", 2, op_listxattr},
	{"flistxattr", 2, op_listxattr},
	{"removexattr", 2, op_removexattr},
	{"lremovexattr", 2, op_removexattr},
	{"fremovexattr", 2, op_removexattr},
	{NULL, 0, NULL},
};
