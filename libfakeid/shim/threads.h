/* SPDX-License-Identifier: MIT
 * threads.h - threads whose credentials are not their process's: those that changed them by a call
 * that counts for one thread, and those that such threads start. All others follow the process;
 * most processes have none that does not.
 *
 * Nobody takes a lock or waits. What is made for a thread stays mapped, and another thread gets it
 * once the first has ended.
 */
#ifndef FAKEID_THREADS_H
#define FAKEID_THREADS_H

#include "shim/holder.h"

/* One thread's own credentials, and how it starts if it is not there yet. */
struct thread_own {
	struct holder holder;
	_Atomic int32_t tid; /* 0 = nobody's, less than 0 = of a thread that is not known yet */
	struct thread_own *next;
	_Atomic(void *) start; /* the function */
	_Atomic(void *) arg;
};

/* Of the calling thread; NULL: it follows its process. */
struct holder *threads_mine(void);

/* Credentials of its own for the calling thread, equal to `process`'s until it changes them; NULL:
 * no memory. */
struct holder *threads_split(struct holder *process);

/* For a thread that the calling one, which has credentials of its own, starts: equal ones. NULL: no
 * memory. It takes them by threads_begin(); if it could not be started, threads_release(). */
struct thread_own *threads_prepare(void);
void threads_begin(struct thread_own *own);
void threads_release(struct thread_own *own);

/* Of thread `tid`; NULL: it follows its process. */
struct holder *threads_find(int32_t tid);

/* Call `act` for every thread with credentials of its own, but for the caller's; for some twice,
 * where others begin meanwhile. */
void threads_each(void (*act)(struct holder *holder, const void *context), const void *context);

/* The memory is undumpable, not the thread: once `process_holder` or a thread is, all are. To be
 * told of each that has changed; true where it was the first one. */
bool threads_share_undumpable(struct holder *process_holder, struct holder *changed);

/* In a new process, where no other thread is. */
void threads_forget(void);

#endif
