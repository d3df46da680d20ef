/* SPDX-License-Identifier: MIT
 * threads.c - threads begin as the one that starts them, who may have credentials of its own.
 */
#include <errno.h>

#include "shim/next.h"
#include "shim/process.h"
#include "shim/threads.h"
#include "shim/wraps.h"

static void *begin_posix(void *arg)
{
	struct thread_own *own = arg;

	threads_begin(own);
	return ((void *(*)(void *))own->start)(own->arg);
}

static int begin_c11(void *arg)
{
	struct thread_own *own = arg;

	threads_begin(own);
	return ((thrd_start_t)own->start)(own->arg);
}

/* Has the caller something to hand over? */
static bool differs(void)
{
	if (!process_on())
		return false;
	process_note_threads();
	return threads_mine();
}

int wrap_pthread_create(pthread_t *ret_thread, const pthread_attr_t *attr, void *(*start)(void *),
			void *arg)
{
	struct thread_own *own;
	int r;

	if (!differs())
		return NEXT(pthread_create)(ret_thread, attr, start, arg);
	own = threads_prepare();
	if (!own)
		return EAGAIN;

	own->start = (void *)start;
	own->arg = arg;
	r = NEXT(pthread_create)(ret_thread, attr, begin_posix, own);
	if (r != 0)
		threads_release(own);
	return r;
}

int wrap_thrd_create(thrd_t *ret_thread, thrd_start_t start, void *arg)
{
	struct thread_own *own;
	int r;

	if (!differs())
		return NEXT(thrd_create)(ret_thread, start, arg);
	own = threads_prepare();
	if (!own)
		return thrd_nomem;

	own->start = (void *)start;
	own->arg = arg;
	r = NEXT(thrd_create)(ret_thread, begin_c11, own);
	if (r != thrd_success)
		threads_release(own);
	return r;
}
