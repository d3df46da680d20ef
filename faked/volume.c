/* SPDX-License-Identifier: MIT
 * volume.c - the volumes the store knows, and which device holds each of them now.
 */
#include "volume.h"

#include <fcntl.h>
#include <string.h>

#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

/* linux/stat.h has it from 6.8 on. */
#ifndef STATX_MNT_ID_UNIQUE
#define STATX_MNT_ID_UNIQUE 0x4000u
#endif

static int add_row(struct volumes *volumes, uint32_t number, const struct volume_id *id)
{
	struct volume *rows = realloc(volumes->rows, (volumes->n + 1) * sizeof(*rows));

	if (!rows)
		return -ENOMEM;

	volumes->rows = rows;
	rows[volumes->n++] = (struct volume){.number = number, .id = *id};
	return 0;
}

static int load_row(void *context, uint32_t number, const void *bytes, size_t size)
{
	struct volume_id id;
	int r = volume_id_decode(bytes, size, &id);

	return r < 0 ? r : add_row(context, number, &id);
}

int volumes_load(struct volumes *volumes, struct store *store,
		 const uint8_t boot_id[UTIL_BOOT_ID_BYTES])
{
	memcpy(volumes->boot_id, boot_id, UTIL_BOOT_ID_BYTES);
	return store_each_volume(store, load_row, volumes);
}

void volumes_done(struct volumes *volumes)
{
	free(volumes->rows);
	*volumes = (struct volumes){0};
}

uint64_t volumes_device(const struct volumes *volumes, uint32_t number)
{
	for (size_t i = 0; i < volumes->n; i++) {
		if (volumes->rows[i].number == number)
			return volumes->rows[i].dev;
	}
	return 0;
}

bool volume_copies_up(const struct volumes *volumes, uint32_t number)
{
	for (size_t i = 0; i < volumes->n; i++) {
		if (volumes->rows[i].number == number)
			return volumes->rows[i].id.type == OVERLAYFS_SUPER_MAGIC;
	}
	return false;
}

static struct volume *find_id(const struct volumes *volumes, const struct volume_id *id)
{
	uint8_t wanted[VOLUME_ID_BYTES], bytes[VOLUME_ID_BYTES];

	volume_id_encode(id, wanted);
	for (size_t i = 0; i < volumes->n; i++) {
		volume_id_encode(&volumes->rows[i].id, bytes);
		if (memcmp(wanted, bytes, sizeof(bytes)) == 0)
			return &volumes->rows[i];
	}
	return NULL;
}

static void make_device_id(const struct volumes *volumes, uint64_t dev, struct volume_id *id)
{
	memcpy(id->boot_id, volumes->boot_id, sizeof(id->boot_id));
	id->dev = dev;
}

/* The row of an identity as device `dev` has it, or NULL; *id becomes what a new row must have. A
 * copy of a filesystem, mounted beside it, has the same identity: the second one is told apart by
 * its device, which counts for this boot only. */
static struct volume *find_row(const struct volumes *volumes, uint64_t dev, struct volume_id *id)
{
	struct volume_id told_apart = *id;
	struct volume *row;

	make_device_id(volumes, dev, &told_apart);
	row = find_id(volumes, &told_apart);
	if (row) {
		*id = told_apart;
		return row;
	}

	row = find_id(volumes, id);
	if (!row || row->dev == 0 || row->dev == dev)
		return row;

	*id = told_apart;
	return NULL;
}

/* Device of an open file, 0 on failure, and the unique id of its mount, 0 where the kernel has none. */
static uint64_t device_of(int fd, uint64_t *ret_mount_id)
{
	struct statx stx;

	/* What is cached will do: asking a server could take for ever. */
	if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_TYPE | STATX_MNT_ID_UNIQUE,
		  &stx) < 0)
		return 0;

	*ret_mount_id = stx.stx_mask & STATX_MNT_ID_UNIQUE ? stx.stx_mnt_id : 0;
	return makedev(stx.stx_dev_major, stx.stx_dev_minor);
}

/* Identify by a mount point. False when it cannot be reached, or something else lies over it. */
static bool identify_mount(const struct volumes *volumes, const struct mount *mount,
			   struct volume_id *ret_id, uint64_t *ret_mount_id)
{
	autoclose int fd = -1;

	*ret_mount_id = 0;
	if (!volume_is_remote(mount->type)) {
		fd = open(mount->point, O_PATH | O_CLOEXEC | O_NOFOLLOW);
		if (fd < 0 || device_of(fd, ret_mount_id) != mount->dev)
			return false;
	}

	volume_identify(mount, fd, mount->dev, volumes->boot_id, ret_id);
	return true;
}

static bool is_listed(const struct mounts *mounts, uint64_t dev)
{
	for (size_t i = 0; i < mounts->n; i++) {
		if (mounts->rows[i].dev == dev)
			return true;
	}
	return false;
}

static struct volume *row_of_device(const struct volumes *volumes, uint64_t dev)
{
	for (size_t i = 0; i < volumes->n; i++) {
		if (volumes->rows[i].dev == dev)
			return &volumes->rows[i];
	}
	return NULL;
}

/* The mount table has one row for each mount of a device. While one of them is there, the device is
 * no other filesystem's, and nothing need be opened: unmounting fails as long as something is. */
static void refresh_mount(struct volumes *volumes, const struct mount *mount, bool all)
{
	struct volume *held = row_of_device(volumes, mount->dev), *row;
	struct volume_id id;
	uint64_t mount_id;

	if (held && (held->listed || mount_exists(held->mount_id))) {
		held->listed = true;
		return;
	}
	if (!held && !row_of_device(volumes, 0))
		return;
	if (!held && !all) {
		volumes->behind = true;
		return;
	}

	if (!identify_mount(volumes, mount, &id, &mount_id)) {
		if (held)
			held->listed = true;
		return;
	}

	row = find_row(volumes, mount->dev, &id);
	if (held && held != row)
		held->dev = 0;
	if (row) {
		row->dev = mount->dev;
		row->mount_id = mount_id;
		row->listed = true;
	}
}

static int refresh(struct volumes *volumes, int mounts_fd, bool all)
{
	struct mounts mounts;
	int r = mounts_read(mounts_fd, &mounts);

	if (r < 0)
		return r;

	for (size_t i = 0; i < volumes->n; i++) {
		struct volume *row = &volumes->rows[i];

		if (row->listed && !is_listed(&mounts, row->dev))
			row->dev = 0;
		row->listed = false;
	}
	volumes->behind = false;
	for (size_t i = 0; i < mounts.n; i++)
		refresh_mount(volumes, &mounts.rows[i], all);
	mounts_done(&mounts);
	return 0;
}

int volumes_recheck(struct volumes *volumes, int mounts_fd)
{
	return refresh(volumes, mounts_fd, false);
}

int volumes_refresh(struct volumes *volumes, int mounts_fd)
{
	return refresh(volumes, mounts_fd, true);
}

int volumes_catch_up(struct volumes *volumes, int mounts_fd)
{
	return volumes->behind ? volumes_refresh(volumes, mounts_fd) : 0;
}

/* Identify a device by a mount point, or by `fd` where none can be reached. */
static bool identify_device(const struct volumes *volumes, const struct mounts *mounts,
			    uint64_t dev, int fd, struct volume_id *ret_id, uint64_t *ret_mount_id,
			    bool *ret_listed)
{
	const struct mount *listed = NULL;

	*ret_listed = false;
	for (size_t i = 0; i < mounts->n; i++) {
		if (mounts->rows[i].dev != dev)
			continue;

		*ret_listed = true;
		listed = &mounts->rows[i];
		if (identify_mount(volumes, listed, ret_id, ret_mount_id))
			return true;
	}
	if (fd < 0)
		return false;

	*ret_mount_id = 0; /* not by this mount is it listed */
	volume_identify(listed, fd, dev, volumes->boot_id, ret_id);
	return true;
}

static int add_volume(struct volumes *volumes, const struct volume_id *id, struct store *store,
		      struct volume **ret_row)
{
	uint8_t bytes[VOLUME_ID_BYTES];
	uint32_t number;
	int r;

	volume_id_encode(id, bytes);
	r = store_add_volume(store, bytes, sizeof(bytes), &number);
	if (r == 0)
		r = add_row(volumes, number, id);
	if (r < 0)
		return r;

	*ret_row = &volumes->rows[volumes->n - 1];
	return 0;
}

int volumes_find(struct volumes *volumes, int mounts_fd, uint64_t dev, int fd, struct store *store,
		 uint32_t *ret_number)
{
	struct mounts mounts;
	struct volume_id id;
	struct volume *row, *held;
	uint64_t mount_id;
	bool listed, known;
	int r;

	if (dev == 0 || (fd >= 0 && device_of(fd, &mount_id) != dev))
		return -EINVAL;

	r = mounts_read(mounts_fd, &mounts);
	if (r < 0)
		return r;

	known = identify_device(volumes, &mounts, dev, fd, &id, &mount_id, &listed);
	mounts_done(&mounts);
	if (!known)
		return -ENOENT;

	row = find_row(volumes, dev, &id);
	if (!row) {
		if (!store)
			return -ENOENT;

		r = add_volume(volumes, &id, store, &row);
		if (r < 0)
			return r;
	}

	held = row_of_device(volumes, dev);
	if (held && held != row)
		held->dev = 0;
	row->dev = dev;
	row->mount_id = mount_id;
	row->listed = listed;
	*ret_number = row->number;
	return 0;
}
