/* SPDX-License-Identifier: MIT
 * forks.c - processes that are made in odd ways, and whose credentials they have.
 *
 *     forks vfork      a vfork child that drops its user id does not change its parent
 *     forks thread     a child forked by a second thread changes ids and files of its own
 *     forks _Fork      the same from a signal handler, with _Fork
 *     forks clone      a raw clone child, which no handler is told about
 *     forks twice      a child of such a child
 *     forks daemon     daemon(3), then children whose parents are gone at once
 *     forks forkpty    the child of forkpty(3), below such a child
 *     forks umask      a vfork child's umask is not its parent's
 *     forks exec       a child's dropped user id goes on in the program that it starts
 */
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "expect.h"

#define FILE_NAME "forks-file"

static bool went_well(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* Nothing here may write to memory that the parent goes on with, but through the calls under
 * test. */
static void test_vfork(void)
{
	pid_t pid;

	expect(geteuid() == 0);
	pid = vfork();
	if (pid == 0)
		_exit(setuid(1000) != 0 || geteuid() != 1000 || getuid() != 1000 || setuid(0) == 0);
	expect(went_well(pid));
	expect(geteuid() == 0 && getuid() == 0);
	expect(setuid(7) == 0 && geteuid() == 7);
}

static void child(uid_t uid)
{
	expect(geteuid() == 0);
	expect(chown(FILE_NAME, uid, uid + 1) == 0);
	expect(shows(FILE_NAME, uid, uid + 1));
	expect(setuid(uid) == 0);
	expect(geteuid() == uid && getuid() == uid);
	expect(setuid(0) != 0);
	_exit(0);
}

/* As test_vfork(), one generation on: the child has ids of its own, which its own vfork child must
 * not change. */
static void parent_and_child(uid_t uid)
{
	pid_t pid;

	expect(seteuid(uid) == 0);
	pid = vfork();
	if (pid == 0)
		_exit(geteuid() != uid || seteuid(0) != 0 || setuid(1000) != 0 ||
		      geteuid() != 1000);
	expect(went_well(pid));
	expect(geteuid() == uid);
	expect(seteuid(0) == 0);
	child(uid);
}

static void *fork_in_thread(void *nothing)
{
	pid_t pid = fork();

	if (pid == 0)
		parent_and_child(41);
	expect(went_well(pid));
	return nothing;
}

static void test_thread(void)
{
	pthread_t thread;

	expect(pthread_create(&thread, NULL, fork_in_thread, NULL) == 0);
	expect(pthread_join(thread, NULL) == 0);
	expect(geteuid() == 0);
	expect(shows(FILE_NAME, 41, 42));
}

static pid_t forked;

static void on_signal(int number)
{
	(void)number;
	forked = _Fork();
	if (forked == 0)
		parent_and_child(51);
}

static void test_Fork(void)
{
	expect(signal(SIGUSR1, on_signal) != SIG_ERR);
	expect(raise(SIGUSR1) == 0);
	expect(went_well(forked));
	expect(geteuid() == 0);
	expect(shows(FILE_NAME, 51, 52));
}

static int cloned(void *nothing)
{
	(void)nothing;
	child(61);
	return 1;
}

static void test_clone(void)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));

	expect(went_well(clone(cloned, stack + sizeof(stack), SIGCHLD, NULL)));
	expect(geteuid() == 0);
	expect(shows(FILE_NAME, 61, 62));
}

static pid_t raw_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
}

static void test_twice(void)
{
	pid_t pid = raw_clone();

	if (pid == 0) {
		expect(setuid(1000) == 0);
		pid = raw_clone();
		if (pid == 0)
			_exit(geteuid() != 1000 || setuid(0) == 0);
		_exit(!went_well(pid));
	}
	expect(went_well(pid));
	expect(geteuid() == 0);
}

static void test_daemon(void)
{
	enum { GENERATIONS = 20 };
	unsigned char n_right = 0;
	int ends[2];
	pid_t pid;

	expect(pipe(ends) == 0);
	pid = fork();
	if (pid == 0) {
		expect(daemon(1, 1) == 0);
		expect(setuid(1000) == 0);
		for (int i = 0; i < GENERATIONS; i++) {
			n_right += geteuid() == 1000;
			if (fork() != 0)
				_exit(0);
		}
		_exit(write(ends[1], &n_right, 1) != 1);
	}
	expect(went_well(pid));
	expect(read(ends[0], &n_right, 1) == 1);
	expect(n_right == GENERATIONS);
}

/* libc's clone() runs a function, so that we see neither its child nor when it begins. */
static int in_terminal(void *nothing)
{
	int pty;
	pid_t pid;

	(void)nothing;
	expect(setuid(1000) == 0);
	pid = forkpty(&pty, NULL, NULL, NULL);
	if (pid == 0)
		_exit(geteuid() != 1000 || setuid(0) == 0);
	return !went_well(pid);
}

static void test_forkpty(void)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));

	expect(went_well(clone(in_terminal, stack + sizeof(stack), SIGCHLD, NULL)));
	expect(geteuid() == 0);
}

static void test_umask(void)
{
	pid_t pid;

	expect(umask(0222) == 022);
	pid = vfork();
	if (pid == 0)
		_exit(umask(0700) != 0222 || umask(0) != 0700);
	expect(went_well(pid));
	expect(umask(0) == 0222);
}

/* The status of `id -u | grep` says which id the new program has. */
static void test_exec(void)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)"test $(id -u) = 1000", NULL};
	char *const none[] = {NULL};
	pid_t pid = fork();

	if (pid == 0) {
		expect(setuid(1000) == 0);
		execve("/bin/sh", argv, none);
		_exit(1);
	}
	expect(went_well(pid));

	pid = vfork();
	if (pid == 0) {
		if (setuid(1000) == 0)
			execve("/bin/sh", argv, none);
		_exit(1);
	}
	expect(went_well(pid));
	expect(geteuid() == 0);
}

static const struct {
	const char *name;
	void (*run)(void);
} tests[] = {
	{"vfork", test_vfork},	   {"thread", test_thread}, {"_Fork", test_Fork},
	{"clone", test_clone},	   {"twice", test_twice},   {"daemon", test_daemon},
	{"forkpty", test_forkpty}, {"umask", test_umask},   {"exec", test_exec},
};

int main(int argc, char **argv)
{
	expect(argc == 2);
	for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
		if (strcmp(argv[1], tests[i].name) == 0) {
			tests[i].run();
			return 0;
		}
	}
	return 2;
}
