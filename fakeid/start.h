/* SPDX-License-Identifier: MIT
 * start.h - as whom the command begins: --user, --groups, --clear-groups, --init-caps and --root.
 */
#ifndef FAKEID_START_H
#define FAKEID_START_H

#include <stdbool.h>

#include "core/creds.h"
#include "core/nsview.h"
#include "trouble.h"

/* As given. */
struct start {
	const char *user;   /* USER[:GROUP], names or numbers */
	const char *groups; /* names or numbers, commas between them */
	const char *init_caps;
	const char *root; /* whose etc/passwd and etc/group know the names; NULL = this machine's */
	bool clear_groups;
};

/* What that means, in ids of the namespace; names looked up. */
struct identity {
	bool has_user, has_groups, has_caps;
	uint32_t uid, gid;
	uint64_t caps; /* CREDS_CAP_ALL: as many as there are */
	struct groups groups;
};

static inline bool start_is_asked(const struct start *start)
{
	return start->user || start->groups || start->clear_groups || start->init_caps;
}

/* Look at the options for themselves, before anything is done. */
int start_check(const struct start *start, struct trouble *trouble);

int start_resolve(const struct start *start, struct identity *ret_identity,
		  struct trouble *trouble);

/* Are all of its ids ids of the namespace? */
int start_fit(const struct identity *identity, const struct nsview *space, struct trouble *trouble);

/* For the first process of a session, from those of its root: whatever its root may do, the one who
 * starts it may begin as anybody. */
int start_first(const struct identity *identity, struct creds *creds, struct groups *groups,
		struct trouble *trouble);

/* For one more process, from those of the caller: he must be able to become that user. */
int start_next(const struct identity *identity, struct creds *creds, struct groups *groups,
	       struct trouble *trouble);

#endif
