/* SPDX-License-Identifier: MIT
 * index_step.h - stop a child after its n-th instruction over a shared region, for every n, so that
 * a test can look at, interfere with, or end an operation of the index at every point of it.
 *
 * The child is single-stepped once to learn its path. After that a breakpoint takes a fresh child
 * to any point of it: stepping there each time would cost the square of the path.
 */
#ifndef FAKEID_INDEX_STEP_H
#define FAKEID_INDEX_STEP_H

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "index_help.h"

#if !defined(__x86_64__)
#error "teach step_to() the breakpoint and the program counter of this processor"
#endif

#define STEP_MAX 20000u /* no operation here takes as many instructions */
#define STEP_BREAKPOINT 0xccul

struct step_path {
	void (*action)(void *);
	void *context;
	unsigned int n; /* instructions */
	unsigned long pc[STEP_MAX];
};

/* A child that is stopped just before its action; it stops itself once more after it. One copy of
 * this code only: the path goes through it. */
static __attribute__((noinline)) pid_t step_fork(const struct step_path *path)
{
	pid_t pid = fork();
	int status;

	must(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
			_exit(99);
		kill(getpid(), SIGSTOP);
		path->action(path->context);
		kill(getpid(), SIGSTOP);
		_exit(0);
	}
	must(waitpid(pid, &status, 0) == pid);
	ck_assert_msg(WIFSTOPPED(status), "ptrace is needed and was refused");
	return pid;
}

/* Resume in the way of `request`; returns the signal that stops it next. */
static inline int step_resume(pid_t pid, int request)
{
	int status;

	must(ptrace((enum __ptrace_request)request, pid, NULL, NULL) == 0);
	must(waitpid(pid, &status, 0) == pid);
	must(WIFSTOPPED(status));
	return WSTOPSIG(status);
}

static inline struct user_regs_struct step_registers(pid_t pid)
{
	struct user_regs_struct registers;

	must(ptrace(PTRACE_GETREGS, pid, NULL, &registers) == 0);
	return registers;
}

static inline void step_kill(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	must(waitpid(pid, &status, 0) == pid);
	must(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* Let it run to its end. */
static inline void step_finish(pid_t pid)
{
	must(step_resume(pid, PTRACE_CONT) == SIGSTOP);
	step_kill(pid);
}

/* Step through the action once. `look`, if given, is called after each instruction: memory is then
 * what a child killed there would leave. */
static inline void step_learn(struct step_path *path, void (*action)(void *), void *context,
			      void (*look)(void *context, unsigned int n))
{
	pid_t pid;

	path->action = action;
	path->context = context;
	pid = step_fork(path);
	for (path->n = 0;; path->n++) {
		must(path->n < STEP_MAX);
		path->pc[path->n] = step_registers(pid).rip;
		if (look)
			look(context, path->n);
		if (step_resume(pid, PTRACE_SINGLESTEP) == SIGSTOP)
			break;
	}
	step_kill(pid);
}

/* A fresh child, stopped after `n` instructions. */
static inline pid_t step_to(const struct step_path *path, unsigned int n)
{
	pid_t pid = step_fork(path);
	unsigned long pc = path->pc[n], code;
	struct user_regs_struct registers;
	unsigned int n_before = 0;

	if (n == 0)
		return pid;

	for (unsigned int i = 1; i < n; i++)
		n_before += path->pc[i] == pc;
	code = (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, pc, NULL);
	for (;; n_before--) {
		must(ptrace(PTRACE_POKETEXT, pid, pc, (code & ~0xfful) | STEP_BREAKPOINT) == 0);
		must(step_resume(pid, PTRACE_CONT) == SIGTRAP);
		must(ptrace(PTRACE_POKETEXT, pid, pc, code) == 0);
		registers = step_registers(pid);
		must(registers.rip == pc + 1);
		registers.rip = pc;
		must(ptrace(PTRACE_SETREGS, pid, NULL, &registers) == 0);
		if (n_before == 0)
			return pid;
		must(step_resume(pid, PTRACE_SINGLESTEP) == SIGTRAP);
	}
}

/* Shared memory beside the regions. */
static inline void *step_shared(size_t size)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	must(memory != MAP_FAILED);
	return memory;
}

/* A segment's bytes, to go back to. */
static inline void *step_save(const struct index *index)
{
	size_t size = index_size(index->n_buckets);
	void *copy = malloc(size);

	must(copy);
	memcpy(copy, index->header, size);
	return copy;
}

static inline void step_restore(const struct index *index, const void *copy)
{
	memcpy(index->header, copy, index_size(index->n_buckets));
}

#endif
