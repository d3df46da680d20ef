/* SPDX-License-Identifier: MIT
 * journal.h - xattr changes that LMDB does not have yet. Appended before the reply, replayed after
 * a kill or a lost transaction, emptied after a commit.
 */
#ifndef FAKED_JOURNAL_H
#define FAKED_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store.h"

struct journal {
	int fd;
	size_t size;
};

struct journal_change {
	bool remove;
	struct store_file file;
	const void *name, *value;
	size_t name_size, value_size;
};

/* Open `name` below `dirfd`, making it if it is missing. What follows the last whole change
 * goes. */
int journal_open(int dirfd, const char *name, struct journal *ret_journal);
void journal_close(struct journal *journal);

/* -ENOSPC and others: nothing was appended. */
int journal_append(struct journal *journal, const struct journal_change *change);

/* Bring every change into the store's open transaction. Doing so twice gives the same. */
int journal_replay(const struct journal *journal, struct store *store);

/* Cut back to an earlier size; 0 after a commit. */
int journal_cut(struct journal *journal, size_t size);

#endif
