/* SPDX-License-Identifier: MIT
 * process.c - what this process remembers for fakeid: session, credentials, umask.
 */
#include "shim/process.h"

#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

#include <fakeid/wire.h>

#include "shim/announce.h"
#include "shim/attach.h"
#include "shim/next.h"
#include "shim/sys.h"

struct process process;

#define CREDS_SLOTS 64u

/* Readers follow a pointer; a slot is written again only after 63 more changes. */
static struct {
	struct creds slot[CREDS_SLOTS];
	_Atomic uint32_t n_sets;
	_Atomic(struct creds *) now;
	struct groups list[2]; /* one in force, one to fill */
	_Atomic(struct groups *) groups;
	_Atomic int32_t pid; /* whose memory this is: a vfork child sees its parent's */
} own;

/* What a child that borrows our memory (vfork, raw clone) changed for itself. We would read it as ours,
 * so it is kept apart, under the borrower's pid. */
static struct {
	struct creds creds;
	struct groups groups;
	uint32_t umask_user;
	_Atomic int32_t pid; /* 0 = nobody */
} borrower;

static int32_t current_pid(void)
{
	return (int32_t)SYS0(SYS_getpid);
}

bool process_is_borrower(void)
{
	int32_t pid = atomic_load_explicit(&borrower.pid, memory_order_relaxed);

	return __builtin_expect(pid != 0, 0) && pid == current_pid();
}

const struct creds *process_creds(void)
{
	if (process_is_borrower())
		return &borrower.creds;
	return atomic_load_explicit(&own.now, memory_order_acquire);
}

void process_creds_copy(struct creds *ret_creds)
{
	uint32_t before;

	if (process_is_borrower()) {
		*ret_creds = borrower.creds;
		return;
	}
	/* Again if so many changes came meanwhile that the slot may have been written a second time. */
	do {
		before = atomic_load_explicit(&own.n_sets, memory_order_acquire);
		*ret_creds = *atomic_load_explicit(&own.now, memory_order_acquire);
		atomic_thread_fence(memory_order_acquire);
	} while (atomic_load_explicit(&own.n_sets, memory_order_relaxed) - before >=
		 CREDS_SLOTS - 1);
}

const struct groups *process_groups(void)
{
	if (process_is_borrower())
		return &borrower.groups;
	return atomic_load_explicit(&own.groups, memory_order_acquire);
}

struct groups *process_groups_spare(void)
{
	return &own.list[atomic_load_explicit(&own.groups, memory_order_acquire) == &own.list[0]];
}

static void copy_groups(struct groups *to, const struct groups *from)
{
	if (to == from)
		return;
	memmove(to->list, from->list, from->n * sizeof from->list[0]);
	to->n = from->n;
}

/* What the checks of files ask for; others are asked where they count. */
#define CAP_BIT(cap) (UINT64_C(1) << (cap))
#define FILE_CAPS                                                                        \
	(CAP_BIT(CAP_CHOWN) | CAP_BIT(CAP_DAC_OVERRIDE) | CAP_BIT(CAP_DAC_READ_SEARCH) | \
	 CAP_BIT(CAP_FOWNER) | CAP_BIT(CAP_FSETID) | CAP_BIT(CAP_MKNOD))

uint64_t process_caps_of_real(const struct creds *creds)
{
	if (creds->securebits & SECBIT_NO_SETUID_FIXUP)
		return creds->cap[CREDS_CAP_EFFECTIVE];
	return creds->id[FAKEID_UID][CREDS_REAL] == 0 ? creds->cap[CREDS_CAP_PERMITTED] : 0;
}

unsigned process_limits_of(const struct creds *creds)
{
	return (~creds->cap[CREDS_CAP_EFFECTIVE] & FILE_CAPS ? PROCESS_LIMIT_FS : 0) |
	       (~process_caps_of_real(creds) & FILE_CAPS ? PROCESS_LIMIT_ACCESS : 0);
}

static void set_own(const struct creds *creds, const struct groups *groups)
{
	uint32_t n = atomic_fetch_add_explicit(&own.n_sets, 1, memory_order_relaxed);
	struct creds *slot = &own.slot[n % CREDS_SLOTS];

	*slot = *creds;
	if (groups) {
		struct groups *spare = process_groups_spare();

		copy_groups(spare, groups);
		atomic_store_explicit(&own.groups, spare, memory_order_release);
	}
	atomic_store_explicit(&own.now, slot, memory_order_release);
	atomic_store_explicit(&process.limits, process_limits_of(creds), memory_order_relaxed);
}

/* No fork handler told us of this process, so what it writes here its parent may read: give it a copy
 * of its own. */
static void borrow(const struct creds *creds, const struct groups *groups, uint32_t umask_user)
{
	copy_groups(&borrower.groups, groups);
	borrower.creds = *creds;
	borrower.umask_user = umask_user;
	/* Its parent sees the flag too, and then looks closer. */
	atomic_fetch_or_explicit(&process.limits, process_limits_of(creds), memory_order_relaxed);
	atomic_store_explicit(&borrower.pid, current_pid(), memory_order_release);
}

int32_t process_pid(void)
{
	if (atomic_load_explicit(&process.filtered, memory_order_relaxed))
		return atomic_load_explicit(&own.pid, memory_order_relaxed);
	return current_pid();
}

static bool is_mine(void)
{
	return current_pid() == atomic_load_explicit(&own.pid, memory_order_relaxed);
}

void process_creds_set(const struct creds *creds, const struct groups *groups)
{
	if (is_mine()) {
		set_own(creds, groups);
		announce();
		return;
	}
	borrow(creds, groups ? groups : process_groups(), process_umask_user());
}

uint32_t process_umask_user(void)
{
	if (process_is_borrower())
		return borrower.umask_user;
	return atomic_load_explicit(&process.umask_user, memory_order_relaxed);
}

uint32_t process_set_umask_user(uint32_t bits)
{
	uint32_t old = process_umask_user();

	if (bits == old)
		return old;
	if (is_mine())
		atomic_store_explicit(&process.umask_user, bits, memory_order_relaxed);
	else
		borrow(process_creds(), process_groups(), bits);
	return old;
}

void process_forked(bool borrowed)
{
	/* Outside of a session there are no credentials to look at. */
	if (!process_on())
		return;
	if (borrowed) {
		set_own(&borrower.creds, &borrower.groups);
		atomic_store_explicit(&process.umask_user, borrower.umask_user,
				      memory_order_relaxed);
	}
	atomic_store_explicit(&borrower.pid, 0, memory_order_relaxed);
	atomic_store_explicit(&process.limits, process_limits_of(process_creds()),
			      memory_order_relaxed);
	atomic_store_explicit(&own.pid, current_pid(), memory_order_relaxed);
	announce(); /* a thread that had changed ids, or was about to say so, is not there to do it */
}

bool process_creator_differs(void)
{
	const struct creds *creds = process_creds();

	if (process.view.mapped)
		return true;
	return creds->id[FAKEID_UID][CREDS_FS] != 0 || creds->id[FAKEID_GID][CREDS_FS] != 0;
}

void process_filter_installed(void)
{
	atomic_store_explicit(&process.filtered, true, memory_order_relaxed);
}

void process_filter_coming(void)
{
	struct index_view view;

	/* Later the filter may forbid the calls; failing now means EIO then. */
	(void)attach_writable(&view);
}

/* What the environment says of the session: values, NULL where there is none. */
struct variables {
	char *session, *creds, *ids;
};

static void take_variable(char *entry, const char *name, size_t name_size, char **ret_value)
{
	if (!*ret_value && strncmp(entry, name, name_size - 1) == 0)
		*ret_value = entry + name_size - 1;
}

#define TAKE_VARIABLE(entry, name, ret_value) \
	take_variable((entry), name "=", sizeof(name "="), (ret_value))

static void read_environment(struct variables *ret_variables)
{
	*ret_variables = (struct variables){0};
	for (char **e = environ; e && *e; e++) {
		/* Two letters settle nearly every variable. */
		if ((*e)[0] != 'F' || (*e)[1] != 'A')
			continue;
		TAKE_VARIABLE(*e, FAKEID_ENV_SESSION, &ret_variables->session);
		TAKE_VARIABLE(*e, FAKEID_ENV_CREDS, &ret_variables->creds);
		TAKE_VARIABLE(*e, FAKEID_ENV_IDS, &ret_variables->ids);
	}
}

/* A decimal number and the colon behind it. */
static bool take_number(const char **at, uint32_t *ret_value)
{
	uint64_t value = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9' && value <= UINT32_MAX; c++)
		value = value * 10 + (uint64_t)(*c - '0');
	if (c == *at || *c != ':' || value > UINT32_MAX)
		return false;
	*at = c + 1;
	*ret_value = (uint32_t)value;
	return true;
}

static bool parse_session(const char *text)
{
	const char *at = process.session;
	uint32_t format;

	if (!text || strlen(text) >= sizeof process.session)
		return false;
	memcpy(process.session, text, strlen(text) + 1);
	if (!take_number(&at, &format) || format != 1 || !take_number(&at, &process.ns) ||
	    !take_number(&at, &process.fsns) || !take_number(&at, &process.session_flags))
		return false;
	process.dir = at;
	return *at == '/';
}

/* What an odd FAKEID_CREDS gives is a fresh root: never half of what was meant. */
static void start_creds(const char *text)
{
	struct creds *creds = &process.first_creds;
	struct groups *groups = process_groups_spare();
	uint32_t umask_user = 0;

	if (!text || creds_parse(text, creds, groups, &umask_user) < 0)
		creds_init_root(creds, groups);
	atomic_store_explicit(&process.umask_user, umask_user, memory_order_relaxed);
	set_own(creds, groups);
}

void process_start(void)
{
	struct variables variables;

	if (atomic_load_explicit(&process.phase, memory_order_acquire) != PROCESS_NEW)
		return;
	read_environment(&variables);
	if (!parse_session(variables.session)) {
		atomic_store_explicit(&process.phase, PROCESS_OFF, memory_order_release);
		return;
	}
	process.real_root = NEXT(getauxval)(AT_EUID) == 0;
	process.view.ns = process.fsns;
	process.view.mapped = process.session_flags & (SESSION_REAL_UNKNOWN | SESSION_HAS_VIEW);
	process.view.all_real = process.session_flags & SESSION_REAL_UNKNOWN;
	process.view.user[FAKEID_UID] = (uint32_t)NEXT(getauxval)(AT_EUID);
	process.view.user[FAKEID_GID] = (uint32_t)NEXT(getauxval)(AT_EGID);
	atomic_store_explicit(&own.pid, current_pid(), memory_order_relaxed);
	start_creds(variables.creds);
	announce_start(variables.ids);
	atomic_store_explicit(&process.phase, PROCESS_ON, memory_order_release);
}

/* Before main: a program may edit its environment before its first call that we see. */
__attribute__((constructor)) static void on_load(void)
{
	process_start();
}
