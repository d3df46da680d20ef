/* SPDX-License-Identifier: MIT
 * rawids.c - the system calls about ids that come through syscall(2): libcap, samba and language
 * runtimes make them so. Such a call is one thread's.
 */
#include "calls/caps.h"
#include "calls/ids.h"
#include "calls/raw.h"
#include "shim/sys.h"
#include "shim/wraps.h"

#define ID(i) ((uint32_t)arg[i])
#define IDS(i) ((uint32_t *)arg[i])

static bool raw_get_call(long n, const long arg[6], long *ret)
{
	switch (n) {
	case SYS_getuid:
		*ret = wrap_getuid();
		return true;
	case SYS_geteuid:
		*ret = wrap_geteuid();
		return true;
	case SYS_getgid:
		*ret = wrap_getgid();
		return true;
	case SYS_getegid:
		*ret = wrap_getegid();
		return true;
	case SYS_getresuid:
		*ret = wrap_getresuid(IDS(0), IDS(1), IDS(2));
		return true;
	case SYS_getresgid:
		*ret = wrap_getresgid(IDS(0), IDS(1), IDS(2));
		return true;
	case SYS_getgroups:
		*ret = wrap_getgroups((int)arg[0], IDS(1));
		return true;
	default:
		return false;
	}
}

static bool raw_set_call(long n, const long arg[6], long *ret)
{
	switch (n) {
	case SYS_setuid:
		*ret = ids_set_one(PROCESS_THREAD, FAKEID_UID, ID(0));
		return true;
	case SYS_setgid:
		*ret = ids_set_one(PROCESS_THREAD, FAKEID_GID, ID(0));
		return true;
	case SYS_setreuid:
		*ret = ids_set_two(PROCESS_THREAD, FAKEID_UID, ID(0), ID(1));
		return true;
	case SYS_setregid:
		*ret = ids_set_two(PROCESS_THREAD, FAKEID_GID, ID(0), ID(1));
		return true;
	case SYS_setresuid:
		*ret = ids_set_three(PROCESS_THREAD, FAKEID_UID, ID(0), ID(1), ID(2));
		return true;
	case SYS_setresgid:
		*ret = ids_set_three(PROCESS_THREAD, FAKEID_GID, ID(0), ID(1), ID(2));
		return true;
	case SYS_setfsuid:
		*ret = (uint32_t)wrap_setfsuid(ID(0));
		return true;
	case SYS_setfsgid:
		*ret = (uint32_t)wrap_setfsgid(ID(0));
		return true;
	case SYS_setgroups:
		*ret = ids_set_groups(PROCESS_THREAD, ID(0), IDS(1));
		return true;
	default:
		return false;
	}
}

static bool raw_cap_call(long n, const long arg[6], long *ret)
{
	const unsigned long words[4] = {(unsigned long)arg[1], (unsigned long)arg[2],
					(unsigned long)arg[3], (unsigned long)arg[4]};

	switch (n) {
	case SYS_capget:
		*ret = wrap_capget((void *)arg[0], (void *)arg[1]);
		return true;
	case SYS_capset:
		*ret = wrap_capset((void *)arg[0], (const void *)arg[1]);
		return true;
	case SYS_prctl:
		*ret = caps_prctl((int)arg[0], words);
		return true;
	default:
		return false;
	}
}

bool raw_ids_call(long n, const long arg[6], long *ret_result)
{
	return raw_get_call(n, arg, ret_result) || raw_set_call(n, arg, ret_result) ||
	       raw_cap_call(n, arg, ret_result);
}
