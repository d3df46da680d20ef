/* SPDX-License-Identifier: MIT
 * daemon_start.c - start faked for a state directory: in its own session, child of nobody, with
 * none of our descriptors, limits and signals, and wait for its word.
 */
#include "daemon_start.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "auto.h"
#include "places.h"

#define READY_FD 3
#define READY_MS 15000 /* a store of a million records loads in well under this */

/* The user's limits are for the user's command. A soft limit on file size or address space would
 * fail the store in odd places. */
static void lift_limits(void)
{
	static const int which[] = {RLIMIT_FSIZE, RLIMIT_AS,	RLIMIT_DATA,
				    RLIMIT_CPU,	  RLIMIT_STACK, RLIMIT_NOFILE};

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)which[i], &limit) == 0) {
			limit.rlim_cur = limit.rlim_max;
			(void)setrlimit((__rlimit_resource_t)which[i], &limit); /* then as it is */
		}
	}
}

static void reset_signals(void)
{
	sigset_t none;

	for (int number = 1; number < NSIG; number++)
		(void)signal(number, SIG_DFL); /* KILL, STOP and libc's own refuse */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the grandchild: become faked, or say why not. */
static _Noreturn void become_daemon(const char *program, const char *directory, int ready_fd)
{
	int null_fd;

	/* Above our targets, or dup2 would close what is still needed. */
	ready_fd = fcntl(ready_fd, F_DUPFD, READY_FD + 1);
	null_fd = open("/dev/null", O_RDWR);
	if (ready_fd < 0 || null_fd < 0)
		_exit(1);

	null_fd = fcntl(null_fd, F_DUPFD, READY_FD + 1);
	for (int fd = 0; fd < READY_FD; fd++)
		if (dup2(null_fd, fd) < 0)
			_exit(1);
	if (dup2(ready_fd, READY_FD) < 0)
		_exit(1);

	/* A pipe end kept open here would make somebody wait for us for ever. */
	if (close_range(READY_FD + 1, ~0u, 0) < 0)
		for (int fd = READY_FD + 1; fd < 65536; fd++)
			(void)close(fd);
	reset_signals();
	lift_limits();
	(void)umask(077);
	(void)unsetenv("LD_PRELOAD"); /* what was meant for the command would ride in the daemon */
	if (chdir("/") < 0)
		_exit(1);

	(void)execl(program, "faked", "--dir", directory, "--ready-fd", "3", (char *)NULL);
	(void)dprintf(READY_FD, "error: daemon %s: %s: install fakeid again, or set FAKEID_FAKED\n",
		      program, strerror(errno)); /* no word at all is noticed, too */
	_exit(1);
}

/* Twice forked: init inherits it, and no shell ever lists it as a job. */
static int spawn(const char *program, const char *directory, int ready_fd)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;

	if (pid == 0) {
		(void)setsid(); /* a fresh child leads no group, so this cannot fail */
		pid = fork();
		if (pid == 0)
			become_daemon(program, directory, ready_fd);
		_exit(pid < 0 ? errno : 0);
	}
	/* ECHILD: whoever started us ignores SIGCHLD, and so do we, still. The daemon's word will
	 * tell. */
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno == ECHILD ? 0 : -errno;
	return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
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

/* Start it, and its one line. 0, or negative errno with `trouble` set. */
static int ask_for_word(const char *program, const struct state *state, char *ret_word,
			size_t capacity, struct trouble *trouble)
{
	autoclose int read_fd = -1;
	autoclose int write_fd = -1;
	int ends[2];
	ssize_t n;
	int r;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return trouble_set(trouble, -errno, "daemon: cannot start: %s", strerror(errno));

	read_fd = ends[0];
	write_fd = ends[1];
	r = spawn(program, state->path, write_fd);
	if (r < 0)
		return trouble_set(trouble, r, "daemon %s: cannot start: %s", program,
				   strerror(-r));

	auto_close(&write_fd);
	write_fd = -1;
	n = read_word(read_fd, ret_word, capacity);
	if (n < 0)
		return trouble_set(trouble, (int)n, "daemon %s: no word from it: %s: try again",
				   program, strerror((int)-n));
	return 0;
}

int daemon_start(const struct state *state, struct trouble *trouble)
{
	char program[PATH_MAX];
	char word[PATH_MAX + 512] = "";
	int r = places_faked(program, trouble);

	if (r < 0)
		return r;

	r = ask_for_word(program, state, word, sizeof(word), trouble);
	/* Killed by a signal: by somebody's hand rather than by the store, unless it happens
	 * again. */
	if (r == 0 && strncmp(word, "died: ", 6) == 0)
		r = ask_for_word(program, state, word, sizeof(word), trouble);
	if (r < 0)
		return r;

	if (strcmp(word, "ok") == 0)
		return 0;
	if (strncmp(word, "error: ", 7) == 0 || strncmp(word, "died: ", 6) == 0)
		return trouble_set(trouble, -EIO, "%s", strchr(word, ' ') + 1);
	return trouble_set(trouble, -EIO, "daemon %s: it ended before it served: try again",
			   program);
}
