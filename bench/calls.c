/* SPDX-License-Identifier: MIT
 * calls.c - bench/calls's subject: one call, N times. What N calls cost more than none is what is told.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int once(const char *what, const char *path, int i)
{
	struct stat st;
	int fd;

	if (strcmp(what, "lstat") == 0)
		return lstat(path, &st);
	if (strcmp(what, "lchown") == 0)
		return lchown(path, (uid_t)(3 + i % 2), 7);
	fd = open(path, O_RDONLY);
	return fd < 0 ? -1 : close(fd);
}

int main(int argc, char **argv)
{
	int n = argc == 4 ? (int)strtol(argv[3], NULL, 10) : -1;

	if (n < 0) {
		fprintf(stderr, "usage: calls lstat|lchown|open PATH N\n");
		return 2;
	}
	for (int i = 0; i < n; i++) {
		if (once(argv[1], argv[2], i) < 0) {
			perror(argv[2]);
			return 1;
		}
	}
	return 0;
}
