/* SPDX-License-Identifier: MIT
 * owner.c - the chown family. The kernel is never asked to chown: what changes is the record.
 */
#include "shim/wraps.h"

#include <errno.h>
#include <linux/capability.h>

#include "calls/cut.h"
#include "shim/file.h"
#include "shim/process.h"
#include "shim/sys.h"

/* Ids that are none here come before all rights. A file whose owner or group has no place here is beyond
 * root's capabilities too: what is left is what its owner may do, keep the owner and give a group of his
 * own. */
static int check_change(const struct file *file, uint32_t uid, uint32_t gid)
{
	const struct creds *creds = process_creds();
	struct fakeid_kid owner, group;
	struct view room;
	const struct view *view = file_view(file, &room);
	int r = 0;

	if (!view->mapped && creds_has_cap(creds, CAP_CHOWN))
		return 0;
	if (uid != FAKEID_ID_INVALID)
		r = view_make(view, FAKEID_UID, uid, &owner);
	if (r == 0 && gid != FAKEID_ID_INVALID)
		r = view_make(view, FAKEID_GID, gid, &group);
	if (r < 0 || (uid == FAKEID_ID_INVALID && gid == FAKEID_ID_INVALID) ||
	    (creds_has_cap(creds, CAP_CHOWN) && file_is_in_reach(file)))
		return r;
	if (!file_is_own(file) ||
	    (uid != FAKEID_ID_INVALID && uid != creds->id[FAKEID_UID][CREDS_FS]))
		return -EPERM;
	if (gid != FAKEID_ID_INVALID && gid != creds->id[FAKEID_GID][CREDS_FS] &&
	    !fakeid_kid_equal(group, file_group(file)) && !groups_has(process_groups(), gid))
		return -EPERM;
	return 0;
}

/* What the change of owner does to the mode, which only somebody who may chmod can cause. overlay_change()
 * knows of the bits that go whoever asks; a setgid bit that means no program is left to who may. */
static int change_mode(const struct file *file, uint32_t gid, struct change *change)
{
	struct statx stx = file->stx;
	uint16_t drop = 0;

	file_show(file, &stx);
	if (!S_ISDIR(stx.stx_mode) && (stx.stx_mode & (S_ISUID | S_ISGID)))
		drop = file_bits_to_drop(file);
	if (!drop)
		return 0;
	if (!file_may_chmod(file))
		return -EPERM;
	change->what |= CHANGE_MODE;
	change->mode = stx.stx_mode & 07777u & ~(unsigned)drop;
	if ((change->mode & S_ISGID) && !file_keeps_setgid(file, gid))
		change->mode &= (uint16_t)~S_ISGID;
	return 0;
}

static long chown_any(int dirfd, const char *path, uid_t uid, gid_t gid, int at_flags)
{
	struct change change = {
		.what = CHANGE_UID | CHANGE_GID | CHANGE_CHOWN, .uid = uid, .gid = gid};
	struct file file;
	int r;

	if (!process_on())
		return SYS5(SYS_fchownat, dirfd, path, uid, gid, at_flags);
	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = file_look_for_update(dirfd, path, at_flags, &file);
	if (r < 0)
		return r;
	r = check_change(&file, uid, gid);
	if (r == 0)
		r = change_mode(&file, gid, &change);
	if (r == 0)
		r = cut_capability(&file, &change);
	return r < 0 ? r : file_change(&file, &change);
}

long wrap_chown(const char *path, uid_t uid, gid_t gid)
{
	return chown_any(AT_FDCWD, path, uid, gid, 0);
}

long wrap_lchown(const char *path, uid_t uid, gid_t gid)
{
	return chown_any(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	long flags;

	if (!process_on())
		return SYS3(SYS_fchown, fd, uid, gid);
	/* Unlike fchownat, fchown refuses an O_PATH descriptor. */
	flags = SYS3(SYS_fcntl, fd, F_GETFL, 0);
	if (flags < 0 || (flags & O_PATH))
		return -EBADF;
	return chown_any(fd, "", uid, gid, AT_EMPTY_PATH);
}

long wrap_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	return chown_any(dirfd, path, uid, gid, flags);
}
