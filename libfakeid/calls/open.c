/* SPDX-License-Identifier: MIT
 * open.c - open, openat and creat in every spelling.
 */
#include "calls/open.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>

#include "calls/cut.h"
#include "calls/gate.h"
#include "calls/procfile.h"
#include "shim/attach.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/lent.h"
#include "shim/mode.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/wraps.h"

/* The devices that the host lends; any other opens as if no driver were there. */
static const struct {
	uint32_t rdev; /* minor low 8 bits, major above */
	const char *path;
} devices[] = {
	{1 << 8 | 3, "/dev/null"},   {1 << 8 | 5, "/dev/zero"},	   {1 << 8 | 7, "/dev/full"},
	{1 << 8 | 8, "/dev/random"}, {1 << 8 | 9, "/dev/urandom"}, {5 << 8 | 0, "/dev/tty"},
};

const char *open_host_device(const struct record *record)
{
	for (size_t i = 0; S_ISCHR(record->mode) && i < sizeof devices / sizeof devices[0]; i++) {
		if (record->rdev == devices[i].rdev)
			return devices[i].path;
	}
	return NULL;
}

/* Not by the program's own call: its RESOLVE_* flags are about the way to the virtual one. */
static long open_device(const struct file *file, int flags)
{
	const char *path = open_host_device(&file->record);
	long fd;

	if (!path)
		return -ENXIO;
	flags &= ~(O_CREAT | O_EXCL | O_NOFOLLOW);
	fd = SYS4(SYS_openat, AT_FDCWD, path, flags, 0);
	/* The host's device is another user's, and what is lent was allowed. */
	if (fd == -EPERM && (flags & O_NOATIME))
		fd = SYS4(SYS_openat, AT_FDCWD, path, flags & ~O_NOATIME, 0);
	if (fd >= 0)
		lent_note((int)fd, file->record.rdev >> 8, file->record.rdev & 0xffu, &file->stx);
	return fd;
}

/* The file is the real user's and only its own mode bits close it, as after a chmod outside. A real
 * root would not notice: open the bits on disk and keep the mode in the record. */
static int unlock_file(int dirfd, const char *path, int at_flags, struct file *file)
{
	struct change change = {.what = CHANGE_MODE};
	struct statx shown = file->stx;
	unsigned disk = mode_on_disk(file->stx.stx_mode);
	int r;

	if (file->stx.stx_uid != (uint32_t)SYS0(SYS_geteuid) ||
	    disk == file->stx.stx_mode % 010000u)
		return -EACCES;
	r = file_look_for_update(dirfd, path, at_flags, file);
	if (r < 0)
		return r;
	r = file_room();
	if (r < 0)
		return r;
	file_show(file, &shown);
	r = (int)kernel_chmod(dirfd, path, disk, at_flags);
	if (r < 0)
		return -EACCES;
	file->stx.stx_mode = (uint16_t)((file->stx.stx_mode & S_IFMT) | disk);
	change.mode = shown.stx_mode & 07777;
	return file_change(file, &change);
}

/* The kernel said EACCES. */
static long open_denied(open_fn *real, void *context, int dirfd, const char *path, int flags,
			mode_t mode)
{
	int at_flags = flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0;
	struct file file;
	long r = file_look(dirfd, path, at_flags, &file);

	if (r < 0)
		return r == -ENOENT ? -EACCES : r;
	if (file.record.flags & RECORD_NODE) {
		r = flags & O_CREAT ? gate_sticky_open(dirfd, path, flags) : 0;
		return r < 0 ? r : open_device(&file, flags);
	}
	r = unlock_file(dirfd, path, at_flags, &file);
	return r < 0 ? r : real(context, dirfd, path, flags, mode);
}

/* A real root's open of a placeholder succeeds: no permission bits stop it. Look behind it. */
static long open_as_real_root(long fd, int dirfd, const char *path, int flags)
{
	struct index_view view;
	struct file file;

	if (!process.real_root || (flags & O_PATH) || attach_view(&view) < 0 ||
	    !(atomic_load_explicit(&view.cur->header->flags, memory_order_acquire) &
	      INDEX_MAY(INDEX_HAS_NODES)) ||
	    file_look((int)fd, "", AT_EMPTY_PATH, &file) < 0 || !(file.record.flags & RECORD_NODE))
		return fd;
	(void)SYS1(SYS_close, fd); /* opened a moment ago; nothing to lose */
	if ((flags & O_CREAT) && gate_sticky_open(dirfd, path, flags) < 0)
		return -EACCES;
	return open_device(&file, flags);
}

static void look_before(struct creation *creation, int dirfd, const char *path)
{
	struct statx stx;
	int r = kernel_statx(dirfd, path, AT_SYMLINK_NOFOLLOW, 0, &stx);

	if (r == 0 && S_ISLNK(stx.stx_mode)) {
		r = kernel_statx(dirfd, path, 0, 0, &stx);
		creation->through_link = r == -ENOENT;
	}
	creation->existed = r != -ENOENT;
}

int creation_begin(struct creation *creation, int dirfd, const char *path, unsigned asked)
{
	*creation = (struct creation){.asked = asked, .moment = seen_moment()};
	creation->needed = process_on() && file_creation_needs_record(asked);
	if (!creation->needed)
		return 0;
	if (path && !(asked & (FILE_EXCLUSIVE | FILE_NAMELESS)))
		look_before(creation, dirfd, path);
	return creation->existed ? 0 : file_creation_room(dirfd, path, asked);
}

/* Through a link the new file is in another directory than the path says. Apart, for its stack. */
static __attribute__((noinline)) int end_through_link(const struct creation *creation, int dirfd,
						      const char *path, int fd)
{
	char found[PATH_MAX];

	if (kernel_fd_path(fd, found, sizeof found) > 0 && found[0] == '/')
		path = found;
	return file_created(dirfd, path, fd, creation->asked);
}

int creation_end(const struct creation *creation, int dirfd, const char *path, int fd)
{
	/* Nobody can have given a new file anything yet. */
	if ((creation->asked & FILE_EXCLUSIVE) && !(creation->asked & (S_ISUID | S_ISGID)))
		seen_note(fd, creation->moment);
	if (!creation->needed || creation->existed)
		return 0;
	if (creation->through_link && fd >= 0)
		return end_through_link(creation, dirfd, path, fd);
	return file_created(dirfd, path, fd, creation->asked);
}

static __attribute__((noinline)) long open_failed(long fd, open_fn *real, void *context, int dirfd,
						  const char *path, int flags, mode_t mode)
{
	struct file file;

	if (fd == -EACCES)
		return open_denied(real, context, dirfd, path, flags, mode);
	/* Devices can be written where nothing else can. */
	if (fd == -EROFS &&
	    file_look(dirfd, path, flags & O_NOFOLLOW ? AT_SYMLINK_NOFOLLOW : 0, &file) == 0 &&
	    (file.record.flags & RECORD_NODE))
		return open_device(&file, flags);
	/* A symlink or socket of somebody else is the sticky directory's to refuse. */
	if ((fd == -ELOOP || fd == -ENXIO) && (flags & O_CREAT) && !(flags & O_EXCL) &&
	    gate_sticky_open(dirfd, path, flags) < 0)
		return -EACCES;
	return fd;
}

static long open_existing(open_fn *real, void *context, int dirfd, const char *path, int flags,
			  mode_t mode)
{
	long fd = real(context, dirfd, path, flags, mode);
	int r;

	if (__builtin_expect(fd >= 0, 1)) {
		lent_forget((int)fd);
		seen_forget((int)fd);
		fd = open_as_real_root(fd, dirfd, path, flags);
		fd = fd < 0 ? fd : procfile_opened(fd, path, flags);
	} else {
		fd = open_failed(fd, real, context, dirfd, path, flags, mode);
	}
	if (fd < 0 || !(flags & O_TRUNC))
		return fd;
	r = cut_opened((int)fd);
	if (r == 0)
		return fd;
	(void)SYS1(SYS_close, fd); /* r says what went wrong */
	return r;
}

/* Inline in the way of every root, for whom it is all there is. */
static inline __attribute__((always_inline)) long open_body(open_fn *real, void *context, int dirfd,
							    const char *path, int flags,
							    mode_t mode)
{
	bool tmpfile = (flags & O_TMPFILE) == O_TMPFILE;
	unsigned asked = S_IFREG | (mode & 07777u) | (tmpfile ? FILE_NAMELESS : 0) |
			 (flags & O_EXCL ? FILE_EXCLUSIVE : 0);
	struct creation creation;
	long fd;
	int r;

	if (!(flags & O_CREAT) && !tmpfile)
		return open_existing(real, context, dirfd, path, flags, mode);

	r = creation_begin(&creation, dirfd, path, asked);
	if (r < 0)
		return r;
	fd = open_existing(real, context, dirfd, path, flags, mode_on_disk(asked));
	if (fd < 0)
		return fd;
	r = creation_end(&creation, dirfd, path, (int)fd);
	if (r < 0) {
		(void)SYS1(SYS_close, fd); /* r says what went wrong */
		return r;
	}
	return fd;
}

long open_allowed(open_fn *real, void *context, int dirfd, const char *path, int flags, mode_t mode)
{
	return open_body(real, context, dirfd, path, flags, mode);
}

long open_lowest(long fd, struct way *way, int flags)
{
	long r;

	if (way->fd < 0 || way->fd > fd)
		return fd;
	r = SYS3(SYS_dup3, fd, way->fd, flags & O_CLOEXEC);
	if (r < 0)
		return fd;
	lent_move((int)fd, (int)r);
	seen_forget((int)r);
	(void)SYS1(SYS_close, fd); /* `r` is the same file */
	way->fd = -1;
	return r;
}

static __attribute__((noinline)) long open_limited(open_fn *real, void *context, int dirfd,
						   const char *path, int flags, mode_t mode)
{
	WAY struct way way;
	long r = gate_open(&way, dirfd, path, flags);

	if (r == 0)
		r = open_allowed(real, context, way.dirfd, way.path, flags, mode);
	return r < 0 ? r : open_lowest(r, &way, flags);
}

long open_file(open_fn *real, void *context, int dirfd, const char *path, int flags, mode_t mode)
{
	if (!process_on())
		return real(context, dirfd, path, flags, mode);
	if (permit_limited())
		return open_limited(real, context, dirfd, path, flags, mode);
	return open_body(real, context, dirfd, path, flags, mode);
}

static long open_by_libc(void *context, int dirfd, const char *path, int flags, mode_t mode)
{
	int saved = errno;
	int fd = NEXT(openat)(dirfd, path, flags, mode);

	(void)context;
	if (fd < 0) {
		fd = -errno;
		errno = saved;
	}
	return fd;
}

static int answer(long result)
{
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return (int)result;
}

static int open_any(int dirfd, const char *path, int flags, mode_t mode)
{
	return answer(open_file(open_by_libc, NULL, dirfd, path, open_flags(flags), mode));
}

/* The mode is there only when a file may be made. */
#define MODE_ARGUMENT(flags, last)                                         \
	({                                                                 \
		mode_t mode_ = 0;                                          \
		if ((flags)&O_CREAT || ((flags)&O_TMPFILE) == O_TMPFILE) { \
			va_list args_;                                     \
			va_start(args_, last);                             \
			mode_ = va_arg(args_, mode_t);                     \
			va_end(args_);                                     \
		}                                                          \
		mode_;                                                     \
	})

#define OPEN(name)                                                                   \
	FAKEID_EXPORT int name(const char *path, int flags, ...)                     \
	{                                                                            \
		return open_any(AT_FDCWD, path, flags, MODE_ARGUMENT(flags, flags)); \
	}
#define OPENAT(name)                                                              \
	FAKEID_EXPORT int name(int dirfd, const char *path, int flags, ...)       \
	{                                                                         \
		return open_any(dirfd, path, flags, MODE_ARGUMENT(flags, flags)); \
	}

OPEN(open)
OPEN(open64)
OPEN(__open)
OPEN(__open64)
OPENAT(openat)
OPENAT(openat64)

/* Fortified: the compiler proved that no mode is needed. */
FAKEID_EXPORT int __open_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

FAKEID_EXPORT int __open64_2(const char *path, int flags)
{
	return open_any(AT_FDCWD, path, flags, 0);
}

FAKEID_EXPORT int __openat_2(int dirfd, const char *path, int flags)
{
	return open_any(dirfd, path, flags, 0);
}

FAKEID_EXPORT int __openat64_2(int dirfd, const char *path, int flags)
{
	return open_any(dirfd, path, flags, 0);
}

FAKEID_EXPORT int creat(const char *path, mode_t mode)
{
	return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

FAKEID_EXPORT int creat64(const char *path, mode_t mode)
{
	return open_any(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}
