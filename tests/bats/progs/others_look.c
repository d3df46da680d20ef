/* SPDX-License-Identifier: MIT
 * others_look.c - what ptrace_may_access() of the kernel is asked for: by others.c, of each target by
 * each sender.
 */
#include "expect.h"
#include "others.h"

#include <linux/kcmp.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>

void say(const char *call, long r)
{
	(void)printf(" %s=%s", call, r < 0 ? strerrorname_np(errno) : "ok");
}

static void let_go(pid_t pid)
{
	int status;

	expect(waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status));
	expect(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
}

static void say_attached(const char *call, pid_t pid, long r)
{
	say(call, r);
	if (r == 0)
		let_go(pid);
}

static void try_tracing(pid_t pid)
{
	long r;

	say_attached("attach", pid, ptrace(PTRACE_ATTACH, pid, NULL, NULL));
	r = ptrace(PTRACE_SEIZE, pid, NULL, NULL);
	if (r == 0)
		expect(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
	say_attached("seize", pid, r);
	say("seize-where", ptrace(PTRACE_SEIZE, pid, (void *)1, NULL));
	say("seize-how", ptrace(PTRACE_SEIZE, pid, NULL, (void *)0x4000));
	say("peek", ptrace(PTRACE_PEEKDATA, pid, NULL, NULL));
	say_attached("raw-attach", pid, syscall(SYS_ptrace, PTRACE_ATTACH, pid, 0, 0));
}

/* All are copies of one process, so what is here is there. */
static void try_memory(pid_t pid, int pidfd)
{
	static char there[16];
	char here[sizeof(there)] = {0};
	const struct iovec local = {here, sizeof(here)}, remote = {there, sizeof(there)};

	say("read", process_vm_readv(pid, &local, 1, &remote, 1, 0));
	say("write", process_vm_writev(pid, &local, 1, &remote, 1, 0));
	say("read-flags", process_vm_readv(pid, &local, 1, &remote, 1, 1));
	say("read-nothing", process_vm_readv(pid, &local, 1, &remote, 0, 0));
	say("raw-read", syscall(SYS_process_vm_readv, pid, &local, 1L, &remote, 1L, 0L));
	say("raw-write", syscall(SYS_process_vm_writev, pid, &local, 1L, &remote, 1L, 0L));
	say("madvise-flags", syscall(SYS_process_madvise, pidfd, &remote, 1L, 20, 1L));
	say("move-pages", syscall(SYS_move_pages, pid, 0L, NULL, NULL, NULL, 0));
	say("move-pages-flags", syscall(SYS_move_pages, pid, 0L, NULL, NULL, NULL, 1 << 20));
	say("migrate-pages", syscall(SYS_migrate_pages, pid, 0L, NULL, NULL));
}

static void try_rest(pid_t pid, int pidfd)
{
	size_t size;
	void *list;

	say("getfd", syscall(SYS_pidfd_getfd, pidfd, 1, 0));
	say("getfd-none", syscall(SYS_pidfd_getfd, pidfd, 999, 0));
	say("getfd-flags", syscall(SYS_pidfd_getfd, pidfd, 1, 1));
	say("getfd-nobody", syscall(SYS_pidfd_getfd, 999, 1, 0));
	say("kcmp", syscall(SYS_kcmp, getpid(), pid, KCMP_VM, 0L, 0L));
	say("kcmp-back", syscall(SYS_kcmp, pid, getpid(), KCMP_VM, 0L, 0L));
	say("kcmp-type", syscall(SYS_kcmp, getpid(), pid, 99, 0L, 0L));
	say("kcmp-nobody", syscall(SYS_kcmp, 0x3fffffff, pid, KCMP_VM, 0L, 0L));
	say("robust-list", syscall(SYS_get_robust_list, pid, &list, &size));
}

void try_looks(pid_t pid)
{
	int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);

	expect(pidfd >= 0);
	try_tracing(pid);
	try_memory(pid, pidfd);
	try_rest(pid, pidfd);
	(void)close(pidfd);
}
