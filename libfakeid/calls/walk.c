/* SPDX-License-Identifier: MIT
 * walk.c - directory entries: readdir and its relatives, scandir. On disk a virtual device is a
 * regular file, and d_type says so; programs that trust it would never find the device.
 */

/* Redirects would rename the symbols that are exported here. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include "walk.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "calls/gate.h"
#include "shim/file.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/wraps.h"

_Static_assert(sizeof(struct dirent) == sizeof(struct dirent64) &&
		       offsetof(struct dirent, d_type) == offsetof(struct dirent64, d_type),
	       "one layout serves both spellings");

static void fix_type(uint64_t ino, unsigned char *type)
{
	if (*type == DT_REG)
		*type = file_entry_type(ino);
}

static void *fix_entry(struct dirent *entry)
{
	if (entry && process_on())
		fix_type(entry->d_ino, &entry->d_type);
	return entry;
}

FAKEID_EXPORT struct dirent *readdir(DIR *dir)
{
	return fix_entry(NEXT(readdir)(dir));
}

FAKEID_EXPORT struct dirent64 *readdir64(DIR *dir)
{
	return fix_entry((struct dirent *)NEXT(readdir64)(dir));
}

/* Deprecated, but exported, and old programs call them. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

int wrap_readdir_r(DIR *dir, struct dirent *entry, struct dirent **result)
{
	int r = NEXT(readdir_r)(dir, entry, result);

	if (r == 0)
		(void)fix_entry(*result); /* the same pointer */
	return r;
}

int wrap_readdir64_r(DIR *dir, struct dirent64 *entry, struct dirent64 **result)
{
	int r = NEXT(readdir64_r)(dir, entry, result);

	if (r == 0)
		(void)fix_entry((struct dirent *)*result); /* the same pointer */
	return r;
}

#pragma GCC diagnostic pop

/* struct linux_dirent64: u64 ino, u64 offset, u16 size, u8 type, name. */
void walk_fix_dirents(void *entries, size_t size)
{
	enum { RECLEN_AT = 16, TYPE_AT = 18 };
	unsigned char *at = entries, *end = at + size;

	while (process_on() && end - at > TYPE_AT) {
		uint16_t record_size;
		uint64_t ino;

		memcpy(&ino, at, sizeof(ino));
		memcpy(&record_size, at + RECLEN_AT, sizeof(record_size));
		if (record_size <= TYPE_AT || record_size > end - at)
			return;
		fix_type(ino, at + TYPE_AT);
		at += record_size;
	}
}

/* struct linux_dirent: long ino, long offset, u16 size, name, and the type in the last byte. */
void walk_fix_dirents_old(void *entries, size_t size)
{
	enum { RECLEN_AT = 2 * sizeof(long), NAME_AT = RECLEN_AT + 2 };
	unsigned char *at = entries, *end = at + size;

	while (process_on() && end - at > NAME_AT) {
		uint16_t record_size;
		unsigned long ino;

		memcpy(&ino, at, sizeof(ino));
		memcpy(&record_size, at + RECLEN_AT, sizeof(record_size));
		if (record_size <= NAME_AT || record_size > end - at)
			return;
		fix_type(ino, at + record_size - 1);
		at += record_size;
	}
}

long wrap_getdents64(int fd, void *buffer, size_t size)
{
	/* As libc does: the kernel takes 32 bits. */
	long r = SYS3(SYS_getdents64, fd, buffer, size > INT_MAX ? INT_MAX : size);

	if (r > 0)
		walk_fix_dirents(buffer, (size_t)r);
	return r;
}

/* getdents64 that says where it began; on 64-bit machines both spellings are one. */
long wrap_getdirentries(int fd, char *buffer, size_t size, off_t *base)
{
	long at = SYS3(SYS_lseek, fd, 0, SEEK_CUR);
	long r = at < 0 ? at : wrap_getdents64(fd, buffer, size);

	if (r >= 0)
		*base = at;
	return r;
}

long wrap_getdirentries64(int fd, char *buffer, size_t size, off64_t *base)
{
	return wrap_getdirentries(fd, buffer, size, base);
}

/* scandir reads with libc's own readdir, but shows each entry to a filter before it makes its copy.
 * The filter has no argument for us, so the program's own waits here; a filter may call scandir
 * itself. */
typedef int entry_filter(const struct dirent *);
static _Thread_local entry_filter *program_filter __attribute__((tls_model("initial-exec")));

static int fix_and_filter(const struct dirent *entry)
{
	entry_filter *filter = program_filter;

	(void)fix_entry((struct dirent *)entry); /* lies in the buffer of libc's DIR */
	return filter ? filter(entry) : 1;
}

static int fix_and_filter64(const struct dirent64 *entry)
{
	return fix_and_filter((const struct dirent *)entry);
}

/* libc opens the directory itself. */
static bool may_list(int dirfd, const char *path)
{
	int r = permit_limited() ? gate_list(dirfd, path) : 0;

	if (r < 0)
		errno = -r;
	return r == 0;
}

int wrap_scandir(const char *path, struct dirent ***list, int (*filter)(const struct dirent *),
		 int (*compare)(const struct dirent **, const struct dirent **))
{
	entry_filter *outer = program_filter;
	int r;

	if (!may_list(AT_FDCWD, path))
		return -1;
	program_filter = filter;
	r = NEXT(scandir)(path, list, fix_and_filter, compare);
	program_filter = outer;
	return r;
}

int wrap_scandirat(int dirfd, const char *path, struct dirent ***list,
		   int (*filter)(const struct dirent *),
		   int (*compare)(const struct dirent **, const struct dirent **))
{
	entry_filter *outer = program_filter;
	int r;

	if (!may_list(dirfd, path))
		return -1;
	program_filter = filter;
	r = NEXT(scandirat)(dirfd, path, list, fix_and_filter, compare);
	program_filter = outer;
	return r;
}

int wrap_scandir64(const char *path, struct dirent64 ***list,
		   int (*filter)(const struct dirent64 *),
		   int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	entry_filter *outer = program_filter;
	int r;

	if (!may_list(AT_FDCWD, path))
		return -1;
	program_filter = (entry_filter *)filter;
	r = NEXT(scandir64)(path, list, fix_and_filter64, compare);
	program_filter = outer;
	return r;
}

int wrap_scandirat64(int dirfd, const char *path, struct dirent64 ***list,
		     int (*filter)(const struct dirent64 *),
		     int (*compare)(const struct dirent64 **, const struct dirent64 **))
{
	entry_filter *outer = program_filter;
	int r;

	if (!may_list(dirfd, path))
		return -1;
	program_filter = (entry_filter *)filter;
	r = NEXT(scandirat64)(dirfd, path, list, fix_and_filter64, compare);
	program_filter = outer;
	return r;
}
