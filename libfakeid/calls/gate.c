/* SPDX-License-Identifier: MIT
 * gate.c - what a process that lacks root's capabilities is asked before a call. The order of
 * questions is that of fs/namei.c, fs/open.c, fs/attr.c and fs/xattr.c of the kernel.
 */
#include "calls/gate.h"

#include <errno.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "shim/mounts.h"
#include "shim/procowner.h"
#include "shim/sys.h"
#include "shim/user.h"

int gate_unless_read_only(const struct way *way, int r)
{
	struct statfs fs;
	long known;

	if (r >= 0)
		return r;
	known = way->dirfd == AT_FDCWD ? SYS2(SYS_statfs, ".", &fs)
				       : SYS2(SYS_fstatfs, way->dirfd, &fs);
	return known == 0 && (fs.f_flags & ST_RDONLY) ? -EROFS : r;
}

int gate_unless_closed(const struct way *way, int r)
{
	bool has_data = S_ISREG(way->file.stx.stx_mode) || S_ISDIR(way->file.stx.stx_mode);

	if (r >= 0 || !has_data || (way->file.record.flags & RECORD_NODE) ||
	    gate_unless_read_only(way, r) != -EROFS)
		return r;
	return mounts_whole_is_read_only(way->file.stx.stx_mnt_id) ? -EROFS : r;
}

/* What the program takes it for: a device is a regular file on disk. */
static bool is_regular(const struct way *way)
{
	return S_ISREG(way->file.stx.stx_mode) && !(way->file.record.flags & RECORD_NODE);
}

static bool is_dir(const struct way *way)
{
	return S_ISDIR(way->file.stx.stx_mode);
}

static bool owns(const struct access_subject *who, const struct file *file)
{
	struct access_object object;

	permit_object(file, &object);
	return access_owns(who, &object);
}

int gate_find(struct way *way, int dirfd, const char *path, int at_flags)
{
	unsigned how = (at_flags & AT_SYMLINK_NOFOLLOW ? WAY_NOFOLLOW : 0) |
		       (at_flags & AT_EMPTY_PATH ? WAY_EMPTY : 0);
	int r = way_walk(way, dirfd, path, how);

	return r == 0 && !way->exists ? -ENOENT : r;
}

/* -- to open, run and enter -- */

/* Flags that do not go together, and having no descriptor left, come before the path. */
static int unless_refused_before(const struct way *way, int flags, int r)
{
	long before = r < 0 ? SYS4(SYS_openat, -1, "x", flags, 0) : 0;

	/* The way may hold the last descriptor itself. */
	if (before == -EINVAL || (before == -EMFILE && way->fd < 0))
		return (int)before;
	return r;
}

static unsigned mask_of(int flags)
{
	static const unsigned masks[] = {
		[O_RDONLY] = ACCESS_READ,
		[O_WRONLY] = ACCESS_WRITE,
		[O_RDWR] = ACCESS_READ | ACCESS_WRITE,
		[O_ACCMODE] = ACCESS_READ | ACCESS_WRITE,
	};

	return masks[flags & O_ACCMODE] | (flags & O_TRUNC ? ACCESS_WRITE : 0);
}

/* may_create_in_sticky(): who asks for a new file must not get somebody else's in a directory like
 * /tmp. */
static int may_meet(const struct way *way)
{
	struct access_object dir, object;
	char level = '2';

	if (way->is_dot)
		return 0;
	permit_object(&way->dir, &dir);
	permit_object(&way->file, &object);
	if (!(dir.mode & S_ISVTX) || (object.has_uid && object.uid == way->who.uid) ||
	    (object.has_uid && dir.has_uid && object.uid == dir.uid))
		return 0;
	if (S_ISREG(object.mode))
		level = permit_sysctl("protected_regular", '0');
	else if (S_ISFIFO(object.mode))
		level = permit_sysctl("protected_fifos", '0');
	if (level == '0')
		return 0;
	if (dir.mode & S_IWOTH)
		return -EACCES;
	return (dir.mode & S_IWGRP) && level >= '2' &&
			       (S_ISREG(object.mode) || S_ISFIFO(object.mode))
		       ? -EACCES
		       : 0;
}

/* Files of procfs that tell of a process's memory: their mode is not all that is asked. */
static bool tells_of_memory(const struct way *way)
{
	static const char *const names[] = {"auxv",	 "environ", "maps",  "mem",
					    "numa_maps", "pagemap", "smaps", "smaps_rollup"};
	const char *slash = strrchr(way->path, '/');
	const char *leaf = slash ? slash + 1 : way->path;

	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(leaf, names[i]) == 0)
			return true;
	return false;
}

static int open_existing(const struct way *way, int flags)
{
	unsigned mask = mask_of(flags);
	int r;

	if ((flags & O_CREAT) && ((flags & O_EXCL) || is_dir(way) || way->has_slash))
		return 0;
	r = flags & O_CREAT ? may_meet(way) : 0;
	if (r < 0)
		return r;
	if (S_ISLNK(way->file.stx.stx_mode) || ((flags & O_DIRECTORY) && !is_dir(way)) ||
	    (is_dir(way) && (mask & ACCESS_WRITE)))
		return 0;
	r = way_permit(way, mask);
	if ((flags & O_TRUNC) && is_regular(way))
		r = gate_unless_read_only(way, r);
	else if (mask & ACCESS_WRITE)
		r = gate_unless_closed(way, r);
	if (r == 0 && permit_is_proc(&way->file) && tells_of_memory(way))
		r = procowner_peek(&way->who, &way->file, way->dirfd, way->path, 0);
	if (r == 0 && (flags & O_NOATIME) && !owns(&way->who, &way->file))
		r = -EPERM;
	return r;
}

static int open_by(struct way *way, int dirfd, const char *path, int flags, unsigned how)
{
	bool nameless = (flags & O_TMPFILE) == O_TMPFILE;
	bool creates = (flags & O_CREAT) && !(flags & O_PATH);
	int r;

	how |= creates && (flags & O_EXCL) ? WAY_NOFOLLOW : WAY_FOLLOW;
	how |= (flags & O_NOFOLLOW ? WAY_NOFOLLOW : 0) | (creates ? WAY_CREATE : 0);
	r = way_walk(way, dirfd, path, how);
	if (r == 0 && !(flags & O_PATH)) {
		if (nameless)
			r = way->exists && is_dir(way)
				    ? gate_unless_read_only(
					      way, way_permit(way, ACCESS_WRITE | ACCESS_EXEC))
				    : 0;
		else if (way->exists)
			r = open_existing(way, flags);
		else if (creates && !way->has_slash && !way->is_dot)
			r = gate_may_create(way);
	}
	return unless_refused_before(way, flags, r);
}

int gate_open(struct way *way, int dirfd, const char *path, int flags)
{
	return open_by(way, dirfd, path, flags, WAY_FOLLOW);
}

int gate_resolve(int dirfd, const char *path, const struct open_how *how)
{
	struct open_how look = {.flags = O_PATH | O_CLOEXEC | (how->flags & O_NOFOLLOW),
				.resolve = how->resolve};
	long fd = SYS4(SYS_openat2, dirfd, path, &look, sizeof look);
	WAY struct way way;

	way.fd = -1;
	if (fd >= 0)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	/* What the flags refuse is refused in the kernel's words. */
	if (fd < 0 && fd != -ENOENT && fd != -ENOTDIR)
		return 0;
	return open_by(&way, dirfd, path, (int)how->flags,
		       how->resolve & RESOLVE_IN_ROOT ? WAY_IN_ROOT : WAY_FOLLOW);
}

int gate_sticky_open(int dirfd, const char *path, int flags)
{
	WAY struct way way;
	int r = way_walk(&way, dirfd, path,
			 (flags & O_NOFOLLOW ? WAY_NOFOLLOW : WAY_FOLLOW) | WAY_CREATE);

	return r == 0 && way.exists && !is_dir(&way) && !way.has_slash ? may_meet(&way) : 0;
}

int gate_access(struct way *way, int dirfd, const char *path, int mode, unsigned how)
{
	int r = way_walk(way, dirfd, path, how);

	if (r == 0 && !way->exists)
		r = -ENOENT;
	if (r < 0 || !mode)
		return r;
	r = way_permit(way, (unsigned)mode);
	return mode & W_OK ? gate_unless_closed(way, r) : r;
}

int gate_exec(int dirfd, const char *path, int at_flags)
{
	WAY struct way way;
	int r = gate_find(&way, dirfd, path, at_flags);

	return r == 0 && is_regular(&way) ? way_permit(&way, ACCESS_EXEC) : r;
}

int gate_list(int dirfd, const char *path)
{
	WAY struct way way;
	int r = gate_find(&way, dirfd, path, 0);

	return r == 0 && is_dir(&way) ? way_permit(&way, ACCESS_READ) : r;
}

int gate_enter(struct way *way, int dirfd, const char *path, int at_flags)
{
	int r = gate_find(way, dirfd, path, at_flags);

	return r == 0 && is_dir(way) ? way_permit(way, ACCESS_EXEC) : r;
}

/* -- attributes -- */

int gate_truncate(struct way *way, const char *path)
{
	int r = gate_find(way, AT_FDCWD, path, 0);

	if (r < 0 || !is_regular(way))
		return r;
	return gate_unless_closed(way, way_permit(way, ACCESS_WRITE));
}

int gate_chmod(const struct file *file, mode_t *mode)
{
	struct access_subject who;
	struct access_object object;

	permit_subject(&who);
	permit_object(file, &object);
	if (!access_owns(&who, &object))
		return -EPERM;
	*mode = access_mode_asked(&who, &object, (uint16_t)*mode);
	return 0;
}

int gate_chown(const struct file *file, uint32_t uid, uint32_t gid, struct change *change)
{
	struct access_subject who;
	struct access_object object;
	uint16_t mode;
	int r;

	permit_subject(&who);
	permit_object(file, &object);
	mode = access_mode_chowned(&who, &object, gid);
	r = access_chown(&who, &object, uid, gid);
	if (r < 0 || mode == object.mode)
		return r;
	if (!access_owns(&who, &object))
		return -EPERM;
	change->what |= CHANGE_MODE;
	change->mode = mode & 07777;
	return 0;
}

static bool has_prefix(const char *name, const char *prefix)
{
	return strncmp(name, prefix, strlen(prefix)) == 0;
}

int gate_xattr(const struct file *file, int dirfd, const char *path, int at_flags, const char *name,
	       bool changes)
{
	struct access_subject who;
	struct access_object object;

	/* Asked about elsewhere. */
	if (has_prefix(name, "system.") || has_prefix(name, "security.") ||
	    has_prefix(name, "trusted."))
		return 0;
	permit_subject(&who);
	permit_object(file, &object);
	if (has_prefix(name, "user.")) {
		if (!S_ISREG(object.mode) && !S_ISDIR(object.mode))
			return changes ? -EPERM : -ENODATA;
		if (changes && S_ISDIR(object.mode) && (object.mode & S_ISVTX) &&
		    !access_owns(&who, &object))
			return -EPERM;
	}
	return permit_ask(&who, file, dirfd, path, at_flags, changes ? ACCESS_WRITE : ACCESS_READ);
}

/* -- sockets -- */

bool gate_socket_path(const struct sockaddr *address, socklen_t size,
		      char ret_path[sizeof(struct sockaddr_un)])
{
	const size_t head = offsetof(struct sockaddr_un, sun_path);
	struct sockaddr_un name;

	if (!address || size <= head || size > sizeof(name) || user_get(&name, address, size) < 0 ||
	    name.sun_family != AF_UNIX)
		return false;
	memcpy(ret_path, name.sun_path, size - head);
	ret_path[size - head] = '\0';
	return ret_path[0] != '\0';
}

bool gate_is_device(const struct sockaddr *address, socklen_t size)
{
	char path[sizeof(struct sockaddr_un)];
	struct file file;

	return gate_socket_path(address, size, path) && file_look(AT_FDCWD, path, 0, &file) == 0 &&
	       (file.record.flags & RECORD_NODE);
}

int gate_socket(const struct sockaddr *address, socklen_t size, bool binds)
{
	char path[sizeof(struct sockaddr_un)];
	WAY struct way way;
	int r;

	way.fd = -1;
	if (!gate_socket_path(address, size, path))
		return 0;
	if (binds)
		return gate_create(&way, AT_FDCWD, path, false);
	r = gate_find(&way, AT_FDCWD, path, 0);
	return r < 0 ? r : way_permit(&way, ACCESS_WRITE);
}
