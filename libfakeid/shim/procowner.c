/* SPDX-License-Identifier: MIT
 * procowner.c - whom /proc/PID and what lies in it belong to, and who may look in there.
 */
#include "shim/procowner.h"

#include <errno.h>
#include <limits.h>
#include <linux/capability.h>
#include <sys/stat.h>

#include "core/procpath.h"
#include "shim/kernel.h"
#include "shim/peer.h"
#include "shim/sys.h"

static int32_t find_process(int dirfd, const char *path, int at_flags)
{
	bool is_empty = (at_flags & AT_EMPTY_PATH) && (!path || !*path);
	bool is_dir, is_new;
	char name[PATH_MAX];
	int32_t pid = is_empty ? 0 : procpath_direct(path, at_flags & AT_SYMLINK_NOFOLLOW);
	long fd, r;

	if (pid > 0)
		return pid;
	fd = kernel_hold(dirfd, path, at_flags, &is_new);
	if (fd < 0)
		return 0;
	r = kernel_fd_path((int)fd, name, sizeof(name));
	if (is_new)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return r < 0 ? 0 : procpath_process(name, &is_dir);
}

/* The process that an object of these ids belongs to. */
static bool find_owner(int dirfd, const char *path, int at_flags, uint32_t uid, uint32_t gid,
		       struct peer *ret_peer)
{
	int32_t pid = find_process(dirfd, path, at_flags);

	if (pid <= 0)
		return false;
	peer_find(pid, uid, gid, ret_peer);
	return true;
}

static bool find_owner_of(const struct file *file, int dirfd, const char *path, int at_flags,
			  struct peer *ret_peer)
{
	return find_owner(dirfd, path, at_flags, file->stx.stx_uid, file->stx.stx_gid, ret_peer);
}

/* task_dump_owner(): what everybody may list and search belongs to an undumpable process all the
 * same. */
static bool is_open_to_all(mode_t mode)
{
	return mode == (S_IFDIR | 0555);
}

bool procowner_find(int dirfd, const char *path, int at_flags, mode_t mode, uint32_t uid,
		    uint32_t gid, uint32_t *ret_uid, uint32_t *ret_gid)
{
	struct peer peer;

	if (process_filtered() || !find_owner(dirfd, path, at_flags, uid, gid, &peer))
		return false;
	*ret_uid = is_open_to_all(mode) ? peer.id[FAKEID_UID][CREDS_EFFECTIVE]
					: peer.owner[FAKEID_UID];
	*ret_gid = is_open_to_all(mode) ? peer.id[FAKEID_GID][CREDS_EFFECTIVE]
					: peer.owner[FAKEID_GID];
	return true;
}

int procowner_permit(const struct access_subject *who, const struct file *file, int dirfd,
		     const char *path, int at_flags, unsigned mask)
{
	struct access_object object = {
		.has_uid = true, .has_gid = true, .mode = file->stx.stx_mode};
	struct peer peer;

	/* Nearly everything there is for everybody to read. */
	if ((object.mode & mask) == mask || !find_owner_of(file, dirfd, path, at_flags, &peer))
		return 0;
	/* proc_fd_permission(): a process's own descriptors are open to it, whoever owns them. */
	if (peer.is_self && S_ISDIR(object.mode))
		return 0;
	object.uid = peer.owner[FAKEID_UID];
	object.gid = peer.owner[FAKEID_GID];
	return access_permission(who, &object, mask);
}

int procowner_peek(const struct access_subject *who, const struct file *file, int dirfd,
		   const char *path, int at_flags)
{
	static const enum creds_id ids[] = {CREDS_REAL, CREDS_EFFECTIVE, CREDS_SAVED};
	struct peer peer;

	if ((who->caps >> CAP_SYS_PTRACE & 1) ||
	    !find_owner_of(file, dirfd, path, at_flags, &peer) || peer.is_self)
		return 0;
	if (peer.creds.undumpable)
		return -EACCES;
	for (unsigned i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (peer.id[FAKEID_UID][ids[i]] != who->uid ||
		    peer.id[FAKEID_GID][ids[i]] != who->gid)
			return -EACCES;
	return peer.place == PEER_INSIDE && (peer.creds.cap[CREDS_CAP_PERMITTED] & ~who->caps)
		       ? -EACCES
		       : 0;
}
