/* SPDX-License-Identifier: MIT
 * fork.c - new processes that are copies of this one. vfork and clone stay libc's: their children are
 * told from their parents by pid when that matters (process.c).
 */
#include <unistd.h>

#include "shim/next.h"
#include "shim/process.h"
#include "shim/wraps.h"

pid_t wrap_fork(void)
{
	pid_t pid = NEXT(fork)();

	if (pid == 0)
		process_forked();
	return pid;
}

pid_t wrap___fork(void)
{
	return wrap_fork();
}

/* Since glibc 2.34; without handlers, so that a signal handler may call it. */
pid_t wrap__Fork(void)
{
	pid_t pid = NEXT(_Fork)();

	if (pid == 0)
		process_forked();
	return pid;
}
