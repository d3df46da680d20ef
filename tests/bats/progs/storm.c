/* SPDX-License-Identifier: MIT
 * storm.c - a signal every 100 microseconds whose handler looks at owners and ids, while the
 * program changes owners and starts programs.
 */
#include <signal.h>
#include <spawn.h>
#include <sys/time.h>
#include <sys/wait.h>

#include "expect.h"

#define CHANGES 4000
#define STARTS 40

static volatile sig_atomic_t n_signals, n_wrong;

/* Every change sets owner and group to one number, so a mix of two is seen. */
static void on_alarm(int number)
{
	int saved = errno;
	struct stat st;

	(void)number;
	n_signals++;
	if (stat("shared", &st) != 0 || st.st_uid != st.st_gid || st.st_uid < 100)
		n_wrong++;
	if (geteuid() != 0 || getuid() != 0)
		n_wrong++;
	if (chown("from-handler", 200, 200) != 0 || !shows("from-handler", 200, 200))
		n_wrong++;
	errno = saved;
}

static void storm(bool on)
{
	struct itimerval every = {0};

	if (on)
		every.it_interval.tv_usec = every.it_value.tv_usec = 100;
	expect(setitimer(ITIMER_REAL, &every, NULL) == 0);
}

static void start_program(void)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)"test $(id -u) = 0", NULL};
	char *const none[] = {NULL};
	pid_t pid;
	int status;

	expect(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, none) == 0);
	while (waitpid(pid, &status, 0) != pid)
		expect(errno == EINTR);
	expect(status == 0);
}

int main(void)
{
	struct sigaction action = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};

	expect(chown("shared", 100, 100) == 0);
	expect(sigaction(SIGALRM, &action, NULL) == 0);
	storm(true);
	for (uid_t i = 0; i < CHANGES; i++) {
		expect(chown("shared", 100 + i, 100 + i) == 0);
		expect(shows("shared", 100 + i, 100 + i));
		if (i % (CHANGES / STARTS) == 0)
			start_program();
	}
	storm(false);
	expect(n_signals > 100);
	expect(n_wrong == 0);
	return 0;
}
