/* SPDX-License-Identifier: MIT
 * way.c - the way to a file, walked component by component: path_resolution(7) for virtual ids. The
 * text that is left to walk lies at the end of one buffer, and what a symlink says is put before
 * it.
 */
#include "shim/way.h"

#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/statfs.h>

#include "shim/kernel.h"
#include "shim/procowner.h"
#include "shim/sys.h"
#include "shim/text.h"

#define LINKS_MAX 40u /* MAXSYMLINKS of the kernel */

/* Only the kernel can say whether a path may be read. This call reads it, and then has no directory
 * to make anything in. */
static int check_path(const char *path)
{
	long r = SYS3(SYS_symlinkat, path, -1, "x");

	return r == -EBADF ? 0 : (int)r;
}

static void move_to(struct way *way, long fd)
{
	way_end(way);
	way->fd = (int)fd;
	way->dirfd = (int)fd;
}

static int enter_root(struct way *way)
{
	long fd = SYS4(SYS_openat, way->is_in_root ? way->root : AT_FDCWD,
		       way->is_in_root ? "." : "/", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd < 0)
		return (int)fd;
	move_to(way, fd);
	return file_look((int)fd, "", AT_EMPTY_PATH, &way->dir);
}

/* Put what the symlink `fd` says before the rest of the way. */
static int follow(struct way *way, long fd, char **rest)
{
	size_t room = (size_t)(*rest - way->buffer);
	long len = SYS4(SYS_readlinkat, fd, "", way->buffer, room);

	if (len <= 0)
		return len < 0 ? (int)len : -ENOENT;
	if ((size_t)len == room)
		return -ENAMETOOLONG;
	*rest -= len;
	memmove(*rest, way->buffer, (size_t)len);
	return **rest == '/' ? enter_root(way) : 0;
}

/* Into the directory `name`, or onto what that links to. */
static int step(struct way *way, const char *name, char **rest, unsigned *n_links)
{
	long fd = SYS4(SYS_openat, way->dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return (int)fd;
	r = file_look((int)fd, "", AT_EMPTY_PATH, &way->file);
	if (r == 0 && S_ISLNK(way->file.stx.stx_mode)) {
		if (++*n_links > LINKS_MAX) {
			r = -ELOOP;
		} else if (permit_is_proc(&way->file)) {
			/* Not always a path; the kernel knows where it leads. */
			r = procowner_peek(&way->who, &way->file, (int)fd, "", AT_EMPTY_PATH);
			(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
			if (r < 0)
				return r;
			fd = SYS4(SYS_openat, way->dirfd, name, O_PATH | O_CLOEXEC, 0);
			if (fd < 0)
				return (int)fd;
			r = file_look((int)fd, "", AT_EMPTY_PATH, &way->file);
		} else {
			r = follow(way, fd, rest);
			(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
			return r;
		}
	}
	if (r == 0 && !S_ISDIR(way->file.stx.stx_mode))
		r = -ENOTDIR;
	if (r < 0) {
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
		return r;
	}
	move_to(way, fd);
	way->dir = way->file;
	return 0;
}

/* may_follow_link(): in a directory like /tmp only links of one's own, and of the directory's
 * owner. */
static int may_follow(const struct way *way)
{
	struct access_object dir, link;

	permit_object(&way->dir, &dir);
	permit_object(&way->file, &link);
	if ((dir.mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) ||
	    (link.has_uid && link.uid == way->who.uid) ||
	    (link.has_uid && dir.has_uid && link.uid == dir.uid))
		return 0;
	return permit_sysctl("protected_symlinks", '0') != '0' ? -EACCES : 0;
}

/* At the last name, without what follows it. 1 when there, 0 if a symlink led on. */
static int arrive(struct way *way, const char *name, unsigned how, char **rest, unsigned *n_links)
{
	bool follows = !(how & WAY_PARENT) &&
		       (!(how & WAY_NOFOLLOW) || (way->has_slash && !(how & WAY_CREATE)));
	int r = file_look(way->dirfd, name, AT_SYMLINK_NOFOLLOW, &way->file);
	long fd;

	way->exists = r == 0;
	if (r == -ENAMETOOLONG && (how & WAY_PARENT)) {
		way->is_dot = true; /* no name: said by the call, once it has seen both ways */
		return 1;
	}
	if (r < 0)
		return r == -ENOENT ? 1 : r;
	if (!S_ISLNK(way->file.stx.stx_mode) || !follows) {
		if (way->has_slash && !(how & (WAY_PARENT | WAY_CREATE)) &&
		    !S_ISDIR(way->file.stx.stx_mode))
			return -ENOTDIR;
		return 1;
	}
	if (++*n_links > LINKS_MAX)
		return -ELOOP;
	r = may_follow(way);
	if (r < 0)
		return r;
	if (permit_is_proc(&way->file)) {
		way->is_magic = true;
		r = procowner_peek(&way->who, &way->file, way->dirfd, name, AT_SYMLINK_NOFOLLOW);
		if (r == 0)
			r = file_look(way->dirfd, name, 0, &way->file);
		return r < 0 ? r : 1;
	}
	fd = SYS4(SYS_openat, way->dirfd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	r = follow(way, fd, rest);
	(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return r;
}

/* Does ".." lead out of what is the root here? */
static bool is_at_root(const struct way *way)
{
	struct file root;

	return way->is_in_root && file_look(way->root, "", AT_EMPTY_PATH, &root) == 0 &&
	       root.stx.stx_ino == way->dir.stx.stx_ino &&
	       root.stx.stx_dev_major == way->dir.stx.stx_dev_major &&
	       root.stx.stx_dev_minor == way->dir.stx.stx_dev_minor;
}

static bool is_dot(const char *name, size_t len)
{
	return name[0] == '.' && (len == 1 || (len == 2 && name[1] == '.'));
}

static int walk(struct way *way, char *rest, unsigned how)
{
	unsigned n_links = 0;
	int r = 0;

	while (r == 0) {
		char *name = rest + strspn(rest, "/"), *end = name + strcspn(name, "/"), separator;
		bool is_last = !end[strspn(end, "/")];

		if (!*name) { /* the root */
			way->exists = way->is_dot = true;
			way->file = way->dir;
			way->path = "/";
			return 1;
		}
		r = way_permit_dir(way, ACCESS_EXEC);
		if (r < 0)
			return r;
		way->path = name;
		way->has_slash = is_last && *end;
		way->is_dot = is_dot(name, (size_t)(end - name));
		separator = *end;
		*end = '\0';
		rest = end;
		if (strcmp(name, "..") == 0 && is_at_root(way))
			name[1] = '\0';
		if (is_last)
			r = arrive(way, name, how, &rest, &n_links);
		else if (name[0] != '.' || name[1] != '\0')
			r = step(way, name, &rest, &n_links);
		*end = separator;
	}
	return r;
}

/* No descriptor is left to walk with, which no call but an open would notice: the kernel goes the
 * way, and only the object is asked for. */
static int stay(struct way *way, int dirfd, const char *path, unsigned how)
{
	int at_flags = how & (WAY_NOFOLLOW | WAY_PARENT) ? AT_SYMLINK_NOFOLLOW : 0;
	int r = file_look(dirfd, path, at_flags, &way->file);

	way_end(way);
	way->dirfd = dirfd;
	way->path = path;
	way->exists = r == 0;
	way->is_dot = true;
	way->is_magic = way->has_slash = false;
	return r == -ENOENT ? 0 : r;
}

int way_walk(struct way *way, int dirfd, const char *path, unsigned how)
{
	size_t len;
	int r;

	way->fd = -1;
	way->dirfd = dirfd;
	way->path = path;
	way->exists = way->is_dot = way->is_magic = way->has_slash = false;
	way->is_in_root = how & WAY_IN_ROOT;
	way->root = dirfd;
	if (how & WAY_REAL)
		permit_real_subject(&way->who);
	else
		permit_subject(&way->who);
	r = path ? check_path(path) : how & WAY_EMPTY ? -ENOENT : -EFAULT;
	if (r == -ENOENT && (how & WAY_EMPTY)) {
		way->exists = way->is_dot = true;
		return file_look(dirfd, "", AT_EMPTY_PATH, &way->file);
	}
	if (r < 0 || !path)
		return r;
	len = strlen(path);
	if (len >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(way->buffer + PATH_MAX - 1 - len, path, len + 1);

	r = *path == '/' ? enter_root(way) : file_look(dirfd, "", AT_EMPTY_PATH, &way->dir);
	if (r == 0 && !S_ISDIR(way->dir.stx.stx_mode))
		r = -ENOTDIR;
	if (r == 0)
		r = walk(way, way->buffer + PATH_MAX - 1 - len, how);
	if (r == -EMFILE || r == -ENFILE)
		return stay(way, dirfd, path, how);
	if (r < 0)
		return r;
	/* What is done to files of procfs depends on what the program calls them. */
	if (!way->is_dot && permit_is_proc(&way->dir)) {
		way->dirfd = dirfd;
		way->path = path;
	}
	return 0;
}

void way_end(struct way *way)
{
	if (way->fd >= 0)
		(void)SYS1(SYS_close, way->fd); /* O_PATH: nothing to lose */
	way->fd = -1;
}

/* A pipe, a socket or a terminal behind a link of procfs: whose it was when it was made is not
 * known. */
static bool is_anonymous(const struct way *way)
{
	struct statfs fs;

	if (S_ISREG(way->file.stx.stx_mode) || S_ISDIR(way->file.stx.stx_mode))
		return false;
	/* With a name it is a file like others. */
	return S_ISCHR(way->file.stx.stx_mode) || way->dirfd != AT_FDCWD ||
	       SYS2(SYS_statfs, way->path, &fs) < 0 || fs.f_type == PIPEFS_MAGIC ||
	       fs.f_type == SOCKFS_MAGIC;
}

int way_permit(const struct way *way, unsigned mask)
{
	if (way->is_magic && is_anonymous(way))
		return 0;
	return permit_ask(&way->who, &way->file, way->dirfd, way->path ? way->path : "",
			  way->is_magic || (way->path && !*way->path) ? AT_EMPTY_PATH
								      : AT_SYMLINK_NOFOLLOW,
			  mask);
}

int way_permit_dir(const struct way *way, unsigned mask)
{
	return permit_ask(&way->who, &way->dir, way->dirfd, "", AT_EMPTY_PATH, mask);
}

const char *way_name(const struct way *way, char ret_name[WAY_NAME_BYTES], const char *path)
{
	struct text t = text_into(ret_name, WAY_NAME_BYTES);

	if (way->fd < 0 || way->dirfd != way->fd)
		return way->dirfd == AT_FDCWD ? way->path : path;
	text_add(&t, "/proc/self/fd/");
	text_add_number(&t, (uint64_t)way->fd);
	text_add(&t, "/");
	text_add(&t, way->path);
	return text_end(&t) ? ret_name : path;
}
