/* SPDX-License-Identifier: MIT
 * creds_exec.c - what exec makes of credentials, as bprm_fill_uid() and cap_bprm_creds_from_file()
 * of the kernel do (execve(2), capabilities(7)). tests/diff/creds_kernel.c compares it with the
 * running kernel.
 */
#include "core/creds.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>

#include "core/cursor.h"

static bool is_subset(uint64_t set, uint64_t of)
{
	return !(set & ~of);
}

int creds_file_caps(const void *value, size_t size, struct creds_file *file)
{
	struct reader r = {value, size, false};
	uint32_t magic = read_u32(&r), version = magic & VFS_CAP_REVISION_MASK, root = 0;
	uint64_t permitted = read_u32(&r), inheritable = read_u32(&r);

	if (version == VFS_CAP_REVISION_2 || version == VFS_CAP_REVISION_3) {
		permitted |= (uint64_t)read_u32(&r) << 32;
		inheritable |= (uint64_t)read_u32(&r) << 32;
	} else if (version != VFS_CAP_REVISION_1) {
		return -EINVAL;
	}
	if (version == VFS_CAP_REVISION_3)
		root = read_u32(&r);
	if (!read_done(&r))
		return -EINVAL;

	if (root)
		return 0;
	file->has_caps = true;
	file->caps_effective = magic & VFS_CAP_FLAGS_EFFECTIVE;
	file->permitted = permitted & CREDS_CAP_ALL;
	file->inheritable = inheritable & CREDS_CAP_ALL;
	return 0;
}

/* pP' = (X & fP) | (pI & fI), or what takes its place for root; *ret_effective is fE. */
static int take_permitted(struct creds *creds, const struct creds_file *file, bool *ret_effective)
{
	uint32_t *uid = creds->id[FAKEID_UID];
	uint64_t *cap = creds->cap, permitted = 0;

	*ret_effective = false;
	if (file && file->has_caps) {
		permitted = (cap[CREDS_CAP_BOUNDING] & file->permitted) |
			    (cap[CREDS_CAP_INHERITABLE] & file->inheritable);
		*ret_effective = file->caps_effective;
		/* A program that looks at its effective set alone would go on with half of it. */
		if (file->caps_effective && !is_subset(file->permitted, permitted))
			return -EPERM;
	}
	cap[CREDS_CAP_PERMITTED] = permitted;
	if (creds->securebits & SECBIT_NOROOT)
		return 0;
	/* Of a user who runs root's setuid program with file capabilities, these alone count. */
	if (file && file->has_caps && uid[CREDS_REAL] != 0 && uid[CREDS_EFFECTIVE] == 0)
		return 0;
	if (uid[CREDS_EFFECTIVE] == 0 || uid[CREDS_REAL] == 0)
		cap[CREDS_CAP_PERMITTED] = cap[CREDS_CAP_BOUNDING] | cap[CREDS_CAP_INHERITABLE];
	if (uid[CREDS_EFFECTIVE] == 0)
		*ret_effective = true;
	return 0;
}

/* begin_new_exec(), which goes by who was, and commit_creds(). Both forget what was before. */
static bool is_undumpable(const struct creds *creds, const struct creds *old)
{
	if (!is_subset(creds->cap[CREDS_CAP_PERMITTED], old->cap[CREDS_CAP_PERMITTED]))
		return true;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		const uint32_t *id = creds->id[kind], *old_id = old->id[kind];

		if (old_id[CREDS_EFFECTIVE] != old_id[CREDS_REAL] ||
		    id[CREDS_EFFECTIVE] != old_id[CREDS_EFFECTIVE] ||
		    id[CREDS_FS] != old_id[CREDS_FS])
			return true;
	}
	return false;
}

int creds_exec(struct creds *creds, const struct groups *groups, const struct creds_file *file)
{
	const struct creds old = *creds;
	uint32_t *uid = creds->id[FAKEID_UID], *gid = creds->id[FAKEID_GID];
	uint64_t *cap = creds->cap, old_permitted = cap[CREDS_CAP_PERMITTED];
	bool effective, id_changed;

	if (file && file->setuid && !creds->no_new_privs)
		uid[CREDS_EFFECTIVE] = file->uid;
	if (file && file->setgid && !creds->no_new_privs)
		gid[CREDS_EFFECTIVE] = file->gid;
	if (take_permitted(creds, file, &effective) < 0) {
		*creds = old;
		return -EPERM;
	}

	/* To the kernel an effective group that is not the caller's to use is a setgid file's. */
	id_changed = uid[CREDS_EFFECTIVE] != old.id[FAKEID_UID][CREDS_EFFECTIVE] ||
		     (gid[CREDS_EFFECTIVE] != gid[CREDS_FS] &&
		      !groups_has(groups, gid[CREDS_EFFECTIVE]));
	if ((id_changed || !is_subset(cap[CREDS_CAP_PERMITTED], old_permitted)) &&
	    creds->no_new_privs) {
		uid[CREDS_EFFECTIVE] = uid[CREDS_REAL];
		gid[CREDS_EFFECTIVE] = gid[CREDS_REAL];
		cap[CREDS_CAP_PERMITTED] &= old_permitted;
	}

	uid[CREDS_SAVED] = uid[CREDS_FS] = uid[CREDS_EFFECTIVE];
	gid[CREDS_SAVED] = gid[CREDS_FS] = gid[CREDS_EFFECTIVE];
	if (id_changed || (file && file->has_caps))
		cap[CREDS_CAP_AMBIENT] = 0;
	cap[CREDS_CAP_PERMITTED] |= cap[CREDS_CAP_AMBIENT];
	cap[CREDS_CAP_EFFECTIVE] = cap[effective ? CREDS_CAP_PERMITTED : CREDS_CAP_AMBIENT];
	creds->securebits &= ~(uint32_t)SECBIT_KEEP_CAPS;
	creds->undumpable = (file && file->unreadable) || is_undumpable(creds, &old);
	creds->secure = id_changed || uid[CREDS_EFFECTIVE] != uid[CREDS_REAL] ||
			gid[CREDS_EFFECTIVE] != gid[CREDS_REAL] ||
			(uid[CREDS_REAL] != 0 && (effective || !is_subset(cap[CREDS_CAP_PERMITTED],
									  cap[CREDS_CAP_AMBIENT])));
	return 0;
}
