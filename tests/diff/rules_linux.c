/* SPDX-License-Identifier: MIT
 * rules_linux.c - calls of rules that only Linux has, or that want structures.
 */
#include "rules.h"
#include "rules_linux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/openat2.h>
#include <mntent.h>
#include <string.h>
#include <sys/fanotify.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* One flag more than there are. */
long chattr(int fd, unsigned flag)
{
	unsigned flags = 0;

	(void)ioctl(fd, FS_IOC_GETFLAGS, &flags); /* then of none */
	flags |= flag;
	return ioctl(fd, FS_IOC_SETFLAGS, &flags);
}

long set_extended(int fd, unsigned flag)
{
	struct fsxattr extended = {0};

	(void)ioctl(fd, FS_IOC_FSGETXATTR, &extended); /* then of none */
	extended.fsx_xflags |= flag;
	return ioctl(fd, FS_IOC_FSSETXATTR, &extended);
}

long set_hint(int fd, int command, uint64_t hint)
{
	return fcntl(fd, command, &hint);
}

/* Those that it has, as the kernel's struct file_attr. */
long set_attributes(int dirfd, const char *path, int at_flags)
{
	uint64_t attributes[3] = {0};

	if (syscall(SYS_file_getattr, dirfd, path, attributes, sizeof(attributes), at_flags) < 0)
		memset(attributes, 0, sizeof(attributes));
	return syscall(SYS_file_setattr, dirfd, path, attributes, sizeof(attributes), at_flags);
}

long get_handle(int dirfd, const char *path, int flags)
{
	union {
		struct file_handle head;
		char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	} handle = {.head.handle_bytes = MAX_HANDLE_SZ};
	int mount_id;

	return name_to_handle_at(dirfd, path, &handle.head, &mount_id, flags);
}

long watch_events(int dirfd, const char *path, unsigned flags)
{
	int fd = fanotify_init(FAN_CLASS_NOTIF | FAN_REPORT_FID, O_RDONLY), error;
	long r;

	if (fd < 0)
		rules_die("fanotify_init");
	r = fanotify_mark(fd, FAN_MARK_ADD | flags, FAN_MODIFY, dirfd, path);
	error = errno;
	(void)close(fd); /* nothing was read */
	errno = error;
	return r;
}

long read_mounts(const char *path, const char *mode)
{
	FILE *stream = setmntent(path, mode);

	if (stream == NULL)
		return -1;
	(void)endmntent(stream); /* nothing was written */
	return 0;
}

/* cachestat(2). */
long ask_cache(int fd)
{
	uint64_t range[2] = {0}, answer[5];

	return syscall(451, fd, range, answer, 0);
}

long open_within(int dirfd, const char *path, int flags, uint64_t resolve)
{
	struct open_how how = {.flags = (unsigned)flags, .resolve = resolve};

	if (flags & O_CREAT)
		how.mode = 0600;
	return syscall(SYS_openat2, dirfd, path, &how, sizeof(how));
}

long send_to(const char *path, int by)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	struct iovec piece = {&address, 1};
	struct mmsghdr message = {.msg_hdr = {.msg_name = &address,
					      .msg_namelen = sizeof(address),
					      .msg_iov = &piece,
					      .msg_iovlen = 1}};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), error;
	long r;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		rules_die("socket %s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	if (by == 0)
		r = sendto(fd, &address, 1, 0, (const struct sockaddr *)&address, sizeof(address));
	else if (by == 1)
		r = sendmsg(fd, &message.msg_hdr, 0);
	else if (by == 2)
		r = sendmmsg(fd, &message, 1, 0);
	else if (by == 3)
		r = syscall(SYS_sendmsg, fd, &message.msg_hdr, 0);
	else
		r = syscall(SYS_sendmmsg, fd, &message, 1, 0);
	error = errno;
	(void)close(fd); /* nothing was read */
	errno = error;
	return r;
}
