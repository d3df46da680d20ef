/* SPDX-License-Identifier: MIT
 * file_change.c - the update side of file.h: identity, change of a record, doom. New objects:
 * file_create.c.
 */
#include "shim/file_private.h"

#include <errno.h>
#include <string.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "shim/attach.h"
#include "shim/client.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/sys.h"

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
		/* Copy-up gives a new birth time, and hard links a new inode: force it,
		 * unprivileged, and read the identity that stays. */
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
	r = file_find_shift(dirfd, path, at_flags, &ret_file->shift);
	if (r < 0)
		return r;
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
	write_u64(&w, index_newest(view));
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

/* A chown(2) that gives nothing to anybody, for its ctime. */
void file_touch(const struct file *file, int dirfd, const char *path, int at_flags)
{
	if (!S_ISDIR(file->stx.stx_mode) && (file->stx.stx_mode & (S_ISUID | S_ISGID)))
		return; /* these the disk would lose */
	if (file_ns(file->stx.stx_ctime) < time_of_change())
		(void)kernel_chown(dirfd, path, (uint32_t)-1, (uint32_t)-1,
				   at_flags); /* refused for files of others: no ctime there */
}

static bool is_closed(int dirfd, const char *path, int at_flags)
{
	bool is_new;
	long fd = kernel_hold(dirfd, path, at_flags, &is_new);
	struct statfs fs;
	bool closed = fd >= 0 && SYS2(SYS_fstatfs, fd, &fs) == 0 && (fs.f_flags & ST_RDONLY);

	if (fd >= 0 && is_new)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return closed;
}

int file_ask_mount(const struct file *file, int dirfd, const char *path, int at_flags)
{
	uint64_t id = file->stx.stx_mnt_id;

	if (!(file->stx.stx_mask & STATX_MNT_ID) || process_filtered())
		return 0;
	if (is_closed(dirfd, path, at_flags))
		return -EROFS;
	atomic_store_explicit(&process.writable_mount[id % PROCESS_MOUNTS], id,
			      memory_order_relaxed);
	return 0;
}

int file_change_told(struct file *file, const struct change *change, bool *ret_changed)
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
		*ret_changed = r > 0;
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

int file_change(struct file *file, const struct change *change)
{
	bool ignored;

	return file_change_told(file, change, &ignored);
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

		/* A new file on the same inode has a record of its own by now, or none: leave it.
		 * The name is gone either way, and the birth time guards what stays. */
		if (file->version != version ||
		    overlay_change(shown, &disk, &file->record, &doom, &record) <= 0)
			return;
		r = index_publish(&view, file->key, version, &record);
		if (r == 0 || overcome(r, &view) < 0 || attach_writable(&view) < 0 ||
		    file_find_record(&view, file) < 0)
			return;
	}
}
