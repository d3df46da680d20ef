/* SPDX-License-Identifier: MIT
 * threads_race.c - threads change their own file system uids and groups, and start others, while
 * one changes the gids of all by libc. Once that call has come back every thread must have the new
 * gid, and nobody may have lost what is its own, in a signal handler neither. Prints "wrong=0" if
 * so.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#define N_WORKERS 6
#define N_CHANGES 3000
#define N_STARTS 2000

static _Atomic bool stop;
static _Atomic unsigned all_have; /* what every thread's gids are at least */
static _Atomic int n_wrong, n_started;
static _Thread_local _Atomic unsigned expected; /* this thread's fsuid; 0: not to be asked now */

static void look(void)
{
	unsigned least = all_have, own = expected;
	gid_t real, effective, saved;

	/* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): that it is safe is what is
	 * tested */
	if (getresgid(&real, &effective, &saved) || real < least || effective != real ||
	    saved != real)
		n_wrong++;
	/* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): likewise */
	if (own && (unsigned)setfsuid((uid_t)-1) != own)
		n_wrong++;
}

static void on_alarm(int number)
{
	(void)number;
	look();
}

/* A thread that another with credentials of its own has started. */
static void *begin(void *fsuid)
{
	expected = (unsigned)(uintptr_t)fsuid;
	look();
	n_started++;
	return NULL;
}

static void start_one(unsigned fsuid)
{
	void *arg = (void *)(uintptr_t)fsuid;
	pthread_t thread;

	if (pthread_create(&thread, NULL, begin, arg) || pthread_join(thread, NULL))
		n_wrong++;
}

static void *work(void *number)
{
	unsigned first = (unsigned)(uintptr_t)number;

	for (unsigned i = 0; !stop; i++) {
		unsigned fsuid = first + i % 50;
		gid_t group = fsuid;

		expected = 0;
		syscall(SYS_setfsuid, (long)fsuid);
		expected = fsuid;
		if (syscall(SYS_setgroups, 1L, &group) || getgroups(1, &group) != 1 ||
		    group != fsuid)
			n_wrong++;
		look();
		if (i % 8 == 0)
			start_one(fsuid);
	}
	return NULL;
}

int main(void)
{
	struct itimerval every = {{0, 500}, {0, 500}};
	pthread_t threads[N_WORKERS];

	signal(SIGALRM, on_alarm);
	for (uintptr_t i = 0; i < N_WORKERS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(100 * (i + 1))))
			return 1;
	if (setitimer(ITIMER_REAL, &every, NULL))
		return 1;
	for (gid_t gid = 1; gid <= N_CHANGES || n_started < N_STARTS; gid++) {
		if (setresgid(gid, gid, gid))
			n_wrong++;
		all_have = gid;
		look();
	}
	stop = true;
	for (int i = 0; i < N_WORKERS; i++)
		pthread_join(threads[i], NULL);
	printf("wrong=%d\n", n_wrong);
	return 0;
}
