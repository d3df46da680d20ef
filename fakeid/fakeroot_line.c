/* SPDX-License-Identifier: MIT
 * fakeroot_line.c - one line of fakeroot's save file, and the record that says the same. Pure.
 */
#include "fakeroot_line.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <fakeid/kid.h>

#define PERM_BITS 07777u
#define LAST_NAME "rdev="

/* The next number after `name`, up to and over a comma, or up to the end after the last name. */
static bool take(const char **at, const char *name, unsigned base, uint64_t max,
		 uint64_t *ret_value)
{
	static const char digits[] = "0123456789abcdef";
	uint64_t value = 0;
	const char *c = *at + strlen(name);
	const char *first = c;
	const char *digit;

	if (strncmp(*at, name, strlen(name)) != 0)
		return false;

	for (; *c && (digit = strchr(digits, *c)) && digit < digits + base; c++) {
		uint64_t d = (uint64_t)(digit - digits);

		if (value > (max - d) / base)
			return false;
		value = value * base + d;
	}
	if (c == first || *c != (strcmp(name, LAST_NAME) == 0 ? '\0' : ','))
		return false;

	*at = *c ? c + 1 : c;
	*ret_value = value;
	return true;
}

int fakeroot_line_parse(const char *text, struct fakeroot_line *ret_line)
{
	struct fakeroot_line line;
	uint64_t mode, uid, gid;

	if (!take(&text, "dev=", 16, UINT64_MAX, &line.dev) ||
	    !take(&text, "ino=", 10, UINT64_MAX, &line.ino) ||
	    !take(&text, "mode=", 8, UINT32_MAX, &mode) ||
	    !take(&text, "uid=", 10, UINT32_MAX, &uid) ||
	    !take(&text, "gid=", 10, UINT32_MAX, &gid) ||
	    !take(&text, "nlink=", 10, UINT64_MAX, &line.nlink) ||
	    !take(&text, LAST_NAME, 10, UINT64_MAX, &line.rdev))
		return -EINVAL;

	line.mode = (uint32_t)mode;
	line.uid = (uint32_t)uid;
	line.gid = (uint32_t)gid;
	*ret_line = line;
	return 0;
}

size_t fakeroot_line_format(const struct fakeroot_line *line, char ret_text[FAKEROOT_LINE_MAX])
{
	/* The longest numbers make 131 bytes. */
	return (size_t)snprintf(ret_text, FAKEROOT_LINE_MAX,
				"dev=%" PRIx64 ",ino=%" PRIu64
				",mode=%o,uid=%u,gid=%u,nlink=%" PRIu64 ",rdev=%" PRIu64 "\n",
				line->dev, line->ino, line->mode, line->uid, line->gid, line->nlink,
				line->rdev);
}

int fakeroot_line_to_record(const struct fakeroot_line *line, const struct view *view,
			    struct record *ret_record)
{
	struct record record = {
		.mode = (uint16_t)(line->mode & (S_IFMT | PERM_BITS)),
		.flags = RECORD_UID | RECORD_GID | RECORD_MODE,
	};
	uint32_t major_number = major(line->rdev), minor_number = minor(line->rdev);

	if (line->uid == FAKEID_ID_INVALID || line->gid == FAKEID_ID_INVALID ||
	    line->mode & ~(S_IFMT | PERM_BITS))
		return -EINVAL;

	if (view_make(view, FAKEID_UID, line->uid, &record.uid) < 0 ||
	    view_make(view, FAKEID_GID, line->gid, &record.gid) < 0)
		return -ENXIO;

	if (S_ISCHR(line->mode) || S_ISBLK(line->mode)) {
		if (major_number > 0xfff || minor_number > 0xfffff)
			return -EINVAL;
		record.flags |= RECORD_NODE;
		record.rdev = (minor_number & 0xff) | major_number << 8 |
			      (minor_number & ~0xffu) << 12;
	}
	*ret_record = record;
	return 0;
}

static int show(const struct view *view, enum fakeid_idkind kind, bool said, struct fakeid_kid kid,
		uint32_t *ret_id)
{
	/* What shows by a key alone is none that could be given back. */
	if (said ? !view_has_place(view, kind, kid)
		 : !view_default_has_place(view, kind, view->user[kind]))
		return -ENXIO;
	return said ? view_up(view, kind, kid, ret_id)
		    : view_default_up(view, kind, view->user[kind], ret_id);
}

bool fakeroot_line_from_record(const struct record *record, const struct view *view, uint64_t dev,
			       uint64_t ino, struct fakeroot_line *ret_line)
{
	uint32_t packed = record->rdev, uid, gid;

	if (show(view, FAKEID_UID, record->flags & RECORD_UID, record->uid, &uid) < 0 ||
	    show(view, FAKEID_GID, record->flags & RECORD_GID, record->gid, &gid) < 0)
		return false;

	*ret_line = (struct fakeroot_line){
		.dev = dev,
		.ino = ino,
		.nlink = 1,
		.mode = record->mode & S_IFMT ? record->mode : S_IFREG | record->mode,
		.uid = uid,
		.gid = gid,
	};
	if (record->flags & RECORD_NODE)
		ret_line->rdev = makedev(packed >> 8 & 0xfff,
					 (packed & 0xff) | (packed >> 12 & 0xfff00));
	return true;
}
