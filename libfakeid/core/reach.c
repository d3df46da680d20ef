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
	default:
		return CAP_SYS_NICE;
	}
}

/* All three, so that a setuid program is not to be limited by who started it. */
static bool is_all(uint32_t id, const uint32_t of[CREDS_ID_N])
{
	return id == of[CREDS_REAL] && id == of[CREDS_EFFECTIVE] && id == of[CREDS_SAVED];
}

bool reach_by_ids(enum reach what, const struct creds *creds,
		  uint32_t of[FAKEID_IDKIND_N][CREDS_ID_N])
{
	uint32_t real = creds->id[FAKEID_UID][CREDS_REAL];
	uint32_t effective = creds->id[FAKEID_UID][CREDS_EFFECTIVE];
	const uint32_t *uid = of[FAKEID_UID];

	switch (what) {
	case REACH_SIGNAL:
		return effective == uid[CREDS_SAVED] || effective == uid[CREDS_REAL] ||
		       real == uid[CREDS_SAVED] || real == uid[CREDS_REAL];
	case REACH_PRIORITY:
		return effective == uid[CREDS_REAL] || effective == uid[CREDS_EFFECTIVE];
	case REACH_IOPRIO:
		return effective == uid[CREDS_REAL] || real == uid[CREDS_REAL];
	default:
		return is_all(real, uid) &&
		       is_all(creds->id[FAKEID_GID][CREDS_REAL], of[FAKEID_GID]);
	}
}
