/* SPDX-License-Identifier: MIT
 * process.c - what this process remembers for fakeid of its session.
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

struct process process;

bool process_creator_differs(void)
{
	const struct creds *creds = process_creds();

	if (process.view.mapped)
		return true;
	return creds->id[FAKEID_UID][CREDS_FS] != 0 || creds->id[FAKEID_GID][CREDS_FS] != 0;
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

void process_filter_installed(void)
{
	atomic_store_explicit(&process.filtered, true, memory_order_relaxed);
}

void process_filter_coming(void)
{
	/* Later the filter may forbid the calls; failing now means EIO then. */
	attach_whole();
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
	struct creds creds;
	struct groups *groups = process_creds_room();
	uint32_t umask_user = 0;

	if (!text || creds_parse(text, &creds, groups, &umask_user) < 0)
		creds_init_root(&creds, groups);
	atomic_store_explicit(&process.umask_user, umask_user, memory_order_relaxed);
	/* Whole: another thread that started us as well may look at them already. */
	process.first_creds = creds;
	process_creds_start(&process.first_creds, groups);
}

void process_start(void)
{
	__typeof__(&getauxval) ask;
	struct variables variables;

	if (atomic_load_explicit(&process.phase, memory_order_acquire) != PROCESS_NEW)
		return;
	read_environment(&variables);
	if (!parse_session(variables.session)) {
		atomic_store_explicit(&process.phase, PROCESS_OFF, memory_order_release);
		return;
	}
	/* Looked for once, and not kept: that would touch one more page. */
	ask = next_find("getauxval");
	process.real_root = ask(AT_EUID) == 0;
	process.view.ns = process.fsns;
	process.view.mapped = process.session_flags & (SESSION_REAL_UNKNOWN | SESSION_HAS_VIEW);
	process.view.all_real = process.session_flags & SESSION_REAL_UNKNOWN;
	process.view.user[FAKEID_UID] = (uint32_t)ask(AT_EUID);
	process.view.user[FAKEID_GID] = (uint32_t)ask(AT_EGID);
	start_creds(variables.creds);
	announce_start(variables.ids, ask(AT_EXECFN));
	atomic_store_explicit(&process.phase, PROCESS_ON, memory_order_release);
}

/* Before main: a program may edit its environment before its first call that we see. */
__attribute__((constructor)) static void on_load(void)
{
	process_start();
}
