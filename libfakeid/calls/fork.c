/* SPDX-License-Identifier: MIT
 * fork.c - new processes that are copies of this one. vfork and clone stay libc's: their children
 * are told from their parents by pid when that matters (process_creds.c).
 */
#include <unistd.h>

#include "shim/next.h"
#include "shim/process.h"
#include "shim/wraps.h"

pid_t wrap_fork(void)
{
	bool borrowed = process_is_borrower();
	pid_t pid = NEXT(fork)();

	if (pid == 0)
		process_forked(borrowed);
	return pid;
}

pid_t wrap___fork(void)
{
	return wrap_fork();
}

/* Since glibc 2.34; without handlers, so that a signal handler may call it. */
pid_t wrap__Fork(void)
{
	bool borrowed = process_is_borrower();
	pid_t pid = NEXT(_Fork)();

	if (pid == 0)
		process_forked(borrowed);
	return pid;
}

/* The next two fork inside libc. */
pid_t wrap_forkpty(int *ret_pty, char *ret_name, const struct termios *termios,
		   const struct winsize *size)
{
	bool borrowed = process_is_borrower();
	pid_t pid = NEXT(forkpty)(ret_pty, ret_name, termios, size);

	if (pid == 0)
		process_forked(borrowed);
	return pid;
}

/* Who comes back without an error is the child. */
int wrap_daemon(int stays, int keeps_streams)
{
	bool borrowed = process_is_borrower();
	int r = NEXT(daemon)(stays, keeps_streams);

	if (r == 0)
		process_forked(borrowed);
	return r;
}
