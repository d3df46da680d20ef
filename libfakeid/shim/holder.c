/* SPDX-License-Identifier: MIT
 * holder.c - see holder.h.
 */
#include "shim/holder.h"

#include <string.h>

/* Word by word, because a reader may meet the next writer of a slot: what he read then he throws
 * away. */
typedef uint64_t __attribute__((may_alias)) word;

_Static_assert(sizeof(struct creds) % sizeof(word) == 0, "credentials are whole words");

static void copy_words(struct creds *to, const struct creds *from)
{
	for (size_t i = 0; i < sizeof *to / sizeof(word); i++)
		__atomic_store_n((word *)to + i,
				 __atomic_load_n((const word *)from + i, __ATOMIC_RELAXED),
				 __ATOMIC_RELAXED);
}

bool holder_has_changed(const struct holder *holder, struct holder_seen seen)
{
	return atomic_load(&holder->now) != seen.now ||
	       atomic_load(&holder->n_claimed) - seen.n_claimed >= HOLDER_SLOTS - 1;
}

struct holder_seen holder_copy(struct holder *holder, struct creds *ret_creds)
{
	struct holder_seen seen;

	/* Again if so many changes came meanwhile that the slot may have been written a second
	 * time. */
	do {
		seen.n_claimed = atomic_load_explicit(&holder->n_claimed, memory_order_acquire);
		seen.now = atomic_load_explicit(&holder->now, memory_order_acquire);
		copy_words(ret_creds, seen.now);
		atomic_thread_fence(memory_order_acquire);
	} while (atomic_load_explicit(&holder->n_claimed, memory_order_relaxed) - seen.n_claimed >=
		 HOLDER_SLOTS - 1);
	return seen;
}

static struct creds *claim(struct holder *holder)
{
	struct creds *slot;

	do
		slot = &holder->slot[atomic_fetch_add(&holder->n_claimed, 1) % HOLDER_SLOTS];
	while (slot == atomic_load(&holder->now));
	return slot;
}

void holder_set(struct holder *holder, const struct creds *creds)
{
	struct creds *slot = claim(holder);

	copy_words(slot, creds);
	atomic_store(&holder->now, slot);
}

int holder_change(struct holder *holder, creds_rule *rule, const void *request)
{
	struct creds creds, *slot, *now;
	struct holder_seen seen;
	int r;

	do {
		seen = holder_copy(holder, &creds);
		r = rule(&creds, request);
		if (r < 0)
			return r;

		slot = claim(holder);
		copy_words(slot, &creds);
		now = (struct creds *)seen.now;
	} while (holder_has_changed(holder, seen) ||
		 !atomic_compare_exchange_strong(&holder->now, &now, slot));
	return 0;
}

struct groups *holder_spare(struct holder *holder)
{
	return &holder->list[atomic_load_explicit(&holder->groups, memory_order_acquire) ==
			     &holder->list[0]];
}

void holder_set_groups(struct holder *holder, const struct groups *groups)
{
	struct groups *spare = holder_spare(holder);

	if (spare != groups) {
		memmove(spare->list, groups->list, groups->n * sizeof groups->list[0]);
		spare->n = groups->n;
	}
	atomic_store(&holder->groups, spare);
}
