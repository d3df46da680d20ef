/* SPDX-License-Identifier: MIT
 * fds.c - a program that takes every descriptor, and then looks at and changes owners. The file `file`
 * of the current directory belongs to 11:12 at the start.
 *
 *     fds closefrom|close_range|dup2|close
 */
#include <fcntl.h>
#include <stdlib.h>

#include "expect.h"

#define FDS_N 1024

/* Something of ours under every number, so that a descriptor meant for fakeid would be this
 * file. */
static void cover_all(void)
{
	int fd = open("cover", O_RDWR | O_CREAT, 0600);

	expect(fd >= 0);
	for (int i = 3; i < FDS_N; i++)
		expect(i == fd || dup2(fd, i) == i);
	expect(pwrite(fd, "untouched", 9, 0) == 9);
}

static void uncover_all(void)
{
	char text[16];

	expect(pread(FDS_N - 1, text, sizeof(text), 0) == 9);
	expect(memcmp(text, "untouched", 9) == 0);
	for (int i = 3; i < FDS_N; i++)
		expect(close(i) == 0);
}

static void take(const char *how)
{
	if (strcmp(how, "closefrom") == 0) {
		closefrom(0);
	} else if (strcmp(how, "close_range") == 0) {
		expect(close_range(0, ~0u, 0) == 0);
	} else if (strcmp(how, "close") == 0) {
		for (int i = 0; i < FDS_N; i++)
			(void)close(i); /* most are not open */
	} else {
		expect(strcmp(how, "dup2") == 0);
		cover_all();
	}
}

static void use(void)
{
	static uid_t uid = 20;

	for (int i = 0; i < 50; i++, uid++) {
		expect(chown("file", uid, uid + 1) == 0);
		expect(shows("file", uid, uid + 1));
	}
}

int main(int argc, char **argv)
{
	expect(argc == 2);

	/* Before anything of fakeid's was needed ... */
	take(argv[1]);
	if (strcmp(argv[1], "dup2") == 0)
		uncover_all(); /* attaching takes one descriptor for a moment */
	expect(shows("file", 11, 12));
	use();
	/* ... and after. */
	take(argv[1]);
	use();
	if (strcmp(argv[1], "dup2") == 0)
		uncover_all();
	return 0;
}
