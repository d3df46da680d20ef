/* SPDX-License-Identifier: MIT
 * names.c - link, unlink, rmdir, remove, rename. Records hang on the inode, so only two things
 * matter: the last name of a file goes (its record is doomed), and a file without names gets one.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "calls/gate.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/sys.h"

/* The real calls by the names that libc uses: a program's own seccomp filter may allow no other. */
static long real_unlink(const char *path)
{
#ifdef SYS_unlink
	return SYS1(SYS_unlink, path);
#else
	return SYS3(SYS_unlinkat, AT_FDCWD, path, 0);
#endif
}

static long real_rmdir(const char *path)
{
#ifdef SYS_rmdir
	return SYS1(SYS_rmdir, path);
#else
	return SYS3(SYS_unlinkat, AT_FDCWD, path, AT_REMOVEDIR);
#endif
}

static long real_rename(int from_dirfd, const char *from, int to_dirfd, const char *to)
{
#ifdef SYS_renameat
	return SYS4(SYS_renameat, from_dirfd, from, to_dirfd, to);
#else
	return SYS5(SYS_renameat2, from_dirfd, from, to_dirfd, to, 0);
#endif
}

/* What a removal has to know of the file before, and do after. */
struct removal {
	struct file file;
	bool doomed;
};

static void removal_begin(struct removal *removal, int dirfd, const char *path)
{
	removal->doomed = file_may_doom(dirfd, path, &removal->file);
}

static long removal_end(struct removal *removal, long result)
{
	if (result == 0 && removal->doomed)
		file_doom(&removal->file);
	return result;
}

/* For a process that has to be allowed to. Calls of this kind hold two paths on the stack, so they
 * stay out of the way of those that need none. */
#define LIMITED static __attribute__((noinline)) long

LIMITED limited_unlinkat(int dirfd, const char *path, int flags)
{
	WAY struct way way;
	struct removal removal;
	long r = gate_remove(&way, dirfd, path, flags);

	if (r < 0)
		return r;
	removal_begin(&removal, way.dirfd, way.path);
	return removal_end(&removal, SYS3(SYS_unlinkat, way.dirfd, way.path, flags));
}

long wrap_unlinkat(int dirfd, const char *path, int flags)
{
	struct removal removal;

	if (permit_limited() && !(flags & ~AT_REMOVEDIR))
		return limited_unlinkat(dirfd, path, flags);
	removal_begin(&removal, dirfd, path);
	return removal_end(&removal, SYS3(SYS_unlinkat, dirfd, path, flags));
}

long wrap_unlink(const char *path)
{
	struct removal removal;

	if (permit_limited())
		return limited_unlinkat(AT_FDCWD, path, 0);
	removal_begin(&removal, AT_FDCWD, path);
	return removal_end(&removal, real_unlink(path));
}

long wrap_rmdir(const char *path)
{
	struct removal removal;

	if (permit_limited())
		return limited_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
	removal_begin(&removal, AT_FDCWD, path);
	return removal_end(&removal, real_rmdir(path));
}

long wrap_remove(const char *path)
{
	long r = wrap_unlink(path);

	return r == -EISDIR ? wrap_rmdir(path) : r;
}

/* After a rename onto it: true if the name still leads to the file, because both were one. */
static bool still_there(int dirfd, const char *path, const struct file *file)
{
	struct file now;

	return file_look(dirfd, path, AT_SYMLINK_NOFOLLOW, &now) < 0 ||
	       now.key.ino == file->key.ino;
}

static void replacing_begin(struct removal *removal, int dirfd, const char *to, unsigned flags)
{
	/* With these two nothing is replaced. */
	if (flags & (RENAME_NOREPLACE | RENAME_EXCHANGE))
		removal->doomed = false;
	else
		removal_begin(removal, dirfd, to);
}

static long replacing_end(struct removal *removal, int dirfd, const char *to, long result)
{
	if (result == 0 && removal->doomed && still_there(dirfd, to, &removal->file))
		removal->doomed = false;
	return removal_end(removal, result);
}

/* The whiteout that a rename leaves belongs to who made it. Between two names of one file nothing
 * is left. */
static long leave_whiteout(int from_dirfd, const char *from, int to_dirfd, const char *to,
			   unsigned flags)
{
	bool records = process_on() && file_creation_needs_record(S_IFCHR);
	long r = records ? file_creation_room(from_dirfd, from, S_IFCHR) : 0;
	struct file file;

	if (r < 0)
		return r;
	r = SYS5(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags);
	if (r < 0 || !records || file_look(from_dirfd, from, AT_SYMLINK_NOFOLLOW, &file) < 0 ||
	    !S_ISCHR(file.stx.stx_mode) || file.record.flags)
		return r;
	return file_created(from_dirfd, from, -1, S_IFCHR);
}

static long real_renameat2(int from_dirfd, const char *from, int to_dirfd, const char *to,
			   unsigned flags)
{
	return flags & RENAME_WHITEOUT ? leave_whiteout(from_dirfd, from, to_dirfd, to, flags)
				       : SYS5(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags);
}

LIMITED limited_rename(int from_dirfd, const char *from, int to_dirfd, const char *to,
		       unsigned flags)
{
	const unsigned known = RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT;
	WAY struct way from_way;
	WAY struct way to_way;
	struct removal removal;
	long r;

	from_way.fd = to_way.fd = -1;
	/* Refused before the paths are looked at. */
	if ((flags & ~known) ||
	    ((flags & RENAME_EXCHANGE) && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT))))
		return SYS5(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags);
	r = gate_rename(&from_way, from_dirfd, from, &to_way, to_dirfd, to, flags);
	if (r < 0)
		return r;
	replacing_begin(&removal, to_way.dirfd, to_way.path, flags);
	r = real_renameat2(from_way.dirfd, from_way.path, to_way.dirfd, to_way.path, flags);
	return replacing_end(&removal, to_way.dirfd, to_way.path, r);
}

long wrap_renameat2(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
	struct removal removal;

	if (permit_limited())
		return limited_rename(from_dirfd, from, to_dirfd, to, flags);
	replacing_begin(&removal, to_dirfd, to, flags);
	return replacing_end(&removal, to_dirfd, to,
			     real_renameat2(from_dirfd, from, to_dirfd, to, flags));
}

long wrap_renameat(int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	struct removal removal;

	if (permit_limited())
		return limited_rename(from_dirfd, from, to_dirfd, to, 0);
	replacing_begin(&removal, to_dirfd, to, 0);
	return replacing_end(&removal, to_dirfd, to, real_rename(from_dirfd, from, to_dirfd, to));
}

long wrap_rename(const char *from, const char *to)
{
	struct removal removal;

	if (permit_limited())
		return limited_rename(AT_FDCWD, from, AT_FDCWD, to, 0);
	replacing_begin(&removal, AT_FDCWD, to, 0);
#ifdef SYS_rename
	return replacing_end(&removal, AT_FDCWD, to, SYS2(SYS_rename, from, to));
#else
	return replacing_end(&removal, AT_FDCWD, to, real_rename(AT_FDCWD, from, AT_FDCWD, to));
#endif
}

/* What linkat's `from` names, if that is a file without any name that has a record. */
static bool is_nameless(int dirfd, const char *path, int flags, struct file *ret_file)
{
	int at_flags = flags & AT_EMPTY_PATH;

	if (!process_on() || !(flags & (AT_EMPTY_PATH | AT_SYMLINK_FOLLOW)))
		return false; /* only these two can reach a file by its descriptor */
	if (!(flags & AT_SYMLINK_FOLLOW))
		at_flags |= AT_SYMLINK_NOFOLLOW;
	return file_look(dirfd, path, at_flags, ret_file) == 0 && ret_file->stx.stx_nlink == 0 &&
	       ret_file->record.flags;
}

/* AT_EMPTY_PATH wants CAP_DAC_READ_SEARCH, which a real root has; the magic link of the descriptor
 * leads to the same file without it. */
static long link_descriptor(int fd, int to_dirfd, const char *to)
{
	char name[KERNEL_FD_NAME_BYTES];

	kernel_fd_name(fd, name);
	return SYS5(SYS_linkat, AT_FDCWD, name, to_dirfd, to, AT_SYMLINK_FOLLOW);
}

static long link_at(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags)
{
	static const struct change named = {.what = CHANGE_NAMED};
	struct file file;
	bool nameless = is_nameless(from_dirfd, from, flags, &file);
	long r = SYS5(SYS_linkat, from_dirfd, from, to_dirfd, to, flags);

	if (r == -ENOENT && process_on() && (flags & AT_EMPTY_PATH) && from && !*from &&
	    from_dirfd >= 0)
		r = link_descriptor(from_dirfd, to_dirfd, to);
	if (r < 0 || !nameless)
		return r;
	file.stx.stx_nlink = 1;
	return file_change(&file, &named);
}

LIMITED limited_link(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags)
{
	WAY struct way from_way;
	WAY struct way to_way;
	long r;

	from_way.fd = to_way.fd = -1;
	if (flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = gate_link(&from_way, from_dirfd, from, &to_way, to_dirfd, to, flags);
	return r < 0 ? r : link_at(from_way.dirfd, from_way.path, to_way.dirfd, to_way.path, flags);
}

long wrap_linkat(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags)
{
	if (permit_limited())
		return limited_link(from_dirfd, from, to_dirfd, to, flags);
	return link_at(from_dirfd, from, to_dirfd, to, flags);
}

long wrap_link(const char *from, const char *to)
{
	if (permit_limited())
		return limited_link(AT_FDCWD, from, AT_FDCWD, to, 0);
#ifdef SYS_link
	return SYS2(SYS_link, from,
		    to); /* never of a file without a name, so there is nothing to note */
#else
	return wrap_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
#endif
}
