/* SPDX-License-Identifier: MIT
 * reach.c - see reach.h. reach_test asks the running kernel the same questions.
 */
#include "core/reach.h"

#include <linux/capability.h>

unsigned reach_cap(enum reach what)
{
	switch (what) {
	case REACH_SIGNAL:
		return CAP_KILL;
	case REACH_LIMITS:
		return CAP_SYS_RESOURCE;
	case REACH_TRACE:
		return CAP_SYS_PTRACE;
	default:
		return CAP_SYS_NICE;
	}
}

/* All three, so that a setuid program is not to be limited by who started it. */
static bool is_all(uint32_t id, const uint32_t of[CREDS_ID_N])
{
	return id == of[CREDS_REAL] && id == of[CREDS_EFFECTIVE] && id == of[CREDS_SAVED];
}

static bool is_all_of(const struct creds *creds, const struct reach_other *other)
{
	return is_all(creds->id[FAKEID_UID][CREDS_REAL], other->id[FAKEID_UID]) &&
	       is_all(creds->id[FAKEID_GID][CREDS_REAL], other->id[FAKEID_GID]);
}

/* Who has more than oneself is not to be slowed down or looked into, whatever his ids. */
static bool has_no_more(const struct reach_other *other, const struct creds *creds)
{
	return (other->permitted & ~creds->cap[CREDS_CAP_PERMITTED]) == 0;
}

bool reach_by_ids(enum reach what, const struct creds *creds, const struct reach_other *other)
{
	uint32_t real = creds->id[FAKEID_UID][CREDS_REAL];
	uint32_t effective = creds->id[FAKEID_UID][CREDS_EFFECTIVE];
	const uint32_t *uid = other->id[FAKEID_UID];

	switch (what) {
	case REACH_SIGNAL:
		return effective == uid[CREDS_SAVED] || effective == uid[CREDS_REAL] ||
		       real == uid[CREDS_SAVED] || real == uid[CREDS_REAL];
	case REACH_PRIORITY:
		return (effective == uid[CREDS_REAL] || effective == uid[CREDS_EFFECTIVE]) &&
		       has_no_more(other, creds);
	case REACH_IOPRIO:
		return (effective == uid[CREDS_REAL] || real == uid[CREDS_REAL]) &&
		       has_no_more(other, creds);
	case REACH_TRACE:
		return is_all_of(creds, other) && has_no_more(other, creds) && !other->undumpable;
	default:
		return is_all_of(creds, other);
	}
}
