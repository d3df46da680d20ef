/* SPDX-License-Identifier: MIT
 * fakeroot_file.h - the files of -s and -i: a namespace's records as fakeroot writes and reads
 * them.
 */
#ifndef FAKEID_FAKEROOT_FILE_H
#define FAKEID_FAKEROOT_FILE_H

#include <stddef.h>

#include "core/view.h"
#include "session.h"
#include "trouble.h"

/* Ids in the file are those that `view` shows. */

/* Lines that were read and belong to filesystems that are not mounted now: written back by a
 * save. */
struct fakeroot_file {
	char *rest;
	size_t rest_size;
};

/* Before the command runs: could `path` be saved to? */
int fakeroot_file_check(const char *path, struct trouble *trouble);

/* Add the records of `path`. A file that does not exist is an empty one, with a line on stderr, as
 * scripts that pass the same name to -i and -s rely on. */
int fakeroot_file_load(struct fakeroot_file *file, struct session *session, const struct view *view,
		       const char *path, struct trouble *trouble);

/* Write all records. The old file stays until the new one is complete and on disk. */
int fakeroot_file_save(const struct fakeroot_file *file, struct session *session,
		       const struct view *view, const char *path, struct trouble *trouble);

#endif
