/* SPDX-License-Identifier: MIT
 * starts.c - run a command and print how long it took, in nanoseconds.
 *
 *   starts COMMAND [ARGUMENT]...
 */
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int main(int argc, char **argv)
{
	int64_t began = now_ns();
	int error, status;
	pid_t pid;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: starts COMMAND [ARGUMENT]...\n");
		return 2;
	}

	error = posix_spawnp(&pid, argv[1], NULL, NULL, argv + 1, environ);
	if (error != 0) {
		(void)fprintf(stderr, "starts: %s: %s\n", argv[1], strerror(error));
		return 1;
	}

	if (waitpid(pid, &status, 0) < 0 || status != 0) {
		(void)fprintf(stderr, "starts: %s: it failed\n", argv[1]);
		return 1;
	}

	(void)printf("%lld\n", (long long)(now_ns() - began));
	return 0;
}
