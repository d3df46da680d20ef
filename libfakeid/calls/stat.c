/* SPDX-License-Identifier: MIT
 * stat.c - the stat family. All spellings end in stat_any() or wrap_statx().
 */
#include "shim/wraps.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "calls/gate.h"
#include "shim/attach.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/lent.h"
#include "shim/process.h"
#include "shim/procowner.h"
#include "shim/sys.h"
#include "shim/user.h"

/* On 64-bit one layout serves stat and stat64. */
_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "stat and stat64 differ here");

/* Whether some file may have a record. If not, the program's own call and the default ids do. */
static bool may_have_records(const struct index_view *view)
{
	return (atomic_load_explicit(&view->cur->header->flags, memory_order_acquire) &
		INDEX_MAY(INDEX_HAS_RECORDS | INDEX_UNBOUND)) ||
	       /* Which ids are shown depends on where the file is. */
	       (process.view.mapped && process.view.space && process.view.space->n_paths > 0);
}

/* Virtual ids and what else differs, in place. `path` and the like are what brought the answer. */
static void show(int dirfd, const char *path, int at_flags, struct file *file)
{
	uint32_t uid = file->stx.stx_uid, gid = file->stx.stx_gid;

	file_show(file, &file->stx);
	if (procowner_concerns(file->dev))
		(void)procowner_find(dirfd, path, at_flags, file->stx.stx_mode, uid, gid,
				     &file->stx.stx_uid,
				     &file->stx.stx_gid); /* else shown already */
}

static void show_default(int dirfd, const char *path, int at_flags, struct stat *st)
{
	uint32_t uid = st->st_uid, gid = st->st_gid;

	if (procowner_concerns(st->st_dev) &&
	    procowner_find(dirfd, path, at_flags, st->st_mode, uid, gid, &st->st_uid, &st->st_gid))
		return;
	st->st_uid = view_show_default(&process.view, FAKEID_UID, uid);
	st->st_gid = view_show_default(&process.view, FAKEID_GID, gid);
}

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

/* For a process that has to be allowed to search. Unknown flags are refused before. */
static __attribute__((noinline)) long limited_statx(int dirfd, const char *path, int at_flags,
						    unsigned mask, struct statx *stx)
{
	WAY struct way way;
	long r;

	way.fd = -1;
	if ((at_flags & ~STAT_FLAGS) || (mask & STATX__RESERVED) ||
	    (at_flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	r = gate_find(&way, dirfd, path, at_flags);
	if (r == 0 && mask)
		r = file_look_statx(way.dirfd, way.path, at_flags, mask, &way.file);
	if (r < 0)
		return r;
	show(way.dirfd, way.path, at_flags, &way.file);
	return user_put(stx, &way.file.stx, sizeof *stx);
}

/* Straight into the program's, where that is known to be there. */
static inline int put_stat(struct stat *st, const struct statx *stx, uint64_t dev)
{
	struct stat shown;

	if (__builtin_expect(user_is_known(st, sizeof *st), 1)) {
		kernel_stat_from_statx(stx, dev, st);
		return 0;
	}
	kernel_stat_from_statx(stx, dev, &shown);
	return user_write(st, &shown, sizeof shown);
}

static __attribute__((noinline)) long limited_stat(int dirfd, const char *path, int at_flags,
						   struct stat *st)
{
	struct statx stx;
	long r = limited_statx(dirfd, path, at_flags, 0, &stx);

	return r < 0 ? r : put_stat(st, &stx, makedev(stx.stx_dev_major, stx.stx_dev_minor));
}

static long stat_any(int dirfd, const char *path, int at_flags, struct stat *st)
{
	struct index_view view;
	struct file file;
	int r;

	if (!process_on())
		return kernel_stat(dirfd, path, at_flags, st);
	if (permit_limited())
		return limited_stat(dirfd, path, at_flags, st);
	r = attach_view(&view);
	if (r < 0) {
		struct stat unseen; /* a program that ignores errors must not find the real owner */
		int real = kernel_stat(dirfd, path, at_flags, &unseen);

		return real < 0 ? real : r;
	}
	if (!may_have_records(&view) && !((at_flags & AT_EMPTY_PATH) && lent_some())) {
		r = kernel_stat(dirfd, path, at_flags, st);
		if (r == 0)
			show_default(dirfd, path, at_flags, st);
		return r;
	}
	r = file_look_in(&view, dirfd, path, at_flags, 0, &file);
	if (r < 0)
		return r;
	show(dirfd, path, at_flags, &file);
	return put_stat(st, &file.stx, file.dev);
}

static long fstat_any(int fd, struct stat *st)
{
	return fd < 0 ? -EBADF : stat_any(fd, "", AT_EMPTY_PATH, st);
}

long wrap_stat(const char *path, struct stat *st)
{
	return stat_any(AT_FDCWD, path, 0, st);
}

long wrap_lstat(const char *path, struct stat *st)
{
	return stat_any(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, st);
}

long wrap_fstat(int fd, struct stat *st)
{
	return fstat_any(fd, st);
}

long wrap_fstatat(int dirfd, const char *path, struct stat *st, int flags)
{
	return stat_any(dirfd, path, flags, st);
}

long wrap_stat64(const char *path, struct stat64 *st)
{
	return stat_any(AT_FDCWD, path, 0, (struct stat *)st);
}

long wrap_lstat64(const char *path, struct stat64 *st)
{
	return stat_any(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, (struct stat *)st);
}

long wrap_fstat64(int fd, struct stat64 *st)
{
	return fstat_any(fd, (struct stat *)st);
}

long wrap_fstatat64(int dirfd, const char *path, struct stat64 *st, int flags)
{
	return stat_any(dirfd, path, flags, (struct stat *)st);
}

/* The generation of programs built before glibc 2.33. glibc takes versions 0 and 1 on 64-bit. */
static bool version_is_known(int version)
{
	return version == 0 || version == 1;
}

long wrap___xstat(int version, const char *path, struct stat *st)
{
	return version_is_known(version) ? stat_any(AT_FDCWD, path, 0, st) : -EINVAL;
}

long wrap___lxstat(int version, const char *path, struct stat *st)
{
	return version_is_known(version) ? stat_any(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, st)
					 : -EINVAL;
}

long wrap___fxstat(int version, int fd, struct stat *st)
{
	return version_is_known(version) ? fstat_any(fd, st) : -EINVAL;
}

long wrap___fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags)
{
	return version_is_known(version) ? stat_any(dirfd, path, flags, st) : -EINVAL;
}

long wrap___xstat64(int version, const char *path, struct stat64 *st)
{
	return wrap___xstat(version, path, (struct stat *)st);
}

long wrap___lxstat64(int version, const char *path, struct stat64 *st)
{
	return wrap___lxstat(version, path, (struct stat *)st);
}

long wrap___fxstat64(int version, int fd, struct stat64 *st)
{
	return wrap___fxstat(version, fd, (struct stat *)st);
}

long wrap___fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags)
{
	return wrap___fxstatat(version, dirfd, path, (struct stat *)st, flags);
}

long wrap_statx(int dirfd, const char *path, int flags, unsigned mask, struct statx *stx)
{
	struct file file;
	int r;

	if (!process_on())
		return SYS5(SYS_statx, dirfd, path, flags, mask, stx);
	if (permit_limited())
		return limited_statx(dirfd, path, flags, mask ? mask : STATX_TYPE, stx);
	r = file_look_statx(dirfd, path, flags, mask ? mask : STATX_TYPE, &file);
	if (r < 0)
		return r;
	show(dirfd, path, flags, &file);
	return user_put(stx, &file.stx, sizeof *stx);
}
