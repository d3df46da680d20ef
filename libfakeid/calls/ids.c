/* SPDX-License-Identifier: MIT
 * ids.c - who this process is: uids, gids and groups, asked and changed. Memory only, no system
 * call; the rules are core/creds.c's. A change counts for all threads, as libc's own setuid makes
 * it; that of the file system ids, and those that come as system calls (rawids.c), for one.
 */
#include "calls/ids.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fakeid/wire.h>

#include "shim/next.h"
#include "shim/space.h"
#include "shim/sys.h"
#include "shim/user.h"
#include "shim/wraps.h"

static uint32_t current_id(enum fakeid_idkind kind, enum creds_id which)
{
	return process_creds()->id[kind][which];
}

uid_t wrap_getuid(void)
{
	return process_on() ? current_id(FAKEID_UID, CREDS_REAL) : (uid_t)SYS0(SYS_getuid);
}

uid_t wrap_geteuid(void)
{
	return process_on() ? current_id(FAKEID_UID, CREDS_EFFECTIVE) : (uid_t)SYS0(SYS_geteuid);
}

gid_t wrap_getgid(void)
{
	return process_on() ? current_id(FAKEID_GID, CREDS_REAL) : (gid_t)SYS0(SYS_getgid);
}

gid_t wrap_getegid(void)
{
	return process_on() ? current_id(FAKEID_GID, CREDS_EFFECTIVE) : (gid_t)SYS0(SYS_getegid);
}

static long get_three(enum fakeid_idkind kind, uint32_t *real, uint32_t *effective, uint32_t *saved)
{
	struct creds creds;
	long r = SYS3(SYS_getresuid, real, effective, saved);

	/* Asked for the sake of the pointers, which only the kernel can try. */
	if (r < 0)
		return r;
	process_creds_copy(&creds);
	*real = creds.id[kind][CREDS_REAL];
	*effective = creds.id[kind][CREDS_EFFECTIVE];
	*saved = creds.id[kind][CREDS_SAVED];
	return 0;
}

long wrap_getresuid(uid_t *real, uid_t *effective, uid_t *saved)
{
	return process_on() ? get_three(FAKEID_UID, real, effective, saved)
			    : SYS3(SYS_getresuid, real, effective, saved);
}

long wrap_getresgid(gid_t *real, gid_t *effective, gid_t *saved)
{
	return process_on() ? get_three(FAKEID_GID, real, effective, saved)
			    : SYS3(SYS_getresgid, real, effective, saved);
}

/* The vector never changes after exec, whatever the process does to its ids. */
unsigned long wrap_getauxval(unsigned long type)
{
	const struct creds *first = &process.first_creds;

	if (type == AT_SECURE && process_on() && first->secure)
		return 1;
	if (type < AT_UID || type > AT_EGID || !process_on())
		return NEXT(getauxval)(type);

	return first->id[type >= AT_GID][type == AT_EUID || type == AT_EGID];
}

char *wrap_secure_getenv(const char *name)
{
	return process_on() && process.first_creds.secure ? NULL : NEXT(secure_getenv)(name);
}

/* As make_kuid() at the head of the kernel's calls: is this an id of the namespace? 0, -EINVAL, or
 * -EAGAIN when that cannot be found out. -1 is for the rules to judge. */
static int check_id(enum fakeid_idkind kind, uint32_t id)
{
	struct fakeid_kid ignored;
	int r;

	if (id == FAKEID_ID_INVALID || !(process.session_flags & SESSION_HAS_VIEW))
		return 0;
	r = space_make(kind, id, &ignored);
	return r == -EIO ? -EAGAIN : r;
}

static int check_ids(enum fakeid_idkind kind, uint32_t a, uint32_t b, uint32_t c)
{
	int r = check_id(kind, a);

	if (r == 0)
		r = check_id(kind, b);
	return r < 0 ? r : check_id(kind, c);
}

struct wish {
	enum fakeid_idkind kind;
	uint32_t real, effective, saved;
};

static int id_rule(struct creds *creds, const void *request)
{
	const struct wish *wish = request;

	return creds_setid(creds, wish->kind, wish->real);
}

static int effective_rule(struct creds *creds, const void *request)
{
	const struct wish *wish = request;

	return creds_seteid(creds, wish->kind, wish->effective);
}

static int two_rule(struct creds *creds, const void *request)
{
	const struct wish *wish = request;

	return creds_setreid(creds, wish->kind, wish->real, wish->effective);
}

static int three_rule(struct creds *creds, const void *request)
{
	const struct wish *wish = request;

	return creds_setresid(creds, wish->kind, wish->real, wish->effective, wish->saved);
}

static int fs_rule(struct creds *creds, const void *request)
{
	const struct wish *wish = request;

	(void)creds_setfsid(creds, wish->kind, wish->real); /* set_fs() has the old one */
	return 0;
}

/* To linkat(2) a descriptor is another's once credentials have changed, and only what the kernel has
 * seen counts there. */
static int change(enum process_reach reach, creds_rule *rule, const struct wish *wish)
{
	int r = process_creds_change(reach, rule, wish);

	if (r == 0 && !process_filtered())
		(void)SYS5(SYS_prctl, PR_SET_KEEPCAPS, 0, 0, 0, 0); /* as it is already */
	return r;
}

long ids_set_one(enum process_reach reach, enum fakeid_idkind kind, uint32_t id)
{
	const struct wish wish = {.kind = kind, .real = id};
	int r = check_id(kind, id);

	return r < 0 ? r : change(reach, id_rule, &wish);
}

static long set_effective(enum fakeid_idkind kind, uint32_t effective)
{
	const struct wish wish = {.kind = kind, .effective = effective};
	int r = check_id(kind, effective);

	return r < 0 ? r : change(PROCESS_EVERY_THREAD, effective_rule, &wish);
}

long ids_set_two(enum process_reach reach, enum fakeid_idkind kind, uint32_t real,
		 uint32_t effective)
{
	const struct wish wish = {.kind = kind, .real = real, .effective = effective};
	int r = check_ids(kind, real, effective, effective);

	return r < 0 ? r : change(reach, two_rule, &wish);
}

long ids_set_three(enum process_reach reach, enum fakeid_idkind kind, uint32_t real,
		   uint32_t effective, uint32_t saved)
{
	const struct wish wish = {kind, real, effective, saved};
	int r = check_ids(kind, real, effective, saved);

	return r < 0 ? r : change(reach, three_rule, &wish);
}

/* libc leaves this one to the thread that calls. */
static int set_fs(enum fakeid_idkind kind, uint32_t id)
{
	const struct wish wish = {.kind = kind, .real = id};
	uint32_t old = current_id(kind, CREDS_FS);

	if (check_id(kind, id) == 0)
		(void)change(PROCESS_THREAD, fs_rule, &wish); /* it has no errors */
	return (int)old;
}

/* Outside a session libc does it, because it tells the other threads. */
long wrap_setuid(uid_t id)
{
	return process_on() ? ids_set_one(PROCESS_EVERY_THREAD, FAKEID_UID, id)
			    : next_result(NEXT(setuid)(id));
}

long wrap_setgid(gid_t id)
{
	return process_on() ? ids_set_one(PROCESS_EVERY_THREAD, FAKEID_GID, id)
			    : next_result(NEXT(setgid)(id));
}

long wrap_seteuid(uid_t effective)
{
	return process_on() ? set_effective(FAKEID_UID, effective)
			    : next_result(NEXT(seteuid)(effective));
}

long wrap_setegid(gid_t effective)
{
	return process_on() ? set_effective(FAKEID_GID, effective)
			    : next_result(NEXT(setegid)(effective));
}

long wrap_setreuid(uid_t real, uid_t effective)
{
	return process_on() ? ids_set_two(PROCESS_EVERY_THREAD, FAKEID_UID, real, effective)
			    : next_result(NEXT(setreuid)(real, effective));
}

long wrap_setregid(gid_t real, gid_t effective)
{
	return process_on() ? ids_set_two(PROCESS_EVERY_THREAD, FAKEID_GID, real, effective)
			    : next_result(NEXT(setregid)(real, effective));
}

long wrap_setresuid(uid_t real, uid_t effective, uid_t saved)
{
	return process_on()
		       ? ids_set_three(PROCESS_EVERY_THREAD, FAKEID_UID, real, effective, saved)
		       : next_result(NEXT(setresuid)(real, effective, saved));
}

long wrap_setresgid(gid_t real, gid_t effective, gid_t saved)
{
	return process_on()
		       ? ids_set_three(PROCESS_EVERY_THREAD, FAKEID_GID, real, effective, saved)
		       : next_result(NEXT(setresgid)(real, effective, saved));
}

int wrap_setfsuid(uid_t id)
{
	return process_on() ? set_fs(FAKEID_UID, id) : (int)SYS1(SYS_setfsuid, id);
}

int wrap_setfsgid(gid_t id)
{
	return process_on() ? set_fs(FAKEID_GID, id) : (int)SYS1(SYS_setfsgid, id);
}

long wrap_getgroups(int size, gid_t *list)
{
	const struct groups *groups;

	if (!process_on())
		return SYS2(SYS_getgroups, size, list);

	groups = process_groups();
	if (size < 0)
		return -EINVAL;
	if (size == 0)
		return groups->n;
	if ((uint32_t)size < groups->n)
		return -EINVAL;
	if (groups->n && user_write(list, groups->list, groups->n * sizeof list[0]) < 0)
		return -EFAULT;
	return groups->n;
}

long wrap___getgroups_chk(int size, gid_t *list, size_t list_size)
{
	if (size >= 0 && (size_t)size * sizeof list[0] > list_size)
		__chk_fail();
	return wrap_getgroups(size, list);
}

/* Unlike the kernel's in_group_p(), libc's looks at the list alone. */
int wrap_group_member(gid_t gid)
{
	return process_on() ? groups_has(process_groups(), gid) : NEXT(group_member)(gid);
}

/* -EPERM in a namespace that has no gid at all, as userns_may_setgroups() of the kernel. */
static int check_gid_map(void)
{
	const struct idspace *gids;

	if (!(process.session_flags & SESSION_HAS_VIEW))
		return 0;
	if (space_load() < 0)
		return -EAGAIN;
	gids = &process.view.space->id[FAKEID_GID];
	return gids->own || gids->map.n ? 0 : -EPERM;
}

long ids_set_groups(enum process_reach reach, size_t n, const gid_t *list)
{
	struct creds creds;
	int r;

	/* The kernel looks at the list last, and first whether there is a gid map at all. */
	process_creds_copy(&creds);
	r = check_gid_map();
	if (r < 0)
		return r;
	r = creds_check_setgroups(&creds, NULL, 0);
	if (r < 0)
		return r;
	if (n > CREDS_GROUPS_MAX)
		return -EINVAL;
	if (!user_can_read(list, n * sizeof list[0]))
		return -EFAULT;
	r = creds_check_setgroups(&creds, list, n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = check_id(FAKEID_GID, list[i]);
	return r < 0 ? r : process_groups_change(reach, list, n);
}

long wrap_setgroups(size_t n, const gid_t *list)
{
	return process_on() ? ids_set_groups(PROCESS_EVERY_THREAD, n, list)
			    : next_result(NEXT(setgroups)(n, list));
}

/* libc's initgroups enters the kernel by a private setgroups. It allocates too, so this may. */
long wrap_initgroups(const char *user, gid_t group)
{
	gid_t few[64], *list = few;
	int n = sizeof few / sizeof few[0], capacity = n;
	long r;

	if (!process_on())
		return next_result(NEXT(initgroups)(user, group));

	while (getgrouplist(user, group, list, &n) < 0) {
		gid_t *larger = NULL;

		if (n > capacity && n <= (int)CREDS_GROUPS_MAX)
			larger = realloc(list == few ? NULL : list, (size_t)n * sizeof list[0]);
		if (!larger) {
			if (list != few)
				free(list);
			return n > capacity && n <= (int)CREDS_GROUPS_MAX ? -ENOMEM : -EINVAL;
		}
		list = larger;
		capacity = n;
	}
	r = wrap_setgroups((size_t)n, list);
	if (list != few)
		free(list);
	return r;
}
