/* SPDX-License-Identifier: MIT
 * creds_caps.c - capability sets, securebits and no_new_privs: capset and the prctl family
 * (capabilities(7)). tests/diff/creds_kernel.c compares each of them with the
 * running kernel.
 */
#include "core/creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/prctl.h>

/* Each bit with its lock above it; the pairs 8 to 11 came with Linux 6.14 (check_exec.rst) and are
 * advice that programs give themselves, so they need no privilege. */
#define SECURE_LOCKS 0xaaau
#define SECURE_UNPRIVILEGED 0xf00u

static bool is_subset(uint64_t set, uint64_t of)
{
	return !(set & ~of);
}

int creds_capset(struct creds *creds, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	uint64_t *cap = creds->cap;

	effective &= CREDS_CAP_ALL;
	permitted &= CREDS_CAP_ALL;
	inheritable &= CREDS_CAP_ALL;

	if (!creds_has_cap(creds, CAP_SETPCAP) &&
	    !is_subset(inheritable, cap[CREDS_CAP_INHERITABLE] | cap[CREDS_CAP_PERMITTED]))
		return -EPERM;
	if (!is_subset(inheritable, cap[CREDS_CAP_INHERITABLE] | cap[CREDS_CAP_BOUNDING]))
		return -EPERM;
	if (!is_subset(permitted, cap[CREDS_CAP_PERMITTED]) || !is_subset(effective, permitted))
		return -EPERM;

	cap[CREDS_CAP_EFFECTIVE] = effective;
	cap[CREDS_CAP_PERMITTED] = permitted;
	cap[CREDS_CAP_INHERITABLE] = inheritable;
	cap[CREDS_CAP_AMBIENT] &= permitted & inheritable;
	return 0;
}

bool creds_is_prctl(int option)
{
	switch (option) {
	case PR_GET_KEEPCAPS:
	case PR_SET_KEEPCAPS:
	case PR_GET_SECUREBITS:
	case PR_SET_SECUREBITS:
	case PR_CAPBSET_READ:
	case PR_CAPBSET_DROP:
	case PR_CAP_AMBIENT:
	case PR_GET_NO_NEW_PRIVS:
	case PR_SET_NO_NEW_PRIVS:
	case PR_GET_DUMPABLE:
	case PR_SET_DUMPABLE:
		return true;
	default:
		return false;
	}
}

static int set_securebits(struct creds *creds, unsigned long bits)
{
	unsigned long old = creds->securebits, changed = old ^ bits;

	if ((old & SECURE_LOCKS) >> 1 & changed || old & SECURE_LOCKS & ~bits ||
	    bits & ~(unsigned long)CREDS_SECUREBITS)
		return -EPERM;
	/* Without the capability even a request that changes nothing is refused. */
	if (!creds_has_cap(creds, CAP_SETPCAP) && (!changed || changed & ~SECURE_UNPRIVILEGED))
		return -EPERM;

	creds->securebits = (uint32_t)bits;
	return 0;
}

static int set_keepcaps(struct creds *creds, unsigned long keep)
{
	if (keep > 1)
		return -EINVAL;
	if (creds->securebits & SECBIT_KEEP_CAPS_LOCKED)
		return -EPERM;

	creds->securebits &= ~(uint32_t)SECBIT_KEEP_CAPS;
	if (keep)
		creds->securebits |= SECBIT_KEEP_CAPS;
	return 0;
}

static int drop_bounding(struct creds *creds, unsigned long cap)
{
	if (!creds_has_cap(creds, CAP_SETPCAP))
		return -EPERM;
	if (cap >= CREDS_CAP_COUNT)
		return -EINVAL;

	creds->cap[CREDS_CAP_BOUNDING] &= ~(UINT64_C(1) << cap);
	return 0;
}

static int change_ambient(struct creds *creds, const unsigned long arg[4])
{
	uint64_t *ambient = &creds->cap[CREDS_CAP_AMBIENT];
	uint64_t may = creds->cap[CREDS_CAP_PERMITTED] & creds->cap[CREDS_CAP_INHERITABLE], bit;

	if (arg[0] == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (arg[1] || arg[2] || arg[3])
			return -EINVAL;

		*ambient = 0;
		return 0;
	}
	if (arg[1] >= CREDS_CAP_COUNT || arg[2] || arg[3])
		return -EINVAL;

	bit = UINT64_C(1) << arg[1];
	switch (arg[0]) {
	case PR_CAP_AMBIENT_IS_SET:
		return !!(*ambient & bit);
	case PR_CAP_AMBIENT_RAISE:
		if (!(may & bit) || creds->securebits & SECBIT_NO_CAP_AMBIENT_RAISE)
			return -EPERM;

		*ambient |= bit;
		return 0;
	case PR_CAP_AMBIENT_LOWER:
		*ambient &= ~bit;
		return 0;
	default:
		return -EINVAL;
	}
}

int creds_prctl(struct creds *creds, int option, const unsigned long arg[4])
{
	switch (option) {
	case PR_GET_KEEPCAPS:
		return !!(creds->securebits & SECBIT_KEEP_CAPS);
	case PR_SET_KEEPCAPS:
		return set_keepcaps(creds, arg[0]);
	case PR_GET_SECUREBITS:
		return (int)creds->securebits;
	case PR_SET_SECUREBITS:
		return set_securebits(creds, arg[0]);
	case PR_CAPBSET_READ:
		if (arg[0] >= CREDS_CAP_COUNT)
			return -EINVAL;
		return creds->cap[CREDS_CAP_BOUNDING] >> arg[0] & 1;
	case PR_CAPBSET_DROP:
		return drop_bounding(creds, arg[0]);
	case PR_CAP_AMBIENT:
		return change_ambient(creds, arg);
	case PR_GET_NO_NEW_PRIVS:
		if (arg[0] || arg[1] || arg[2] || arg[3])
			return -EINVAL;
		return creds->no_new_privs;
	case PR_GET_DUMPABLE:
		return !creds->undumpable;
	case PR_SET_DUMPABLE:
		if (arg[0] > 1)
			return -EINVAL;
		creds->undumpable = !arg[0];
		return 0;
	case PR_SET_NO_NEW_PRIVS:
		if (arg[0] != 1 || arg[1] || arg[2] || arg[3])
			return -EINVAL;
		creds->no_new_privs = true;
		return 0;
	default:
		return -EINVAL;
	}
}
