/* SPDX-License-Identifier: MIT
 * daemon_start.c - start faked for a state directory: in its own session, with none of our
 * descriptors, limits and signals, and wait for its word.
 */
#include "daemon_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auto.h"
#include "places.h"

#define READY_FD 3
#define READY_FD_TEXT "3"
#define PRELOAD "LD_PRELOAD="
#define READY_MS 15000 /* a store of a million records loads in well under this */

/* What was meant for the command would ride in the daemon. The caller frees the list, not what it
 * points to. */
static char **without_preload(void)
{
	size_t n = 0;
	char **list;

	while (environ[n])
		n++;
	list = malloc((n + 1) * sizeof(*list));
	if (!list)
		return NULL;

	n = 0;
	for (char **item = environ; *item; item++) {
		if (strncmp(*item, PRELOAD, strlen(PRELOAD)) != 0)
			list[n++] = *item;
	}
	list[n] = NULL;
	return list;
}

/* A session of its own, no signal blocked or ignored. What else of ours it has, limits and
 * descriptors, it puts away itself. */
static int set_attributes(posix_spawnattr_t *attributes)
{
	sigset_t none, all;
	int r;

	(void)sigemptyset(&none);
	(void)sigfillset(&all); /* spawning leaves out KILL, STOP and libc's own */
	r = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK |
							 POSIX_SPAWN_SETSIGDEF);
	if (r == 0)
		r = posix_spawnattr_setsigmask(attributes, &none);
	return r == 0 ? posix_spawnattr_setsigdefault(attributes, &all) : r;
}

/* Ours until we end, then init's: no shell ever lists it as a job. A fork would copy page tables
 * that it throws away. */
static int spawn(const char *program, const char *directory, int ready_fd, pid_t *ret_pid)
{
	char *words[] = {(char *)(uintptr_t) "faked", /* spawning only reads them */
			 (char *)(uintptr_t) "--dir",	     (char *)(uintptr_t)directory,
			 (char *)(uintptr_t) "--foreground", (char *)(uintptr_t) "--ready-fd",
			 (char *)(uintptr_t)READY_FD_TEXT,   NULL};
	autofree char **environment = without_preload();
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	int r;

	if (!environment)
		return -ENOMEM;

	r = posix_spawn_file_actions_init(&actions);
	if (r != 0)
		return -r;

	r = posix_spawn_file_actions_adddup2(&actions, ready_fd, READY_FD);
	if (r == 0)
		r = posix_spawnattr_init(&attributes);
	if (r == 0) {
		r = set_attributes(&attributes);
		if (r == 0)
			r = posix_spawn(ret_pid, program, &actions, &attributes, words,
					environment);
		(void)posix_spawnattr_destroy(&attributes); /* cannot fail */
	}
	(void)posix_spawn_file_actions_destroy(&actions);
	return -r;
}

static int64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* always there */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Read up to the end of a line, the end of the file or the deadline. Returns the length. */
static ssize_t read_word(int fd, char *ret_text, size_t capacity)
{
	int64_t deadline = now_ms() + READY_MS;
	size_t len = 0;

	ret_text[0] = '\0';
	while (len < capacity - 1) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int64_t left = deadline - now_ms();
		ssize_t n;

		if (left <= 0 || poll(&wait, 1, (int)left) == 0)
			return -ETIMEDOUT;

		n = read(fd, ret_text + len, capacity - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;

		len += (size_t)n;
		ret_text[len] = '\0';
		if (n == 0 || strchr(ret_text, '\n'))
			break;
	}
	ret_text[strcspn(ret_text, "\n")] = '\0';
	return (ssize_t)len;
}

/* Without a word: whether a signal ended it. Where SIGCHLD is ignored nobody can tell. */
static bool was_killed(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return false;
	return WIFSIGNALED(status);
}

/* Start it, and its one line: empty, with *ret_killed, if it ended before it had one. 0, or negative
 * errno with `trouble` set. */
static int ask_for_word(const char *program, const struct state *state, char *ret_word,
			size_t capacity, bool *ret_killed, struct trouble *trouble)
{
	autoclose int read_fd = -1;
	autoclose int write_fd = -1;
	int ends[2];
	pid_t pid;
	ssize_t n;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return trouble_set(trouble, -errno, "daemon: cannot start: %s", strerror(errno));

	read_fd = ends[0];
	write_fd = ends[1];
	r = spawn(program, state->path, write_fd, &pid);
	if (r < 0)
		return trouble_set(trouble, r, "daemon %s: %s: %s", program, strerror(-r),
				   r == -EAGAIN || r == -ENOMEM
					   ? "try again"
					   : "install fakeid again, or set FAKEID_FAKED");

	auto_close(&write_fd);
	write_fd = -1;
	n = read_word(read_fd, ret_word, capacity);
	if (n < 0)
		return trouble_set(trouble, (int)n, "daemon %s: no word from it: %s: try again",
				   program, strerror((int)-n));
	*ret_killed = n == 0 && was_killed(pid);
	return 0;
}

int daemon_start(const struct state *state, struct trouble *trouble)
{
	char program[PATH_MAX];
	char word[PATH_MAX + 512];
	bool killed = false;
	int r = places_faked(program, trouble);

	if (r < 0)
		return r;

	r = ask_for_word(program, state, word, sizeof(word), &killed, trouble);
	/* By somebody's hand rather than by the store, unless it happens again. */
	if (r == 0 && killed)
		r = ask_for_word(program, state, word, sizeof(word), &killed, trouble);
	if (r < 0)
		return r;

	if (strcmp(word, "ok") == 0)
		return 0;
	if (strncmp(word, "error: ", 7) == 0)
		return trouble_set(trouble, -EIO, "%s", word + 7);
	if (killed)
		return trouble_set(trouble, -EIO,
				   "%s: the daemon died at its start; the store may be damaged: "
				   "nothing was changed, move the directory \"store\" away or put "
				   "a copy back",
				   state->path);
	return trouble_set(trouble, -EIO, "daemon %s: it ended before it served: try again",
			   program);
}
