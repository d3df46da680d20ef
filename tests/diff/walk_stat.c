/* SPDX-License-Identifier: MIT
 * walk_stat.c - stat in every spelling, and the calls that walk directories.
 */
#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <ftw.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

typedef int xstat_function(int version, const char *path, struct stat *st);
typedef int fxstat_function(int version, int fd, struct stat *st);
typedef int fxstatat_function(int version, int fd, const char *path, struct stat *st, int at_flags);

/* On 64-bit machines struct stat64 is struct stat, so one buffer serves all. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "tests/diff needs a 64-bit machine");

#define XSTAT_VERSION 1 /* _STAT_VER of x86-64; 0 on arm64, where libc does not look at it */

static void op_stat(char **w)
{
	const char *path = word_path(w[1]);
	struct stat st;
	xstat_function *old = NULL;

	memset(&st, 0xa5, sizeof(st));
	if (word_is(w[0], "stat"))
		say_stat(stat(path, &st), &st);
	else if (word_is(w[0], "lstat"))
		say_stat(lstat(path, &st), &st);
	else if (word_is(w[0], "stat64"))
		say_stat(stat64(path, (struct stat64 *)&st), &st);
	else if (word_is(w[0], "lstat64"))
		say_stat(lstat64(path, (struct stat64 *)&st), &st);
	else if (word_is(w[0], "SYS_stat"))
		say_stat((int)syscall(SYS_stat, path, &st), &st);
	else if (word_is(w[0], "SYS_lstat"))
		say_stat((int)syscall(SYS_lstat, path, &st), &st);
	else {
		*(void **)&old = walk_symbol(w[0]); /* __xstat, __lxstat and their 64 twins */
		if (old == NULL)
			walk_die("libc has no %s", w[0]);
		say_stat(old(XSTAT_VERSION, path, &st), &st);
	}
}

static void op_fstat(char **w)
{
	int fd = word_fd(w[1]);
	struct stat st;
	fxstat_function *old = NULL;

	memset(&st, 0xa5, sizeof(st));
	if (word_is(w[0], "fstat"))
		say_stat(fstat(fd, &st), &st);
	else if (word_is(w[0], "fstat64"))
		say_stat(fstat64(fd, (struct stat64 *)&st), &st);
	else if (word_is(w[0], "SYS_fstat"))
		say_stat((int)syscall(SYS_fstat, fd, &st), &st);
	else {
		*(void **)&old = walk_symbol(w[0]); /* __fxstat, __fxstat64 */
		if (old == NULL)
			walk_die("libc has no %s", w[0]);
		say_stat(old(XSTAT_VERSION, fd, &st), &st);
	}
}

static void op_fstatat(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	int at_flags = (int)word_flags(w[3]);
	struct stat st;
	fxstatat_function *old = NULL;

	memset(&st, 0xa5, sizeof(st));
	if (word_is(w[0], "fstatat"))
		say_stat(fstatat(fd, path, &st, at_flags), &st);
	else if (word_is(w[0], "fstatat64"))
		say_stat(fstatat64(fd, path, (struct stat64 *)&st, at_flags), &st);
	else if (word_is(w[0], "SYS_newfstatat"))
		say_stat((int)syscall(SYS_newfstatat, fd, path, &st, at_flags), &st);
	else {
		*(void **)&old = walk_symbol(w[0]); /* __fxstatat, __fxstatat64 */
		if (old == NULL)
			walk_die("libc has no %s", w[0]);
		say_stat(old(XSTAT_VERSION, fd, path, &st, at_flags), &st);
	}
}

static void op_statx(char **w)
{
	int fd = word_fd(w[1]);
	const char *path = word_path(w[2]);
	int at_flags = (int)word_flags(w[3]);
	unsigned mask = word_is(w[4], "all")	? STATX_ALL
			: word_is(w[4], "ids")	? STATX_UID | STATX_GID
			: word_is(w[4], "mode") ? STATX_TYPE | STATX_MODE
						: STATX_BASIC_STATS;
	struct statx stx;
	int result;

	memset(&stx, 0xa5, sizeof(stx));
	if (word_is(w[0], "statx"))
		result = statx(fd, path, at_flags, mask, &stx);
	else
		result = (int)syscall(SYS_statx, fd, path, at_flags, mask, &stx);
	if (result < 0) {
		say_result(result);
		return;
	}
	/* More than was asked for may come back; less may not. */
	printf(" = %s %04o %u:%u links=%u size=%llu rdev=%u:%u answered=%d\n",
	       type_name(stx.stx_mode), stx.stx_mode & 07777u, stx.stx_uid, stx.stx_gid,
	       stx.stx_nlink, (unsigned long long)stx.stx_size, stx.stx_rdev_major,
	       stx.stx_rdev_minor,
	       (stx.stx_mask & mask & STATX_BASIC_STATS) == (mask & STATX_BASIC_STATS));
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A directory entry may say "unknown", for devices at least; then the reader has to lstat. */
static const char *entry_type(const char *dir, const struct dirent *entry)
{
	char path[4096];
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return type_name(DTTOIF(entry->d_type));
	(void)snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
	return lstat(path, &st) == 0 ? type_name(st.st_mode) : "gone";
}

static void op_scandir(char **w)
{
	const char *dir = word_path(w[1]);
	struct dirent **entries;
	int n = scandir(dir, &entries, NULL, by_name);

	if (n < 0) {
		say_result(n);
		return;
	}
	printf(" =");
	for (int i = 0; i < n; i++) {
		printf(" %s:%s", entries[i]->d_name, entry_type(dir, entries[i]));
		free(entries[i]);
	}
	free(entries);
	putchar('\n');
}

/* readdir order is the file system's; sums do not care. */
static void op_readdir(char **w)
{
	const char *path = word_path(w[1]);
	DIR *dir = opendir(path);
	struct dirent *entry;
	unsigned n_of[16] = {0};

	if (dir == NULL) {
		say_result(-1);
		return;
	}
	while ((entry = readdir(dir)) != NULL) {
		const char *type = entry_type(path, entry);

		for (unsigned i = 0; i < 16; i++)
			if (strcmp(type, type_name(i << 12)) == 0) {
				n_of[i]++;
				break;
			}
	}
	(void)closedir(dir);
	printf(" =");
	for (unsigned i = 0; i < 16; i++)
		if (n_of[i] > 0)
			printf(" %s:%u", type_name(i << 12), n_of[i]);
	putchar('\n');
}

static int by_fts_name(const FTSENT **a, const FTSENT **b)
{
	return strcmp((*a)->fts_name, (*b)->fts_name);
}

static void op_fts(char **w)
{
	char *roots[] = {(char *)word_path(w[1]), NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, by_fts_name);
	FTSENT *entry;

	if (fts == NULL) {
		say_result(-1);
		return;
	}
	printf(" =");
	while ((entry = fts_read(fts)) != NULL) {
		if (entry->fts_info == FTS_DP)
			continue;
		printf(" %s", entry->fts_path);
		if (entry->fts_info == FTS_NS)
			printf(":%s", strerrorname_np(entry->fts_errno));
		else
			printf(":%s:%04o:%u:%u:%u", type_name(entry->fts_statp->st_mode),
			       (unsigned)entry->fts_statp->st_mode & 07777,
			       entry->fts_statp->st_uid, entry->fts_statp->st_gid,
			       (unsigned)entry->fts_statp->st_rdev);
	}
	(void)fts_close(fts);
	putchar('\n');
}

/* nftw(3) has no argument for its function, and no order. */
static unsigned long nftw_sum;

static int nftw_add(const char *path, const struct stat *st, int flag, struct FTW *where)
{
	static const struct stat nothing; /* is known of what cannot be looked at */
	unsigned long sum = 5381;

	(void)where;
	if (flag == FTW_NS)
		st = &nothing;
	for (; *path != '\0'; path++)
		sum = sum * 33 + (unsigned char)*path;
	nftw_sum += sum * (st->st_mode + 7ul * st->st_uid + 13ul * st->st_gid + 17ul * st->st_rdev +
			   (unsigned)flag);
	return 0;
}

static void op_nftw(char **w)
{
	int result;

	nftw_sum = 0;
	result = nftw(word_path(w[1]), nftw_add, 8, FTW_PHYS);
	if (result < 0)
		say_result(result);
	else
		printf(" = %lx\n", nftw_sum);
}

static void op_glob(char **w)
{
	glob_t found;
	int result = glob(word_path(w[1]), GLOB_MARK, NULL, &found);

	printf(" = %d", result);
	if (result == 0) {
		for (size_t i = 0; i < found.gl_pathc; i++)
			printf(" %s", found.gl_pathv[i]);
		globfree(&found);
	}
	putchar('\n');
}

static void op_opendir(char **w)
{
	DIR *dir = opendir(word_path(w[1]));

	say_result(dir != NULL ? 0 : -1);
	if (dir != NULL)
		(void)closedir(dir);
}

const struct op stat_ops[] = {
	{"stat", 1, op_stat},
	{"lstat", 1, op_stat},
	{"stat64", 1, op_stat},
	{"lstat64", 1, op_stat},
	{"__xstat", 1, op_stat},
	{"__lxstat", 1, op_stat},
	{"__xstat64", 1, op_stat},
	{"__lxstat64", 1, op_stat},
	{"SYS_stat", 1, op_stat},
	{"SYS_lstat", 1, op_stat},
	{"fstat", 1, op_fstat},
	{"fstat64", 1, op_fstat},
	{"__fxstat", 1, op_fstat},
	{"__fxstat64", 1, op_fstat},
	{"SYS_fstat", 1, op_fstat},
	{"fstatat", 3, op_fstatat},
	{"fstatat64", 3, op_fstatat},
	{"__fxstatat", 3, op_fstatat},
	{"__fxstatat64", 3, op_fstatat},
	{"SYS_newfstatat", 3, op_fstatat},
	{"statx", 4, op_statx},
	{"SYS_statx", 4, op_statx},
	{"scandir", 1, op_scandir},
	{"readdir", 1, op_readdir},
	{"fts", 1, op_fts},
	{"nftw", 1, op_nftw},
	{"glob", 1, op_glob},
	{"opendir", 1, op_opendir},
	{NULL, 0, NULL},
};
