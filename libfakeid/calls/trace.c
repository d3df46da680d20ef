/* SPDX-License-Identifier: MIT
 * trace.c - ptrace(2), and what else looks into another process or takes something out of it. The
 * kernel would let each process of ours do it to each other one, because to it they are one user's.
 */
#include <errno.h>
#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/uio.h>

#include "calls/raw.h"
#include "calls/reach.h"
#include "shim/lent.h"
#include "shim/next.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/wraps.h"

#ifndef SYS_pidfd_getfd
#define SYS_pidfd_getfd 438
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

#define OPTIONS (0xffL | PTRACE_O_EXITKILL | PTRACE_O_SUSPEND_SECCOMP)

/* Refused, unless the call is wrong in itself; `as_kernel` is the answer for REACH_NOBODY. */
static long refuse(long as_kernel)
{
	return as_kernel == -ESRCH ? -EPERM : as_kernel;
}

/* 0 where the call is to be made. */
static int may_trace(long request, int32_t pid, long address, long data)
{
	if ((request != PTRACE_ATTACH && request != PTRACE_SEIZE) ||
	    reach_ask(REACH_TRACE, pid) == 0)
		return 0;
	return request == PTRACE_SEIZE && (address || (data & ~OPTIONS)) ? -EIO : -EPERM;
}

/* By libc's own, which answers a peek in a way of its own. */
FAKEID_EXPORT long ptrace(enum __ptrace_request request, ...)
{
	va_list args;
	pid_t pid;
	void *address, *data;
	int r;

	va_start(args, request);
	pid = va_arg(args, pid_t);
	address = va_arg(args, void *);
	data = va_arg(args, void *);
	va_end(args);
	r = may_trace((long)request, pid, (long)address, (long)data);
	if (r == 0)
		return NEXT(ptrace)(request, pid, address, data);
	errno = -r;
	return -1;
}

/* -- memory -- */

static long transfer(long n, pid_t pid, const struct iovec *local, unsigned long n_local,
		     const struct iovec *remote, unsigned long n_remote, unsigned long flags)
{
	if (reach_ask(REACH_TRACE, pid) < 0)
		return refuse(SYS6(n, REACH_NOBODY, local, n_local, remote, n_remote, flags));
	return SYS6(n, pid, local, n_local, remote, n_remote, flags);
}

long wrap_process_vm_readv(pid_t pid, const struct iovec *local, unsigned long n_local,
			   const struct iovec *remote, unsigned long n_remote, unsigned long flags)
{
	return transfer(SYS_process_vm_readv, pid, local, n_local, remote, n_remote, flags);
}

long wrap_process_vm_writev(pid_t pid, const struct iovec *local, unsigned long n_local,
			    const struct iovec *remote, unsigned long n_remote, unsigned long flags)
{
	return transfer(SYS_process_vm_writev, pid, local, n_local, remote, n_remote, flags);
}

/* mm_access() of the kernel has another word for it than the rest. */
long wrap_process_madvise(int fd, const struct iovec *pieces, size_t n, int advice, unsigned flags)
{
	if (fd >= 0 && reach_limited(REACH_TRACE) && reach_ask(REACH_TRACE, reach_pidfd(fd)) < 0) {
		long r = SYS5(SYS_process_madvise, -1, pieces, n, advice, flags);

		return r == -EBADF ? -EACCES : r;
	}
	return SYS5(SYS_process_madvise, fd, pieces, n, advice, flags);
}

/* -- descriptors -- */

long wrap_pidfd_getfd(int fd, int of_other, unsigned flags)
{
	long r;

	if (fd >= 0 && !flags && reach_limited(REACH_TRACE) &&
	    reach_ask(REACH_TRACE, reach_pidfd(fd)) < 0)
		return -EPERM;
	r = SYS3(SYS_pidfd_getfd, fd, of_other, flags);
	if (r >= 0) {
		lent_forget((int)r);
		seen_forget((int)r);
	}
	return r;
}

/* -- what only syscall(2) has -- */

static long compare(const long arg[6])
{
	long r = SYS5(SYS_kcmp, arg[0], arg[1], arg[2], arg[3], arg[4]);

	/* Nothing is learnt from the errors of a process that is gone, or a kernel without. */
	if (r == -ESRCH || r == -ENOSYS ||
	    (reach_ask(REACH_TRACE, (int32_t)arg[0]) == 0 &&
	     reach_ask(REACH_TRACE, (int32_t)arg[1]) == 0))
		return r;
	return -EPERM;
}

static long by_number(long n, const long arg[6])
{
	bool refused = reach_ask(REACH_TRACE, (int32_t)arg[0]) < 0;
	long r = sys_call(n, refused ? REACH_NOBODY : arg[0], arg[1], arg[2], arg[3], arg[4],
			  arg[5]);

	return refused ? refuse(r) : r;
}

bool raw_trace_call(long n, const long arg[6], long *ret_result)
{
	int r;

	switch (n) {
	case SYS_ptrace:
		r = may_trace(arg[0], (int32_t)arg[1], arg[2], arg[3]);
		*ret_result = r < 0 ? r : SYS4(SYS_ptrace, arg[0], arg[1], arg[2], arg[3]);
		return true;
	case SYS_process_madvise:
		*ret_result = wrap_process_madvise((int)arg[0], (void *)arg[1], (size_t)arg[2],
						   (int)arg[3], (unsigned)arg[4]);
		return true;
	case SYS_pidfd_getfd:
		*ret_result = wrap_pidfd_getfd((int)arg[0], (int)arg[1], (unsigned)arg[2]);
		return true;
	case SYS_kcmp:
		*ret_result = compare(arg);
		return true;
	case SYS_process_vm_readv:
	case SYS_process_vm_writev:
	case SYS_get_robust_list:
	case SYS_move_pages:
	case SYS_migrate_pages:
		*ret_result = by_number(n, arg);
		return true;
	default:
		return false;
	}
}
