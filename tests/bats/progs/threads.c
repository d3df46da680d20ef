/* SPDX-License-Identifier: MIT
 * threads.c - 64 threads that change and look at a file each, and all at one. The files file-0 to
 * file-63 and `shared` are in the current directory.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

#include "expect.h"

#define THREADS 64
#define ROUNDS 300

static pthread_barrier_t start;

static void *work(void *data)
{
	uid_t number = (uid_t)(uintptr_t)data;
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "file-%u", number);
	pthread_barrier_wait(&start);
	for (uid_t i = 0; i < ROUNDS; i++) {
		uid_t uid = number * 1000 + i;

		expect(chown(name, uid, uid + 7) == 0);
		expect(shows(name, uid, uid + 7));
		/* One number for both, so a mix of two changes is seen. */
		expect(chown("shared", uid + 1, uid + 1) == 0);
		expect(stat("shared", &st) == 0);
		expect(st.st_uid == st.st_gid && st.st_uid != 0);
	}
	return NULL;
}

int main(void)
{
	pthread_t thread[THREADS];
	char name[32];

	expect(pthread_barrier_init(&start, NULL, THREADS) == 0);
	for (uintptr_t i = 0; i < THREADS; i++)
		expect(pthread_create(&thread[i], NULL, work, (void *)i) == 0);
	for (int i = 0; i < THREADS; i++)
		expect(pthread_join(thread[i], NULL) == 0);
	for (uid_t i = 0; i < THREADS; i++) {
		snprintf(name, sizeof(name), "file-%u", i);
		expect(shows(name, i * 1000 + ROUNDS - 1, i * 1000 + ROUNDS - 1 + 7));
	}
	return 0;
}
