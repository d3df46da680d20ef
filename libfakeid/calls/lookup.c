/* SPDX-License-Identifier: MIT
 * lookup.c - calls that go the way to a file and do nothing to it: handles, descriptors of mounts,
 * and mounts and quotas, which are refused at its end.
 */
#include <errno.h>
#include <linux/mount.h>

#include "calls/gate.h"
#include "calls/open.h"
#include "calls/raw.h"
#include "shim/lent.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/wraps.h"

#ifndef SYS_open_tree
#define SYS_open_tree 428
#endif

/* -- handles -- */

static __attribute__((noinline)) long limited_handle(int dirfd, const char *path,
						     struct file_handle *handle, int *ret_mount_id,
						     int flags)
{
	int at_flags = (flags & AT_EMPTY_PATH) |
		       (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW);
	WAY struct way way;
	long r = SYS5(SYS_name_to_handle_at, -1, "x", handle, ret_mount_id, flags);

	way.fd = -1;
	if (r != -EBADF)
		return r; /* wrong in itself */
	r = gate_find(&way, dirfd, path, at_flags);
	return r < 0 ? r
		     : SYS5(SYS_name_to_handle_at, way.dirfd, way.path, handle, ret_mount_id,
			    flags);
}

long wrap_name_to_handle_at(int dirfd, const char *path, struct file_handle *handle,
			    int *ret_mount_id, int flags)
{
	if (permit_limited())
		return limited_handle(dirfd, path, handle, ret_mount_id, flags);
	return SYS5(SYS_name_to_handle_at, dirfd, path, handle, ret_mount_id, flags);
}

/* -- descriptors of mounts -- */

static __attribute__((noinline)) long limited_tree(int dirfd, const char *path, unsigned flags)
{
	WAY struct way way;
	long r = SYS3(SYS_open_tree, -1, "x", flags);

	way.fd = -1;
	if (r != -EBADF)
		return r; /* wrong in itself, or only for who may mount */
	r = gate_find(&way, dirfd, path, (int)flags & (AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH));
	if (r == 0)
		r = SYS3(SYS_open_tree, way.dirfd, way.path, flags);
	return r < 0 ? r : open_lowest(r, &way, flags & OPEN_TREE_CLOEXEC ? O_CLOEXEC : 0);
}

long wrap_open_tree(int dirfd, const char *path, unsigned flags)
{
	long fd = permit_limited() ? limited_tree(dirfd, path, flags)
				   : SYS3(SYS_open_tree, dirfd, path, flags);

	if (fd >= 0) {
		lent_forget((int)fd);
		seen_forget((int)fd);
	}
	return fd;
}

/* -- mounts -- */

/* The kernel, which has refused it, knows another way than the program sees. */
static long refused(long r, const char *path, int at_flags)
{
	WAY struct way way;
	int on_the_way;

	way.fd = -1;
	if (r >= 0 || r == -EFAULT || r == -EINVAL || !permit_limited())
		return r;
	on_the_way = gate_find(&way, AT_FDCWD, path, at_flags);
	return on_the_way < 0 ? on_the_way : r;
}

long wrap_mount(const char *source, const char *target, const char *type, unsigned long flags,
		const void *data)
{
	return refused(SYS5(SYS_mount, source, target, type, flags, data), target, 0);
}

long wrap_umount2(const char *target, int flags)
{
	return refused(SYS2(SYS_umount2, target, flags), target,
		       flags & 8 /* UMOUNT_NOFOLLOW */ ? AT_SYMLINK_NOFOLLOW : 0);
}

long wrap_umount(const char *target)
{
	return wrap_umount2(target, 0);
}

/* -- quotas -- */

long wrap_quotactl(int command, const char *special, int id, caddr_t data)
{
	long r = SYS4(SYS_quotactl, command, special, id, data);

	return special ? refused(r, special, 0) : r;
}

/* -- the same through syscall(2) -- */

bool raw_lookup_call(long n, const long arg[6], long *ret_result)
{
	switch (n) {
	case SYS_name_to_handle_at:
		*ret_result = wrap_name_to_handle_at((int)arg[0], (const char *)arg[1],
						     (struct file_handle *)arg[2], (int *)arg[3],
						     (int)arg[4]);
		return true;
	case SYS_open_tree:
		*ret_result = wrap_open_tree((int)arg[0], (const char *)arg[1], (unsigned)arg[2]);
		return true;
	case SYS_mount:
		*ret_result = wrap_mount((const char *)arg[0], (const char *)arg[1],
					 (const char *)arg[2], (unsigned long)arg[3],
					 (const void *)arg[4]);
		return true;
	case SYS_umount2:
		*ret_result = wrap_umount2((const char *)arg[0], (int)arg[1]);
		return true;
	case SYS_quotactl:
		*ret_result = wrap_quotactl((int)arg[0], (const char *)arg[1], (int)arg[2],
					    (caddr_t)arg[3]);
		return true;
	case SYS_fanotify_mark:
		*ret_result = wrap_fanotify_mark((int)arg[0], (unsigned)arg[1], (uint64_t)arg[2],
						 (int)arg[3], (const char *)arg[4]);
		return true;
	default:
		return false;
	}
}
