/* SPDX-License-Identifier: MIT
 * user.h - memory that a program names in a call, and that may not be there: the kernel answers
 * EFAULT, and so do we. Only the kernel can tell, by one or two system calls more; so pages where
 * it once wrote are remembered. A program that unmaps such a page and then names it is killed, as
 * before.
 */
#ifndef FAKEID_USER_H
#define FAKEID_USER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "shim/process.h"

#define USER_STACK_NEAR 16384u

/* Copy from and to the program's memory: 0 or -EFAULT. */
int user_read(void *to, const void *from, size_t size);
int user_write(void *to, const void *from, size_t size);

/* For what is too long to copy. */
bool user_can_read(const void *from, size_t size);

static inline bool user_knows_page(uintptr_t page)
{
	return page && atomic_load_explicit(&process.user_pages[page % PROCESS_PAGES],
					    memory_order_relaxed) == page;
}

/* A structure of its caller's, as a rule, which lies a little above us on the stack. */
static inline bool user_is_known(const void *at, size_t size)
{
	uintptr_t first = (uintptr_t)at, here = (uintptr_t)__builtin_frame_address(0);

	return first - here < USER_STACK_NEAR ||
	       (user_knows_page(first >> 12) && user_knows_page((first + size - 1) >> 12));
}

/* As user_write(), for small structures that are often written. */
static inline int user_put(void *to, const void *from, size_t size)
{
	if (__builtin_expect(!user_is_known(to, size), 0))
		return user_write(to, from, size);
	memcpy(to, from, size);
	return 0;
}

/* As user_read(), likewise. */
static inline int user_get(void *to, const void *from, size_t size)
{
	if (__builtin_expect(!user_is_known(from, size), 0))
		return user_read(to, from, size);
	memcpy(to, from, size);
	return 0;
}

#endif
