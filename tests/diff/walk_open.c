/* SPDX-License-Identifier: MIT
 * walk_open.c - calls that open files, in all spellings, and the slots that keep them open.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/openat2.h>

int walk_slots[WALK_N_SLOTS] = {-1, -1, -1, -1, -1, -1};

typedef int open_2(const char *path, int flags);
typedef int openat_2(int fd, const char *path, int flags);

void slot_put(const char *word, int fd)
{
	int *slot = &walk_slots[word[1] - '0'];

	(void)word_fd(word); /* dies if it is no slot */
	if (*slot >= 0)
		(void)close(*slot); /* nobody reads what a sequence writes */
	*slot = fd;
}

static int open_by_syscall(const char *how, int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how2 = {.flags = (unsigned)flags, .mode = mode};

	if (word_is(how, "SYS_open"))
		return (int)syscall(SYS_open, path, flags, mode);
	if (word_is(how, "SYS_openat"))
		return (int)syscall(SYS_openat, dirfd, path, flags, mode);
	if (word_is(how, "SYS_creat"))
		return (int)syscall(SYS_creat, path, mode);
	if (word_is(how, "SYS_openat2")) {
		if ((flags & O_CREAT) == 0 && (flags & O_TMPFILE) != O_TMPFILE)
			how2.mode = 0; /* openat2(2) refuses what openat ignores */
		return (int)syscall(SYS_openat2, dirfd, path, &how2, sizeof(how2));
	}
	walk_die("unknown spelling of open: %s", how);
}

static int open_spelled(const char *how, int dirfd, const char *path, int flags, mode_t mode)
{
	open_2 *two = NULL;
	openat_2 *at_two = NULL;

	if (word_is(how, "open"))
		return open(path, flags, mode);
	if (word_is(how, "open64"))
		return open64(path, flags, mode);
	if (word_is(how, "openat"))
		return openat(dirfd, path, flags, mode);
	if (word_is(how, "openat64"))
		return openat64(dirfd, path, flags, mode);
	if (word_is(how, "creat"))
		return creat(path, mode);
	if (word_is(how, "creat64"))
		return creat64(path, mode);
	/* The fortified spellings abort when they are asked to create. */
	flags &= ~(O_CREAT | (O_TMPFILE & ~O_DIRECTORY));
	if (word_is(how, "__open_2")) {
		*(void **)&two = walk_symbol("__open_2");
		return two(path, flags);
	}
	if (word_is(how, "__openat_2")) {
		*(void **)&at_two = walk_symbol("__openat_2");
		return at_two(dirfd, path, flags);
	}
	walk_die("unknown spelling of open: %s", how);
}

/* open SLOT SPELLING DIRFD PATH FLAGS MODE */
static void op_open(char **w)
{
	int dirfd = word_fd(w[3]);
	const char *path = word_path(w[4]);
	int flags = (int)word_flags(w[5]);
	mode_t mode = word_mode(w[6]);
	int fd;

	if (strncmp(w[2], "SYS_", 4) == 0)
		fd = open_by_syscall(w[2], dirfd, path, flags, mode);
	else
		fd = open_spelled(w[2], dirfd, path, flags, mode);
	say_descriptor(fd);
	if (fd >= 0 || w[1][1] < '0' + WALK_FIRST_HELD)
		slot_put(w[1], fd);
}

/* fopen SLOT PATH MODE: the descriptor outlives the stream */
static void op_fopen(char **w)
{
	FILE *stream = fopen(word_path(w[2]), w[3]);
	int fd = -1;

	if (stream == NULL) {
		say_result(-1);
	} else {
		fd = dup(fileno(stream));
		(void)fclose(stream); /* nothing was written */
		say_descriptor(fd);
	}
	slot_put(w[1], fd);
}

/* mkstemp SLOT PREFIX: the name is random, so it goes again; the slot holds a file without one */
static void op_mkstemp(char **w)
{
	char name[256];
	int fd;

	(void)snprintf(name, sizeof(name), "%s.XXXXXX", w[2]);
	fd = mkstemp(name);
	say_descriptor(fd);
	if (fd >= 0 && unlink(name) < 0)
		walk_die("cannot remove %s", name);
	slot_put(w[1], fd);
}

/* mkdtemp NAME: likewise, but a name can be given back */
static void op_mkdtemp(char **w)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "%s.XXXXXX", w[1]);
	if (mkdtemp(name) == NULL) {
		say_result(-1);
		return;
	}
	if (renameat2(AT_FDCWD, name, AT_FDCWD, w[1], 1 /* RENAME_NOREPLACE */) < 0) {
		(void)rmdir(name);
		errno = EEXIST;
		say_result(-1);
		return;
	}
	say_result(0);
}

static ssize_t write_spelled(const char *how, int fd)
{
	static const struct iovec parts[] = {{(void *)"ab", 2}, {(void *)"c", 1}};

	if (word_is(how, "write"))
		return write(fd, "abc", 3);
	if (word_is(how, "pwrite"))
		return pwrite(fd, "abc", 3, 0);
	if (word_is(how, "writev"))
		return writev(fd, parts, 2);
	if (word_is(how, "SYS_write"))
		return syscall(SYS_write, fd, "abc", 3);
	if (word_is(how, "fallocate"))
		return fallocate(fd, 0, 0, 3);
	if (word_is(how, "nothing"))
		return write(fd, "abc", 0);
	walk_die("unknown spelling of write: %s", how);
}

/* write SPELLING SLOT */
static void op_write(char **w)
{
	say_result(write_spelled(w[1], word_fd(w[2])));
}

/* write_to SPELLING PATH: opened for that alone */
static void op_write_to(char **w)
{
	int fd = open(word_path(w[2]), O_WRONLY | O_NONBLOCK | O_CLOEXEC);

	say_result(fd < 0 ? fd : write_spelled(w[1], fd));
	if (fd >= 0)
		(void)close(fd); /* nobody reads what a sequence writes */
}

static void op_close(char **w)
{
	bool open = word_fd(w[1]) >= 0;

	slot_put(w[1], -1);
	printf(" = %s\n", open ? "closed" : "none");
}

/* dup FROM TO */
static void op_dup(char **w)
{
	int fd = dup(word_fd(w[1]));

	say_descriptor(fd);
	slot_put(w[2], fd);
}

const struct op open_ops[] = {
	{"open", 6, op_open},	    {"fopen", 3, op_fopen},	  {"mkstemp", 2, op_mkstemp},
	{"mkdtemp", 1, op_mkdtemp}, {"close", 1, op_close},	  {"dup", 2, op_dup},
	{"write", 2, op_write},	    {"write_to", 2, op_write_to}, {NULL, 0, NULL},
};
