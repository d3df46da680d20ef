/* SPDX-License-Identifier: MIT
 * walk.c - walk the working directory's tree with the walker named, and print for each entry what
 * the walker says of it. `stat` is the measure: its own recursion over readdir and lstat.
 *
 * Lines: path, and behind it mode, owner, group and device.
 */
#include <dirent.h>
#include <errno.h>
#include <fts.h>
#include <ftw.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static void print_stat(const char *path, const struct stat *st, const char *info)
{
	bool device = S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);

	printf("%s mode=%o uid=%u gid=%u rdev=%u:%u nlink=%u %s\n", path, st->st_mode, st->st_uid,
	       st->st_gid, device ? major(st->st_rdev) : 0, device ? minor(st->st_rdev) : 0,
	       S_ISDIR(st->st_mode) ? 0 : (unsigned)st->st_nlink, info);
}

static void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

/* -- the measure -- */

/* `follow` is for the walkers that follow symlinks: dangling ones stay links. */
static void measure(const char *dir, bool follow)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[4096];
	struct stat st;

	if (!d)
		fail(dir);
	while ((entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		(void)snprintf(path, sizeof path, "%s/%s", dir, entry->d_name);
		if ((!follow || stat(path, &st) < 0) && lstat(path, &st) < 0)
			fail(path);
		print_stat(path, &st, "");
		if (S_ISDIR(st.st_mode))
			measure(path, follow);
	}
	closedir(d);
}

static void measure_top(bool follow)
{
	struct stat st;

	if (stat(".", &st) < 0)
		fail(".");
	print_stat(".", &st, "");
	measure(".", follow);
}

/* -- ftw, nftw -- */

static const char *const ftw_names[] = {"F", "D", "DNR", "NS", "SL", "DP", "SLN"};

static int on_ftw(const char *path, const struct stat *st, int type)
{
	if (type != FTW_NS)
		print_stat(path, st, ftw_names[type]);
	else
		printf("%s NS\n", path);
	return 0;
}

static int on_ftw64(const char *path, const struct stat64 *st, int type)
{
	return on_ftw(path, (const struct stat *)st, type);
}

static int on_nftw(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)position;
	return on_ftw(path, st, type);
}

static int on_nftw64(const char *path, const struct stat64 *st, int type, struct FTW *position)
{
	(void)position;
	return on_ftw(path, (const struct stat *)st, type);
}

/* Another walk inside a callback, and its result handed through. */
static int count(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)path, (void)type, (void)position;
	return st->st_uid == 5 ? -77 : 0;
}

static int on_nested(const char *path, const struct stat *st, int type, struct FTW *position)
{
	(void)position;
	printf("inner=%d ", nftw("owned", count, 8, FTW_PHYS));
	return on_ftw(path, st, type);
}

/* -- fts -- */

static const char *fts_name(int info)
{
	switch (info) {
	case FTS_D:
		return "D";
	case FTS_DP:
		return "DP";
	case FTS_F:
		return "F";
	case FTS_DEFAULT:
		return "DEFAULT";
	case FTS_SL:
		return "SL";
	case FTS_SLNONE:
		return "SLNONE";
	case FTS_NSOK:
		return "NSOK";
	case FTS_NS:
		return "NS";
	case FTS_DC:
		return "DC";
	default:
		return "?";
	}
}

static bool no_stat; /* FTS_NOSTAT: entries have no room for one */

static void print_ftsent(const FTSENT *entry, const char *prefix)
{
	char info[64];

	(void)snprintf(info, sizeof info, "%s%s", prefix, fts_name(entry->fts_info));
	if (no_stat || entry->fts_info == FTS_NS)
		printf("%s/%s %s\n", entry->fts_path, entry->fts_name, info);
	else
		print_stat(*prefix ? entry->fts_name : entry->fts_path, entry->fts_statp, info);
}

/* By owner, then name: wrong owners give another order. */
static int by_owner(const FTSENT **a, const FTSENT **b)
{
	const FTSENT *x = *a, *y = *b;

	if (no_stat || x->fts_statp->st_uid == y->fts_statp->st_uid)
		return strcmp(x->fts_name, y->fts_name);
	return x->fts_statp->st_uid < y->fts_statp->st_uid ? -1 : 1;
}

static int by_owner64(const FTSENT64 **a, const FTSENT64 **b)
{
	return by_owner((const FTSENT **)a, (const FTSENT **)b);
}

static void with_fts(int options, bool children)
{
	char top[] = ".", link[] = "to-owned", device[] = "null";
	char *paths[] = {top, link, device, NULL};
	FTS *fts;

	no_stat = options & FTS_NOSTAT;
	fts = fts_open(paths, options, by_owner);
	if (!fts)
		fail("fts_open");
	for (FTSENT *entry; (entry = fts_read(fts));) {
		print_ftsent(entry, "");
		if (children && entry->fts_info == FTS_D) {
			for (FTSENT *child = fts_children(fts, 0); child; child = child->fts_link)
				print_ftsent(child, "child ");
		}
		if (fts->fts_compar != (int (*)(const void *, const void *))by_owner)
			printf("comparison changed\n");
	}
	fts_close(fts);
}

static void with_fts64(int options)
{
	char top[] = ".";
	char *paths[] = {top, NULL};
	FTS64 *fts = fts64_open(paths, options, by_owner64);

	for (FTSENT64 *entry; (entry = fts64_read(fts));) {
		print_ftsent((const FTSENT *)entry, "");
		if (entry->fts_info == FTS_D) {
			for (FTSENT64 *child = fts64_children(fts, 0); child;
			     child = child->fts_link)
				print_ftsent((const FTSENT *)child, "child ");
		}
	}
	fts64_close(fts);
}

/* -- which -- */

static const struct {
	const char *name;
	int flags;
} nftws[] =
	{
		{"nftw", FTW_PHYS},
		{"nftw-follow", 0},
		{"nftw-depth", FTW_PHYS | FTW_DEPTH},
		{"nftw-chdir", FTW_PHYS | FTW_CHDIR},
		{"nftw-chdir-depth", FTW_PHYS | FTW_CHDIR | FTW_DEPTH},
		{"nftw-chdir-follow", FTW_CHDIR},
},
  ftss[] = {
	  {"fts", FTS_PHYSICAL},
	  {"fts-nochdir", FTS_PHYSICAL | FTS_NOCHDIR},
	  {"fts-logical", FTS_LOGICAL},
	  {"fts-comfollow", FTS_PHYSICAL | FTS_COMFOLLOW},
	  {"fts-nostat", FTS_PHYSICAL | FTS_NOSTAT},
};

#define N(table) (sizeof(table) / sizeof((table)[0]))

static bool run(const char *name)
{
	for (size_t i = 0; i < N(nftws); i++) {
		if (!strcmp(name, nftws[i].name))
			return nftw(".", on_nftw, 3, nftws[i].flags) == 0;
	}
	for (size_t i = 0; i < N(ftss); i++) {
		if (!strcmp(name, ftss[i].name)) {
			with_fts(ftss[i].flags, false);
			with_fts(ftss[i].flags, true);
			return true;
		}
	}
	if (!strcmp(name, "nftw64"))
		return nftw64(".", on_nftw64, 3, FTW_PHYS) == 0;
	if (!strcmp(name, "nftw-nested"))
		return nftw(".", on_nested, 3, FTW_PHYS) == 0;
	if (!strcmp(name, "ftw"))
		return ftw(".", on_ftw, 3) == 0;
	if (!strcmp(name, "ftw64"))
		return ftw64(".", on_ftw64, 3) == 0;
	if (!strcmp(name, "fts64"))
		with_fts64(FTS_PHYSICAL);
	else if (!strcmp(name, "fts64-nochdir"))
		with_fts64(FTS_PHYSICAL | FTS_NOCHDIR);
	else if (!strcmp(name, "stat"))
		measure_top(false);
	else if (!strcmp(name, "stat-follow"))
		measure_top(true);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	if (argc != 2)
		return 2;
	return run(argv[1]) ? 0 : 1;
}
