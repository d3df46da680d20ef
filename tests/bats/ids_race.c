/* SPDX-License-Identifier: MIT
 * ids_race.c - threads change their ids while others, and a signal handler, read them: what they
 * read must be one change's result, never half of two. Prints "torn=0" if so.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

#define N_THREADS 8
#define N_TICKS 2000

static _Atomic bool stop;
static _Atomic int n_torn, n_ticks;

/* The changers set nothing else than (u, u, 0). */
static void look(void)
{
	uid_t real, effective, saved;

	/* NOLINTNEXTLINE(bugprone-signal-handler,cert-sig30-c): that it is safe is what is
	 * tested */
	if (getresuid(&real, &effective, &saved) || real != effective || saved != 0)
		n_torn++;
}

static void *change(void *unused)
{
	/* The first is refused while another thread's change has taken the privilege for it. */
	for (uid_t u = 1; !stop; u = u % 7 + 1) {
		if (setresuid(u, u, 0) && setresuid(0, 0, 0))
			n_torn++;
		if (setresuid(0, 0, 0))
			n_torn++;
	}
	return unused;
}

static void *read_all(void *unused)
{
	while (!stop)
		look();
	return unused;
}

static void on_alarm(int number)
{
	(void)number;
	look();
	n_ticks++;
}

int main(void)
{
	struct itimerval every = {{0, 500}, {0, 500}};
	pthread_t threads[N_THREADS];

	signal(SIGALRM, on_alarm);
	for (int i = 0; i < N_THREADS; i++)
		if (pthread_create(&threads[i], NULL, i % 2 ? change : read_all, NULL))
			return 1;
	if (setitimer(ITIMER_REAL, &every, NULL))
		return 1;
	while (n_ticks < N_TICKS)
		usleep(1000);
	stop = true;
	for (int i = 0; i < N_THREADS; i++)
		pthread_join(threads[i], NULL);
	printf("torn=%d\n", n_torn);
	return 0;
}
