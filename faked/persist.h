/* SPDX-License-Identifier: MIT
 * persist.h - bringing what is dirty into the store, and the room kept for it. The only place that
 * ends transactions.
 */
#ifndef FAKED_PERSIST_H
#define FAKED_PERSIST_H

#include <stdbool.h>
#include <stddef.h>

struct daemon;

/* What was collected and is not committed yet. Its entries are in flight. */
struct flush {
	bool running;
	bool more; /* there were too many for one: the next step begins with them */
	struct dirty *rows;
	size_t n, capacity;
	size_t at; /* rows before are committed */
};

/* Make a change in the store's open transaction. `change` may run more than once: when the map is
 * full it grows, what was open comes back from the journal, and the change is made again. On an
 * error the open transaction is as it was before. */
typedef int persist_fn(struct daemon *daemon, void *context);
int persist_change(struct daemon *daemon, persist_fn *change, void *context);

/* Make a change and commit it, for what has to be safe before anybody hears of it. What a failed
 * commit throws away is made again: `change` may run once more after it succeeded. */
int persist_commit(struct daemon *daemon, persist_fn *change, void *context);

/* Commit every dirty entry and xattr. 0, or why it could not be done; then nothing is lost,
 * INDEX_FULL is set, and the next call tries again. */
int persist_flush(struct daemon *daemon);

/* The same beside clients: begin with some of what is dirty now, then commit a group a call. 1:
 * there is more to do; 0: all is committed; or -errno as above. Not while a segment is being
 * moved. */
int persist_begin(struct daemon *daemon);
int persist_step(struct daemon *daemon);

/* Remove some records of volumes of earlier boots, and begin to commit that. Returns as
 * persist_begin(). */
int persist_drop_past(struct daemon *daemon);

/* Bring what was begun to its end, before what must not come in between. */
void persist_settle(struct daemon *daemon);

/* True if something in an index waits for a commit. */
bool persist_is_dirty(const struct daemon *daemon);

/* Fit the reserve to the free slots that are offered; without room for it, raise INDEX_FULL. */
void persist_keep_room(struct daemon *daemon);

#endif
