/* SPDX-License-Identifier: MIT
 * overlay.h - a stored record over what the disk says, and the change of a record. Pure.
 */
#ifndef FAKEID_OVERLAY_H
#define FAKEID_OVERLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "view.h"

#define OVERLAY_TYPE_BITS 0170000u
#define OVERLAY_PERM_BITS 07777u

/* What the kernel says of a file, as far as a record can differ from it. */
struct disk {
	uint32_t uid, gid;
	uint32_t n_links;
	uint16_t mode;	  /* type and 12 bits */
	uint32_t rdev;	  /* packed as in struct record */
	int64_t btime_ns; /* 0 = none */
	int64_t ctime_ns;
	uint32_t handle; /* hash of the file handle, 0 = not asked for, or none */
};

/* What a program sees. */
struct shown {
	uint32_t uid, gid; /* inside */
	uint16_t mode;
	uint32_t rdev;
	int64_t ctime_ns;
};

enum change_what {
	CHANGE_UID = 1 << 0,
	CHANGE_GID = 1 << 1,
	CHANGE_MODE = 1 << 2,	/* the 12 permission bits */
	CHANGE_NODE = 1 << 3,	/* becomes a device: type bits of mode, rdev */
	CHANGE_XATTRS = 1 << 4, /* the record's RECORD_XATTRS and RECORD_ACL become xattr_flags */
	CHANGE_DOOM = 1 << 5,	/* the last name is gone */
	CHANGE_NAMED = 1 << 6,	/* it has a name (again): linkat of an O_TMPFILE */
	CHANGE_CTIME = 1 << 7,	/* counts as a change even if nothing else differs */
	CHANGE_CHOWN = 1 << 8,	/* by chown(2): drops setuid and setgid as the kernel does */
	CHANGE_FRESH = 1 << 9,	/* a new object: whatever record the inode had is not its */
	CHANGE_GID_KID =
		1 << 10, /* the group becomes gid_kid, which may have no place in the view */
};

struct change {
	unsigned what;
	uint32_t uid, gid; /* inside; FAKEID_ID_INVALID = leave */
	struct fakeid_kid gid_kid;
	uint16_t mode;
	uint32_t rdev;
	uint16_t xattr_flags;
	int64_t now_ns; /* the virtual ctime of this change */
};

/* True if `record` may speak for the file that `disk` describes: same birth time where both have
 * one, same handle where both have that, and a doomed record only for a file without names. */
static inline bool overlay_fits(const struct disk *disk, const struct record *record)
{
	if (record->btime_ns && disk->btime_ns && record->btime_ns != disk->btime_ns)
		return false;
	if (record->handle && disk->handle && record->handle != disk->handle)
		return false;
	return !(record->flags & RECORD_DOOMED) || disk->n_links == 0;
}

/* `record` NULL or flags 0: the default view. */
static inline void overlay_show(const struct view *view, const struct disk *disk,
				const struct record *record, struct shown *ret_shown)
{
	unsigned flags = record ? record->flags : 0;

	ret_shown->uid = flags & RECORD_UID ? view_show(view, FAKEID_UID, record->uid)
					    : view_show_default(view, FAKEID_UID, disk->uid);
	ret_shown->gid = flags & RECORD_GID ? view_show(view, FAKEID_GID, record->gid)
					    : view_show_default(view, FAKEID_GID, disk->gid);
	ret_shown->mode = disk->mode;
	ret_shown->rdev = disk->rdev;
	ret_shown->ctime_ns = disk->ctime_ns;
	if (flags & RECORD_MODE)
		ret_shown->mode = (uint16_t)((disk->mode & OVERLAY_TYPE_BITS) |
					     (record->mode & OVERLAY_PERM_BITS));
	if (flags & RECORD_NODE) {
		ret_shown->mode = (uint16_t)((record->mode & OVERLAY_TYPE_BITS) |
					     (ret_shown->mode & OVERLAY_PERM_BITS));
		ret_shown->rdev = record->rdev;
	}
	if (flags && record->ctime_ns > ret_shown->ctime_ns)
		ret_shown->ctime_ns = record->ctime_ns;
}

/* The owner's (the group's) id in the view, or the one that a key makes him equal to: 0, or
 * -ENXIO where there is none and 65534 is shown. */
int overlay_id(const struct view *view, const struct disk *disk, const struct record *record,
	       enum fakeid_idkind kind, uint32_t *ret_id);

/* Has the owner (the group) a place in the view's namespace, so that all capabilities reach it?
 * It has where it has an id there (capable_wrt_inode_uidgid() of the kernel wants that of both),
 * and in the namespace whose records these are, also to the ids of namespaces that share them. */
bool overlay_has_place(const struct view *view, const struct disk *disk,
		       const struct record *record, enum fakeid_idkind kind);

/* The capabilities of the view's namespace that reach the owner (the group), by his place or by
 * keys: a bit for each. */
uint64_t overlay_caps(const struct view *view, const struct disk *disk, const struct record *record,
		      enum fakeid_idkind kind);

/* Is `id` what the owner (the group) is by a key alone? */
bool overlay_is_equal(const struct view *view, const struct disk *disk, const struct record *record,
		      enum fakeid_idkind kind, uint32_t id);

/* Work `change` into `old` (NULL or flags 0: none). Returns 1 with the new record if it says
 * anything else than the old one (RECORD_NONE: the default view is enough, the record goes), 0 if
 * nothing differs, -EINVAL or -EOVERFLOW for an id that cannot be made, as view_make(). `disk` must
 * already show the mode as it is after a real chmod. */
int overlay_change(const struct view *view, const struct disk *disk, const struct record *old,
		   const struct change *change, struct record *ret_new);

#endif
