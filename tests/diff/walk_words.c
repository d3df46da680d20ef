/* SPDX-License-Identifier: MIT
 * walk_words.c - words of a sequence into numbers, and results into words.
 */
#include "flags.h"
#include "walk.h"

#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

void walk_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("walk_random: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	exit(2);
}

bool word_is(const char *word, const char *what)
{
	return strcmp(word, what) == 0;
}

long word_number(const char *word)
{
	char *end;
	long value;

	errno = 0;
	value = strtol(word, &end, 0);
	if (end == word || *end != '\0' || errno != 0)
		walk_die("not a number: %s", word);
	return value;
}

static long flags_value(const char *word, int base)
{
	long value;

	if (!flags_parse(word, base, &value))
		walk_die("unknown flag: %s", word);
	return value;
}

long word_flags(const char *word)
{
	return flags_value(word, 0);
}

unsigned word_mode(const char *word)
{
	return (unsigned)flags_value(word, 8);
}

uint64_t word_device(const char *word)
{
	unsigned major_part, minor_part;
	char rest;

	if (sscanf(word, "%u:%u%c", &major_part, &minor_part, &rest) != 2)
		walk_die("not a device: %s", word);
	return makedev(major_part, minor_part);
}

int word_fd(const char *word)
{
	if (word_is(word, "."))
		return AT_FDCWD;
	if (word[0] != 'f' || word[1] < '0' || word[1] >= '0' + WALK_N_SLOTS || word[2] != '\0')
		walk_die("not a descriptor: %s", word);
	return walk_slots[word[1] - '0'];
}

const char *word_path(const char *word)
{
	static char proc[2][64]; /* renames take two */
	static int turn;

	if (word_is(word, "%e"))
		return "";
	if (word[0] != '@')
		return word;
	turn = !turn;
	(void)snprintf(proc[turn], sizeof(proc[turn]), "/proc/self/fd/%d", word_fd(word + 1));
	return proc[turn];
}

void *walk_symbol(const char *name)
{
	return dlsym(RTLD_DEFAULT, name);
}

const char *type_name(unsigned mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "reg";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "lnk";
	case S_IFCHR:
		return "chr";
	case S_IFBLK:
		return "blk";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "sock";
	default:
		return "none";
	}
}

void say_result(long result)
{
	const char *name;

	if (result >= 0) {
		printf(" = %ld\n", result);
		return;
	}
	name = strerrorname_np(errno);
	printf(" = -1 %s\n", name != NULL ? name : "unknown");
}

void say_descriptor(int fd)
{
	if (fd >= 0)
		printf(" = fd\n");
	else
		say_result(fd);
}

void say_stat(int result, const struct stat *st)
{
	if (result < 0) {
		say_result(result);
		return;
	}
	printf(" = %s %04o %u:%u links=%lu size=%ld rdev=%u:%u\n", type_name(st->st_mode),
	       (unsigned)st->st_mode & 07777, st->st_uid, st->st_gid, (unsigned long)st->st_nlink,
	       (long)st->st_size, major(st->st_rdev), minor(st->st_rdev));
}
