/* SPDX-License-Identifier: MIT
 * process_creds.c - the credentials and the umask of this process, of those that borrow its memory,
 * and of the calling thread where it has its own (threads.c).
 */
#include <errno.h>
#include <string.h>

#include <fakeid/wire.h>

#include "shim/announce.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/threads.h"

/* What a child that borrows our memory (vfork, raw clone) changed for itself. We would read it as
 * ours, so it is kept apart, under the borrower's pid. */
static struct {
	struct creds creds;
	struct groups groups;
	uint32_t umask_user;
	_Atomic int32_t pid; /* 0 = nobody */
} borrower;

static struct {
	_Atomic int32_t pid;	/* whose memory this is: a vfork child sees its parent's */
	_Atomic bool threaded;	/* a thread was started */
	_Atomic bool is_shared; /* there is a borrower, or a thread with credentials of its own */
	struct holder holder;
} own;

static int32_t current_pid(void)
{
	return (int32_t)SYS0(SYS_getpid);
}

/* False in nearly every process. */
static bool is_shared(void)
{
	return __builtin_expect(atomic_load_explicit(&own.is_shared, memory_order_relaxed), 0);
}

bool process_is_borrower(void)
{
	int32_t pid = is_shared() ? atomic_load_explicit(&borrower.pid, memory_order_relaxed) : 0;

	return __builtin_expect(pid != 0, 0) && pid == current_pid();
}

/* Where a thread's are that is no borrower. */
static struct holder *my_holder(void)
{
	struct holder *mine = is_shared() ? threads_mine() : NULL;

	return mine ? mine : &own.holder;
}

static __attribute__((noinline)) const struct creds *shared_creds(void)
{
	if (process_is_borrower())
		return &borrower.creds;
	return atomic_load_explicit(&my_holder()->now, memory_order_acquire);
}

const struct creds *process_creds(void)
{
	if (is_shared())
		return shared_creds();
	return atomic_load_explicit(&own.holder.now, memory_order_acquire);
}

void process_creds_copy(struct creds *ret_creds)
{
	if (process_is_borrower())
		*ret_creds = borrower.creds;
	else
		(void)holder_copy(my_holder(), ret_creds); /* nobody asks for a later change */
}

static struct holder *holder_of(int32_t tid)
{
	int32_t pid = atomic_load_explicit(&own.pid, memory_order_relaxed);
	struct holder *holder = is_shared() ? threads_find(tid ? tid : pid) : NULL;

	return holder ? holder : &own.holder;
}

void process_creds_copy_thread(int32_t tid, struct creds *ret_creds)
{
	if (process_is_borrower())
		*ret_creds = borrower.creds;
	else
		(void)holder_copy(holder_of(tid), ret_creds); /* as above */
}

static const struct groups *holder_groups(struct holder *holder)
{
	const struct groups *groups = atomic_load_explicit(&holder->groups, memory_order_acquire);

	return groups ? groups : atomic_load_explicit(&own.holder.groups, memory_order_acquire);
}

const struct groups *process_groups(void)
{
	return process_is_borrower() ? &borrower.groups : holder_groups(my_holder());
}

const struct groups *process_groups_thread(int32_t tid)
{
	return process_is_borrower() ? &borrower.groups : holder_groups(holder_of(tid));
}

static void copy_groups(struct groups *to, const struct groups *from)
{
	if (to == from)
		return;
	memmove(to->list, from->list, from->n * sizeof from->list[0]);
	to->n = from->n;
}

#define OWN_LIMITS (PROCESS_LIMIT_FS | PROCESS_LIMIT_ACCESS)
#define LIMITS_STEP 16u

/* What others than the process itself decide: whether there may be files that it does not reach. */
static unsigned limits_of_session(void)
{
	return process.session_flags & SESSION_ASKS ? OWN_LIMITS : 0;
}

/* The number of changes above makes whoever has looked at older credentials look again. */
static void note_limits(void)
{
	unsigned old = atomic_load(&process.limits), new;
	struct creds creds;

	do {
		(void)holder_copy(&own.holder, &creds); /* a later change brings its own note */
		new = ((old + LIMITS_STEP) & ~OWN_LIMITS) | process_limits_of(&creds) |
		      limits_of_session();
	} while (!atomic_compare_exchange_weak(&process.limits, &old, new));
}

/* Of a thread that has its own. Not taken back before the next fork: then everybody looks closer,
 * no more. */
static void note_thread_limits(struct holder *holder)
{
	struct creds creds;

	(void)holder_copy(holder, &creds); /* a later change brings its own note */
	atomic_fetch_or(&process.limits, process_limits_of(&creds) * PROCESS_LIMIT_THREADS);
}

/* No fork handler told us of this process, so what it writes here its parent may read: give it a
 * copy of its own. */
static void borrow(const struct creds *creds, const struct groups *groups, uint32_t umask_user)
{
	copy_groups(&borrower.groups, groups);
	borrower.creds = *creds;
	borrower.umask_user = umask_user;
	/* Its parent sees the flags too, and then looks closer. */
	atomic_fetch_or(&process.limits, process_limits_of(creds));
	atomic_store(&own.is_shared, true);
	atomic_store_explicit(&borrower.pid, current_pid(), memory_order_release);
}

int32_t process_pid(void)
{
	if (process_filtered())
		return atomic_load_explicit(&own.pid, memory_order_relaxed);
	return current_pid();
}

bool process_has_thread(int32_t tid)
{
	int32_t pid = process_pid();

	return tid == pid || (!process_filtered() && SYS3(SYS_tgkill, pid, tid, 0) == 0);
}

static bool is_mine(void)
{
	return current_pid() == atomic_load_explicit(&own.pid, memory_order_relaxed);
}

/* -- changes -- */

/* Where a change of this thread's has to be made, once it is known that it is one. NULL: no
 * memory. */
static struct holder *thread_holder(void)
{
	struct holder *mine = my_holder();

	if (mine != &own.holder || !atomic_load(&own.threaded))
		return mine;
	atomic_store(&own.is_shared, true);
	return threads_split(&own.holder);
}

struct change_request {
	creds_rule *rule;
	const void *request;
};

/* libc ends a program whose threads do not all get the same answer. One that goes on has threads
 * that differ. */
static void change_other(struct holder *holder, const void *context)
{
	const struct change_request *change = context;

	if (holder_change(holder, change->rule, change->request) == 0)
		note_thread_limits(holder);
	(void)threads_share_undumpable(&own.holder, holder); /* announced by who asks */
}

/* Most of what threads ask for by system calls is refused or there already, and needs no memory. */
static bool changes_nothing(creds_rule *rule, const void *request, int *ret_result)
{
	struct creds old, creds;

	(void)holder_copy(my_holder(), &old); /* the rule is asked again */
	creds = old;
	*ret_result = rule(&creds, request);
	/* Padding was copied too.
	 * NOLINTNEXTLINE(bugprone-suspicious-memory-comparison,cert-exp42-c,cert-flp37-c) */
	return *ret_result < 0 || memcmp(&old, &creds, sizeof creds) == 0;
}

static int change_borrowed(creds_rule *rule, const void *request)
{
	struct creds creds = *process_creds();
	int r = rule(&creds, request);

	if (r == 0)
		borrow(&creds, process_groups(), process_umask_user());
	return r;
}

/* A thread with credentials of its own changes them alone. */
static int change_own(struct holder *holder, creds_rule *rule, const void *request)
{
	int r = holder_change(holder, rule, request);

	if (r < 0)
		return r;
	note_thread_limits(holder);
	if (threads_share_undumpable(&own.holder, holder) || holder == holder_of(0))
		announce();
	return 0;
}

int process_creds_change(enum process_reach reach, creds_rule *rule, const void *request)
{
	const struct change_request change = {rule, request};
	struct holder *holder = my_holder();
	int r;

	if (!is_mine())
		return change_borrowed(rule, request);
	if (reach == PROCESS_THREAD) {
		if (changes_nothing(rule, request, &r))
			return r;
		holder = thread_holder();
		if (!holder)
			return -ENOMEM;
		if (holder != &own.holder)
			return change_own(holder, rule, request);
	}

	r = holder_change(holder, rule, request);
	if (r < 0)
		return r;
	if (holder != &own.holder) {
		note_thread_limits(holder);
		(void)holder_change(&own.holder, rule, request);     /* as change_other() */
		(void)threads_share_undumpable(&own.holder, holder); /* likewise */
	}
	threads_each(change_other, &change);
	note_limits();
	announce();
	return 0;
}

/* A thread that may, follows its process from now on, whose list is the new one. */
static void change_other_groups(struct holder *holder, const void *unused)
{
	struct creds creds;

	(void)unused;
	(void)holder_copy(holder, &creds); /* only asked */
	if (creds_check_setgroups(&creds, NULL, 0) == 0)
		atomic_store(&holder->groups, NULL);
}

int process_groups_change(enum process_reach reach, const uint32_t *list, size_t n)
{
	struct holder *holder;

	if (!is_mine()) {
		if (!process_is_borrower())
			borrow(process_creds(), process_groups(), process_umask_user());
		creds_fill_groups(&borrower.groups, list, n);
		return 0;
	}
	holder = reach == PROCESS_EVERY_THREAD ? &own.holder : thread_holder();
	if (!holder)
		return -ENOMEM;

	creds_fill_groups(holder_spare(holder), list, n);
	holder_set_groups(holder, holder_spare(holder));
	if (reach == PROCESS_EVERY_THREAD) {
		if (my_holder() != &own.holder)
			change_other_groups(my_holder(), NULL);
		threads_each(change_other_groups, NULL);
	}
	return 0;
}

uint32_t process_umask_user(void)
{
	if (process_is_borrower())
		return borrower.umask_user;
	return atomic_load_explicit(&process.umask_user, memory_order_relaxed);
}

uint32_t process_set_umask_user(uint32_t bits)
{
	uint32_t old = process_umask_user();

	if (bits == old)
		return old;
	if (is_mine())
		atomic_store_explicit(&process.umask_user, bits, memory_order_relaxed);
	else
		borrow(process_creds(), process_groups(), bits);
	return old;
}

/* -- beginnings -- */

struct groups *process_creds_room(void)
{
	/* The page's first use is a write: read before, it would be given to us twice. */
	atomic_store_explicit(&own.pid, current_pid(), memory_order_relaxed);
	return holder_spare(&own.holder);
}

void process_creds_start(struct creds *creds, const struct groups *groups)
{
	holder_set_groups(&own.holder, groups);
	atomic_store(&own.holder.now, creds);
	note_limits();
}

void process_note_threads(void)
{
	atomic_store_explicit(&own.threaded, true, memory_order_relaxed);
}

/* What the thread that forked had is the new process's. */
static void take_over(bool borrowed)
{
	const struct groups *groups = borrowed ? &borrower.groups : holder_groups(my_holder());
	struct creds creds;

	if (borrowed) {
		creds = borrower.creds;
		atomic_store_explicit(&process.umask_user, borrower.umask_user,
				      memory_order_relaxed);
	} else {
		(void)holder_copy(my_holder(), &creds); /* nobody else is there to change them */
	}
	if (groups != atomic_load(&own.holder.groups))
		holder_set_groups(&own.holder, groups);
	holder_set(&own.holder, &creds);
	atomic_store(&borrower.pid, 0);
	threads_forget();
	atomic_store(&own.is_shared, false);
}

void process_forked(bool borrowed)
{
	/* Outside of a session there are no credentials to look at. */
	if (!process_on())
		return;
	if (is_shared())
		take_over(borrowed);
	atomic_store_explicit(&own.threaded, false, memory_order_relaxed);
	atomic_store(&process.limits, 0);
	note_limits();
	atomic_store_explicit(&own.pid, current_pid(), memory_order_relaxed);
	announce(); /* a thread that had changed ids, or was about to say so, is not there to do it */
}
