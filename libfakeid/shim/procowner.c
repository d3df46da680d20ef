/* SPDX-License-Identifier: MIT
 * procowner.c - whom /proc/PID and what lies in it belong to.
 */
#include "shim/procowner.h"

#include <limits.h>

#include "core/procpath.h"
#include "shim/kernel.h"
#include "shim/peer.h"
#include "shim/sys.h"

static int32_t find_process(int dirfd, const char *path, int at_flags)
{
	bool is_empty = (at_flags & AT_EMPTY_PATH) && (!path || !*path);
	bool is_fd = is_empty && dirfd != AT_FDCWD;
	bool is_dir;
	char name[PATH_MAX];
	int32_t pid = is_empty ? 0 : procpath_direct(path, at_flags & AT_SYMLINK_NOFOLLOW);
	long fd, r;

	if (pid > 0)
		return pid;
	fd = is_fd ? dirfd : kernel_open_path(dirfd, is_empty ? "." : path, at_flags);
	if (fd < 0)
		return 0;
	r = kernel_fd_path((int)fd, name, sizeof(name));
	if (!is_fd)
		(void)SYS1(SYS_close, fd); /* O_PATH: nothing to lose */
	return r < 0 ? 0 : procpath_process(name, &is_dir);
}

bool procowner_find(int dirfd, const char *path, int at_flags, uint32_t uid, uint32_t gid,
		    uint32_t *ret_uid, uint32_t *ret_gid)
{
	struct peer peer;
	int32_t pid;

	if (atomic_load_explicit(&process.filtered, memory_order_relaxed))
		return false;
	pid = find_process(dirfd, path, at_flags);
	if (pid <= 0)
		return false;
	peer_find(pid, uid, gid, &peer);
	*ret_uid = peer.id[FAKEID_UID][CREDS_EFFECTIVE];
	*ret_gid = peer.id[FAKEID_GID][CREDS_EFFECTIVE];
	return true;
}
