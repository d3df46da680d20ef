/* SPDX-License-Identifier: MIT
 * seen.c - see seen.h. A word for each sixteen descriptors: a bit each, and the moment that they
 * are true of, so that threads cannot mix what was seen at different ones.
 */
#include "shim/seen.h"

#include <errno.h>

#include "shim/sys.h"

#define WORDS 4u
#define FDS_OF_WORD 16u
#define MOMENT_SHIFT FDS_OF_WORD

_Atomic bool seen_some;
static _Atomic uint64_t seen[WORDS];

static bool has_bit(int fd)
{
	return fd >= 0 && (unsigned)fd < WORDS * FDS_OF_WORD;
}

static uint64_t bit_of(int fd)
{
	return UINT64_C(1) << (unsigned)fd % FDS_OF_WORD;
}

static _Atomic uint64_t *word_of(int fd)
{
	return &seen[(unsigned)fd / FDS_OF_WORD];
}

/* 0 without an index: what is a pipe then is one. */
uint64_t seen_moment(void)
{
	const struct index_header *header = atomic_load_explicit(&attach_header,
								 memory_order_acquire);

	if (!header)
		return 0;
	return (header->generation & 0xffffu) << 32 |
	       atomic_load_explicit(&header->n_privileged, memory_order_seq_cst);
}

bool seen_was_plain(int fd)
{
	const struct index_header *header = atomic_load_explicit(&attach_header,
								 memory_order_acquire);
	uint64_t word;

	if (!process_may_look())
		return true;
	if (!has_bit(fd))
		return fd < 0;
	word = atomic_load_explicit(word_of(fd), memory_order_relaxed);
	return (word & bit_of(fd)) && word >> MOMENT_SHIFT == seen_moment() &&
	       (!header ||
		atomic_load_explicit(&header->state, memory_order_acquire) == INDEX_LIVE);
}

int seen_refuse_path(int fd)
{
	long flags;

	if (has_bit(fd) && (atomic_load_explicit(word_of(fd), memory_order_relaxed) & bit_of(fd)))
		return 0;
	flags = SYS3(SYS_fcntl, fd, F_GETFL, 0);
	return flags < 0 || (flags & O_PATH) ? -EBADF : 0;
}

void seen_note(int fd, uint64_t moment)
{
	uint64_t old, word;

	if (!has_bit(fd))
		return;
	atomic_store_explicit(&seen_some, true, memory_order_relaxed);
	old = atomic_load_explicit(word_of(fd), memory_order_relaxed);
	do {
		word = old >> MOMENT_SHIFT == moment ? old : moment << MOMENT_SHIFT;
		word |= bit_of(fd);
	} while (!atomic_compare_exchange_weak_explicit(
		word_of(fd), &old, word, memory_order_relaxed, memory_order_relaxed));
}

void seen_forget_one(int fd)
{
	if (has_bit(fd))
		atomic_fetch_and_explicit(word_of(fd), ~bit_of(fd), memory_order_relaxed);
}

void seen_forget_all(void)
{
	if (!atomic_load_explicit(&seen_some, memory_order_relaxed))
		return;
	for (unsigned i = 0; i < WORDS; i++)
		atomic_store_explicit(&seen[i], 0, memory_order_relaxed);
}
