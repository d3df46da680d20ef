/* SPDX-License-Identifier: MIT
 * fakeroot_line.h - one line of fakeroot's save file, and the record that says the same. Pure.
 * dev=fd00,ino=123,mode=100644,uid=0,gid=0,nlink=1,rdev=0 (dev hexadecimal, mode octal, rest
 * decimal)
 */
#ifndef FAKEID_FAKEROOT_LINE_H
#define FAKEID_FAKEROOT_LINE_H

#include <stddef.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/record.h"
#include "core/view.h"

#define FAKEROOT_LINE_MAX 192u

struct fakeroot_line {
	uint64_t dev, ino, rdev, nlink;
	uint32_t mode, uid, gid;
};

/* Read a line without its line break; 0 or -EINVAL. */
int fakeroot_line_parse(const char *text, struct fakeroot_line *ret_line);

/* Returns the length, line break included. */
size_t fakeroot_line_format(const struct fakeroot_line *line, char ret_text[FAKEROOT_LINE_MAX]);

/* The record of a file whose ids are those of `view`. -EINVAL: no such id or device; -ENXIO: an id
 * that the view does not have. */
int fakeroot_line_to_record(const struct fakeroot_line *line, const struct view *view,
			    struct record *ret_record);

/* The other way; what a record is silent about is what the user's own file shows without one.
 * False, and nothing written, where the owner or the group has no id in `view`. */
bool fakeroot_line_from_record(const struct record *record, const struct view *view, uint64_t dev,
			       uint64_t ino, struct fakeroot_line *ret_line);

#endif
