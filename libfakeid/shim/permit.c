/* SPDX-License-Identifier: MIT
 * permit.c - core/access.h for this process and a file that was looked at.
 */
#include "shim/permit.h"

#include <errno.h>
#include <linux/major.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include <fakeid/wire.h>

#include "core/xattrs.h"
#include "shim/attach.h"
#include "shim/client.h"
#include "shim/file_private.h"
#include "shim/kernel.h"
#include "shim/procowner.h"
#include "shim/sys.h"
#include "shim/text.h"

#define ACL_NAME "system.posix_acl_access"
#define PLACE_BYTES (KERNEL_FD_NAME_BYTES + NAME_MAX + 2u)

/* Are there files that have no place in this namespace? Where the index cannot be had, the calls
 * say so. */
static bool has_foreign(void)
{
	struct index_view view;

	if (!(process.session_flags & SESSION_ASKS) || attach_view(&view) < 0)
		return false;
	return !process.view.space || process.view.space->reach == NSVIEW_REACH_PART ||
	       (file_index_flags(&view) & INDEX_MAY(INDEX_HAS_FOREIGN));
}

bool permit_has_limits(unsigned limits)
{
	return !process_filtered() &&
	       ((process_limits_of(process_creds()) & limits) || has_foreign());
}

void permit_subject(struct access_subject *ret_who)
{
	const struct creds *creds = process_creds();

	ret_who->uid = creds->id[FAKEID_UID][CREDS_FS];
	ret_who->gid = creds->id[FAKEID_GID][CREDS_FS];
	ret_who->caps = creds->cap[CREDS_CAP_EFFECTIVE];
	ret_who->groups = process_groups();
}

void permit_real_subject(struct access_subject *ret_who)
{
	const struct creds *creds = process_creds();

	permit_subject(ret_who);
	ret_who->uid = creds->id[FAKEID_UID][CREDS_REAL];
	ret_who->gid = creds->id[FAKEID_GID][CREDS_REAL];
	ret_who->caps = process_caps_of_real(creds);
}

bool permit_is_proc(const struct file *file)
{
	uint32_t proc_dev = atomic_load_explicit(&process.proc_dev, memory_order_relaxed);

	return proc_dev && makedev(file->stx.stx_dev_major, file->stx.stx_dev_minor) == proc_dev;
}

/* The end of a pseudo-terminal that has a name. Who opened the other end is not known, and a record
 * may be of an earlier one with its number: it counts as that of whoever asks. */
static bool is_terminal(const struct file *file)
{
	const uint32_t first = UNIX98_PTY_SLAVE_MAJOR, major = file->stx.stx_rdev_major;

	return S_ISCHR(file->stx.stx_mode) && major - first < UNIX98_PTY_MAJOR_COUNT;
}

void permit_object(const struct file *file, struct access_object *ret_object)
{
	struct disk disk = file_disk(file);
	struct shown shown;
	struct view room;
	const struct view *view = file_view(file, &room);

	overlay_show(view, &disk, &file->record, &shown);
	*ret_object = (struct access_object){
		.uid_caps = overlay_caps(view, &disk, &file->record, FAKEID_UID),
		.gid_caps = overlay_caps(view, &disk, &file->record, FAKEID_GID),
		.mode = shown.mode,
	};
	ret_object->has_uid = overlay_id(view, &disk, &file->record, FAKEID_UID,
					 &ret_object->uid) == 0;
	ret_object->has_gid = overlay_id(view, &disk, &file->record, FAKEID_GID,
					 &ret_object->gid) == 0;
	if (is_terminal(file)) {
		ret_object->has_uid = true;
		ret_object->uid = process_creds()->id[FAKEID_UID][CREDS_FS];
	}
}

bool permit_owns(const struct file *file)
{
	struct access_subject who;
	struct access_object object;

	permit_subject(&who);
	permit_object(file, &object);
	return access_owns(&who, &object);
}

/* A path for calls that take nothing else; false where the name is not one of an object. */
static bool place_name(int dirfd, const char *path, char ret_name[PLACE_BYTES])
{
	struct text t = text_into(ret_name, PLACE_BYTES);

	if (dirfd == AT_FDCWD || *path == '/') {
		text_add(&t, *path ? path : ".");
	} else {
		text_add(&t, "/proc/self/fd/");
		text_add_number(&t, (uint64_t)dirfd);
		text_add(&t, *path ? "/" : "");
		text_add(&t, path);
	}
	return text_end(&t);
}

/* What the daemon keeps: its size, or negative errno. */
static long fetch_kept(const struct file *file, void *ret_acl)
{
	const struct client_file key = {process.fsns, file->key, file->record.btime_ns};
	uint8_t body[96];
	struct writer w = {body, sizeof body, false};
	size_t size = WIRE_XATTR_VALUE_MAX;
	int r;

	client_write_file(&w, &key);
	write_u16(&w, sizeof ACL_NAME - 1);
	write_bytes(&w, ACL_NAME, sizeof ACL_NAME - 1);
	r = client_ask(WIRE_XATTR_GET, body, sizeof body - w.left, NULL, 0, -1, ret_acl, &size);
	return r < 0 ? r : (long)size;
}

static long fetch_real(int dirfd, const char *path, int at_flags, void *ret_acl)
{
	char name[PLACE_BYTES];

	if (!place_name(dirfd, path, name))
		return -ENODATA;
	return SYS4(at_flags & AT_SYMLINK_NOFOLLOW ? SYS_lgetxattr : SYS_getxattr, name, ACL_NAME,
		    ret_acl, WIRE_XATTR_VALUE_MAX);
}

/* The access ACL with the ids of our view: its size, 0 if there is none. */
static long fetch_acl(const struct file *file, int dirfd, const char *path, int at_flags,
		      uint16_t mode, void *ret_acl)
{
	struct view room;
	bool kept = file->record.flags & RECORD_ACL;
	long size = kept ? fetch_kept(file, ret_acl) : -ENODATA;

	if (size == -ENODATA) {
		kept = false;
		size = fetch_real(dirfd, path, at_flags, ret_acl);
		if (size < 0)
			return 0; /* none, or a file system without */
	}
	if (size < 0)
		return size;
	if (xattrs_acl_parse(ret_acl, (size_t)size) <= 0)
		return kept ? -EIO : 0;
	if (kept)
		xattrs_acl_load(file_view(file, &room), ret_acl, (size_t)size);
	else
		xattrs_acl_show(file_view(file, &room), ret_acl, (size_t)size);
	xattrs_acl_apply_mode(ret_acl, (size_t)size, mode);
	return size;
}

/* Most files have none, on disk either: that is seen without room for one. */
static bool may_have_acl(const struct file *file, int dirfd, const char *path, int at_flags)
{
	char name[PLACE_BYTES];

	if (S_ISLNK(file->stx.stx_mode))
		return false;
	if (file->record.flags & RECORD_ACL)
		return true;
	return place_name(dirfd, path, name) &&
	       SYS4(at_flags & AT_SYMLINK_NOFOLLOW ? SYS_lgetxattr : SYS_getxattr, name, ACL_NAME,
		    NULL, 0) > 0;
}

int permit_ask(const struct access_subject *who, const struct file *file, int dirfd,
	       const char *path, int at_flags, unsigned mask)
{
	struct access_object object;
	long acl, r;

	if (permit_is_proc(file))
		return procowner_permit(who, file, dirfd, path, at_flags, mask);
	permit_object(file, &object);
	if (!access_wants_acl(who, &object) || !may_have_acl(file, dirfd, path, at_flags))
		return access_permission(who, &object, mask);

	/* Too large for a stranger's stack. */
	acl = SYS6(SYS_mmap, 0, WIRE_XATTR_VALUE_MAX, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (acl < 0 && acl > -4096)
		return (int)acl;
	r = fetch_acl(file, dirfd, path, at_flags, object.mode, (void *)acl);
	if (r > 0) {
		object.acl = (const void *)acl;
		object.acl_size = (size_t)r;
	}
	r = r < 0 ? r : access_permission(who, &object, mask);
	(void)SYS2(SYS_munmap, acl, WIRE_XATTR_VALUE_MAX); /* it was ours to unmap */
	return (int)r;
}

char permit_sysctl(const char *name, char otherwise)
{
	char path[64], value = otherwise;
	struct text t = text_into(path, sizeof path);
	long fd;

	text_add(&t, "/proc/sys/fs/");
	text_add(&t, name);
	if (!text_end(&t))
		return otherwise;
	/* Not remembered: only files of others lead here. */
	fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return otherwise;
	if (SYS3(SYS_read, fd, &value, 1) != 1)
		value = otherwise;
	(void)SYS1(SYS_close, fd); /* only read */
	return value;
}

uint16_t permit_mode_created(const struct file *dir, unsigned asked, uint16_t mode)
{
	struct access_subject who;
	struct access_object object;
	uint16_t all = (uint16_t)(asked & (S_IFMT | 07777u));

	permit_subject(&who);
	permit_object(dir, &object);
	/* Decided before the umask. */
	return access_mode_created(&who, &object, all) == all ? mode : mode & (uint16_t)~S_ISGID;
}
