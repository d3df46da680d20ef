/* SPDX-License-Identifier: MIT
 * node.c - making things that are not regular files: mknod, mkfifo, mkdir, symlink, bind.
 */
#include "shim/wraps.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/un.h>

#include "calls/gate.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/mode.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"

/* Ask for room before anything is made, make it, then record what the disk cannot hold. */
static long made(int dirfd, const char *path, unsigned asked)
{
	return file_created(dirfd, path, -1, asked);
}

static long room_for(int dirfd, const char *path, unsigned asked)
{
	return file_creation_needs_record(asked) ? file_creation_room(dirfd, path, asked) : 0;
}

/* Without CAP_MKNOD there are no devices, and the kernel says so last. It says it itself to a real
 * user, and to root's program no device may come to be on disk: the name is tried with a link that
 * cannot be made. */
static long refuse_device(int dirfd, const char *path, unsigned mode, dev_t dev)
{
	long r;

	if (!process.real_root)
		return SYS4(SYS_mknodat, dirfd, path, mode, dev);
	r = SYS5(SYS_linkat, AT_FDCWD, "/proc", dirfd, path, 0);
	return r == -EXDEV ? -EPERM : r;
}

/* A device is an empty regular file without any permission: opening it fails, and so comes to
 * us. */
static long make_device(int dirfd, const char *path, unsigned asked, dev_t dev)
{
	struct change change = {.what = CHANGE_NODE | CHANGE_MODE};
	struct file file;
	long r = file_creation_room(dirfd, path, S_IFREG);

	if (r < 0)
		return r;
	/* First with the bits asked for: only the kernel knows the umask. */
	r = SYS4(SYS_mknodat, dirfd, path, S_IFREG | (asked & 0777u), 0);
	if (r < 0)
		return r;
	r = file_created(dirfd, path, -1, S_IFREG | (asked & 07777u));
	if (r == 0)
		r = file_look_for_update(dirfd, path, AT_SYMLINK_NOFOLLOW, &file);
	if (r == 0) {
		struct statx shown = file.stx;

		file_show(&file, &shown);
		change.mode = (uint16_t)((asked & S_IFMT) | (shown.stx_mode & 07777u));
		change.rdev = (uint32_t)dev;
		r = kernel_chmod(dirfd, path, 0, 0);
	}
	if (r == 0) {
		file.stx.stx_mode &= S_IFMT;
		r = file_change(&file, &change);
	}
	if (r < 0)
		(void)SYS3(SYS_unlinkat, dirfd, path, 0); /* half a device is none; r says why */
	return r;
}

static long mknod_at(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	unsigned type = mode & S_IFMT ? mode & S_IFMT : S_IFREG;
	unsigned asked = type | (mode & 07777u);
	long r;

	/* Device 0:0 is overlayfs's mark for a removed file, and everybody's to make. */
	if ((S_ISBLK(type) || (S_ISCHR(type) && dev)) && !creds_has_cap(process_creds(), CAP_MKNOD))
		return refuse_device(dirfd, path, mode, dev);
	if (S_ISCHR(type) || S_ISBLK(type))
		return make_device(dirfd, path, asked, dev);
	if (!S_ISREG(type) && !S_ISFIFO(type) && !S_ISSOCK(type))
		return SYS4(SYS_mknodat, dirfd, path, mode,
			    dev); /* refused, in the kernel's words */

	r = room_for(dirfd, path, asked);
	if (r < 0)
		return r;
	r = SYS4(SYS_mknodat, dirfd, path, type | mode_on_disk(asked), 0);
	return r < 0 || !file_creation_needs_record(asked) ? r : made(dirfd, path, asked);
}

/* For a process that has to be allowed to: one path on the stack. */
#define LIMITED static __attribute__((noinline)) long

LIMITED limited_mknod(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	bool is_device = (S_ISCHR(mode) && dev != 0) || S_ISBLK(mode); /* 0:0 is a whiteout */
	WAY struct way way;
	long r;

	way.fd = -1;
	/* What cannot be made at all is refused before the path is looked at. */
	if ((mode & S_IFMT) && !S_ISREG(mode) && !S_ISCHR(mode) && !S_ISBLK(mode) &&
	    !S_ISFIFO(mode) && !S_ISSOCK(mode))
		return SYS4(SYS_mknodat, dirfd, path, mode, dev);
	r = gate_create(&way, dirfd, path, false);
	if (r < 0)
		return r;
	if (is_device && !way.exists && !way.is_dot && !way.has_slash &&
	    !(way.who.caps >> CAP_MKNOD & 1))
		return gate_unless_read_only(&way, -EPERM);
	return mknod_at(way.dirfd, way.path, mode, dev);
}

long wrap_mknodat(int dirfd, const char *path, mode_t mode, dev_t dev)
{
	if ((uint32_t)dev != dev)
		return -EINVAL;
	if (!process_on())
		return SYS4(SYS_mknodat, dirfd, path, mode, dev);
	if (permit_limited())
		return limited_mknod(dirfd, path, mode, dev);
	return mknod_at(dirfd, path, mode, dev);
}

long wrap_mknod(const char *path, mode_t mode, dev_t dev)
{
	return wrap_mknodat(AT_FDCWD, path, mode, dev);
}

long wrap___xmknod(int version, const char *path, mode_t mode, dev_t *dev)
{
	return version == 0 ? wrap_mknodat(AT_FDCWD, path, mode, *dev) : -EINVAL;
}

long wrap___xmknodat(int version, int dirfd, const char *path, mode_t mode, dev_t *dev)
{
	return version == 0 ? wrap_mknodat(dirfd, path, mode, *dev) : -EINVAL;
}

long wrap_mkfifoat(int dirfd, const char *path, mode_t mode)
{
	return wrap_mknodat(dirfd, path, mode | S_IFIFO, 0);
}

long wrap_mkfifo(const char *path, mode_t mode)
{
	return wrap_mkfifoat(AT_FDCWD, path, mode);
}

/* The next real calls go by the names that libc uses: a program's own seccomp filter may allow no
 * other. */
static long real_mkdirat(int dirfd, const char *path, unsigned mode)
{
	return SYS3(SYS_mkdirat, dirfd, path, mode);
}

static long real_mkdir(int dirfd, const char *path, unsigned mode)
{
#ifdef SYS_mkdir
	(void)dirfd;
	return SYS2(SYS_mkdir, path, mode);
#else
	return real_mkdirat(dirfd, path, mode);
#endif
}

static long make_dir(long (*real)(int, const char *, unsigned), int dirfd, const char *path,
		     mode_t mode)
{
	unsigned asked = S_IFDIR | (mode & 01777u);
	long r;

	if (!process_on())
		return real(dirfd, path, mode);
	r = room_for(dirfd, path, asked);
	if (r < 0)
		return r;
	r = real(dirfd, path, mode_on_disk(asked));
	return r < 0 || !file_creation_needs_record(asked) ? r : made(dirfd, path, asked);
}

LIMITED limited_mkdir(int dirfd, const char *path, mode_t mode)
{
	WAY struct way way;
	long r = gate_create(&way, dirfd, path, true);

	return r < 0 ? r : make_dir(real_mkdirat, way.dirfd, way.path, mode);
}

long wrap_mkdirat(int dirfd, const char *path, mode_t mode)
{
	if (permit_limited())
		return limited_mkdir(dirfd, path, mode);
	return make_dir(real_mkdirat, dirfd, path, mode);
}

long wrap_mkdir(const char *path, mode_t mode)
{
	if (permit_limited())
		return limited_mkdir(AT_FDCWD, path, mode);
	return make_dir(real_mkdir, AT_FDCWD, path, mode);
}

static long real_symlinkat(const char *target, int dirfd, const char *path)
{
	return SYS3(SYS_symlinkat, target, dirfd, path);
}

static long real_symlink(const char *target, int dirfd, const char *path)
{
#ifdef SYS_symlink
	(void)dirfd;
	return SYS2(SYS_symlink, target, path);
#else
	return real_symlinkat(target, dirfd, path);
#endif
}

static long make_symlink(long (*real)(const char *, int, const char *), const char *target,
			 int dirfd, const char *path)
{
	unsigned asked = S_IFLNK | 0777u;
	long r;

	if (!process_on())
		return real(target, dirfd, path);
	r = room_for(dirfd, path, asked);
	if (r < 0)
		return r;
	r = real(target, dirfd, path);
	return r < 0 || !file_creation_needs_record(asked) ? r : made(dirfd, path, asked);
}

LIMITED limited_symlink(const char *target, int dirfd, const char *path)
{
	WAY struct way way;
	long r = SYS3(SYS_symlinkat, target, -1, "x"); /* only reads the target */

	way.fd = -1;
	if (r != -EBADF)
		return r;
	r = gate_create(&way, dirfd, path, false);
	return r < 0 ? r : make_symlink(real_symlinkat, target, way.dirfd, way.path);
}

long wrap_symlinkat(const char *target, int dirfd, const char *path)
{
	if (permit_limited())
		return limited_symlink(target, dirfd, path);
	return make_symlink(real_symlinkat, target, dirfd, path);
}

long wrap_symlink(const char *target, const char *path)
{
	if (permit_limited())
		return limited_symlink(target, AT_FDCWD, path);
	return make_symlink(real_symlink, target, AT_FDCWD, path);
}

/* Binding a socket to a name makes a file. */
long wrap_bind(int fd, const struct sockaddr *address, socklen_t size)
{
	char path[sizeof(struct sockaddr_un)];
	unsigned asked = S_IFSOCK | 0777u;
	long r = permit_limited() ? gate_socket(address, size, true) : 0;

	if (r < 0)
		return r;
	if (!process_on() || !file_creation_needs_record(asked) ||
	    !gate_socket_path(address, size, path))
		return SYS3(SYS_bind, fd, address, size);

	r = file_creation_room(AT_FDCWD, path, asked);
	if (r < 0)
		return r;
	r = SYS3(SYS_bind, fd, address, size);
	return r < 0 ? r : made(AT_FDCWD, path, asked | FILE_MASKED);
}
