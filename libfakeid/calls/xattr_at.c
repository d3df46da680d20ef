/* SPDX-License-Identifier: MIT
 * xattr_at.c - the sixteen entry points of the xattr family: by path, by path without following, by
 * descriptor, and the *at calls of Linux 6.13, which programs reach through syscall(2) only.
 */
#include "xattr.h"

#include <errno.h>
#include <string.h>

#include "calls/gate.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/wraps.h"

/* One numbering for all architectures since 5.1. */
enum { NR_SETXATTRAT = 463, NR_GETXATTRAT = 464, NR_LISTXATTRAT = 465, NR_REMOVEXATTRAT = 466 };

long xattr_raw_set(const struct xattr_place *place, const char *name, const void *value,
		   size_t size, int flags)
{
	struct xattr_at_args args = {(uintptr_t)value, (uint32_t)size, (uint32_t)flags};

	switch (place->door) {
	case XATTR_PATH:
		return SYS5(SYS_setxattr, place->path, name, value, size, flags);
	case XATTR_LPATH:
		return SYS5(SYS_lsetxattr, place->path, name, value, size, flags);
	case XATTR_FD:
		return SYS5(SYS_fsetxattr, place->dirfd, name, value, size, flags);
	case XATTR_AT:
		break;
	}
	return SYS6(NR_SETXATTRAT, place->dirfd, place->path, place->at_flags, name, &args,
		    sizeof(args));
}

long xattr_raw_get(const struct xattr_place *place, const char *name, void *value, size_t size)
{
	struct xattr_at_args args = {(uintptr_t)value, (uint32_t)size, 0};

	switch (place->door) {
	case XATTR_PATH:
		return SYS4(SYS_getxattr, place->path, name, value, size);
	case XATTR_LPATH:
		return SYS4(SYS_lgetxattr, place->path, name, value, size);
	case XATTR_FD:
		return SYS4(SYS_fgetxattr, place->dirfd, name, value, size);
	case XATTR_AT:
		break;
	}
	return SYS6(NR_GETXATTRAT, place->dirfd, place->path, place->at_flags, name, &args,
		    sizeof(args));
}

long xattr_raw_list(const struct xattr_place *place, char *list, size_t size)
{
	switch (place->door) {
	case XATTR_PATH:
		return SYS3(SYS_listxattr, place->path, list, size);
	case XATTR_LPATH:
		return SYS3(SYS_llistxattr, place->path, list, size);
	case XATTR_FD:
		return SYS3(SYS_flistxattr, place->dirfd, list, size);
	case XATTR_AT:
		break;
	}
	return SYS5(NR_LISTXATTRAT, place->dirfd, place->path, place->at_flags, list, size);
}

long xattr_raw_remove(const struct xattr_place *place, const char *name)
{
	switch (place->door) {
	case XATTR_PATH:
		return SYS2(SYS_removexattr, place->path, name);
	case XATTR_LPATH:
		return SYS2(SYS_lremovexattr, place->path, name);
	case XATTR_FD:
		return SYS2(SYS_fremovexattr, place->dirfd, name);
	case XATTR_AT:
		break;
	}
	return SYS4(NR_REMOVEXATTRAT, place->dirfd, place->path, place->at_flags, name);
}

/* What statx(2) wants to hear for the same object. */
static void statx_place(const struct xattr_place *place, int *ret_dirfd, const char **ret_path,
			int *ret_flags)
{
	*ret_dirfd = place->dirfd;
	*ret_path = place->path ? place->path : "";
	*ret_flags = (int)place->at_flags;
}

int xattr_look(const struct xattr_place *place, struct file *ret_file)
{
	int dirfd, at_flags;
	const char *path;

	statx_place(place, &dirfd, &path, &at_flags);
	return file_look(dirfd, path, at_flags, ret_file);
}

int xattr_look_for_update(const struct xattr_place *place, struct file *ret_file)
{
	int dirfd, at_flags;
	const char *path;

	statx_place(place, &dirfd, &path, &at_flags);
	return file_look_for_update(dirfd, path, at_flags, ret_file);
}

long xattr_raw_chmod(const struct xattr_place *place, unsigned mode)
{
	int dirfd, at_flags;
	const char *path;

	statx_place(place, &dirfd, &path, &at_flags);
	return kernel_chmod(dirfd, path, mode, at_flags);
}

static struct xattr_place by_path(const char *path)
{
	return (struct xattr_place){XATTR_PATH, AT_FDCWD, path, 0};
}

static struct xattr_place by_lpath(const char *path)
{
	return (struct xattr_place){XATTR_LPATH, AT_FDCWD, path, AT_SYMLINK_NOFOLLOW};
}

static struct xattr_place by_fd(int fd)
{
	return (struct xattr_place){XATTR_FD, fd, NULL, AT_EMPTY_PATH};
}

static long get_at(const struct xattr_place *place, const char *name, void *value, size_t size)
{
	return xattr_get(place, name, value, size, xattr_raw_get(place, name, value, size));
}

static long list_at(const struct xattr_place *place, char *list, size_t size)
{
	return xattr_list(place, list, size, xattr_raw_list(place, list, size));
}

/* -- for a process that has to be allowed to -- */

/* The four calls in one, because they differ in what happens at the end of the way only. */
enum xattr_call { CALL_SET, CALL_GET, CALL_LIST, CALL_REMOVE };

struct xattr_request {
	enum xattr_call call;
	const char *name;
	const void *value; /* CALL_SET */
	void *ret_value;   /* CALL_GET, CALL_LIST */
	size_t size;
	int flags;
};

static long serve(const struct xattr_place *place, const struct xattr_request *request)
{
	switch (request->call) {
	case CALL_SET:
		return xattr_set(place, request->name, request->value, request->size,
				 request->flags);
	case CALL_GET:
		return get_at(place, request->name, request->ret_value, request->size);
	case CALL_LIST:
		return list_at(place, request->ret_value, request->size);
	case CALL_REMOVE:
		break;
	}
	return xattr_remove(place, request->name);
}

/* Of the names that are the kernel's, which asks for the real user's rights. */
static int may_use_name(const struct xattr_place *place, const struct way *way,
			const struct xattr_request *request)
{
	long r;

	if (request->call == CALL_LIST)
		return 0;
	r = xattr_raw_get(place, request->name, NULL, 0);
	if (r == -EFAULT || r == -ERANGE)
		return 0; /* what is wrong with it is said by the call itself */
	return gate_xattr(&way->file, way->dirfd, way->path ? way->path : "",
			  way->path && *way->path ? AT_SYMLINK_NOFOLLOW : AT_EMPTY_PATH,
			  request->name, request->call != CALL_GET);
}

/* What the kernel finds wrong with the name and the value before it looks for the file. Empty paths
 * lead to none. */
static long check_arguments(const struct xattr_request *request)
{
	long r = -ENOENT;

	if (request->call == CALL_SET)
		r = SYS5(SYS_setxattr, "", request->name, request->value, request->size,
			 request->flags);
	else if (request->call != CALL_LIST)
		r = SYS2(SYS_removexattr, "", request->name);
	return r == -ENOENT ? 0 : r;
}

static __attribute__((noinline)) long limited_call(struct xattr_place place,
						   const struct xattr_request *request)
{
	char name[WAY_NAME_BYTES];
	WAY struct way way;
	long r;

	way.fd = -1;
	r = check_arguments(request);
	if (r < 0)
		return r;
	if (place.door == XATTR_FD && seen_refuse_path(place.dirfd) < 0)
		return -EBADF;
	r = gate_find(&way, place.dirfd, place.path, (int)place.at_flags);
	if (r < 0)
		return r;
	if (place.door == XATTR_AT) {
		place.dirfd = way.dirfd;
		place.path = way.path;
	} else if (place.door != XATTR_FD) {
		place.path = way_name(&way, name, place.path);
	}
	r = may_use_name(&place, &way, request);
	if (request->call == CALL_SET || request->call == CALL_REMOVE)
		r = gate_unless_read_only(&way, (int)r);
	return r < 0 ? r : serve(&place, request);
}

/* -- and for all -- */

static long do_set(struct xattr_place place, const char *name, const void *value, size_t size,
		   int flags)
{
	if (!process_on())
		return xattr_raw_set(&place, name, value, size, flags);
	if (permit_limited())
		return limited_call(
			place, &(struct xattr_request){CALL_SET, name, value, NULL, size, flags});
	return xattr_set(&place, name, value, size, flags);
}

static long do_get(struct xattr_place place, const char *name, void *value, size_t size)
{
	if (!process_on())
		return xattr_raw_get(&place, name, value, size);
	if (permit_limited())
		return limited_call(place,
				    &(struct xattr_request){CALL_GET, name, NULL, value, size, 0});
	return get_at(&place, name, value, size);
}

static long do_list(struct xattr_place place, char *list, size_t size)
{
	if (!process_on())
		return xattr_raw_list(&place, list, size);
	if (permit_limited())
		return limited_call(place,
				    &(struct xattr_request){CALL_LIST, NULL, NULL, list, size, 0});
	return list_at(&place, list, size);
}

static long do_remove(struct xattr_place place, const char *name)
{
	if (!process_on())
		return xattr_raw_remove(&place, name);
	if (permit_limited())
		return limited_call(place,
				    &(struct xattr_request){CALL_REMOVE, name, NULL, NULL, 0, 0});
	return xattr_remove(&place, name);
}

long wrap_setxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return do_set(by_path(path), name, value, size, flags);
}

long wrap_lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return do_set(by_lpath(path), name, value, size, flags);
}

long wrap_fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)
{
	return do_set(by_fd(fd), name, value, size, flags);
}

long wrap_getxattr(const char *path, const char *name, void *value, size_t size)
{
	return do_get(by_path(path), name, value, size);
}

long wrap_lgetxattr(const char *path, const char *name, void *value, size_t size)
{
	return do_get(by_lpath(path), name, value, size);
}

long wrap_fgetxattr(int fd, const char *name, void *value, size_t size)
{
	return do_get(by_fd(fd), name, value, size);
}

long wrap_listxattr(const char *path, char *list, size_t size)
{
	return do_list(by_path(path), list, size);
}

long wrap_llistxattr(const char *path, char *list, size_t size)
{
	return do_list(by_lpath(path), list, size);
}

long wrap_flistxattr(int fd, char *list, size_t size)
{
	return do_list(by_fd(fd), list, size);
}

long wrap_removexattr(const char *path, const char *name)
{
	return do_remove(by_path(path), name);
}

long wrap_lremovexattr(const char *path, const char *name)
{
	return do_remove(by_lpath(path), name);
}

long wrap_fremovexattr(int fd, const char *name)
{
	return do_remove(by_fd(fd), name);
}

static struct xattr_place by_at(int dirfd, const char *path, unsigned at_flags)
{
	return (struct xattr_place){XATTR_AT, dirfd, path, at_flags};
}

/* The kernel alone can say whether `args` may be read and whether its tail is zero, so it is asked
 * first, under a name that no filesystem takes. */
long wrap_setxattrat(int dirfd, const char *path, unsigned at_flags, const char *name,
		     const struct xattr_at_args *args, size_t args_size)
{
	struct xattr_place place = by_at(dirfd, path, at_flags);
	long r;

	if (!process_on())
		return SYS6(NR_SETXATTRAT, dirfd, path, at_flags, name, args, args_size);

	r = SYS6(NR_SETXATTRAT, dirfd, path, at_flags, "fakeid", args, args_size);
	if (r < 0 && r != -EOPNOTSUPP && r != -EACCES && r != -ENODATA)
		return r;

	return do_set(place, name, (const void *)(uintptr_t)args->value, args->size,
		      (int)args->flags);
}

long wrap_getxattrat(int dirfd, const char *path, unsigned at_flags, const char *name,
		     struct xattr_at_args *args, size_t args_size)
{
	struct xattr_place place = by_at(dirfd, path, at_flags);
	long raw;

	if (permit_limited())
		return do_get(place, name, (void *)(uintptr_t)args->value, args->size);
	raw = SYS6(NR_GETXATTRAT, dirfd, path, at_flags, name, args, args_size);

	if (!process_on() || raw == -EFAULT || raw == -EINVAL || raw == -E2BIG || raw == -ENOSYS)
		return raw;
	return xattr_get(&place, name, (void *)(uintptr_t)args->value, args->size, raw);
}

long wrap_listxattrat(int dirfd, const char *path, unsigned at_flags, char *list, size_t size)
{
	return do_list(by_at(dirfd, path, at_flags), list, size);
}

long wrap_removexattrat(int dirfd, const char *path, unsigned at_flags, const char *name)
{
	return do_remove(by_at(dirfd, path, at_flags), name);
}
