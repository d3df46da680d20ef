/* SPDX-License-Identifier: MIT
 * holder.h - credentials in force, of a process or of one of its threads: read without a lock,
 * changed by one compare-and-swap, so that a signal handler or another thread may do either at any
 * moment.
 */
#ifndef FAKEID_HOLDER_H
#define FAKEID_HOLDER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/creds.h"

#define HOLDER_SLOTS 64u

/* Readers follow a pointer; a slot is written again only after 63 more changes, and never while it
 * is the one in force. What was in force first need be none of them. All zeros is an empty one. */
struct holder {
	_Atomic uint32_t n_claimed;
	_Atomic(struct creds *) now;
	_Atomic(struct groups *) groups; /* NULL: those of the whole process */
	struct groups list[2];		 /* one in force, one to fill */
	struct creds slot[HOLDER_SLOTS];
};

/* What a call makes of credentials: 0, or negative errno and they keep their values. It may be
 * asked more than once for one change. */
typedef int creds_rule(struct creds *creds, const void *request);

/* All of them as they were at one moment, whatever others change meanwhile. *ret_seen tells a later
 * change. */
struct holder_seen {
	const struct creds *now;
	uint32_t n_claimed;
};
struct holder_seen holder_copy(struct holder *holder, struct creds *ret_creds);
bool holder_has_changed(const struct holder *holder, struct holder_seen seen);

void holder_set(struct holder *holder, const struct creds *creds);

/* Apply the rule to what is in force: no change of another is lost. 0, or what the rule says. */
int holder_change(struct holder *holder, creds_rule *rule, const void *request);

/* The list that is not in force, to fill and give to holder_set_groups(). Those who fill it at the
 * same time spoil each other's. */
struct groups *holder_spare(struct holder *holder);
void holder_set_groups(struct holder *holder, const struct groups *groups);

#endif
