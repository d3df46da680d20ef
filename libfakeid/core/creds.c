/* SPDX-License-Identifier: MIT
 * creds.c - the rules of set*uid, set*gid and setgroups, as the kernel applies them inside a
 * namespace (credentials(7), capabilities(7)). tests/diff/creds_kernel.c compares each of them with
 * the running kernel.
 */
#include "core/creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <string.h>

#define CAP(number) (UINT64_C(1) << (number))

/* What a change of the file system uid away from 0 takes away, and a change to 0 gives back. */
#define FS_CAPS                                                                                \
	(CAP(CAP_CHOWN) | CAP(CAP_DAC_OVERRIDE) | CAP(CAP_DAC_READ_SEARCH) | CAP(CAP_FOWNER) | \
	 CAP(CAP_FSETID) | CAP(CAP_LINUX_IMMUTABLE) | CAP(CAP_MKNOD) | CAP(CAP_MAC_OVERRIDE))

const uint64_t creds_root_caps[CREDS_CAPSET_N] = {
	[CREDS_CAP_EFFECTIVE] = CREDS_CAP_ALL,
	[CREDS_CAP_PERMITTED] = CREDS_CAP_ALL,
	[CREDS_CAP_BOUNDING] = CREDS_CAP_ALL,
};

/* Hot: as idline_format(). */
__attribute__((hot)) void creds_init_root(struct creds *ret_creds, struct groups *ret_groups)
{
	memset(ret_creds, 0, sizeof *ret_creds);
	memcpy(ret_creds->cap, creds_root_caps, sizeof ret_creds->cap);
	ret_groups->n = 1;
	ret_groups->list[0] = 0;
}

static bool may_set(const struct creds *creds, enum fakeid_idkind kind)
{
	return creds_has_cap(creds, kind == FAKEID_UID ? CAP_SETUID : CAP_SETGID);
}

static bool is_one_of(const uint32_t id[CREDS_ID_N], uint32_t wanted, unsigned which)
{
	for (unsigned i = 0; i < CREDS_ID_N; i++)
		if (which & 1u << i && id[i] == wanted)
			return true;
	return false;
}

enum {
	REAL = 1 << CREDS_REAL,
	EFFECTIVE = 1 << CREDS_EFFECTIVE,
	SAVED = 1 << CREDS_SAVED,
	FS = 1 << CREDS_FS,
};

/* Only the three ids that decide about root; the file system uid has a rule of its own. */
static bool has_root(const uint32_t id[CREDS_ID_N])
{
	return is_one_of(id, 0, REAL | EFFECTIVE | SAVED);
}

/* Install new ids and let the capabilities follow a change of uid ("Effect of user ID changes on
 * capabilities" in capabilities(7)). */
static void commit(struct creds *creds, enum fakeid_idkind kind, const uint32_t id[CREDS_ID_N])
{
	const uint32_t *old = creds->id[kind];
	uint64_t *cap = creds->cap;

	if (kind == FAKEID_UID && !(creds->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (has_root(old) && !has_root(id)) {
			if (!(creds->securebits & SECBIT_KEEP_CAPS)) {
				cap[CREDS_CAP_PERMITTED] = 0;
				cap[CREDS_CAP_EFFECTIVE] = 0;
			}
			cap[CREDS_CAP_AMBIENT] = 0;
		}
		if (old[CREDS_EFFECTIVE] == 0 && id[CREDS_EFFECTIVE] != 0)
			cap[CREDS_CAP_EFFECTIVE] = 0;
		if (old[CREDS_EFFECTIVE] != 0 && id[CREDS_EFFECTIVE] == 0)
			cap[CREDS_CAP_EFFECTIVE] = cap[CREDS_CAP_PERMITTED];
	}
	/* commit_creds(): nobody else is to look into what its memory holds of who it was. */
	if (old[CREDS_EFFECTIVE] != id[CREDS_EFFECTIVE] || old[CREDS_FS] != id[CREDS_FS])
		creds->undumpable = true;
	memcpy(creds->id[kind], id, sizeof creds->id[kind]);
}

int creds_setid(struct creds *creds, enum fakeid_idkind kind, uint32_t id)
{
	uint32_t new[CREDS_ID_N];

	memcpy(new, creds->id[kind], sizeof new);
	if (id == FAKEID_ID_INVALID)
		return -EINVAL;

	if (may_set(creds, kind))
		new[CREDS_REAL] = new[CREDS_SAVED] = id;
	else if (!is_one_of(new, id, REAL | SAVED))
		return -EPERM;

	new[CREDS_EFFECTIVE] = new[CREDS_FS] = id;
	commit(creds, kind, new);
	return 0;
}

int creds_setreid(struct creds *creds, enum fakeid_idkind kind, uint32_t real, uint32_t effective)
{
	const uint32_t *old = creds->id[kind];
	bool set_real = real != FAKEID_ID_INVALID, set_effective = effective != FAKEID_ID_INVALID;
	uint32_t new[CREDS_ID_N];

	memcpy(new, old, sizeof new);
	if (set_real) {
		if (!is_one_of(old, real, REAL | EFFECTIVE) && !may_set(creds, kind))
			return -EPERM;

		new[CREDS_REAL] = real;
	}
	if (set_effective) {
		if (!is_one_of(old, effective, REAL | EFFECTIVE | SAVED) && !may_set(creds, kind))
			return -EPERM;

		new[CREDS_EFFECTIVE] = effective;
	}
	if (set_real || (set_effective && effective != old[CREDS_REAL]))
		new[CREDS_SAVED] = new[CREDS_EFFECTIVE];
	new[CREDS_FS] = new[CREDS_EFFECTIVE];
	commit(creds, kind, new);
	return 0;
}

int creds_setresid(struct creds *creds, enum fakeid_idkind kind, uint32_t real, uint32_t effective,
		   uint32_t saved)
{
	const uint32_t wanted[] = {real, effective, saved};
	const uint32_t *old = creds->id[kind];
	uint32_t new[CREDS_ID_N];
	bool differs = effective != FAKEID_ID_INVALID && effective != old[CREDS_FS];

	memcpy(new, old, sizeof new);
	for (int i = CREDS_REAL; i <= CREDS_SAVED; i++) {
		if (wanted[i] == FAKEID_ID_INVALID)
			continue;
		if (!is_one_of(old, wanted[i], REAL | EFFECTIVE | SAVED) && !may_set(creds, kind))
			return -EPERM;

		differs |= wanted[i] != old[i];
		new[i] = wanted[i];
	}
	/* Since Linux 6.3 a call that asks for nothing new leaves even the file system id alone. */
	if (!differs)
		return 0;

	new[CREDS_FS] = new[CREDS_EFFECTIVE];
	commit(creds, kind, new);
	return 0;
}

int creds_seteid(struct creds *creds, enum fakeid_idkind kind, uint32_t effective)
{
	if (effective == FAKEID_ID_INVALID)
		return -EINVAL;

	return creds_setresid(creds, kind, FAKEID_ID_INVALID, effective, FAKEID_ID_INVALID);
}

uint32_t creds_setfsid(struct creds *creds, enum fakeid_idkind kind, uint32_t id)
{
	uint32_t *ids = creds->id[kind], old = ids[CREDS_FS];
	uint64_t *cap = creds->cap;

	if (id == FAKEID_ID_INVALID)
		return old;
	if (!is_one_of(ids, id, REAL | EFFECTIVE | SAVED | FS) && !may_set(creds, kind))
		return old;

	if (kind == FAKEID_UID && !(creds->securebits & SECBIT_NO_SETUID_FIXUP)) {
		if (old == 0 && id != 0)
			cap[CREDS_CAP_EFFECTIVE] &= ~FS_CAPS;
		if (old != 0 && id == 0)
			cap[CREDS_CAP_EFFECTIVE] |= cap[CREDS_CAP_PERMITTED] & FS_CAPS;
	}
	creds->undumpable |= old != id;
	ids[CREDS_FS] = id;
	return old;
}

int creds_check_setgroups(const struct creds *creds, const uint32_t *list, size_t n)
{
	if (!may_set(creds, FAKEID_GID))
		return -EPERM;
	if (n > CREDS_GROUPS_MAX)
		return -EINVAL;

	for (size_t i = 0; i < n; i++)
		if (list[i] == FAKEID_ID_INVALID)
			return -EINVAL;
	return 0;
}

/* Let the entry at `root` sink to its place in a heap of n. */
static void sift(uint32_t *list, size_t root, size_t n)
{
	for (size_t child; (child = 2 * root + 1) < n; root = child) {
		uint32_t above = list[root];

		if (child + 1 < n && list[child + 1] > list[child])
			child++;
		if (above >= list[child])
			return;

		list[root] = list[child];
		list[child] = above;
	}
}

/* A heap sort, because libc's qsort may allocate and the list may hold 65536 ids in any order. */
void creds_fill_groups(struct groups *ret_groups, const uint32_t *list, size_t n)
{
	uint32_t *ids = ret_groups->list;

	for (size_t i = 0; i < n; i++)
		ids[i] = list[i];
	ret_groups->n = (uint32_t)n;

	for (size_t i = n / 2; i-- > 0;)
		sift(ids, i, n);
	for (size_t end = n; end-- > 1;) {
		uint32_t greatest = ids[0];

		ids[0] = ids[end];
		ids[end] = greatest;
		sift(ids, 0, end);
	}
}

bool groups_has(const struct groups *groups, uint32_t gid)
{
	for (uint32_t i = 0; i < groups->n; i++)
		if (groups->list[i] == gid)
			return true;
	return false;
}
