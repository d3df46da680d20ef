/* SPDX-License-Identifier: MIT
 * access.c - the access family, on files that may be virtual devices or closed by their own mode
 * bits only.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "calls/gate.h"
#include "shim/file.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/procowner.h"
#include "shim/sys.h"

static bool is_denied(long r)
{
	return (r == -EACCES || r == -EROFS) && process_on();
}

/* The kernel said EACCES to the real user. A root may read and write any file of that user, and run
 * or search what somebody may run. EROFS is true of all but devices. */
static long access_denied(long denied, int dirfd, const char *path, int mode, int at_flags)
{
	struct statx shown;
	struct file file;
	long r = file_look(dirfd, path, at_flags & ~AT_EACCESS, &file);

	if (r < 0)
		return r;
	if (denied == -EROFS && !(file.record.flags & RECORD_NODE))
		return denied;
	if (file.stx.stx_uid != (uint32_t)SYS0(SYS_geteuid))
		return -EACCES;
	shown = file.stx;
	file_show(&file, &shown);
	if ((mode & X_OK) && !S_ISDIR(shown.stx_mode) && !(shown.stx_mode & 0111))
		return -EACCES;
	return 0;
}

static long access_at(int dirfd, const char *path, int mode, int at_flags)
{
	long r;

	/* libc's own way for real ids that differ, which they do not inside a session. */
	if (!process_on() && (at_flags & AT_EACCESS)) {
		int saved = errno;

		r = NEXT(faccessat)(dirfd, path, mode, at_flags);
		r = r < 0 ? -errno : r;
		errno = saved;
		return r;
	}
	/* faccessat2 only where flags need it: older kernels and filters do not know it. */
	if (at_flags & ~AT_EACCESS)
		r = SYS4(SYS_faccessat2, dirfd, path, mode, at_flags);
	else
		r = SYS3(SYS_faccessat, dirfd, path, mode);
	return is_denied(r) ? access_denied(r, dirfd, path, mode, at_flags) : r;
}

/* But of a process's links, which the kernel believes are the real user's. */
static long access_proc_link(const struct way *way, int dirfd, const char *path, int mode,
			     int at_flags)
{
	const struct statx *stx = &way->file.stx;
	struct access_object object = {.has_uid = true, .has_gid = true, .mode = stx->stx_mode};

	if (!S_ISLNK(stx->stx_mode) ||
	    !procowner_find(dirfd, path, at_flags, stx->stx_mode, stx->stx_uid, stx->stx_gid,
			    &object.uid, &object.gid))
		return 0;
	return access_permission(&way->who, &object, (unsigned)mode);
}

static __attribute__((noinline)) long limited_access(int dirfd, const char *path, int mode,
						     int at_flags)
{
	WAY struct way way;
	unsigned how = (at_flags & AT_SYMLINK_NOFOLLOW ? WAY_NOFOLLOW : 0) |
		       (at_flags & AT_EMPTY_PATH ? WAY_EMPTY : 0) |
		       (at_flags & AT_EACCESS ? 0 : WAY_REAL);
	long r;

	way.fd = -1;
	if (mode & ~(R_OK | W_OK | X_OK))
		return -EINVAL;
	r = gate_access(&way, dirfd, path, mode, how);
	if (r == 0 && permit_is_proc(&way.file)) { /* the kernel's word is the last one there */
		r = SYS4(SYS_faccessat2, dirfd, path, mode, at_flags);
		return r == 0 ? access_proc_link(&way, dirfd, path, mode, at_flags) : r;
	}
	return r < 0 ? r : access_at(way.dirfd, way.path, mode, at_flags);
}

/* Whether access(2) has anything to ask is a question of the real ids. */
static bool is_limited(int at_flags)
{
	unsigned limit = at_flags & AT_EACCESS ? PROCESS_LIMIT_FS : PROCESS_LIMIT_ACCESS;

	return process_may_be_limited(limit) && permit_has_limits(limit);
}

static long access_any(int dirfd, const char *path, int mode, int at_flags)
{
	return is_limited(at_flags) ? limited_access(dirfd, path, mode, at_flags)
				    : access_at(dirfd, path, mode, at_flags);
}

long wrap_access(const char *path, int mode)
{
#ifdef SYS_access
	/* The name that libc uses: a program's own seccomp filter may allow no other. */
	long r;

	if (is_limited(0))
		return limited_access(AT_FDCWD, path, mode, 0);
	r = SYS2(SYS_access, path, mode);

	return is_denied(r) ? access_denied(r, AT_FDCWD, path, mode, 0) : r;
#else
	return access_any(AT_FDCWD, path, mode, 0);
#endif
}

long wrap_faccessat(int dirfd, const char *path, int mode, int flags)
{
	if (flags & ~(AT_SYMLINK_NOFOLLOW | AT_EACCESS | AT_EMPTY_PATH))
		return -EINVAL;
	return access_any(dirfd, path, mode, flags);
}

/* Not the kernel's, which libc does not ask where real and effective ids differ: no capability
 * and no ACL counts, and root's group is one like others. */
long wrap_euidaccess(const char *path, int mode)
{
	uid_t user = wrap_geteuid();
	gid_t group = wrap_getegid();
	struct stat st;
	mode_t granted;
	long r = wrap_stat(path, &st);

	mode &= R_OK | W_OK | X_OK;
	if (r < 0 || !mode)
		return r;
	if (user == wrap_getuid() && group == wrap_getgid())
		return wrap_access(path, mode);
	if (user == 0 && (!(mode & X_OK) || (st.st_mode & 0111)))
		return 0;
	if (user == st.st_uid)
		granted = st.st_mode >> 6;
	else if (group == st.st_gid || wrap_group_member(st.st_gid))
		granted = st.st_mode >> 3;
	else
		granted = st.st_mode;
	return ((mode_t)mode & ~granted) ? -EACCES : 0;
}

long wrap_eaccess(const char *path, int mode)
{
	return wrap_euidaccess(path, mode);
}
