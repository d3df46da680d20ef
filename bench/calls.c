/* SPDX-License-Identifier: MIT
 * calls.c - the subject of calls.sh and ops.sh: one operation, N times, in the working directory.
 * What N cost more than none is what is told; the time of one, in ns, is printed.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

static const char *path;
static int held = -1; /* the file, open */

static int op_lstat(int i)
{
	struct stat st;

	(void)i; /* each is like the others */
	return lstat(path, &st);
}

static int op_fstat(int i)
{
	struct stat st;

	(void)i; /* likewise */
	return fstat(held, &st);
}

static int op_statx(int i)
{
	struct statx stx;

	(void)i; /* likewise */
	return statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BASIC_STATS, &stx);
}

static int op_open(int i)
{
	int fd = open(path, O_RDONLY);

	(void)i; /* likewise */
	return fd < 0 ? -1 : close(fd);
}

static int op_access(int i)
{
	(void)i; /* likewise */
	return access(path, R_OK);
}

static int op_getuid(int i)
{
	(void)i; /* likewise */
	return getuid() == (uid_t)-1 ? -1 : 0;
}

static int op_lchown(int i)
{
	return lchown(path, (uid_t)(3 + i % 2), 7);
}

static int op_fchown(int i)
{
	return fchown(held, (uid_t)(3 + i % 2), 7);
}

static int op_chmod(int i)
{
	return chmod(path, i % 2 ? 04755 : 0640);
}

static int op_create(int i)
{
	int fd = open("new", O_WRONLY | O_CREAT | O_EXCL, 0644);

	(void)i; /* likewise */
	return fd < 0 || close(fd) < 0 ? -1 : unlink("new");
}

static int op_mkdir(int i)
{
	(void)i; /* likewise */
	return mkdir("new", 0755) < 0 ? -1 : rmdir("new");
}

static int op_rename(int i)
{
	return i % 2 ? rename("moved", path) : rename(path, "moved");
}

static int op_getxattr(int i)
{
	char value[64];

	(void)i; /* likewise; there is none */
	return getxattr(path, "security.capability", value, sizeof(value)) < 0 ? 0 : -1;
}

static int op_write(int i)
{
	(void)i; /* likewise */
	return pwrite(held, "x", 1, 0) == 1 ? 0 : -1;
}

static const struct {
	const char *name;
	int (*once)(int i);
} ops[] = {
	{"lstat", op_lstat},   {"fstat", op_fstat},	  {"statx", op_statx},
	{"open", op_open},     {"access", op_access},	  {"getuid", op_getuid},
	{"lchown", op_lchown}, {"fchown", op_fchown},	  {"chmod", op_chmod},
	{"create", op_create}, {"mkdir", op_mkdir},	  {"rename", op_rename},
	{"write", op_write},   {"getxattr", op_getxattr},
};

static int repeat(int (*once)(int i), int n)
{
	struct timespec from, to;

	(void)clock_gettime(CLOCK_MONOTONIC, &from); /* cannot fail */
	for (int i = 0; i < n; i++) {
		if (once(i) < 0) {
			perror(path);
			return 1;
		}
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &to);
	if (n > 0)
		printf("%.0f\n", ((double)(to.tv_sec - from.tv_sec) * 1e9 +
				  (double)(to.tv_nsec - from.tv_nsec)) /
					 n);
	return 0;
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? (int)strtol(argv[3], NULL, 10) : -1;

	for (size_t i = 0; n >= 0 && i < sizeof(ops) / sizeof(ops[0]); i++) {
		if (strcmp(ops[i].name, argv[1]) != 0)
			continue;
		path = argv[2];
		held = open(path, O_RDWR);
		if (held < 0) {
			perror(path);
			return 1;
		}
		return repeat(ops[i].once, n);
	}
	fprintf(stderr, "usage: calls OPERATION PATH N\n");
	return 2;
}
