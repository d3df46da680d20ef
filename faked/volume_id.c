/* SPDX-License-Identifier: MIT
 * volume_id.c - what tells one filesystem from another, over boots and over changing device
 * numbers.
 */
#include "volume.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/sysmacros.h>

#include "core/cursor.h"

#define XFS_MAGIC 0x58465342u
#define RAMFS_MAGIC_NUMBER 0x858458f6u

/* linux/fs.h has it from 6.9 on. */
struct fs_uuid {
	uint8_t size;
	uint8_t uuid[16];
};
#define FS_IOC_GET_FS_UUID _IOR(0x15, 0, struct fs_uuid)

void volume_id_encode(const struct volume_id *id, uint8_t ret_bytes[VOLUME_ID_BYTES])
{
	struct writer w = {ret_bytes, VOLUME_ID_BYTES, false};

	write_uint(&w, id->kind, 1);
	write_u32(&w, id->type);
	write_bytes(&w, id->id, sizeof(id->id));
	write_bytes(&w, id->boot_id, sizeof(id->boot_id));
	write_u64(&w, id->dev);
}

int volume_id_decode(const void *bytes, size_t size, struct volume_id *ret_id)
{
	struct reader r = {bytes, size, false};
	struct volume_id id = {0};

	if (size != VOLUME_ID_BYTES)
		return -EBADMSG;

	id.kind = (uint8_t)read_uint(&r, 1);
	id.type = read_u32(&r);
	memcpy(id.id, read_bytes(&r, sizeof(id.id)), sizeof(id.id));
	memcpy(id.boot_id, read_bytes(&r, sizeof(id.boot_id)), sizeof(id.boot_id));
	id.dev = read_u64(&r);
	if (id.kind < VOLUME_FSID || id.kind > VOLUME_DEVICE)
		return -EBADMSG;

	*ret_id = id;
	return 0;
}

bool volume_is_remote(const char *type)
{
	static const char *const types[] = {"nfs",  "nfs4",   "cifs",	"smb3",	    "9p",
					    "ceph", "afs",    "coda",	"lustre",   "ocfs2",
					    "gfs2", "autofs", "beegfs", "glusterfs"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(type, types[i]) == 0)
			return true;
	}
	return strncmp(type, "fuse", 4) == 0;
}

/* FNV-1a over the text, from two starting points; tells names apart, keeps nothing secret. */
static void hash_text(const char *text, size_t len, uint8_t ret_id[16])
{
	uint64_t a = UINT64_C(14695981039346656037), b = UINT64_C(0x9e3779b97f4a7c15);
	struct writer w = {ret_id, 16, false};

	for (size_t i = 0; i < len; i++) {
		a = (a ^ (uint8_t)text[i]) * UINT64_C(1099511628211);
		b = (b ^ (uint8_t)text[i]) * UINT64_C(1099511628211);
	}
	write_u64(&w, a);
	write_u64(&w, b);
}

static void by_device(uint64_t dev, const uint8_t boot_id[UTIL_BOOT_ID_BYTES],
		      struct volume_id *ret_id)
{
	ret_id->kind = VOLUME_DEVICE;
	memcpy(ret_id->boot_id, boot_id, UTIL_BOOT_ID_BYTES);
	ret_id->dev = dev;
}

/* The ioctl wants a file that is open for reading. Opening a device or a pipe would have
 * effects. */
static bool get_uuid(int fd, uint8_t ret_uuid[16])
{
	static const uint8_t zero[16];
	struct fs_uuid uuid = {0};
	char path[32];
	struct stat st;
	autoclose int file = -1;

	if (fstat(fd, &st) < 0 || !(S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		return false;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0 || ioctl(file, FS_IOC_GET_FS_UUID, &uuid) < 0 || uuid.size != 16 ||
	    memcmp(uuid.uuid, zero, 16) == 0)
		return false;

	memcpy(ret_uuid, uuid.uuid, 16);
	return true;
}

/* Several filesystems give their device number as f_fsid; the kernel packs it like this. */
static bool is_device_number(uint64_t fsid, uint64_t dev)
{
	uint64_t packed = (minor(dev) & 0xff) | (uint64_t)major(dev) << 8 |
			  (uint64_t)(minor(dev) & ~0xffu) << 12;

	return fsid == packed;
}

/* Two overlays over one disk share its f_fsid. The upper layer tells them apart: it holds every
 * file that has a record, and is in use once. Nothing behind its name counts: a later mount of the
 * same overlay shows other options (uuid=on the first time only; a comma in a name is escaped). */
static bool by_upper_layer(const struct mount *mount, struct volume_id *ret_id)
{
	const char *upper = mount ? strstr(mount->options, "upperdir=") : NULL;

	if (!upper || strcmp(mount->type, "overlay") != 0)
		return false;

	ret_id->kind = VOLUME_NAME;
	hash_text(upper, strcspn(upper, ","), ret_id->id);
	return true;
}

static void identify_local(const struct mount *mount, int fd, uint64_t dev,
			   const uint8_t boot_id[UTIL_BOOT_ID_BYTES], struct volume_id *ret_id)
{
	struct volume_id id = {0};
	struct statfs fs;
	uint64_t fsid;

	by_device(dev, boot_id, ret_id);
	if (fd < 0 || fstatfs(fd, &fs) < 0)
		return;

	id.type = ret_id->type = (uint32_t)fs.f_type;
	fsid = (uint64_t)(uint32_t)fs.f_fsid.__val[1] << 32 | (uint32_t)fs.f_fsid.__val[0];
	if (id.type == OVERLAYFS_SUPER_MAGIC) {
		if (by_upper_layer(mount, &id))
			*ret_id = id;
		return;
	}

	/* btrfs: subvolumes share the UUID and count inodes each for themselves, f_fsid differs. */
	if (fsid != 0 && id.type != XFS_MAGIC && !is_device_number(fsid, dev)) {
		struct writer w = {id.id, sizeof(id.id), false};

		id.kind = VOLUME_FSID;
		write_u64(&w, fsid);
	} else if (get_uuid(fd, id.id)) {
		id.kind = VOLUME_UUID;
	} else {
		return;
	}

	/* Made anew at each mount; the boot tells when its records may go. */
	if (id.type == TMPFS_MAGIC || id.type == RAMFS_MAGIC_NUMBER)
		memcpy(id.boot_id, boot_id, UTIL_BOOT_ID_BYTES);
	*ret_id = id;
}

void volume_identify(const struct mount *mount, int fd, uint64_t dev,
		     const uint8_t boot_id[UTIL_BOOT_ID_BYTES], struct volume_id *ret_id)
{
	struct volume_id id = {0};

	if (!mount || !volume_is_remote(mount->type)) {
		identify_local(mount, fd, dev, boot_id, &id);
	} else if (strncmp(mount->type, "fuse", 4) == 0 || strcmp(mount->type, "autofs") == 0) {
		by_device(dev, boot_id, &id);
	} else {
		id.kind = VOLUME_NAME;
		hash_text(mount->source, strlen(mount->source), id.id);
	}
	*ret_id = id;
}
