/* SPDX-License-Identifier: MIT
 * file.c - one file as kernel and index know it: look it up, show it, change its record.
 */
#include "shim/file_private.h"

#include <dirent.h>
#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "shim/attach.h"
#include "shim/client.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/procowner.h"
#include "shim/sys.h"

/* In every stat, so without frames of their own. */
#define HOT inline __attribute__((always_inline))

const struct view *file_view(const struct file *file, struct view *room)
{
	if (!file->shift)
		return &process.view;
	*room = process.view;
	room->shift = file->shift;
	return room;
}

struct fakeid_kid file_group(const struct file *file)
{
	struct view room;
	const struct view *view = file_view(file, &room);

	return file->record.flags & RECORD_GID ? file->record.gid
					       : view_default(view, FAKEID_GID, file->stx.stx_gid);
}

uint64_t file_caps(const struct file *file, enum fakeid_idkind kind)
{
	struct view room;
	const struct view *view = file_view(file, &room);
	struct disk disk = file_disk(file);

	return overlay_caps(view, &disk, &file->record, kind);
}

bool file_counts(const struct file *file, unsigned cap)
{
	return (file_caps(file, FAKEID_UID) & file_caps(file, FAKEID_GID)) >> cap & 1;
}

bool file_is_equal(const struct file *file, enum fakeid_idkind kind, uint32_t id)
{
	struct view room;
	struct disk disk = file_disk(file);

	return overlay_is_equal(file_view(file, &room), &disk, &file->record, kind, id);
}

bool file_is_in_reach(const struct file *file)
{
	struct view room;
	const struct view *view = file_view(file, &room);
	struct disk disk = file_disk(file);

	return overlay_has_place(view, &disk, &file->record, FAKEID_UID) &&
	       overlay_has_place(view, &disk, &file->record, FAKEID_GID);
}

static bool find_id(const struct file *file, enum fakeid_idkind kind, uint32_t *ret_id)
{
	struct view room;
	struct disk disk = file_disk(file);

	return overlay_id(file_view(file, &room), &disk, &file->record, kind, ret_id) == 0;
}

bool file_is_own(const struct file *file)
{
	uint32_t id;

	return find_id(file, FAKEID_UID, &id) && id == process_creds()->id[FAKEID_UID][CREDS_FS];
}

bool file_keeps_setgid(const struct file *file, uint32_t gid)
{
	const struct creds *creds = process_creds();

	if (creds_has_cap(creds, CAP_FSETID) &&
	    (!process.view.mapped || file_counts(file, CAP_FSETID)))
		return true;
	if (gid == FAKEID_ID_INVALID && !find_id(file, FAKEID_GID, &gid))
		return false;
	return gid == creds->id[FAKEID_GID][CREDS_FS] || groups_has(process_groups(), gid);
}

uint16_t file_bits_to_drop(const struct file *file)
{
	struct statx stx = file->stx;
	uint16_t drop;

	file_show(file, &stx);
	drop = stx.stx_mode & S_ISUID;
	if ((stx.stx_mode & S_ISGID) &&
	    ((stx.stx_mode & S_IXGRP) || !file_keeps_setgid(file, FAKEID_ID_INVALID)))
		drop |= S_ISGID;
	return S_ISDIR(stx.stx_mode) ? 0 : drop;
}

/* By the name that the kernel has for it. Without an answer any owner shown might be wrong. Apart,
 * for its stack. */
static __attribute__((noinline)) int find_shift(int dirfd, const char *path, int at_flags,
						const struct fakeid_idmap **ret_shift)
{
	char name[PATH_MAX];
	bool is_new;
	long fd, r;

	if (process_filtered())
		return -EIO;
	fd = kernel_hold(dirfd, path, at_flags, &is_new);
	if (fd < 0)
		return fd == -ENOENT ? -ENOENT : -EIO;
	r = kernel_fd_path((int)fd, name, sizeof(name));
	if (is_new)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	if (r < 0)
		return -EIO;
	*ret_shift = nsview_path(process.view.space, name);
	return 0;
}

int file_find_shift(int dirfd, const char *path, int at_flags,
		    const struct fakeid_idmap **ret_shift)
{
	*ret_shift = NULL;
	if (!process.view.space || process.view.space->n_paths == 0)
		return 0;
	return find_shift(dirfd, path, at_flags, ret_shift);
}

static uint32_t file_index_state(const struct index_view *view)
{
	return atomic_load_explicit(&view->cur->header->state, memory_order_acquire);
}

uint32_t file_index_flags(const struct index_view *view)
{
	return atomic_load_explicit(&view->cur->header->flags, memory_order_acquire);
}

/* Ask the daemon which volume the object's device is: once a device and boot. */
int file_bind_volume(int dirfd, const char *path, int at_flags, uint64_t dev, uint32_t *ret_volume)
{
	uint8_t body[12], reply[4];
	struct writer w = {.at = body, .left = sizeof body};
	struct reader in = {.at = reply, .left = sizeof reply};
	size_t size = sizeof reply;
	bool is_new;
	long fd = kernel_hold(dirfd, path, at_flags, &is_new);
	int r;

	if (fd < 0)
		return (int)fd;
	write_u32(&w, process.fsns);
	write_u64(&w, dev);
	r = client_ask(WIRE_VOLUME, body, sizeof body, NULL, 0, (int)fd, reply, &size);
	if (is_new)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	if (r < 0)
		return r;
	*ret_volume = read_u32(&in);
	return 0;
}

/* The index is being loaded and does not have the key: have the daemon see to it first. */
static int ask_fetch(struct record_key key)
{
	uint8_t body[16];
	struct writer w = {.at = body, .left = sizeof body};

	write_u32(&w, process.fsns);
	write_u32(&w, key.volume);
	write_u64(&w, key.ino);
	return client_ask(WIRE_FETCH, body, sizeof body, NULL, 0, -1, NULL, NULL) < 0 ? -EIO : 0;
}

/* As index_find(), in a newer segment or after the daemon saw to it where need be. */
static __attribute__((noinline)) int find_again(int r, struct index_view *view, struct file *file)
{
	while (r == -ESTALE || r == -EINPROGRESS) {
		r = r == -ESTALE ? attach_follow(view) : ask_fetch(file->key);
		if (r == 0)
			r = index_find(view, file->key, &file->record, &file->version);
	}
	return r;
}

static HOT int find_record(struct index_view *view, struct file *file)
{
	int r = index_find(view, file->key, &file->record, &file->version);

	file->stale_xattrs = false;
	if (__builtin_expect(r != 0 && r != -ENOENT, 0))
		r = find_again(r, view, file);
	if (r == 0) {
		struct disk disk = file_disk(file);

		if (overlay_fits(&disk, &file->record))
			return 0;
		file->stale_xattrs = file->record.flags & RECORD_XATTRS;
	}
	file->record = (struct record){0};
	return r == -ENOENT ? 0 : r;
}

int file_find_record(struct index_view *view, struct file *file)
{
	return find_record(view, file);
}

void file_find_handle(int dirfd, const char *path, int at_flags, struct file *file)
{
	if ((!(file->stx.stx_mask & STATX_BTIME) || file->stx.stx_nlink == 0) &&
	    !process_filtered())
		file->handle = kernel_handle(dirfd, path, at_flags);
}

/* The volume of the file's device in `view`; 0: it holds no records. */
static HOT int find_volume(const struct index_view *view, int dirfd, const char *path, int at_flags,
			   struct file *file)
{
	file->key.volume = index_volume_of(view->cur, file->dev);
	if (__builtin_expect(file->key.volume != 0, 1) ||
	    !(file_index_flags(view) & INDEX_UNBOUND) || process_filtered())
		return 0;
	return file_bind_volume(dirfd, path, at_flags, file->dev, &file->key.volume) < 0 ? -EIO : 0;
}

/* A record with a handle is the file's only if that is. */
static __attribute__((noinline)) void check_handle(int dirfd, const char *path, int at_flags,
						   struct file *file)
{
	struct disk disk;

	file_find_handle(dirfd, path, at_flags, file);
	disk = file_disk(file);
	if (!overlay_fits(&disk, &file->record))
		file->record = (struct record){0};
}

static HOT int look_up(struct index_view *view, int dirfd, const char *path, int at_flags,
		       struct file *file)
{
	const struct statx *stx = &file->stx;
	int r;

	file->dev = makedev(stx->stx_dev_major, stx->stx_dev_minor);
	file->key = (struct record_key){.ino = stx->stx_ino};
	file->version = 0;
	file->handle = 0;
	r = file_find_shift(dirfd, path, at_flags, &file->shift);
	/* One that was left does not tell of a device that is another filesystem's by now. */
	if (r == 0 && __builtin_expect(file_index_state(view) != INDEX_LIVE, 0))
		r = attach_follow(view);
	if (r == 0 && (file_index_flags(view) & UNBOUND_OR_RECORDS))
		r = find_volume(view, dirfd, path, at_flags, file);
	if (r < 0 || !file->key.volume) {
		file->record = (struct record){0};
		return r;
	}
	r = find_record(view, file);
	if (__builtin_expect(r == 0 && file->record.handle, 0))
		check_handle(dirfd, path, at_flags, file);
	return r;
}

int file_look_in(struct index_view *view, int dirfd, const char *path, int at_flags, unsigned mask,
		 struct file *ret_file)
{
	int r = kernel_statx(dirfd, path, at_flags, mask, &ret_file->stx);

	return r < 0 ? r : look_up(view, dirfd, path, at_flags, ret_file);
}

int file_look(int dirfd, const char *path, int at_flags, struct file *ret_file)
{
	return file_look_statx(dirfd, path, at_flags, 0, ret_file);
}

int file_look_statx(int dirfd, const char *path, int at_flags, unsigned mask, struct file *ret_file)
{
	struct index_view view;
	int r = kernel_statx(dirfd, path, at_flags, mask, &ret_file->stx);

	if (r == 0)
		r = attach_view(&view);
	return r < 0 ? r : look_up(&view, dirfd, path, at_flags, ret_file);
}

static struct statx_timestamp from_ns(int64_t ns)
{
	return (struct statx_timestamp){.tv_sec = ns / FILE_NS_PER_S,
					.tv_nsec = (uint32_t)(ns % FILE_NS_PER_S)};
}

void file_show(const struct file *file, struct statx *stx)
{
	struct view room;
	const struct view *view = file_view(file, &room);
	struct disk disk;
	struct shown shown;

	if (file->record.flags == 0) { /* as most are: nothing else differs */
		stx->stx_uid = view_show_default(view, FAKEID_UID, file->stx.stx_uid);
		stx->stx_gid = view_show_default(view, FAKEID_GID, file->stx.stx_gid);
		return;
	}
	disk = file_disk(file);
	overlay_show(view, &disk, &file->record, &shown);
	stx->stx_uid = shown.uid;
	stx->stx_gid = shown.gid;
	stx->stx_mode = shown.mode;
	if (file->record.flags & RECORD_NODE) {
		stx->stx_rdev_major = shown.rdev >> 8 & 0xfffu;
		stx->stx_rdev_minor = (shown.rdev & 0xffu) | (shown.rdev >> 12 & 0xfff00u);
	}
	if (shown.ctime_ns != disk.ctime_ns)
		stx->stx_ctime = from_ns(shown.ctime_ns);
}

int file_patch_stat(int dirfd, const char *path, int at_flags, struct stat *st)
{
	struct record_key key = {.ino = st->st_ino};
	struct index_view view;
	struct record record;
	struct file file;
	uint64_t version;
	uint32_t uid = st->st_uid, gid = st->st_gid;
	int r = attach_view(&view);

	if (r < 0)
		return r;
	key.volume = index_volume_of(view.cur, st->st_dev);
	r = key.volume ? index_find(&view, key, &record, &version) : -ENOENT;
	if (r == 0 || r == -ESTALE || r == -EINPROGRESS ||
	    (!key.volume && (file_index_flags(&view) & INDEX_UNBOUND)) ||
	    (process.view.space && process.view.space->n_paths > 0)) {
		r = file_look(dirfd, path, at_flags, &file);
		if (r < 0 || file.key.ino != st->st_ino)
			return r;
	} else {
		file = (struct file){0};
		file.stx.stx_mode = (uint16_t)st->st_mode;
		file.stx.stx_uid = st->st_uid;
		file.stx.stx_gid = st->st_gid;
	}
	kernel_patch_stat(&file, st);
	if (procowner_concerns(st->st_dev))
		(void)procowner_find(dirfd, path, at_flags, st->st_mode, uid, gid, &st->st_uid,
				     &st->st_gid); /* else shown already */
	return 0;
}

unsigned char file_entry_type(uint64_t ino)
{
	struct index_view view;
	struct record record;
	uint64_t version;

	if (!process_on() || attach_view(&view) < 0 || !index_may_be_node(view.cur, ino))
		return DT_REG;
	/* Always a true answer, where its volume need not have a row: also in a segment that was
	 * left, which has all flags. */
	if (file_index_flags(&view) & (uint32_t)(INDEX_UNBOUND | INDEX_LOADING))
		return DT_UNKNOWN;
	for (uint32_t i = 0, n = index_n_volumes(view.cur); i < n; i++) {
		const struct index_volume *row = &view.cur->header->volumes[i];
		struct record_key key = {.ino = ino};
		int r;

		key.volume = atomic_load_explicit(&row->volume, memory_order_acquire);
		r = key.volume ? index_find(&view, key, &record, &version) : -ENOENT;
		/* Likewise while the index grows. */
		if (r == -ESTALE || r == -EINPROGRESS || (r == 0 && record.flags & RECORD_NODE))
			return DT_UNKNOWN;
	}
	return DT_REG;
}
