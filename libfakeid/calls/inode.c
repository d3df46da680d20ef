/* SPDX-License-Identifier: MIT
 * inode.c - attributes of inodes that chattr(1) and its like set: ioctl(2), and the system calls that
 * do the same by name. They are the file's owner's to set.
 */
#include <errno.h>
#include <linux/fs.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include "calls/gate.h"
#include "calls/raw.h"
#include "shim/sys.h"
#include "shim/user.h"
#include "shim/wraps.h"

/* ext4's own number for the same. */
#define EXT4_IOC_GETVERSION _IOR('f', 3, long)
#define EXT4_IOC_SETVERSION _IOW('f', 4, long)

/* What sets something of an inode, what gets the same, and how much is read before anybody asks who
 * wants to. */
static const struct request {
	unsigned long set, get;
	size_t read_before;
} requests[] = {
	{FS_IOC_SETFLAGS, FS_IOC_GETFLAGS, sizeof(unsigned)},
	{FS_IOC_FSSETXATTR, FS_IOC_FSGETXATTR, sizeof(struct fsxattr)},
	{FS_IOC_SETVERSION, FS_IOC_GETVERSION, 0},
	{EXT4_IOC_SETVERSION, EXT4_IOC_GETVERSION, 0},
};

/* All that other requests pay. */
static inline const struct request *find_request(unsigned long set)
{
	for (unsigned i = 0; i < sizeof(requests) / sizeof(requests[0]); i++)
		if (requests[i].set == set)
			return &requests[i];
	return NULL;
}

static bool is_read_only(int fd)
{
	struct statfs fs;

	return SYS2(SYS_fstatfs, fd, &fs) == 0 && (fs.f_flags & ST_RDONLY);
}

/* 0 where the call is to be made, which says whatever else is wrong. */
static __attribute__((noinline)) int ask(int fd, const struct request *request,
					 const void *argument)
{
	char room[sizeof(struct fsxattr)] = {0};
	long flags = SYS3(SYS_fcntl, fd, F_GETFL, 0), r;
	struct file file;

	if (flags < 0 || (flags & O_PATH) || file_look(fd, "", AT_EMPTY_PATH, &file) < 0 ||
	    permit_owns(&file))
		return 0;
	if (request->read_before && user_read(room, argument, request->read_before) < 0)
		return -EFAULT;
	r = SYS3(SYS_ioctl, fd, request->get, room);
	if (r < 0)
		return (int)r; /* not of this file system */
	return request->read_before && is_read_only(fd) ? -EROFS : -EPERM;
}

static long control(int fd, unsigned long set, void *argument)
{
	const struct request *request = find_request(set);
	int r = request && permit_limited() ? ask(fd, request, argument) : 0;

	return r < 0 ? r : SYS3(SYS_ioctl, fd, set, argument);
}

/* Whatever the third argument is, it is in a register, or nobody looks at it. */
FAKEID_EXPORT int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *argument;
	long r;

	va_start(args, request);
	argument = va_arg(args, void *);
	va_end(args);
	r = control(fd, request, argument);
	if (r >= 0)
		return (int)r;
	errno = (int)-r;
	return -1;
}

/* -- by name: Linux 6.17 -- */

enum { NR_CACHESTAT = 451, NR_FILE_GETATTR = 468, NR_FILE_SETATTR = 469 };

struct by_name {
	long n; /* the system call */
	int dirfd;
	const char *path;
	void *attributes;
	size_t size;
	int at_flags;
};

static long call(const struct by_name *c, int dirfd, const char *path)
{
	return SYS5(c->n, dirfd, path, c->attributes, c->size, c->at_flags);
}

/* A device has no such attributes, where its placeholder has some. An empty path wants an open
 * descriptor, which is never the placeholder's. */
static bool is_device(const struct file *file, const char *path)
{
	return (file->record.flags & RECORD_NODE) && *path;
}

static long may_set(const struct by_name *c, const struct way *way)
{
	struct by_name get = *c;
	uint64_t attributes[3];
	long r;

	if (permit_owns(&way->file))
		return 0;
	get.n = NR_FILE_GETATTR;
	get.attributes = attributes;
	get.size = sizeof(attributes);
	r = call(&get, way->dirfd, way->path);
	return r < 0 ? r : gate_unless_read_only(way, -EPERM);
}

static long limited_call(const struct by_name *c)
{
	WAY struct way way;
	long r = call(c, -1, "x");

	way.fd = -1;
	if (r != -EBADF)
		return r; /* wrong in itself */
	r = gate_find(&way, c->dirfd, c->path, c->at_flags);
	if (r == 0 && is_device(&way.file, way.path))
		r = -EOPNOTSUPP;
	if (r == 0 && c->n == NR_FILE_SETATTR)
		r = may_set(c, &way);
	return r < 0 ? r : call(c, way.dirfd, way.path);
}

static long with_attributes(const struct by_name *c)
{
	struct file file;

	if (permit_limited())
		return limited_call(c);
	if (process_on() && c->path && file_look(c->dirfd, c->path, c->at_flags, &file) == 0 &&
	    is_device(&file, c->path) && call(c, -1, "x") == -EBADF)
		return -EOPNOTSUPP;
	return call(c, c->dirfd, c->path);
}

/* can_do_cachestat(): what others read is nobody's business who may not write. */
static bool may_ask_cache(int fd)
{
	long flags = SYS3(SYS_fcntl, fd, F_GETFL, 0);
	struct access_subject who;
	struct file file;

	permit_subject(&who);
	return flags < 0 || (flags & (O_ACCMODE | O_PATH)) ||
	       file_look(fd, "", AT_EMPTY_PATH, &file) < 0 || permit_owns(&file) ||
	       permit_ask(&who, &file, fd, "", AT_EMPTY_PATH, ACCESS_WRITE) == 0;
}

bool raw_inode_call(long n, const long arg[6], long *ret_result)
{
	const struct by_name c = {
		n, (int)arg[0], (const char *)arg[1], (void *)arg[2], (size_t)arg[3], (int)arg[4]};

	switch (n) {
	case SYS_ioctl:
		*ret_result = control((int)arg[0], (unsigned long)arg[1], (void *)arg[2]);
		return true;
	case NR_CACHESTAT:
		*ret_result = permit_limited() && !may_ask_cache((int)arg[0])
				      ? -EPERM
				      : SYS4(NR_CACHESTAT, arg[0], arg[1], arg[2], arg[3]);
		return true;
	case NR_FILE_GETATTR:
	case NR_FILE_SETATTR:
		*ret_result = with_attributes(&c);
		return true;
	default:
		return false;
	}
}
