/* SPDX-License-Identifier: MIT
 * threads.c - see threads.h.
 */
#include "shim/threads.h"

#include <errno.h>
#include <sys/mman.h>

#include "shim/process.h"
#include "shim/sys.h"

#define TID_UNKNOWN (-1)

static _Atomic(struct thread_own *) all; /* nothing is ever taken out */
static _Atomic uint32_t n_filled;	 /* how often one of them took over another's credentials */

/* The library is there from the start, so the first touch never allocates. Of a signal handler
 * too. */
static _Thread_local _Atomic(struct thread_own *) mine __attribute__((tls_model("initial-exec")));

struct holder *threads_mine(void)
{
	struct thread_own *own = atomic_load_explicit(&mine, memory_order_relaxed);

	return own ? &own->holder : NULL;
}

static int32_t current_tid(void)
{
	return process_filtered() ? TID_UNKNOWN : (int32_t)SYS0(SYS_gettid);
}

static struct thread_own *map_new(int32_t tid)
{
	/* Nearly all of it is room for groups, of which only what is used is ever there. */
	long r = SYS6(SYS_mmap, NULL, sizeof(struct thread_own), PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct thread_own *own = (struct thread_own *)r;

	if (r < 0 && r > -4096)
		return NULL;
	/* Others see it before it is filled. */
	atomic_store(&own->holder.now, &own->holder.slot[0]);
	atomic_store(&own->tid, tid);
	own->next = atomic_load(&all);
	while (!atomic_compare_exchange_weak(&all, &own->next, own))
		;
	return own;
}

/* One that nobody has, or whose thread has ended. */
static struct thread_own *take(int32_t tid)
{
	int32_t pid = process_filtered() ? 0 : (int32_t)SYS0(SYS_getpid);

	for (struct thread_own *own = atomic_load(&all); own; own = own->next) {
		int32_t old = atomic_load(&own->tid);

		if (old > 0 && pid && SYS3(SYS_tgkill, pid, old, 0) != -ESRCH)
			continue;
		if ((old == 0 || (old > 0 && pid)) &&
		    atomic_compare_exchange_strong(&own->tid, &old, tid))
			return own;
	}
	return map_new(tid);
}

/* Whoever walks over all threads meanwhile sees n_filled and walks again, and a change of `from`
 * that he made before is seen here: neither is lost. */
static void fill(struct thread_own *own, struct holder *from, bool has_groups)
{
	struct holder_seen seen;
	struct groups *groups;
	struct creds creds;

	do {
		seen = holder_copy(from, &creds);
		holder_set(&own->holder, &creds);
		groups = has_groups ? atomic_load(&from->groups) : NULL;
		if (groups)
			holder_set_groups(&own->holder, groups);
		else
			atomic_store(&own->holder.groups, NULL);
		atomic_fetch_add(&n_filled, 1);
	} while (holder_has_changed(from, seen) ||
		 (has_groups && atomic_load(&from->groups) != groups));
}

struct holder *threads_split(struct holder *process_holder)
{
	struct thread_own *own = take(current_tid()), *none = NULL;

	if (!own)
		return NULL;
	fill(own, process_holder, false);
	if (!atomic_compare_exchange_strong(&mine, &none, own)) {
		threads_release(own); /* a signal handler was faster */
		return &none->holder;
	}
	return &own->holder;
}

struct thread_own *threads_prepare(void)
{
	struct thread_own *own = take(TID_UNKNOWN);

	if (own)
		fill(own, threads_mine(), true);
	return own;
}

void threads_begin(struct thread_own *own)
{
	atomic_store(&own->tid, current_tid());
	atomic_store(&mine, own);
}

void threads_release(struct thread_own *own)
{
	atomic_store(&own->tid, 0);
}

struct holder *threads_find(int32_t tid)
{
	for (struct thread_own *own = atomic_load(&all); own; own = own->next) {
		if (atomic_load(&own->tid) == tid)
			return &own->holder;
	}
	return NULL;
}

void threads_each(void (*act)(struct holder *holder, const void *context), const void *context)
{
	uint32_t before;

	do {
		before = atomic_load(&n_filled);
		for (struct thread_own *own = atomic_load(&all); own; own = own->next) {
			if (atomic_load(&own->tid) != 0 && &own->holder != threads_mine())
				act(&own->holder, context);
		}
	} while (atomic_load(&n_filled) != before);
}

static bool is_undumpable(struct holder *holder)
{
	struct creds creds;

	(void)holder_copy(holder, &creds); /* only asked */
	return creds.undumpable;
}

static int undumpable_rule(struct creds *creds, const void *unused)
{
	(void)unused;
	creds->undumpable = true;
	return 0;
}

static void make_undumpable(struct holder *holder, const void *unused)
{
	if (!is_undumpable(holder))
		(void)holder_change(holder, undumpable_rule, unused); /* it has no errors */
}

bool threads_share_undumpable(struct holder *process_holder, struct holder *changed)
{
	if (is_undumpable(process_holder)) {
		make_undumpable(changed, NULL);
		return false;
	}
	if (!is_undumpable(changed))
		return false;
	make_undumpable(process_holder, NULL);
	threads_each(make_undumpable, NULL);
	return true;
}

void threads_forget(void)
{
	for (struct thread_own *own = atomic_load(&all); own; own = own->next)
		atomic_store(&own->tid, 0);
	atomic_store(&mine, NULL);
}
