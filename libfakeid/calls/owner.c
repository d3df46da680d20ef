/* SPDX-License-Identifier: MIT
 * owner.c - the chown family. The kernel is never asked to chown: what changes is the record.
 */
#include "shim/wraps.h"

#include <errno.h>
#include <linux/capability.h>

#include "calls/cut.h"
#include "calls/gate.h"
#include "shim/file.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"

/* Ids that are none here come before all rights. A file whose owner or group has no place here is
 * beyond root's capabilities too: what is left is what its owner may do, keep the owner and give a
 * group of his own. */
static int check_change(const struct file *file, uint32_t uid, uint32_t gid, struct change *change)
{
	bool limited = permit_limited();
	struct fakeid_kid ignored;
	struct view room;
	const struct view *view = file_view(file, &room);
	int r = 0;

	if (!view->mapped && !limited)
		return 0;
	/* Who the file belongs to by a key stays who he is, and need not be one that files can
	 * be given. */
	if (uid != FAKEID_ID_INVALID && file_is_equal(file, FAKEID_UID, uid))
		change->uid = FAKEID_ID_INVALID;
	else if (uid != FAKEID_ID_INVALID)
		r = view_make(view, FAKEID_UID, uid, &ignored);
	if (gid != FAKEID_ID_INVALID && file_is_equal(file, FAKEID_GID, gid))
		change->gid = FAKEID_ID_INVALID;
	else if (r == 0 && gid != FAKEID_ID_INVALID)
		r = view_make(view, FAKEID_GID, gid, &ignored);
	if (r < 0 || (!limited && file_counts(file, CAP_CHOWN)) ||
	    (!limited && uid == FAKEID_ID_INVALID && gid == FAKEID_ID_INVALID))
		return r;
	return gate_chown(file, uid, gid, change);
}

static long chown_at(int dirfd, const char *path, uid_t uid, gid_t gid, int at_flags)
{
	struct change change = {
		.what = CHANGE_UID | CHANGE_GID | CHANGE_CHOWN, .uid = uid, .gid = gid};
	struct file file;
	bool changed = false;
	int r;

	r = file_look_for_update(dirfd, path, at_flags, &file);
	if (r < 0)
		return r;
	r = check_change(&file, uid, gid, &change);
	if (r == 0)
		r = file_stays_writable(&file, dirfd, path, at_flags);
	if (r == 0)
		r = cut_capability(&file, &change);
	if (r == 0)
		r = file_change_told(&file, &change, &changed);
	/* What is given to whom it belongs to has another ctime all the same, and so has what no
	 * record is left of. */
	if (r == 0 && (!changed || !(file.record.flags & ~RECORD_NONE)))
		file_touch(&file, dirfd, path, at_flags);
	return r;
}

static __attribute__((noinline)) long limited_chown(int dirfd, const char *path, uid_t uid,
						    gid_t gid, int at_flags)
{
	struct change ignored = {0};
	WAY struct way way;
	long r = gate_find(&way, dirfd, path, at_flags);

	/* Asked before as well: looking for an update copies a file up on overlayfs, which
	 * shows. */
	if (r == 0)
		r = gate_unless_read_only(&way, check_change(&way.file, uid, gid, &ignored));
	return r < 0 ? r : chown_at(way.dirfd, way.path, uid, gid, at_flags);
}

static long chown_any(int dirfd, const char *path, uid_t uid, gid_t gid, int at_flags)
{
	if (!process_on())
		return SYS5(SYS_fchownat, dirfd, path, uid, gid, at_flags);
	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (!path)
		return -EFAULT; /* unlike statx, chown needs one even with AT_EMPTY_PATH */
	if (permit_limited())
		return limited_chown(dirfd, path, uid, gid, at_flags);
	return chown_at(dirfd, path, uid, gid, at_flags);
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
	int r;

	if (!process_on())
		return SYS3(SYS_fchown, fd, uid, gid);
	/* Unlike fchownat. */
	r = seen_refuse_path(fd);
	return r < 0 ? r : chown_any(fd, "", uid, gid, AT_EMPTY_PATH);
}

long wrap_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	return chown_any(dirfd, path, uid, gid, flags);
}
