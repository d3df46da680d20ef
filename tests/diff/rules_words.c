/* SPDX-License-Identifier: MIT
 * rules_words.c - words of a table into the arguments of a call, pointers that lead nowhere among
 * them.
 */
#include "flags.h"
#include "rules.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

int rules_slots[RULES_N_SLOTS] = {-1, -1, -1, -1, -1, -1, -1, -1};

long word_flags(const char *word, int base)
{
	long value;

	if (!flags_parse(word, base, &value))
		rules_die("not a number: %s", word);
	return value;
}

/* {255} is as many letters, {/4000} as many bytes of "./" before what follows. Kept for as long as
 * the process. */
char *word_text(const char *word)
{
	char text[3 * PATH_MAX];
	size_t at = 0;

	if (strcmp(word, "EMPTY") == 0)
		return strdup("");
	while (*word != '\0') {
		bool is_way = word[1] == '/';
		char *end;
		long n;

		if (*word != '{') {
			text[at++] = *word++;
			continue;
		}
		n = strtol(word + (is_way ? 2 : 1), &end, 10);
		if (*end != '}' || at + (size_t)n >= sizeof(text) - 300)
			rules_die("how long? %s", word);
		for (long i = 0; i < n; i++)
			text[at++] = is_way ? "./"[i % 2] : 'x';
		word = end + 1;
	}
	text[at] = '\0';
	return strdup(text);
}

static void *unmapped(void)
{
	static void *page;

	if (page == NULL) {
		page = mmap(NULL, 65536, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (page == MAP_FAILED || munmap(page, 65536) < 0)
			rules_die("munmap");
	}
	return page;
}

/* The last bytes before a page that is not there. */
static void *edge(void)
{
	long size = sysconf(_SC_PAGESIZE);
	char *page = mmap(NULL, 2 * (size_t)size, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (page == MAP_FAILED || munmap(page + size, (size_t)size) < 0)
		rules_die("munmap");
	memset(page, 'x', (size_t)size);
	return page + size - 2;
}

static bool is_bad_pointer(const char *word, long *ret_value)
{
	if (strcmp(word, "NULL") == 0)
		*ret_value = 0;
	else if (strcmp(word, "BAD") == 0)
		*ret_value = -1;
	else if (strcmp(word, "UNMAPPED") == 0)
		*ret_value = (long)unmapped();
	else if (strcmp(word, "EDGE") == 0)
		*ret_value = (long)edge();
	else
		return false;
	return true;
}

static long descriptor(const char *word)
{
	if (strcmp(word, ".") == 0)
		return AT_FDCWD;
	if (word[0] == 'f' && word[1] >= '0' && word[1] < '0' + RULES_N_SLOTS && word[2] == '\0')
		return rules_slots[word[1] - '0'];
	return word_flags(word, 0);
}

/* One of a pair: now, omit, bad (no nanosecond), or a second. */
static void one_time(const char *word, size_t len, struct timespec *ret_time)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%.*s", (int)len, word);
	*ret_time = (struct timespec){.tv_sec = 77};
	if (strcmp(text, "now") == 0)
		ret_time->tv_nsec = UTIME_NOW;
	else if (strcmp(text, "omit") == 0)
		ret_time->tv_nsec = UTIME_OMIT;
	else if (strcmp(text, "bad") == 0)
		ret_time->tv_nsec = 1000000000;
	else if (strcmp(text, "negative") == 0)
		ret_time->tv_nsec = -1;
	else
		*ret_time = (struct timespec){.tv_sec = word_flags(text, 0), .tv_nsec = 5000};
}

/* t: timespec, T: timeval, U: utimbuf; two of them, as in now,omit */
static long times(char kind, const char *word)
{
	static struct timespec spec[2];
	static struct timeval val[2];
	static struct utimbuf buf;
	size_t len = strcspn(word, ",");

	one_time(word, len, &spec[0]);
	one_time(word[len] == ',' ? word + len + 1 : word, strlen(word), &spec[1]);
	for (int i = 0; i < 2; i++)
		val[i] = (struct timeval){spec[i].tv_sec, spec[i].tv_nsec / 1000};
	buf = (struct utimbuf){spec[0].tv_sec, spec[1].tv_sec};
	return kind == 't' ? (long)spec : kind == 'T' ? (long)val : (long)&buf;
}

static long device(const char *word)
{
	unsigned major_part, minor_part;

	if (sscanf(word, "%u:%u", &major_part, &minor_part) != 2)
		rules_die("not a device: %s", word);
	return (long)makedev(major_part, minor_part);
}

/* False if the kind is none. */
bool word_argument(char kind, char *word, long *ret_value)
{
	static char room[2][4096];
	static int turn;

	if (strchr("ptTUb", kind) != NULL && is_bad_pointer(word, ret_value))
		return true;
	switch (kind) {
	case 'p':
		*ret_value = (long)word_text(word);
		return true;
	case 'd':
		*ret_value = descriptor(word);
		return true;
	case 'm':
		*ret_value = word_flags(word, 8);
		return true;
	case 'i':
		*ret_value = word_flags(word, 0);
		return true;
	case 'v':
		*ret_value = device(word);
		return true;
	case 't':
	case 'T':
	case 'U':
		*ret_value = times(kind, word);
		return true;
	case 'b': /* room for an answer */
		turn = !turn;
		memset(room[turn], 0, sizeof(room[turn]));
		*ret_value = (long)room[turn];
		return true;
	default:
		return false;
	}
}
