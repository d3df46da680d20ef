/* SPDX-License-Identifier: MIT
 * rawcall.c - syscall(2), the raw door: libattr, libcap, tar's openat2, Python's ctypes and others
 * come through here. Numbers that touch ids go to the wrapped call, the rest to the kernel.
 */
#include <errno.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <stdarg.h>

#include "calls/gate.h"
#include "calls/open.h"
#include "calls/raw.h"
#include "shim/permit.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/user.h"
#include "shim/wraps.h"

#define PATH(i) ((const char *)arg[i])
#define FD(i) ((int)arg[i])
#define STAT(i) ((struct stat *)arg[i])

static long open_raw(void *context, int dirfd, const char *path, int flags, mode_t mode)
{
	(void)context;
	return SYS4(SYS_openat, dirfd, path, flags, mode);
}

static bool raw_stat_call(long n, const long arg[6], long *ret)
{
	switch (n) {
#ifdef SYS_stat
	case SYS_stat:
		*ret = wrap_stat(PATH(0), STAT(1));
		return true;
	case SYS_lstat:
		*ret = wrap_lstat(PATH(0), STAT(1));
		return true;
	case SYS_access:
		*ret = wrap_access(PATH(0), FD(1));
		return true;
#endif
	case SYS_fstat:
		*ret = wrap_fstat(FD(0), STAT(1));
		return true;
	case SYS_newfstatat:
		*ret = wrap_fstatat(FD(0), PATH(1), STAT(2), FD(3));
		return true;
	case SYS_statx:
		*ret = wrap_statx(FD(0), PATH(1), FD(2), (unsigned)arg[3], (struct statx *)arg[4]);
		return true;
	case SYS_faccessat:
		*ret = wrap_faccessat(FD(0), PATH(1), FD(2), 0);
		return true;
	case SYS_faccessat2:
		*ret = wrap_faccessat(FD(0), PATH(1), FD(2), FD(3));
		return true;
	default:
		return false;
	}
}

static bool raw_owner_call(long n, const long arg[6], long *ret)
{
	switch (n) {
#ifdef SYS_chown
	case SYS_chown:
		*ret = wrap_chown(PATH(0), (uid_t)arg[1], (gid_t)arg[2]);
		return true;
	case SYS_lchown:
		*ret = wrap_lchown(PATH(0), (uid_t)arg[1], (gid_t)arg[2]);
		return true;
	case SYS_chmod:
		*ret = wrap_chmod(PATH(0), (mode_t)arg[1]);
		return true;
#endif
	case SYS_fchown:
		*ret = wrap_fchown(FD(0), (uid_t)arg[1], (gid_t)arg[2]);
		return true;
	case SYS_fchownat:
		*ret = wrap_fchownat(FD(0), PATH(1), (uid_t)arg[2], (gid_t)arg[3], FD(4));
		return true;
	case SYS_fchmod:
		*ret = wrap_fchmod(FD(0), (mode_t)arg[1]);
		return true;
	case SYS_fchmodat:
		*ret = wrap_fchmodat2(FD(0), PATH(1), (unsigned)arg[2], 0);
		return true;
	case SYS_fchmodat2:
		*ret = wrap_fchmodat2(FD(0), PATH(1), (unsigned)arg[2], FD(3));
		return true;
	case SYS_umask:
		*ret = wrap_umask((mode_t)arg[0]);
		return true;
	default:
		return false;
	}
}

static bool raw_node_call(long n, const long arg[6], long *ret)
{
	switch (n) {
#ifdef SYS_mknod
	case SYS_mknod:
		*ret = wrap_mknod(PATH(0), (mode_t)arg[1], (unsigned)arg[2]);
		return true;
	case SYS_mkdir:
		*ret = wrap_mkdir(PATH(0), (mode_t)arg[1]);
		return true;
	case SYS_symlink:
		*ret = wrap_symlink(PATH(0), PATH(1));
		return true;
#endif
	case SYS_mknodat:
		*ret = wrap_mknodat(FD(0), PATH(1), (mode_t)arg[2], (unsigned)arg[3]);
		return true;
	case SYS_mkdirat:
		*ret = wrap_mkdirat(FD(0), PATH(1), (mode_t)arg[2]);
		return true;
	case SYS_symlinkat:
		*ret = wrap_symlinkat(PATH(0), FD(1), PATH(2));
		return true;
	case SYS_bind:
		*ret = wrap_bind(FD(0), (const struct sockaddr *)arg[1], (socklen_t)arg[2]);
		return true;
	default:
		return false;
	}
}

static bool raw_name_call(long n, const long arg[6], long *ret)
{
	switch (n) {
#ifdef SYS_unlink
	case SYS_unlink:
		*ret = wrap_unlink(PATH(0));
		return true;
	case SYS_rmdir:
		*ret = wrap_rmdir(PATH(0));
		return true;
	case SYS_link:
		*ret = wrap_link(PATH(0), PATH(1));
		return true;
	case SYS_rename:
		*ret = wrap_rename(PATH(0), PATH(1));
		return true;
#endif
	case SYS_unlinkat:
		*ret = wrap_unlinkat(FD(0), PATH(1), FD(2));
		return true;
	case SYS_linkat:
		*ret = wrap_linkat(FD(0), PATH(1), FD(2), PATH(3), FD(4));
		return true;
#ifdef SYS_renameat
	case SYS_renameat:
		*ret = wrap_renameat(FD(0), PATH(1), FD(2), PATH(3));
		return true;
#endif
	case SYS_renameat2:
		*ret = wrap_renameat2(FD(0), PATH(1), FD(2), PATH(3), (unsigned)arg[4]);
		return true;
	default:
		return false;
	}
}

static bool raw_open_call(long n, const long arg[6], long *ret)
{
	switch (n) {
#ifdef SYS_open
	case SYS_open:
		*ret = open_file(open_raw, NULL, AT_FDCWD, PATH(0), open_flags(FD(1)),
				 (mode_t)arg[2]);
		return true;
	case SYS_creat:
		*ret = open_file(open_raw, NULL, AT_FDCWD, PATH(0), O_CREAT | O_WRONLY | O_TRUNC,
				 (mode_t)arg[1]);
		return true;
#endif
	case SYS_openat:
		*ret = open_file(open_raw, NULL, FD(0), PATH(1), open_flags(FD(2)), (mode_t)arg[3]);
		return true;
	case SYS_openat2:
		*ret = raw_openat2(FD(0), PATH(1), (struct open_how *)arg[2], (size_t)arg[3]);
		return true;
	case SYS_truncate:
		*ret = wrap_truncate(PATH(0), arg[1]);
		return true;
	case SYS_ftruncate:
		*ret = wrap_ftruncate(FD(0), arg[1]);
		return true;
	default:
		return false;
	}
}

/* What a seccomp filter forbids kills the program, so map the index before and be quiet after. */
static long raw_seccomp(unsigned operation, unsigned flags, void *args)
{
	long r;

	if (operation != SECCOMP_SET_MODE_FILTER && operation != SECCOMP_SET_MODE_STRICT)
		return SYS3(SYS_seccomp, operation, flags, args);
	process_filter_coming();
	r = SYS3(SYS_seccomp, operation, flags, args);
	if (r >= 0)
		process_filter_installed();
	return r;
}

/* In a copy of this process the credentials are its own; one that shares our memory borrows it. */
static bool shares_memory(long n, const long arg[6])
{
	if (n == SYS_clone)
		return arg[0] & CLONE_VM;
	return n == SYS_clone3 && ((const struct clone_args *)arg[0])->flags & CLONE_VM;
}

static long raw_fork(long n, const long arg[6])
{
	bool borrowed = process_is_borrower();
	long r = sys_call(n, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);

	if (r == 0 && !shares_memory(n, arg))
		process_forked(borrowed);
	return r;
}

static bool raw_program_call(long n, const long arg[6], long *ret)
{
	switch (n) {
	case SYS_execve:
		*ret = wrap_execve(PATH(0), (char *const *)arg[1], (char *const *)arg[2]);
		return true;
	case SYS_execveat:
		*ret = wrap_execveat(FD(0), PATH(1), (char *const *)arg[2], (char *const *)arg[3],
				     FD(4));
		return true;
#ifdef SYS_fork
	case SYS_fork:
#endif
	case SYS_clone:
	case SYS_clone3:
		*ret = raw_fork(n, arg);
		return true;
	case SYS_seccomp:
		*ret = raw_seccomp((unsigned)arg[0], (unsigned)arg[1], (void *)arg[2]);
		return true;
	default:
		return false;
	}
}

/* Decoded only where it makes a difference: at the door of a process that has to be allowed to. */
static bool raw_limited_call(long n, const long arg[6], long *ret)
{
	if (!permit_limited())
		return false;
	switch (n) {
	case SYS_chdir:
		*ret = wrap_chdir(PATH(0));
		return true;
	case SYS_fchdir:
		*ret = wrap_fchdir(FD(0));
		return true;
	case SYS_chroot:
		*ret = wrap_chroot(PATH(0));
		return true;
	case SYS_fcntl:
		*ret = fcntl_allowed(FD(0), FD(1), arg[2]);
		if (*ret == 0)
			*ret = SYS3(SYS_fcntl, arg[0], arg[1], arg[2]);
		return true;
#ifdef SYS_readlink
	case SYS_readlink:
		*ret = wrap_readlink(PATH(0), (char *)arg[1], (size_t)arg[2]);
		return true;
	case SYS_utime:
		*ret = wrap_utime(PATH(0), (const struct utimbuf *)arg[1]);
		return true;
	case SYS_utimes:
		*ret = wrap_utimes(PATH(0), (const struct timeval *)arg[1]);
		return true;
	case SYS_futimesat:
		*ret = wrap_futimesat(FD(0), PATH(1), (const struct timeval *)arg[2]);
		return true;
#endif
	case SYS_readlinkat:
		*ret = wrap_readlinkat(FD(0), PATH(1), (char *)arg[2], (size_t)arg[3]);
		return true;
	case SYS_utimensat:
		*ret = times_raw(FD(0), PATH(1), (const struct timespec *)arg[2], FD(3));
		return true;
	case SYS_statfs:
		*ret = wrap_statfs(PATH(0), (struct statfs *)arg[1]);
		return true;
	case SYS_inotify_add_watch:
		*ret = wrap_inotify_add_watch(FD(0), PATH(1), (uint32_t)arg[2]);
		return true;
	case SYS_sendto:
		*ret = wrap_sendto(FD(0), (const void *)arg[1], (size_t)arg[2], FD(3),
				   (const struct sockaddr *)arg[4], (socklen_t)arg[5]);
		return true;
	case SYS_connect:
		*ret = wrap_connect(FD(0), (const struct sockaddr *)arg[1], (socklen_t)arg[2]);
		return true;
	default:
		return false;
	}
}

bool raw_file_call(long n, const long arg[6], long *ret_result)
{
	return raw_stat_call(n, arg, ret_result) || raw_owner_call(n, arg, ret_result) ||
	       raw_node_call(n, arg, ret_result) || raw_name_call(n, arg, ret_result) ||
	       raw_open_call(n, arg, ret_result) || raw_xattr_call(n, arg, ret_result) ||
	       raw_program_call(n, arg, ret_result) || raw_limited_call(n, arg, ret_result);
}

FAKEID_EXPORT long syscall(long n, ...)
{
	long arg[6], result;
	va_list args;

	va_start(args, n);
	for (int i = 0; i < 6; i++)
		arg[i] = va_arg(args, long);
	va_end(args);
	if (!process_on() ||
	    !(raw_write_call(n, arg, &result) || raw_file_call(n, arg, &result) ||
	      raw_ids_call(n, arg, &result) || raw_socket_call(n, arg, &result) ||
	      raw_signal_call(n, arg, &result) || raw_priority_call(n, arg, &result) ||
	      raw_inode_call(n, arg, &result) || raw_lookup_call(n, arg, &result) ||
	      raw_trace_call(n, arg, &result))) {
		result = sys_call(n, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
		seen_forget_all(); /* dup2 is one of these */
	}
	if (result < 0 && result > -4096) {
		errno = (int)-result;
		return -1;
	}
	return result;
}
