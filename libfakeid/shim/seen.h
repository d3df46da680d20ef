/* SPDX-License-Identifier: MIT
 * seen.h - descriptors that were looked at and are of nothing that a write takes something away
 * from: setuid and setgid bits, security.capability. Every write asks here, and most are told so by
 * two words of the index. What was seen holds until some file may have gained such a thing, which
 * the index counts, and until the number is another file's. That takes a call that makes
 * descriptors, and those for files pass by here; close(2) need not.
 */
#ifndef FAKEID_SEEN_H
#define FAKEID_SEEN_H

#include "core/index.h"
#include "shim/attach.h"
#include "shim/process.h"

/* Of the index as it is now: to be taken before the look, and given to seen_note() after it. */
uint64_t seen_moment(void);

/* `fd` is of nothing that any process's write would change. */
void seen_note(int fd, uint64_t moment);

/* What calls answer that take no descriptor of O_PATH: 0 or -EBADF. One that was noted, at whatever
 * moment, is none of these, for nobody creates or writes by them; of others the kernel is asked. */
int seen_refuse_path(int fd);

/* `fd`, negative where there is none, may be another file's now; or all of them, another
 * process's too that borrows our memory. */
extern _Atomic bool seen_some; /* there is something to forget */
void seen_forget_one(int fd);
void seen_forget_all(void);

static inline void seen_forget(int fd)
{
	if (__builtin_expect(atomic_load_explicit(&seen_some, memory_order_relaxed), 0))
		seen_forget_one(fd);
}

/* The rest of seen_is_plain(). */
bool seen_was_plain(int fd);

/* True where no file has anything that this process's writes take away. */
static inline bool seen_all_plain(void)
{
	const struct index_header *header = atomic_load_explicit(&attach_header,
								 memory_order_acquire);
	uint32_t matters = INDEX_MAY(INDEX_HAS_CAPS);

	if (process_may_be_limited(PROCESS_LIMIT_FS))
		matters |= INDEX_HAS_SUID;
	return __builtin_expect(
		header && !(atomic_load_explicit(&header->flags, memory_order_acquire) & matters) &&
			atomic_load_explicit(&header->state, memory_order_acquire) == INDEX_LIVE,
		1);
}

/* True where a write to `fd` needs no look at the file. */
static inline bool seen_is_plain(int fd)
{
	return seen_all_plain() || seen_was_plain(fd);
}

#endif
