/* SPDX-License-Identifier: MIT
 * access.c - the access family, on files that may be virtual devices or closed by their own mode bits only.
 */
#include "shim/wraps.h"

#include <errno.h>

#include "shim/file.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"

/* The kernel said EACCES to the real user. A root may read and write any file of that user, and run
 * or search what somebody may run. */
static long access_denied(int dirfd, const char *path, int mode, int at_flags)
{
	struct statx shown;
	struct file file;
	long r = file_look(dirfd, path, at_flags & ~AT_EACCESS, &file);

	if (r < 0)
		return r;
	if (file.stx.stx_uid != (uint32_t)SYS0(SYS_geteuid))
		return -EACCES;
	shown = file.stx;
	file_show(&file, &shown);
	if ((mode & X_OK) && !S_ISDIR(shown.stx_mode) && !(shown.stx_mode & 0111))
		return -EACCES;
	return 0;
}

static long access_any(int dirfd, const char *path, int mode, int at_flags)
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
	return r == -EACCES && process_on() ? access_denied(dirfd, path, mode, at_flags) : r;
}

long wrap_access(const char *path, int mode)
{
#ifdef SYS_access
	/* The name that libc uses: a program's own seccomp filter may allow no other. */
	long r = SYS2(SYS_access, path, mode);

	return r == -EACCES && process_on() ? access_denied(AT_FDCWD, path, mode, 0) : r;
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

long wrap_euidaccess(const char *path, int mode)
{
	return access_any(AT_FDCWD, path, mode, AT_EACCESS);
}

long wrap_eaccess(const char *path, int mode)
{
	return access_any(AT_FDCWD, path, mode, AT_EACCESS);
}
