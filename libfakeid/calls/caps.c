/* SPDX-License-Identifier: MIT
 * caps.c - capget, capset and prctl. The capability sets are the namespace's, so the kernel hears
 * nothing of them; what binds the real process too (a seccomp filter, no_new_privs) goes on to it.
 */
#include "calls/caps.h"

#include <errno.h>
#include <stdarg.h>

#include "shim/peer.h"
#include "shim/permit.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/user.h"
#include "shim/wraps.h"

/* How many 32-bit words a set has in this version of the call, 0 if nobody knows the version,
 * -EFAULT where the header cannot be read. Who names an unknown version is told in his header which
 * one to use. */
static int words_of(struct __user_cap_header_struct *theirs,
		    struct __user_cap_header_struct *ret_header)
{
	static const uint32_t best = _LINUX_CAPABILITY_VERSION_3;

	/* The kernel reads the version first, and the rest when it comes to that. */
	if (user_get(&ret_header->version, &theirs->version, sizeof ret_header->version) < 0)
		return -EFAULT;
	switch (ret_header->version) {
	case _LINUX_CAPABILITY_VERSION_1:
	case _LINUX_CAPABILITY_VERSION_2:
	case _LINUX_CAPABILITY_VERSION_3:
		break;
	default:
		return user_put(&theirs->version, &best, sizeof best);
	}
	if (user_get(&ret_header->pid, &theirs->pid, sizeof ret_header->pid) < 0)
		return -EFAULT;
	return ret_header->version == _LINUX_CAPABILITY_VERSION_1 ? _LINUX_CAPABILITY_U32S_1
								  : _LINUX_CAPABILITY_U32S_3;
}

static bool is_ours(int pid)
{
	return pid == 0 || process_has_thread(pid);
}

/* Another process of ours, of what it has told. */
static bool find_peer(int pid, struct creds *ret_creds)
{
	struct peer peer;

	if (!peer_look(pid, &peer))
		return false;
	*ret_creds = peer.creds;
	return peer.place == PEER_INSIDE;
}

long wrap_capget(struct __user_cap_header_struct *theirs, struct __user_cap_data_struct *ret_data)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_header_struct header;
	struct creds creds;
	int n;

	if (!process_on())
		return SYS2(SYS_capget, theirs, ret_data);

	n = words_of(theirs, &header);
	if (n < 0)
		return n;
	if (n == 0)
		return ret_data ? -EINVAL : 0; /* a question for the version */
	if (!ret_data)
		return 0;
	if (header.pid < 0)
		return -EINVAL;
	if (!is_ours(header.pid)) {
		long r = SYS2(SYS_capget, theirs, ret_data);

		if (r < 0 || !find_peer(header.pid, &creds))
			return r;
	} else if (header.pid == 0) {
		process_creds_copy(&creds);
	} else {
		process_creds_copy_thread(header.pid, &creds);
	}
	for (int i = 0; i < n; i++) {
		data[i].effective = (uint32_t)(creds.cap[CREDS_CAP_EFFECTIVE] >> 32 * i);
		data[i].permitted = (uint32_t)(creds.cap[CREDS_CAP_PERMITTED] >> 32 * i);
		data[i].inheritable = (uint32_t)(creds.cap[CREDS_CAP_INHERITABLE] >> 32 * i);
	}
	return user_put(ret_data, data, (size_t)n * sizeof data[0]);
}

struct sets {
	uint64_t effective, permitted, inheritable;
};

static int sets_rule(struct creds *creds, const void *request)
{
	const struct sets *sets = request;

	return creds_capset(creds, sets->effective, sets->permitted, sets->inheritable);
}

long wrap_capset(struct __user_cap_header_struct *theirs,
		 const struct __user_cap_data_struct *their_data)
{
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];
	struct __user_cap_header_struct header;
	struct sets sets = {0};
	int n;

	if (!process_on())
		return SYS2(SYS_capset, theirs, their_data);

	n = words_of(theirs, &header);
	if (n <= 0)
		return n < 0 ? n : -EINVAL;
	if (header.pid != 0 && header.pid != (int)SYS0(SYS_gettid))
		return -EPERM;
	if (user_get(data, their_data, (size_t)n * sizeof data[0]) < 0)
		return -EFAULT;

	for (int i = 0; i < n; i++) {
		sets.effective |= (uint64_t)data[i].effective << 32 * i;
		sets.permitted |= (uint64_t)data[i].permitted << 32 * i;
		sets.inheritable |= (uint64_t)data[i].inheritable << 32 * i;
	}
	return process_creds_change(PROCESS_THREAD, sets_rule, &sets);
}

static bool is_asking(int option, const unsigned long arg[4])
{
	return option == PR_GET_KEEPCAPS || option == PR_GET_SECUREBITS ||
	       option == PR_GET_NO_NEW_PRIVS || option == PR_GET_DUMPABLE ||
	       option == PR_CAPBSET_READ ||
	       (option == PR_CAP_AMBIENT && arg[0] == PR_CAP_AMBIENT_IS_SET);
}

struct prctl_request {
	int option;
	const unsigned long *arg;
};

static int prctl_rule(struct creds *creds, const void *request)
{
	const struct prctl_request *q = request;

	return creds_prctl(creds, q->option, q->arg);
}

/* What the machine has in mind for those that have changed. */
static int undumpable_is(void)
{
	return process_filtered() ? 0 : permit_sysctl("suid_dumpable", '0') - '0';
}

static long virtual_prctl(int option, const unsigned long arg[4])
{
	const struct prctl_request request = {option, arg};
	/* Whether it is dumpable is a matter of the memory, which all threads share. */
	enum process_reach reach = option == PR_SET_DUMPABLE ? PROCESS_EVERY_THREAD
							     : PROCESS_THREAD;
	struct creds creds;
	int r;

	process_creds_copy(&creds);
	r = creds_prctl(&creds, option, arg);
	if (option == PR_GET_DUMPABLE)
		return r ? SYS5(SYS_prctl, option, 0, 0, 0, 0) : undumpable_is();
	if (r < 0 || is_asking(option, arg))
		return r;
	/* The real process must keep the promise as well; the launcher has made the first
	 * already. */
	if (option == PR_SET_NO_NEW_PRIVS || option == PR_SET_DUMPABLE)
		r = (int)SYS5(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
	return r < 0 ? r : process_creds_change(reach, prctl_rule, &request);
}

static long filtering_prctl(int option, const unsigned long arg[4])
{
	long r;

	process_filter_coming();
	r = SYS5(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
	if (r == 0)
		process_filter_installed();
	return r;
}

long caps_prctl(int option, const unsigned long arg[4])
{
	if (process_on() && creds_is_prctl(option))
		return virtual_prctl(option, arg);
	if (process_on() && option == PR_SET_SECCOMP)
		return filtering_prctl(option, arg);
	return SYS5(SYS_prctl, option, arg[0], arg[1], arg[2], arg[3]);
}

FAKEID_EXPORT int prctl(int option, ...)
{
	unsigned long arg[4];
	va_list args;
	long r;

	va_start(args, option);
	for (int i = 0; i < 4; i++)
		arg[i] = va_arg(args, unsigned long);
	va_end(args);
	r = caps_prctl(option, arg);
	if (r >= 0)
		return (int)r;

	errno = (int)-r;
	return -1;
}
