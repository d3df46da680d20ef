/* SPDX-License-Identifier: MIT
 * entries.c - list the working directory and `owned` in it with the reader named, and print for
 * each entry whether its d_type is right: unknown, or what lstat says.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(const char *what)
{
	printf("%s: %s\n", what, strerror(errno));
	exit(1);
}

static void print_entry(const char *dir, const char *name, unsigned char type)
{
	char path[4096];
	struct stat st;

	if (!strcmp(name, ".") || !strcmp(name, ".."))
		return;
	(void)snprintf(path, sizeof path, "%s/%s", dir, name);
	if (lstat(path, &st) < 0)
		fail(path);
	printf("%s type=%s\n", path,
	       type == DT_UNKNOWN || type == IFTODT(st.st_mode) ? "right" : "wrong");
}

static void with_readdir(const char *dir)
{
	DIR *d = opendir(dir);

	for (struct dirent *e; (e = readdir(d));)
		print_entry(dir, e->d_name, e->d_type);
	closedir(d);
}

static void with_readdir64(const char *dir)
{
	DIR *d = opendir(dir);

	for (struct dirent64 *e; (e = readdir64(d));)
		print_entry(dir, e->d_name, e->d_type);
	closedir(d);
}

#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

static void with_readdir_r(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent room, *e;

	while (readdir_r(d, &room, &e) == 0 && e)
		print_entry(dir, e->d_name, e->d_type);
	closedir(d);
}

static void with_readdir64_r(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent64 room, *e;

	while (readdir64_r(d, &room, &e) == 0 && e)
		print_entry(dir, e->d_name, e->d_type);
	closedir(d);
}

static const char *scanned;
static int n_filtered, n_inner;

static int take_all(const struct dirent *entry)
{
	(void)entry;
	n_inner++;
	return 1;
}

/* The filter sees the fixed type too, and scans in its turn. */
static int filter(const struct dirent *entry)
{
	struct dirent **list;
	int n = scandir(".", &list, take_all, NULL);

	if (n <= 0 || n > n_inner)
		fail("inner scandir");
	while (n)
		free(list[--n]);
	free(list);
	n_filtered++;
	print_entry(scanned, entry->d_name, entry->d_type);
	return entry->d_name[0] != '.';
}

static int filter64(const struct dirent64 *entry)
{
	return filter((const struct dirent *)entry);
}

static void print_list(const char *dir, struct dirent **list, int n)
{
	if (n < 0)
		fail(dir);
	for (int i = 0; i < n; i++) {
		print_entry(dir, list[i]->d_name, list[i]->d_type);
		free(list[i]);
	}
	free(list);
	printf("%s n=%d filtered=%d\n", dir, n, n_filtered);
}

static void with_scandir(const char *dir)
{
	struct dirent **list;
	struct dirent64 **list64;
	int fd = open(dir, O_RDONLY | O_DIRECTORY);

	scanned = dir;
	print_list(dir, list, scandir(dir, &list, NULL, alphasort));
	print_list(dir, list, scandir(dir, &list, filter, alphasort));
	print_list(dir, list, scandirat(fd, ".", &list, filter, NULL));
	print_list(dir, (struct dirent **)list64, scandir64(dir, &list64, filter64, alphasort64));
	print_list(dir, (struct dirent **)list64, scandirat64(fd, ".", &list64, NULL, NULL));
	close(fd);
}

static void with_dents64(const char *dir, bool raw)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	char buffer[4096] __attribute__((aligned(8)));
	long n;

	while ((n = raw ? syscall(SYS_getdents64, fd, buffer, sizeof buffer)
			: getdents64(fd, buffer, sizeof buffer)) > 0) {
		for (char *at = buffer; at < buffer + n; at += ((struct dirent64 *)at)->d_reclen)
			print_entry(dir, ((struct dirent64 *)at)->d_name,
				    ((struct dirent64 *)at)->d_type);
	}
	close(fd);
}

static void with_getdents64(const char *dir)
{
	with_dents64(dir, false);
}

static void with_raw_getdents64(const char *dir)
{
	with_dents64(dir, true);
}

static void with_raw_getdents(const char *dir)
{
	struct old {
		unsigned long ino, offset;
		unsigned short size;
		char name[];
	};
	int fd = open(dir, O_RDONLY | O_DIRECTORY);
	char buffer[4096] __attribute__((aligned(8)));
	long n;

	while ((n = syscall(SYS_getdents, fd, buffer, sizeof buffer)) > 0) {
		for (char *at = buffer; at < buffer + n; at += ((struct old *)at)->size)
			print_entry(dir, ((struct old *)at)->name,
				    (unsigned char)at[((struct old *)at)->size - 1]);
	}
	close(fd);
}

static const struct {
	const char *name;
	void (*list)(const char *dir);
} readers[] = {
	{"readdir", with_readdir},
	{"readdir64", with_readdir64},
	{"readdir_r", with_readdir_r},
	{"readdir64_r", with_readdir64_r},
	{"scandir", with_scandir},
	{"getdents64", with_getdents64},
	{"raw-getdents64", with_raw_getdents64},
	{"raw-getdents", with_raw_getdents},
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc == 2 && i < sizeof(readers) / sizeof(readers[0]); i++) {
		if (!strcmp(argv[1], readers[i].name)) {
			readers[i].list(".");
			readers[i].list("owned");
			return 0;
		}
	}
	return 2;
}
