/* SPDX-License-Identifier: MIT
 * fakeroot_save.c - the file of -s: written beside the old one and renamed over it, so that a full
 * disk or a kill leaves one of the two whole.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auto.h"
#include "fakeroot_file.h"
#include "fakeroot_line.h"
#include "records.h"

#define SPEAKS (RECORD_UID | RECORD_GID | RECORD_MODE | RECORD_NODE)

/* The file that the name leads to: a link stays one. */
static int resolve(const char *path, char ret_path[PATH_MAX], struct trouble *trouble)
{
	if (realpath(path, ret_path))
		return 0;
	if (errno != ENOENT || strlen(path) >= PATH_MAX)
		return trouble_set(trouble, -errno, "save %s: %s: choose another file", path,
				   strerror(errno));
	memcpy(ret_path, path, strlen(path) + 1);
	return 0;
}

/* A fifo or a terminal takes the lines as they come; only a file is replaced. */
static bool is_stream(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode);
}

int fakeroot_file_check(const char *path, struct trouble *trouble)
{
	char target[PATH_MAX], folder[PATH_MAX];
	struct stat st;
	int r = resolve(path, target, trouble);

	if (r < 0)
		return r;

	if (is_stream(target))
		return 0;
	if (stat(target, &st) == 0 && S_ISDIR(st.st_mode))
		return trouble_set(trouble, -EISDIR,
				   "save %s: it is a directory: choose another file", path);

	memcpy(folder, target, sizeof(folder));
	if (faccessat(AT_FDCWD, dirname(folder), W_OK | X_OK, AT_EACCESS) < 0)
		return trouble_set(trouble, -errno,
				   "save %s: cannot write there: %s: choose another file", path,
				   strerror(errno));
	return 0;
}

struct lines {
	FILE *out;
	const struct view *view;
};

static int write_row(void *context, const struct records_row *row)
{
	const struct lines *lines = context;
	const struct record *record = &row->record;
	char text[FAKEROOT_LINE_MAX];
	struct fakeroot_line line;

	/* Without a device there is no name for it in this format; xattrs have no place there
	 * either. */
	if (row->dev == 0 || !(record->flags & SPEAKS) ||
	    record->flags & (RECORD_DOOMED | RECORD_NONE))
		return 0;

	/* What a record is silent about is what a file without one shows; who could change it
	 * owns it. One with an owner who has no id here is others', and an -i would take it from
	 * them. */
	if (!fakeroot_line_from_record(record, lines->view, row->dev, row->key.ino, &line))
		return 0;
	return fwrite(text, 1, fakeroot_line_format(&line, text), lines->out) > 0 ? 0 : -EIO;
}

static int write_all(const struct fakeroot_file *file, struct session *session,
		     const struct view *view, FILE *out, bool to_disk)
{
	struct lines lines = {out, view};
	int r = records_each(session, session->fsns, (struct record_key){0}, write_row, &lines);

	if (r < 0)
		return r;

	errno = EIO;
	if ((file->rest_size && fwrite(file->rest, 1, file->rest_size, out) != file->rest_size) ||
	    fflush(out) != 0 || ferror(out) || (to_disk && fsync(fileno(out)) < 0))
		return -errno;
	return 0;
}

/* The mode that the file has, or that a new one would get. */
static mode_t mode_for(const char *target)
{
	mode_t mask = umask(0);
	struct stat st;

	(void)umask(mask); /* cannot fail */
	return stat(target, &st) == 0 ? st.st_mode & 0777 : 0666 & ~mask;
}

static int save_stream(const struct fakeroot_file *file, struct session *session,
		       const struct view *view, const char *target)
{
	autofclose FILE *out = fopen(target, "we");

	return out ? write_all(file, session, view, out, false) : -errno;
}

static int save_file(const struct fakeroot_file *file, struct session *session,
		     const struct view *view, const char *target)
{
	char temporary[PATH_MAX + 16];
	autofclose FILE *out = NULL;
	int r = 0;
	int fd;

	(void)snprintf(temporary, sizeof(temporary), "%s.XXXXXX", target); /* sized for it */
	fd = mkostemp(temporary, O_CLOEXEC);
	if (fd < 0)
		return -errno;

	out = fdopen(fd, "w");
	if (!out || fchmod(fd, mode_for(target)) < 0)
		r = -errno;
	if (r == 0)
		r = write_all(file, session, view, out, true);
	if (r == 0 && rename(temporary, target) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(temporary); /* a file too much, and nothing better to do */
	return r;
}

int fakeroot_file_save(const struct fakeroot_file *file, struct session *session,
		       const struct view *view, const char *path, struct trouble *trouble)
{
	char target[PATH_MAX];
	int r = resolve(path, target, trouble);

	if (r < 0)
		return r;

	r = is_stream(target) ? save_stream(file, session, view, target)
			      : save_file(file, session, view, target);
	if (r < 0)
		return trouble_set(trouble, r,
				   "save %s: %s: the old file, if any, is as it was: make room "
				   "and try again",
				   path, strerror(-r));
	return 0;
}
