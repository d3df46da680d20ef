/* SPDX-License-Identifier: MIT
 * file_change.c - the update side of file.h: identity, change of a record, doom, creation.
 */
#include "shim/file_private.h"

#include <errno.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "shim/attach.h"
#include "shim/client.h"
#include "shim/inherit.h"
#include "shim/kernel.h"
#include "shim/mode.h"
#include "shim/permit.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/text.h"

/* Volume of the object just looked at, bound if need be. */
static int volume_for_update(struct index_view *view, int dirfd, const char *path, int at_flags,
			     struct file *file)
{
	uint64_t dev = makedev(file->stx.stx_dev_major, file->stx.stx_dev_minor);

	file->key.volume = index_volume_of(view->cur, dev);
	if (file->key.volume)
		return 0;
	return file_bind_volume(dirfd, path, at_flags, dev, &file->key.volume) < 0 ? -EIO : 0;
}

static bool copies_up(const struct index_view *view, uint32_t volume)
{
	for (uint32_t i = 0; i < INDEX_VOLUMES; i++) {
		const struct index_volume *row = &view->cur->header->volumes[i];

		if (atomic_load_explicit(&row->volume, memory_order_acquire) == volume)
			return atomic_load_explicit(&row->flags, memory_order_acquire) &
			       VOLUME_COPIES_UP;
	}
	return false;
}

int file_look_for_update(int dirfd, const char *path, int at_flags, struct file *ret_file)
{
	struct index_view view;
	int r = kernel_statx(dirfd, path, at_flags, 0, &ret_file->stx);

	if (r < 0)
		return r;
	r = attach_writable(&view);
	if (r < 0)
		return r;
	ret_file->key = (struct record_key){.ino = ret_file->stx.stx_ino};
	r = volume_for_update(&view, dirfd, path, at_flags, ret_file);
	if (r < 0)
		return r;
	if (copies_up(&view, ret_file->key.volume)) {
		/* Copy-up gives a new birth time, and hard links a new inode: force it, unprivileged,
		 * and read the identity that stays. */
		bool up = kernel_chown(dirfd, path, (uint32_t)-1, (uint32_t)-1, at_flags) == 0;

		r = kernel_statx(dirfd, path, at_flags, 0, &ret_file->stx);
		if (r < 0)
			return r;
		if (!up)
			ret_file->stx.stx_mask &= ~(uint32_t)STATX_BTIME;
		ret_file->key.ino = ret_file->stx.stx_ino;
		r = volume_for_update(&view, dirfd, path, at_flags, ret_file);
		if (r < 0)
			return r;
	}
	ret_file->handle = 0;
	ret_file->shift = file_find_shift(dirfd, path, at_flags);
	file_find_handle(dirfd, path, at_flags, ret_file);
	return file_find_record(&view, ret_file);
}

int file_room(void)
{
	struct index_view view;
	int r = attach_writable(&view);

	if (r < 0)
		return r;
	return file_index_flags(&view) & INDEX_FULL ? -ENOSPC : 0;
}

static int64_t time_of_change(void)
{
	struct timespec now;

	/* The clock that file systems stamp with. */
	if (clock_gettime(CLOCK_REALTIME_COARSE, &now) < 0)
		return 0;
	return now.tv_sec * FILE_NS_PER_S + now.tv_nsec;
}

static int ask_growth(const struct index_view *view)
{
	uint8_t body[12];
	struct writer w = {.at = body, .left = sizeof body};

	write_u32(&w, process.fsns);
	write_u64(&w, view->cur->header->generation);
	return client_ask(WIRE_GROW, body, sizeof body, NULL, 0, -1, NULL, NULL);
}

/* After index_publish() could not: make it possible. 0 = look up again and retry. */
static int overcome(int problem, struct index_view *view)
{
	switch (problem) {
	case -EAGAIN:
		return 0;
	case -ESTALE:
		return attach_follow(view);
	case -EXFULL:
		return ask_growth(view);
	default:
		return problem;
	}
}

int file_change(struct file *file, const struct change *change)
{
	struct disk disk = file_disk(file);
	struct change stamped = *change;
	struct view room;
	const struct view *shown = file_view(file, &room);
	struct index_view view;
	int r = attach_writable(&view);

	if (r < 0)
		return r;
	stamped.now_ns = time_of_change();
	for (;;) {
		struct record record;

		r = overlay_change(shown, &disk, &file->record, &stamped, &record);
		if (r <= 0)
			return r;
		r = index_publish(&view, file->key, file->version, &record);
		if (r == 0) {
			file->record = record;
			return 0;
		}
		r = overcome(r, &view);
		if (r < 0)
			return r;
		r = attach_writable(&view);
		if (r < 0)
			return r;
		r = file_find_record(&view, file);
		if (r < 0)
			return r;
	}
}

bool file_may_doom(int dirfd, const char *path, struct file *ret_file)
{
	struct index_view view;

	if (!process_on() || attach_view(&view) < 0 ||
	    !(file_index_flags(&view) & UNBOUND_OR_RECORDS))
		return false;
	if (file_look(dirfd, path, AT_SYMLINK_NOFOLLOW, ret_file) < 0 || !ret_file->record.flags)
		return false;
	return S_ISDIR(ret_file->stx.stx_mode) || ret_file->stx.stx_nlink == 1;
}

void file_doom(struct file *file)
{
	const struct change doom = {.what = CHANGE_DOOM};
	struct disk disk = file_disk(file);
	struct view room;
	const struct view *shown = file_view(file, &room);
	struct index_view view;
	struct record record;
	uint64_t version = file->version;

	disk.n_links = 0;
	if (attach_writable(&view) < 0)
		return;
	for (;;) {
		int r;

		/* A new file on the same inode has a record of its own by now, or none: leave it. The
		 * name is gone either way, and the birth time guards what stays. */
		if (file->version != version ||
		    overlay_change(shown, &disk, &file->record, &doom, &record) <= 0)
			return;
		r = index_publish(&view, file->key, version, &record);
		if (r == 0 || overcome(r, &view) < 0 || attach_writable(&view) < 0 ||
		    file_find_record(&view, file) < 0)
			return;
	}
}

/* -- creation -- */

/* A directory may hand down its group or its default ACL. */
#define PARENT_MATTERS ((uint32_t)(INDEX_HAS_SETGID | INDEX_HAS_XATTRS))

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
	return attach_view(&view) < 0 || (file_index_flags(&view) & PARENT_MATTERS);
}

/* The directory that holds the last component of `path`, in `ret_dir` (size PATH_MAX), which `path` may
 * be. */
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

/* The path idmap of the directory where an object is to be made; NULL in almost every namespace. */
static const struct fakeid_idmap *shift_of_new(int dirfd, const char *path, unsigned asked)
{
	char dir[PATH_MAX];

	if (!process.view.space || process.view.space->n_paths == 0 || !path)
		return NULL;
	if (asked & FILE_NAMELESS)
		return file_find_shift(dirfd, path, 0);
	return parent_of(path, dir) < 0 ? NULL : file_find_shift(dirfd, dir, 0);
}

int file_creation_room(int dirfd, const char *path, unsigned asked)
{
	const struct creds *creds = process_creds();
	struct fakeid_kid ignored;
	struct index_view index;
	int r = attach_view(&index);

	if (r == 0 && process.view.space) {
		struct view view = process.view;

		view.shift = shift_of_new(dirfd, path, asked);
		for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++)
			r = view_make(&view, (enum fakeid_idkind)kind, creds->id[kind][CREDS_FS],
				      &ignored);
		/* Here the kernel's word for an id that the files' side does not hold. */
		r = r == -EINVAL ? -EOVERFLOW : r;
	}
	return r < 0 ? r : file_room();
}

/* A new file may have been made through a dangling symlink, in another directory than the path says: then
 * the kernel's own name for it, into `buffer` (size PATH_MAX), else `path`. */
static const char *name_of_new(int dirfd, const char *path, int fd, const struct file *file,
			       char *buffer)
{
	struct statx named;

	if (fd < 0 || kernel_statx(dirfd, path, AT_SYMLINK_NOFOLLOW, 0, &named) < 0 ||
	    !S_ISLNK(named.stx_mode) || named.stx_ino == file->stx.stx_ino ||
	    atomic_load_explicit(&process.filtered, memory_order_relaxed))
		return path;
	return kernel_fd_path(fd, buffer, PATH_MAX) > 0 ? buffer : path;
}

/* The directory that a new object is in, or that `path` is: 1 if it was looked at, 0 if it cannot matter. */
static int look_at_parent(int dirfd, const char *path, int fd, bool is_dir, const struct file *file,
			  struct file *ret_parent)
{
	char dir[PATH_MAX];
	struct index_view view;
	int r = attach_view(&view);

	if (r < 0 || !path || !(file_index_flags(&view) & PARENT_MATTERS))
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

/* Bits that a umask's owner part or an ACL took from the new file go from the disk too: access(2) and
 * execve(2) ask there. Where chmod is refused the record alone holds the mode. */
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

/* True, in the common case by one stat of the directory, for an object that shows as it should without
 * a record: an ordinary one in a directory that hands nothing down. */
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
		/* On disk are the bits asked for and the owner's own, less the umask's group and other. */
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
