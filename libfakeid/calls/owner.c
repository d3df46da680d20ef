/* SPDX-License-Identifier: MIT
 * owner.c - the chown family. The kernel is never asked to chown: what changes is the record.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "shim/client.h"
#include "shim/file.h"
#include "shim/process.h"
#include "shim/sys.h"

/* chown takes the file's capabilities away, whoever asks (capabilities(7)). */
static int drop_capability(struct file *file, struct change *change)
{
	static const char name[] = "security.capability";
	const struct client_file key = {process.fsns, file->key, file->record.btime_ns};
	uint8_t body[64], reply[4];
	struct writer w = {.at = body, .left = sizeof body};
	struct reader in = {.at = reply, .left = sizeof reply};
	size_t size = sizeof reply;
	int r;

	if (!(file->record.flags & RECORD_XATTRS) || S_ISDIR(file->stx.stx_mode))
		return 0;
	client_write_file(&w, &key);
	write_u16(&w, sizeof name - 1);
	write_bytes(&w, name, sizeof name - 1);
	r = client_ask(WIRE_XATTR_REMOVE, body, sizeof body - w.left, NULL, 0, -1, reply, &size);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	change->what |= CHANGE_XATTRS;
	change->xattr_flags = (uint16_t)read_u32(&in);
	return 0;
}

static long chown_any(int dirfd, const char *path, uid_t uid, gid_t gid, int at_flags)
{
	struct change change = {
		.what = CHANGE_UID | CHANGE_GID | CHANGE_CHOWN, .uid = uid, .gid = gid};
	struct file file;
	int r;

	if (!process_on())
		return SYS5(SYS_fchownat, dirfd, path, uid, gid, at_flags);
	if (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH))
		return -EINVAL;
	r = file_look_for_update(dirfd, path, at_flags, &file);
	if (r < 0)
		return r;
	r = drop_capability(&file, &change);
	return r < 0 ? r : file_change(&file, &change);
}

long wrap_chown(const char *path, uid_t uid, gid_t gid)
{
	return chown_any(AT_FDCWD, path, uid, gid, 0);
}

long wrap_lchown(const char *path, uid_t uid, gid_t gid)
{
	return chown_any(AT_FDCWD, path, uid, gid, AT_SYMLINK_NOFOLLOW);
}

long wrap_fchown(int fd, uid_t uid, gid_t gid)
{
	long flags;

	if (!process_on())
		return SYS3(SYS_fchown, fd, uid, gid);
	/* Unlike fchownat, fchown refuses an O_PATH descriptor. */
	flags = SYS3(SYS_fcntl, fd, F_GETFL, 0);
	if (flags < 0 || (flags & O_PATH))
		return -EBADF;
	return chown_any(fd, "", uid, gid, AT_EMPTY_PATH);
}

long wrap_fchownat(int dirfd, const char *path, uid_t uid, gid_t gid, int flags)
{
	return chown_any(dirfd, path, uid, gid, flags);
}
