/* SPDX-License-Identifier: MIT
 * process.c - what the daemon has of whoever started it, put away: terminal, descriptors, signals,
 * limits.
 */
#include "process.h"

#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <sys/resource.h>
#include <unistd.h>

void process_fill_descriptors(void)
{
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null", O_RDWR); /* the lowest number is this one */
}

void process_lift_limits(void)
{
	static const int which[] = {RLIMIT_FSIZE, RLIMIT_AS,	RLIMIT_DATA,
				    RLIMIT_CPU,	  RLIMIT_STACK, RLIMIT_NOFILE};

	for (size_t i = 0; i < sizeof(which) / sizeof(which[0]); i++) {
		struct rlimit limit;

		if (getrlimit((__rlimit_resource_t)which[i], &limit) == 0 &&
		    limit.rlim_cur != limit.rlim_max) {
			limit.rlim_cur = limit.rlim_max;
			(void)setrlimit((__rlimit_resource_t)which[i], &limit); /* then as it is */
		}
	}
}

void process_catch_signals(void (*on_stop)(int))
{
	static const int ignored[] = {SIGHUP,  SIGINT,	 SIGQUIT, SIGTSTP, SIGTTIN,
				      SIGTTOU, SIGWINCH, SIGPIPE, SIGALRM, SIGUSR1,
				      SIGUSR2, SIGXFSZ,	 SIGIO,	  SIGCHLD};
	struct sigaction action = {.sa_handler = SIG_IGN};
	sigset_t none;

	/* SIGIO comes when a lease on a segment is broken; its default is to kill. */
	for (size_t i = 0; i < sizeof(ignored) / sizeof(*ignored); i++)
		(void)sigaction(ignored[i], &action, NULL); /* these can all be ignored */
	action.sa_handler = on_stop;
	(void)sigaction(SIGTERM, &action, NULL); /* no SA_RESTART: it ends a poll */
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL); /* the caller may have blocked anything */
}

void process_leave_terminal(int keep_fd)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid(); /* or we lead one already */
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		(void)dup2(null, fd); /* without it we keep what we have */
	if (null > 2)
		(void)close(null); /* nothing was written */
	if (keep_fd > 3)
		(void)close_range(3, (unsigned int)keep_fd - 1,
				  0); /* one call, however large the limit */
	(void)close_range((unsigned int)keep_fd + 1, ~0u, 0);
}
