/* SPDX-License-Identifier: MIT
 * gate_names.c - the gate of calls that make, remove, move and link names: fs/namei.c of the
 * kernel.
 */
#include "calls/gate.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>

#include "shim/sys.h"

static bool same_file(const struct file *a, const struct file *b)
{
	return a->stx.stx_ino == b->stx.stx_ino && a->stx.stx_dev_major == b->stx.stx_dev_major &&
	       a->stx.stx_dev_minor == b->stx.stx_dev_minor;
}

static bool same_device(const struct file *a, const struct file *b)
{
	return a->stx.stx_dev_major == b->stx.stx_dev_major &&
	       a->stx.stx_dev_minor == b->stx.stx_dev_minor;
}

static bool is_dir(const struct way *way)
{
	return S_ISDIR(way->file.stx.stx_mode);
}

/* Nothing comes to be in a directory that was removed, whoever asks: the kernel says so as it looks
 * the name up. */
static bool is_removed(const struct file *dir)
{
	return dir->stx.stx_nlink == 0;
}

int gate_may_create(const struct way *way)
{
	int r;

	if (is_removed(&way->dir))
		return -ENOENT;
	r = file_creator_fits(way->dirfd, way->path, 0);
	if (r == 0)
		r = way_permit_dir(way, ACCESS_WRITE | ACCESS_EXEC);
	return gate_unless_read_only(way, r);
}

static int may_delete(const struct way *way)
{
	struct access_object dir, victim;
	int r = way_permit_dir(way, ACCESS_WRITE | ACCESS_EXEC);

	if (r == 0) {
		permit_object(&way->dir, &dir);
		permit_object(&way->file, &victim);
		r = access_is_stuck(&way->who, &dir, &victim) ? -EPERM : 0;
	}
	return gate_unless_read_only(way, r);
}

int gate_create(struct way *way, int dirfd, const char *path, bool makes_dir)
{
	int r = way_walk(way, dirfd, path, WAY_PARENT);

	if (r < 0 || way->is_dot || way->exists || (way->has_slash && !makes_dir))
		return r;
	return gate_may_create(way);
}

int gate_remove(struct way *way, int dirfd, const char *path, int flags)
{
	int r = way_walk(way, dirfd, path, WAY_PARENT);

	if (r < 0 || way->is_dot || !way->exists || (way->has_slash && !(flags & AT_REMOVEDIR)))
		return r;
	return may_delete(way);
}

/* Is `dir` what `below` is in, however deep, or itself? */
static bool contains(const struct file *dir, const struct way *below)
{
	struct file at = below->dir;
	long fd = SYS4(SYS_openat, below->dirfd, ".", O_PATH | O_CLOEXEC, 0);
	bool found = same_file(dir, &at);

	while (fd >= 0 && !found) {
		struct file child = at;
		long up = SYS4(SYS_openat, fd, "..", O_PATH | O_CLOEXEC, 0);

		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
		fd = up;
		if (fd < 0 || file_look((int)fd, "", AT_EMPTY_PATH, &at) < 0 ||
		    same_file(&child, &at))
			break;
		found = same_file(dir, &at);
	}
	if (fd >= 0)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return found;
}

/* Would the kernel refuse before it asks for rights? */
static bool cannot_rename(const struct way *from, const struct way *to, unsigned flags)
{
	bool exchanges = flags & RENAME_EXCHANGE;

	if (from->is_dot || to->is_dot || !from->exists || !same_device(&from->dir, &to->dir) ||
	    is_removed(&to->dir))
		return true;
	if (to->exists ? flags & RENAME_NOREPLACE : exchanges)
		return true;
	if (!is_dir(from) && (from->has_slash || (!exchanges && to->has_slash)))
		return true;
	if (exchanges && to->has_slash && !is_dir(to))
		return true;
	return to->exists && same_file(&from->file, &to->file);
}

static int may_rename(const struct way *from, const struct way *to, unsigned flags)
{
	bool exchanges = flags & RENAME_EXCHANGE;
	int r = may_delete(from);

	if (r == 0)
		r = to->exists ? may_delete(to) : gate_may_create(to);
	if (r < 0 || same_file(&from->dir, &to->dir) ||
	    (to->exists && !exchanges && is_dir(from) != is_dir(to)))
		return r;
	/* What moves to another directory gets another "..". */
	if (is_dir(from))
		r = way_permit(from, ACCESS_WRITE);
	if (r == 0 && exchanges && is_dir(to))
		r = way_permit(to, ACCESS_WRITE);
	return r;
}

int gate_rename(struct way *from, int from_dirfd, const char *from_path, struct way *to,
		int to_dirfd, const char *to_path, unsigned flags)
{
	int r = way_walk(from, from_dirfd, from_path, WAY_PARENT);

	to->fd = -1;
	if (r == 0)
		r = way_walk(to, to_dirfd, to_path, WAY_PARENT);
	if (r < 0 || cannot_rename(from, to, flags))
		return r;
	r = may_rename(from, to, flags);
	/* A directory into itself is refused before. */
	if (r < 0 && ((is_dir(from) && contains(&from->file, to)) ||
		      (to->exists && is_dir(to) && contains(&to->file, from))))
		return 0;
	return r;
}

static int may_link(const struct way *from)
{
	struct access_object object;

	permit_object(&from->file, &object);
	if (access_owns(&from->who, &object) ||
	    (access_is_safe_to_link(&object) && way_permit(from, ACCESS_READ | ACCESS_WRITE) == 0))
		return 0;
	return permit_sysctl("protected_hardlinks", '1') != '0' ? -EPERM : 0;
}

/* Only the kernel knows who opened a descriptor; this call asks, and then has no directory to make
 * anything in. Kernels before 6.10 ask for the capability in any case. */
static bool is_of_another(const struct way *from, int dirfd, const char *path, int flags)
{
	return (flags & AT_EMPTY_PATH) && path && !*path &&
	       !(from->who.caps >> CAP_DAC_READ_SEARCH & 1) &&
	       SYS5(SYS_linkat, dirfd, path, -1, "x", AT_EMPTY_PATH) == -ENOENT;
}

int gate_link(struct way *from, int from_dirfd, const char *from_path, struct way *to, int to_dirfd,
	      const char *to_path, int flags)
{
	int at_flags = (flags & AT_EMPTY_PATH) |
		       (flags & AT_SYMLINK_FOLLOW ? 0 : AT_SYMLINK_NOFOLLOW);
	int r = gate_find(from, from_dirfd, from_path, at_flags);

	to->fd = -1;
	if (r == 0 && is_of_another(from, from_dirfd, from_path, flags))
		r = -ENOENT;
	if (r == 0)
		r = way_walk(to, to_dirfd, to_path, WAY_PARENT);
	if (r < 0 || to->is_dot || to->exists || to->has_slash ||
	    !same_device(&from->file, &to->dir) || is_removed(&to->dir))
		return r;
	r = gate_unless_read_only(to, may_link(from));
	return r < 0 ? r : gate_may_create(to);
}
