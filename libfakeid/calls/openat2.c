/* SPDX-License-Identifier: MIT
 * openat2.c - openat2(2), which comes by syscall(2) only. RESOLVE_* is the kernel's; but in a root of
 * its own a name means another file than to the calls that look at it for us.
 */
#include <errno.h>
#include <linux/openat2.h>
#include <string.h>

#include "calls/gate.h"
#include "calls/open.h"
#include "calls/raw.h"
#include "shim/kernel.h"
#include "shim/permit.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/user.h"

#define HOW_BYTES_MAX 4096u /* more is E2BIG */

/* Only the mode and the device's own flags are ours to change; RESOLVE_* stays with the kernel. */
static long open_how(void *context, int dirfd, const char *path, int flags, mode_t mode)
{
	struct open_how how = *(const struct open_how *)context;
	bool creates = flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;

	how.flags = (how.flags & ~UINT64_C(0xffffffff)) | (uint32_t)flags;
	how.mode = creates ? mode : 0;
	return SYS4(SYS_openat2, dirfd, path, &how, sizeof how);
}

/* A larger structure is good as long as the kernel would find only zeros behind what it knows. */
static bool tail_is_zero(const struct open_how *how, size_t size)
{
	const unsigned char *at = (const unsigned char *)how;

	for (size_t i = sizeof *how; i < size; i++) {
		if (at[i])
			return false;
	}
	return true;
}

static long open_plainly(void *unused, int dirfd, const char *path, int flags, mode_t mode)
{
	(void)unused;
	return SYS4(SYS_openat, dirfd, path, flags, mode);
}

/* What is there is neither made, nor opened as a placeholder. */
static long open_resolved(int dirfd, const char *path, struct open_how *how)
{
	struct open_how look = {.flags = O_PATH | O_CLOEXEC | (how->flags & O_NOFOLLOW),
				.resolve = how->resolve};
	int flags = (int)how->flags;
	char name[KERNEL_FD_NAME_BYTES];
	struct file file = {0};
	WAY struct way way;
	bool in_root = process_may_look() && (how->resolve & RESOLVE_IN_ROOT);
	long fd = in_root ? SYS4(SYS_openat2, dirfd, path, &look, sizeof look) : -EFAULT, r;

	way.fd = fd < 0 ? -1 : (int)fd;
	/* Below `dirfd` most names mean the same to all calls. */
	if (fd != -EFAULT && path[strspn(path, "/")])
		path += strspn(path, "/");
	if (fd >= 0 && !(flags & (O_PATH | O_EXCL | O_DIRECTORY)) &&
	    file_look((int)fd, "", AT_EMPTY_PATH, &file) == 0 && S_ISREG(file.stx.stx_mode))
		flags &= ~O_CREAT;
	if (file.record.flags & RECORD_NODE) {
		kernel_fd_name((int)fd, name);
		r = open_allowed(open_plainly, NULL, AT_FDCWD, name, flags & ~O_NOFOLLOW, 0);
	} else {
		r = open_allowed(open_how, how, dirfd, path, flags, (mode_t)how->mode);
	}
	return r < 0 ? r : open_lowest(r, &way, (int)how->flags);
}

long raw_openat2(int dirfd, const char *path, struct open_how *how, size_t size)
{
	struct open_how ours;
	bool creates;

	if (process_on() && how && size == sizeof ours && !user_is_known(how, size)) {
		if (user_read(&ours, how, size) < 0)
			return -EFAULT;
		how = &ours;
	}
	if (!process_on() || !how || size < sizeof *how || size > HOW_BYTES_MAX ||
	    !tail_is_zero(how, size))
		return SYS4(SYS_openat2, dirfd, path, how, size);
	creates = how->flags & O_CREAT || (how->flags & O_TMPFILE) == O_TMPFILE;
	if ((!creates && how->mode) || (how->mode & ~UINT64_C(07777)))
		return SYS4(SYS_openat2, dirfd, path, how,
			    size); /* refused, in the kernel's words */
	/* Stricter than open(2), and before the path is looked at. */
	if (permit_limited() && SYS4(SYS_openat2, -1, "x", how, size) == -EINVAL)
		return -EINVAL;
	if (how->resolve) {
		long r = permit_limited() ? gate_resolve(dirfd, path, how) : 0;

		return r < 0 ? r : open_resolved(dirfd, path, how);
	}
	return open_file(open_how, how, dirfd, path, (int)how->flags, (mode_t)how->mode);
}
