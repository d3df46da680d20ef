/* SPDX-License-Identifier: MIT
 * next.h - the definition of a symbol that comes after ours in the search order: libc's, or that of
 * another preload behind us. Found without dlsym, so without locks and malloc, at a symbol's first
 * use: a program pays for what it calls, and a first use inside a signal handler or under a malloc
 * that calls us is safe.
 *
 *     FILE *stream = NEXT(fopen)(path, mode);
 */
#ifndef FAKEID_NEXT_H
#define FAKEID_NEXT_H

#include <errno.h>
#include <stdatomic.h>

/* Never NULL: a symbol that nobody behind us defines resolves to a function that fails with
 * ENOSYS. */
void *next_find(const char *name);

/* Path of this library as the loader mapped it, for LD_PRELOAD. */
const char *next_own_path(void);

/* What a function of libc answered, as our own do: a negative errno for what is below 0. */
static inline long next_result(long result)
{
	return result < 0 ? -errno : result;
}

/* The cache of one use; a race only finds the same address twice. */
#define NEXT(symbol)                                                                   \
	({                                                                             \
		static _Atomic(void *) cached_;                                        \
		void *found_ = atomic_load_explicit(&cached_, memory_order_relaxed);   \
		if (!found_) {                                                         \
			found_ = next_find(#symbol);                                   \
			atomic_store_explicit(&cached_, found_, memory_order_relaxed); \
		}                                                                      \
		(__typeof__(&symbol))found_;                                           \
	})

#endif
