/* SPDX-License-Identifier: MIT
 * walk_tree.c - a whole tree in lines: what stat shows, hard links by their first name, link
 * targets and xattrs with values. No times, inode or device numbers: those differ between any two
 * runs.
 */
#include "walk.h"

#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#define MAX_LINKED 4096

/* First name of each file with more than one. */
static struct {
	ino_t ino;
	char *name;
} linked[MAX_LINKED];
static size_t n_linked;

static const char *first_name(const struct stat *st, const char *path)
{
	for (size_t i = 0; i < n_linked; i++)
		if (linked[i].ino == st->st_ino)
			return linked[i].name;

	if (n_linked == MAX_LINKED)
		walk_die("too many hard links");
	linked[n_linked].ino = st->st_ino;
	linked[n_linked].name = strdup(path);
	return linked[n_linked++].name;
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static int by_string(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void say_xattrs(const char *path)
{
	static char list[65536];
	static unsigned char value[65536];
	const char *names[1024];
	size_t n = 0;
	ssize_t size = llistxattr(path, list, sizeof(list));

	if (size < 0) {
		printf(" xattrs:%s", strerrorname_np(errno));
		return;
	}
	for (char *name = list; name < list + size && n < 1024; name += strlen(name) + 1)
		names[n++] = name;
	if (n > 0)
		qsort(names, n, sizeof(names[0]), by_string);
	for (size_t i = 0; i < n; i++) {
		ssize_t len = lgetxattr(path, names[i], value, sizeof(value));

		printf(" %s=", names[i]);
		if (len < 0)
			printf("%s", strerrorname_np(errno));
		for (ssize_t k = 0; k < len; k++)
			printf("%02x", value[k]);
	}
}

static void say_entry(const FTSENT *entry)
{
	const struct stat *st = entry->fts_statp;
	const char *path = entry->fts_accpath, *shown = entry->fts_path;
	char target[4096];
	ssize_t len;

	printf("%s %s %04o %u:%u links=%lu size=%ld rdev=%u:%u", shown, type_name(st->st_mode),
	       (unsigned)st->st_mode & 07777, st->st_uid, st->st_gid, (unsigned long)st->st_nlink,
	       (long)st->st_size, major(st->st_rdev), minor(st->st_rdev));
	if (!S_ISDIR(st->st_mode) && st->st_nlink > 1)
		printf(" same=%s", first_name(st, shown));
	if (S_ISLNK(st->st_mode)) {
		len = readlink(path, target, sizeof(target));
		printf(" to=%.*s", (int)(len > 0 ? len : 0), target);
	}
	say_xattrs(path);
	putchar('\n');
}

int walk_tree(const char *path)
{
	char *roots[] = {(char *)path, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_name);
	FTSENT *entry;
	int result = 0;

	if (fts == NULL)
		return 1;
	while ((entry = fts_read(fts)) != NULL) {
		if (entry->fts_info == FTS_DP)
			continue;
		if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS ||
		    entry->fts_info == FTS_DNR) {
			printf("%s %s\n", entry->fts_path, strerrorname_np(entry->fts_errno));
			result = 1;
			continue;
		}
		say_entry(entry);
	}
	(void)fts_close(fts);
	return result;
}
