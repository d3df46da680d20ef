/* SPDX-License-Identifier: MIT
 * owners.c - many files in the current directory, each with an owner and group that follow from a number.
 *
 *   owners make COUNT            the files, empty
 *   owners set COUNT NUMBER      chown them all
 *   owners check COUNT NUMBER    they have these owners
 *   owners untouched COUNT       they belong to root
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

/* Spread over all ids, never 0 and never 4294967295, different for users and groups. */
static uint32_t owner_of(uint32_t number, uint32_t file, uint32_t kind)
{
	return 1 + (number * 4000037u + file * 2654435u + kind * 77u) % 4294967293u;
}

static int run(const char *verb, uint32_t file, uint32_t number)
{
	char name[16];
	struct stat st;
	int fd;

	(void)snprintf(name, sizeof name, "f%u", file);
	if (strcmp(verb, "make") == 0) {
		fd = open(name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
		return fd < 0 ? -1 : close(fd);
	}
	if (strcmp(verb, "set") == 0)
		return chown(name, owner_of(number, file, 0), owner_of(number, file, 1));
	if (stat(name, &st) < 0)
		return -1;
	if (strcmp(verb, "untouched") == 0 ? st.st_uid == 0 && st.st_gid == 0
					   : st.st_uid == owner_of(number, file, 0) &&
						     st.st_gid == owner_of(number, file, 1))
		return 0;
	printf("%s in %u: %u:%u\n", name, number, st.st_uid, st.st_gid);
	return 1;
}

int main(int argc, char **argv)
{
	uint32_t count = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 0;
	uint32_t number = argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 0;

	for (uint32_t file = 0; file < count; file++) {
		int r = run(argv[1], file, number);

		if (r < 0)
			perror(argv[1]);
		if (r != 0)
			return 1;
	}
	return count == 0;
}
