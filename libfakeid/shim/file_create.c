/* SPDX-License-Identifier: MIT
 * file_create.c - the part of file.h about new objects: room for them, whose they are, and what
 * their directory hands down.
 */
#include "shim/file_private.h"

#include <errno.h>
#include <string.h>

#include "shim/attach.h"
#include "shim/inherit.h"
#include "shim/kernel.h"
#include "shim/mode.h"
#include "shim/permit.h"
#include "shim/process.h"
#include "shim/sys.h"

/* What is asked for cannot be on disk, wherever it is made. */
static bool differs_by_itself(unsigned asked)
{
	unsigned needed = S_ISDIR(asked) ? 0700u : 0600u;

	if (process_creator_differs() ||
	    (asked & 07000u)) /* a device's sticky bit is not on disk either */
		return true;
	if (!S_ISLNK(asked) && (asked & needed) != needed)
		return true;
	return process_umask_user();
}

bool file_creation_needs_record(unsigned asked)
{
	struct index_view view;

	if (differs_by_itself(asked))
		return true;
	return attach_view(&view) < 0 || (file_index_flags(&view) & INDEX_MAY(INDEX_HANDS_DOWN));
}

/* The directory that holds the last component of `path`, in `ret_dir` (size PATH_MAX), which `path`
 * may be. */
static int parent_of(const char *path, char *ret_dir)
{
	size_t len = strlen(path);

	while (len && path[len - 1] == '/')
		len--;
	while (len && path[len - 1] != '/')
		len--;
	if (len + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	memmove(ret_dir, path, len);
	memcpy(ret_dir + len, ".", 2);
	return 0;
}

/* A new file may have been made through a dangling symlink, in another directory than the path
 * says: then the kernel's own name for it, into `buffer` (size PATH_MAX), else `path`. */
static const char *name_of_new(int dirfd, const char *path, int fd, const struct file *file,
			       char *buffer)
{
	struct statx named;

	if (fd < 0 || kernel_statx(dirfd, path, AT_SYMLINK_NOFOLLOW, 0, &named) < 0 ||
	    !S_ISLNK(named.stx_mode) || named.stx_ino == file->stx.stx_ino || process_filtered())
		return path;
	return kernel_fd_path(fd, buffer, PATH_MAX) > 0 ? buffer : path;
}

/* An O_PATH descriptor of the directory that a new object is in. Apart, so that its buffer has left
 * the stack before anybody looks at the directory. */
static __attribute__((noinline)) long open_parent(int dirfd, const char *path, int fd,
						  const struct file *file)
{
	char dir[PATH_MAX];
	int r = parent_of(name_of_new(dirfd, path, fd, file, dir), dir);

	return r < 0 ? r : kernel_open_path(dirfd, dir, 0);
}

/* Of the directory where an object is to be made. */
static int shift_of_new(int dirfd, const char *path, unsigned asked,
			const struct fakeid_idmap **ret_shift)
{
	long fd;
	int r;

	*ret_shift = NULL;
	if (process.view.space->n_paths == 0 || !path)
		return 0;
	if (asked & FILE_NAMELESS)
		return file_find_shift(dirfd, path, 0, ret_shift);
	if (process_filtered())
		return -EIO;
	fd = open_parent(dirfd, path, -1, NULL);
	if (fd < 0)
		return (int)fd;
	r = file_find_shift((int)fd, "", AT_EMPTY_PATH, ret_shift);
	(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return r;
}

int file_creator_fits(int dirfd, const char *path, unsigned asked)
{
	const struct creds *creds = process_creds();
	struct fakeid_kid ignored;
	struct index_view index;
	int r = attach_view(&index);

	if (r == 0 && process.view.space) {
		struct view view = process.view;

		r = shift_of_new(dirfd, path, asked, &view.shift);
		for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++)
			r = view_make(&view, (enum fakeid_idkind)kind, creds->id[kind][CREDS_FS],
				      &ignored);
		/* Here the kernel's word for an id that the files' side does not hold. */
		r = r == -EINVAL ? -EOVERFLOW : r;
	}
	return r;
}

int file_creation_room(int dirfd, const char *path, unsigned asked)
{
	int r = file_creator_fits(dirfd, path, asked);

	return r < 0 ? r : file_room();
}

/* The directory that a new object is in, or that `path` is: 1 if it was looked at, 0 if it cannot
 * matter. */
static __attribute__((noinline)) int look_at_parent(int dirfd, const char *path, int fd,
						    bool is_dir, const struct file *file,
						    struct file *ret_parent)
{
	char dir[PATH_MAX];
	struct index_view view;
	int r = attach_view(&view);

	if (r < 0 || !path || !(file_index_flags(&view) & INDEX_MAY(INDEX_HANDS_DOWN)))
		return r;
	r = is_dir ? 0 : parent_of(name_of_new(dirfd, path, fd, file, dir), dir);
	if (r == 0)
		r = file_look(dirfd, is_dir ? path : dir, 0, ret_parent);
	return r < 0 ? r : 1;
}

/* What the directory hands down, over what the creator's own mode and group would be. */
static int take_from_parent(const struct file *parent, const struct file *file, unsigned asked,
			    struct change *change)
{
	struct statx stx = parent->stx;
	int r = inherit_acl(parent, file, asked, change);

	if (r < 0)
		return r;
	file_show(parent, &stx);
	if (stx.stx_mode & S_ISGID) {
		if (permit_limited())
			change->mode = permit_mode_created(parent, asked, change->mode);
		change->what = (change->what & ~(unsigned)CHANGE_GID) | CHANGE_GID_KID;
		change->gid_kid = file_group(parent);
		if (S_ISDIR(asked))
			change->mode |= S_ISGID;
	}
	return 0;
}

/* Bits that a umask's owner part or an ACL took from the new file go from the disk too: access(2)
 * and execve(2) ask there. Where chmod is refused the record alone holds the mode. */
static void close_on_disk(int dirfd, const char *path, int fd, const struct change *change,
			  struct file *file)
{
	unsigned type = file->stx.stx_mode & S_IFMT;
	unsigned disk = mode_on_disk(type | change->mode) & file->stx.stx_mode;
	long r;

	if (!(change->what & CHANGE_MODE) || disk == (file->stx.stx_mode & 07777u))
		return;
	if (fd >= 0)
		r = kernel_chmod(fd, "", disk, AT_EMPTY_PATH);
	else
		r = kernel_chmod(dirfd, path, disk, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		file->stx.stx_mode = (uint16_t)(type | disk);
}

/* True, in the common case by one stat of the directory, for an object that shows as it should
 * without a record: an ordinary one in a directory that hands nothing down. */
static bool needs_nothing(int dirfd, const char *path, int fd, unsigned asked)
{
	struct file parent;
	int r;

	if (differs_by_itself(asked) || (asked & FILE_NAMELESS) ||
	    (fd >= 0 && !(asked & FILE_EXCLUSIVE)))
		return false;
	r = look_at_parent(dirfd, path, -1, false, NULL, &parent);
	if (r <= 0)
		return r == 0;
	file_show(&parent, &parent.stx);
	return !(parent.stx.stx_mode & S_ISGID) && !(parent.record.flags & RECORD_ACL);
}

int file_created(int dirfd, const char *path, int fd, unsigned asked)
{
	uint32_t umask_user = process_umask_user();
	const struct creds *creds = process_creds();
	struct change change = {
		.what = CHANGE_FRESH | CHANGE_UID | CHANGE_GID,
		.uid = creds->id[FAKEID_UID][CREDS_FS],
		.gid = creds->id[FAKEID_GID][CREDS_FS],
	};
	struct file file, parent;
	int r;

	if (needs_nothing(dirfd, path, fd, asked))
		return 0;
	if (fd >= 0)
		r = file_look_for_update(fd, "", AT_EMPTY_PATH, &file);
	else
		r = file_look_for_update(dirfd, path, AT_SYMLINK_NOFOLLOW, &file);
	if (r == 0)
		r = inherit_nothing(&file);
	if (r < 0)
		return r;

	if (!S_ISLNK(asked)) {
		/* On disk are the bits asked for and the owner's own, less the umask's group and
		 * other. */
		change.what |= CHANGE_MODE;
		change.mode = (uint16_t)(asked & 07777 & (file.stx.stx_mode | 07000) & ~umask_user);
	}
	r = look_at_parent(dirfd, path, fd, asked & FILE_NAMELESS, &file, &parent);
	if (r > 0)
		r = take_from_parent(&parent, &file, asked, &change);
	if (r < 0)
		return r;
	close_on_disk(dirfd, path, fd, &change, &file);
	return file_change(&file, &change);
}
