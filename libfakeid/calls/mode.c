/* SPDX-License-Identifier: MIT
 * mode.c - the chmod family and umask. The disk gets what is harmless there: never setuid or
 * setgid, and always the owner's own access; the record keeps what differs.
 */
#include "shim/wraps.h"

#include <errno.h>
#include <linux/capability.h>

#include "calls/gate.h"
#include "calls/raw.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/mode.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"

/* Whether the chmod leaves something that only a record can hold. */
static bool needs_record(const struct file *file, unsigned mode)
{
	return file->record.flags || mode_on_disk((file->stx.stx_mode & S_IFMT) | mode) != mode;
}

static long chmod_file(struct file *file, int dirfd, const char *path, unsigned mode, int at_flags)
{
	const struct change change = {.what = CHANGE_MODE | CHANGE_CTIME,
				      .mode = (uint16_t)(mode & 07777)};
	unsigned disk = mode_on_disk((file->stx.stx_mode & S_IFMT) | (mode & 07777));
	unsigned before = file->stx.stx_mode & 07777u;
	long r = 0;

	if (needs_record(file, mode & 07777)) {
		r = file_room();
		if (r < 0)
			return r;
	}
	/* What the disk is not told of may still be on one that nobody can write. */
	if (file->record.flags & RECORD_NODE || disk == (file->stx.stx_mode & 07777u)) {
		r = file_stays_writable(file, dirfd, path, at_flags);
		if (r < 0)
			return r;
	}
	/* A device's placeholder stays closed, so that every open of it comes to us. */
	if (!(file->record.flags & RECORD_NODE) && disk != (file->stx.stx_mode & 07777u)) {
		r = kernel_chmod(dirfd, path, disk, at_flags);
		/* EPERM: another host user's file. The record alone holds the mode. */
		if (r < 0 && r != -EPERM)
			return r;
		if (r == 0)
			file->stx.stx_mode = (uint16_t)((file->stx.stx_mode & S_IFMT) | disk);
	}
	r = file_change(file, &change);
	/* The last room may have gone meanwhile. */
	if (r < 0 && (file->stx.stx_mode & 07777u) != before)
		(void)kernel_chmod(dirfd, path, before, at_flags); /* which took the new mode */
	return r;
}

static long chmod_at(int dirfd, const char *path, mode_t mode, int at_flags)
{
	struct file file;
	int r;

	r = file_look_for_update(dirfd, path, at_flags, &file);
	if (r < 0)
		return r;
	if (S_ISLNK(file.stx.stx_mode))
		return -EOPNOTSUPP;
	/* CAP_FOWNER asks for no more than a place for the owner; CAP_FSETID, without which those
	 * outside the group drop setgid, for one for the group as well: inode_owner_or_capable()
	 * and in_group_or_capable() of the kernel. */
	if (permit_limited()) {
		r = gate_chmod(&file, &mode);
		if (r < 0)
			return r;
	} else if (process.view.mapped && !file_is_own(&file) &&
		   !(file_caps(&file, FAKEID_UID) >> CAP_FOWNER & 1)) {
		return -EPERM;
	}
	if ((mode & S_ISGID) && !file_keeps_setgid(&file, FAKEID_ID_INVALID))
		mode &= ~(mode_t)S_ISGID;
	return chmod_file(&file, dirfd, path, mode, at_flags);
}

static __attribute__((noinline)) long limited_chmod(int dirfd, const char *path, mode_t mode,
						    int at_flags)
{
	WAY struct way way;
	mode_t ignored = mode;
	long r = gate_find(&way, dirfd, path, at_flags);

	/* Asked before as well: looking for an update copies a file up on overlayfs, which
	 * shows. */
	if (r == 0 && !S_ISLNK(way.file.stx.stx_mode))
		r = gate_unless_read_only(&way, gate_chmod(&way.file, &ignored));
	return r < 0 ? r : chmod_at(way.dirfd, way.path, mode, at_flags);
}

static long chmod_any(int dirfd, const char *path, mode_t mode, int at_flags)
{
	if (!path)
		return -EFAULT; /* unlike statx, chmod needs one even with AT_EMPTY_PATH */
	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	if (permit_limited())
		return limited_chmod(dirfd, path, mode, at_flags);
	return chmod_at(dirfd, path, mode, at_flags);
}

long wrap_chmod(const char *path, mode_t mode)
{
	if (!process_on())
		return SYS3(SYS_fchmodat, AT_FDCWD, path, mode);
	return chmod_any(AT_FDCWD, path, mode, 0);
}

long wrap_lchmod(const char *path, mode_t mode)
{
	return wrap_fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW);
}

long wrap_fchmod(int fd, mode_t mode)
{
	int r;

	if (!process_on())
		return SYS2(SYS_fchmod, fd, mode);
	/* Unlike fchmodat2. */
	r = seen_refuse_path(fd);
	return r < 0 ? r : chmod_any(fd, "", mode, AT_EMPTY_PATH);
}

static bool libc_refuses(int flags)
{
	int saved = errno;
	bool refuses = NEXT(fchmodat)(-1, "x", 0, flags) < 0 && errno == EINVAL;

	errno = saved;
	return refuses;
}

long wrap_fchmodat(int dirfd, const char *path, mode_t mode, int flags)
{
	if (!process_on()) {
		int saved = errno;
		int r = NEXT(fchmodat)(dirfd, path, mode, flags);

		r = r < 0 ? -errno : r;
		errno = saved;
		return r;
	}
	/* Newer libcs take what the kernel's fchmodat2 takes. */
	if ((flags & AT_EMPTY_PATH) && libc_refuses(flags))
		return -EINVAL;
	return chmod_any(dirfd, path, mode, flags);
}

long wrap_fchmodat2(int dirfd, const char *path, unsigned mode, int flags)
{
	if (!process_on())
		return SYS4(SYS_fchmodat2, dirfd, path, mode, flags);
	return chmod_any(dirfd, path, mode, flags);
}

mode_t wrap_umask(mode_t mask)
{
	uint32_t user;

	if (!process_on())
		return (mode_t)SYS1(SYS_umask, mask);
	/* The kernel's umask never has user bits: what it took from the owner could not be opened
	 * again. file_created() applies ours to the record. */
	user = process_set_umask_user(mask & 0700u);
	return (mode_t)SYS1(SYS_umask, mask & 0077u) | user;
}
