/* SPDX-License-Identifier: MIT
 * spill.c - see spill.h. A file goes when its link has gone, whatever took the link away: so a daemon
 * that is killed between the two leaves nothing that the next one does not find.
 */
#include "spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "daemon.h"

#define FOLDER "index"
#define PATH_BYTES 4200
#define LEFT_BYTES (UINT64_C(64) << 20) /* stays free for commits */

static int open_folder(const struct daemon *daemon)
{
	return openat(daemon->dirfd, FOLDER, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
}

/* The same disk has no more room under another name. */
static int check_room(int fd, int placefd, uint64_t need)
{
	struct stat here, there;
	struct statvfs fs;

	if (fstat(fd, &here) < 0 || fstat(placefd, &there) < 0 || fstatvfs(fd, &fs) < 0)
		return -errno;

	return here.st_dev == there.st_dev ||
			       (uint64_t)fs.f_bavail * fs.f_frsize < need + LEFT_BYTES
		       ? -ENOSPC
		       : 0;
}

int spill_begin(const struct daemon *daemon, const char *file, uint32_t n_buckets,
		struct segment *ret_segment)
{
	autoclose int fd = -1;
	int r;

	if (mkdirat(daemon->dirfd, FOLDER, 0700) < 0 && errno != EEXIST)
		return -errno;

	fd = open_folder(daemon);
	if (fd < 0)
		return -errno;

	r = check_room(fd, daemon->place.dirfd, index_size(n_buckets));
	return r < 0 ? r : segment_begin(fd, file, n_buckets, ret_segment);
}

int spill_link(const struct daemon *daemon, const char *file, const char *name)
{
	char path[PATH_BYTES];
	int n = snprintf(path, sizeof(path), "%s/" FOLDER "/%s", daemon->dir, file);

	if (n < 0 || (size_t)n >= sizeof(path))
		return -ENAMETOOLONG;

	(void)unlinkat(daemon->place.dirfd, name, 0); /* left by a daemon that died here */
	return symlinkat(path, daemon->place.dirfd, name) < 0 ? -errno : 0;
}

void spill_drop(const struct daemon *daemon, const char *file, struct segment *segment)
{
	autoclose int fd = open_folder(daemon);

	segment_drop(fd, file, segment);
}

/* The file that a link stands for, NULL: it is none. */
static const char *linked_file(int dirfd, const char *name, char path[PATH_BYTES])
{
	ssize_t n = readlinkat(dirfd, name, path, PATH_BYTES - 1);
	const char *last;

	if (n <= 0)
		return NULL;

	path[n] = '\0';
	last = strrchr(path, '/');
	return last ? last + 1 : NULL;
}

static int find_one(void *context, int dirfd, const char *name)
{
	const struct daemon *daemon = context;
	char path[PATH_BYTES];
	const char *file = linked_file(dirfd, name, path);
	struct stat st;

	if (!file || fstatat(dirfd, name, &st, 0) == 0 || errno != ENOENT)
		return 0;

	/* What cannot be found is built anew. */
	if (spill_link(daemon, file, FOLDER ".new") == 0)
		(void)renameat(dirfd, FOLDER ".new", dirfd, name);
	return 0;
}

void spill_find(const struct daemon *daemon)
{
	(void)unlinkat(daemon->place.dirfd, FOLDER ".new", 0); /* left by a daemon that died here */
	(void)place_each_entry(daemon->place.dirfd, find_one, (void *)daemon); /* as in find_one */
}

struct search {
	const char *file;
	bool is_linked;
};

static int compare_link(void *context, int dirfd, const char *name)
{
	struct search *search = context;
	char path[PATH_BYTES];
	const char *file = linked_file(dirfd, name, path);

	search->is_linked |= file && strcmp(file, search->file) == 0;
	return 0;
}

static bool is_being_made(const struct daemon *daemon, int dirfd, const char *name)
{
	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space->made.fd >= 0 && segment_is_named(dirfd, name, &space->made))
			return true;
	}
	return false;
}

static int sweep_one(void *context, int dirfd, const char *name)
{
	const struct daemon *daemon = context;
	struct search search = {.file = name};

	/* What is not known to be without a link stays. */
	if (!is_being_made(daemon, dirfd, name) &&
	    place_each_entry(daemon->place.dirfd, compare_link, &search) == 0 && !search.is_linked)
		(void)unlinkat(dirfd, name, 0); /* what stays goes another time */
	return 0;
}

void spill_sweep(const struct daemon *daemon)
{
	autoclose int fd = open_folder(daemon);

	if (fd < 0)
		return; /* there never was one */

	(void)place_each_entry(fd, sweep_one, (void *)daemon); /* likewise */
	(void)unlinkat(daemon->dirfd, FOLDER, AT_REMOVEDIR);   /* only if it is empty */
}
