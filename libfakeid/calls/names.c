/* SPDX-License-Identifier: MIT
 * names.c - link, unlink, rmdir, remove, rename. Records hang on the inode, so only two things matter:
 * the last name of a file goes (its record is doomed), and a file without names gets one.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "shim/file.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/text.h"

long wrap_unlinkat(int dirfd, const char *path, int flags)
{
	struct file file;
	bool doomed = file_may_doom(dirfd, path, &file);
	long r = SYS3(SYS_unlinkat, dirfd, path, flags);

	if (r == 0 && doomed)
		file_doom(&file);
	return r;
}

long wrap_unlink(const char *path)
{
	return wrap_unlinkat(AT_FDCWD, path, 0);
}

long wrap_rmdir(const char *path)
{
	return wrap_unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

long wrap_remove(const char *path)
{
	long r = wrap_unlinkat(AT_FDCWD, path, 0);

	return r == -EISDIR ? wrap_unlinkat(AT_FDCWD, path, AT_REMOVEDIR) : r;
}

/* After a rename onto it: true if the name still leads to the file, because both were one. */
static bool still_there(int dirfd, const char *path, const struct file *file)
{
	struct file now;

	return file_look(dirfd, path, AT_SYMLINK_NOFOLLOW, &now) < 0 ||
	       now.key.ino == file->key.ino;
}

long wrap_renameat2(int from_dirfd, const char *from, int to_dirfd, const char *to, unsigned flags)
{
	struct file file;
	/* With any flag nothing is replaced: RENAME_NOREPLACE, RENAME_EXCHANGE. */
	bool doomed = !flags && file_may_doom(to_dirfd, to, &file);
	long r = SYS5(SYS_renameat2, from_dirfd, from, to_dirfd, to, flags);

	if (r == 0 && doomed && !still_there(to_dirfd, to, &file))
		file_doom(&file);
	return r;
}

long wrap_renameat(int from_dirfd, const char *from, int to_dirfd, const char *to)
{
	return wrap_renameat2(from_dirfd, from, to_dirfd, to, 0);
}

long wrap_rename(const char *from, const char *to)
{
	return wrap_renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
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
	char name[64];
	struct text t = text_into(name, sizeof name);

	text_add(&t, "/proc/self/fd/");
	text_add_number(&t, (uint64_t)fd);
	(void)text_end(&t); /* fits: a number and a few bytes */
	return SYS5(SYS_linkat, AT_FDCWD, name, to_dirfd, to, AT_SYMLINK_FOLLOW);
}

long wrap_linkat(int from_dirfd, const char *from, int to_dirfd, const char *to, int flags)
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

long wrap_link(const char *from, const char *to)
{
	return wrap_linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}
