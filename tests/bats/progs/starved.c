/* SPDX-License-Identifier: MIT
 * starved.c - a program that has no room or no descriptor left before it looks at its first file. `file`
 * belongs to 11:12. Either the right answer or EIO; the file's real owner would be a lie.
 *
 *     starved memory|descriptors
 */
#include <fcntl.h>
#include <sys/resource.h>

#include "expect.h"

static struct rlimit memory;

/* What is mapped now, and not a page more. */
static void take_memory(void)
{
	struct rlimit limit;

	expect(getrlimit(RLIMIT_AS, &memory) == 0);
	limit = memory;
	limit.rlim_cur = 4096;
	expect(setrlimit(RLIMIT_AS, &limit) == 0);
}

static void take_descriptors(void)
{
	while (dup(STDERR_FILENO) >= 0)
		continue;
	expect(errno == EMFILE);
}

int main(int argc, char **argv)
{
	struct rlimit few = {64, 64};
	struct stat st;

	expect(argc == 2);
	if (strcmp(argv[1], "memory") == 0) {
		take_memory();
	} else {
		expect(setrlimit(RLIMIT_NOFILE, &few) == 0);
		take_descriptors();
	}
	expect(stat("file", &st) == -1 && errno == EIO);
	expect(lstat("file", &st) == -1 && errno == EIO);
	expect(chown("file", 1, 2) == -1 && errno == EIO);
	expect(geteuid() == 0);
	if (memory.rlim_max)
		expect(setrlimit(RLIMIT_AS, &memory) == 0);
	else
		closefrom(3);
	expect(shows("file", 11, 12));
	expect(chown("file", 21, 22) == 0);
	expect(shows("file", 21, 22));
	return 0;
}
