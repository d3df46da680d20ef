/* SPDX-License-Identifier: MIT
 * overlay.c - a stored record over what the disk says, and the change of a record. Pure.
 */
#include "core/overlay.h"

#define TYPE_DIR 0040000u
#define SETUID_BIT 04000u
#define SETGID_BIT 02000u
#define GROUP_EXEC_BIT 00010u

/* The flags that say something about a file. */
#define RECORD_CONTENT \
	(RECORD_UID | RECORD_GID | RECORD_MODE | RECORD_NODE | RECORD_XATTRS | RECORD_ACL)

/* chown(2) takes setuid from anything but a directory, and setgid where the group may execute:
 * without that bit setgid once meant mandatory locking. */
static uint16_t perm_after_chown(uint16_t mode)
{
	if ((mode & OVERLAY_TYPE_BITS) == TYPE_DIR)
		return mode & OVERLAY_PERM_BITS;
	mode &= (uint16_t)~SETUID_BIT;
	if (mode & GROUP_EXEC_BIT)
		mode &= (uint16_t)~SETGID_BIT;
	return mode & OVERLAY_PERM_BITS;
}

static bool names(const struct record *record, enum fakeid_idkind kind)
{
	return record && (record->flags & (kind == FAKEID_UID ? RECORD_UID : RECORD_GID));
}

int overlay_id(const struct view *view, const struct disk *disk, const struct record *record,
	       enum fakeid_idkind kind, uint32_t *ret_id)
{
	if (names(record, kind))
		return view_up(view, kind, kind == FAKEID_UID ? record->uid : record->gid, ret_id);
	return view_default_up(view, kind, kind == FAKEID_UID ? disk->uid : disk->gid, ret_id);
}

static struct fakeid_kid kid_of(const struct view *view, const struct disk *disk,
				const struct record *record, enum fakeid_idkind kind)
{
	if (names(record, kind))
		return kind == FAKEID_UID ? record->uid : record->gid;
	return view_default(view, kind, kind == FAKEID_UID ? disk->uid : disk->gid);
}

bool overlay_has_place(const struct view *view, const struct disk *disk,
		       const struct record *record, enum fakeid_idkind kind)
{
	struct fakeid_kid kid;

	if (!names(record, kind))
		return view_default_has_place(view, kind,
					      kind == FAKEID_UID ? disk->uid : disk->gid);
	kid = kind == FAKEID_UID ? record->uid : record->gid;
	/* To the namespace whose records they are, those who left their ids there are inside of
	 * it. */
	return ((!view->space || view->space->number == view->ns) &&
		fakeid_kid_ns(kid) != FAKEID_NS_HOST) ||
	       view_has_place(view, kind, kid);
}

uint64_t overlay_caps(const struct view *view, const struct disk *disk, const struct record *record,
		      enum fakeid_idkind kind)
{
	if (overlay_has_place(view, disk, record, kind))
		return UINT64_MAX;
	return view->space
		       ? keyring_caps(&view->space->keys, kind, kid_of(view, disk, record, kind))
		       : 0;
}

bool overlay_is_equal(const struct view *view, const struct disk *disk, const struct record *record,
		      enum fakeid_idkind kind, uint32_t id)
{
	uint32_t shown;

	return view->space && keyring_has_pairs(&view->space->keys, kind) &&
	       !overlay_has_place(view, disk, record, kind) &&
	       overlay_id(view, disk, record, kind, &shown) == 0 && shown == id;
}

/* Does the file show so without a record? Where a path idmap holds the owner on disk, that is
 * he. */
static bool is_default(const struct view *view, enum fakeid_idkind kind, uint32_t host,
		       uint32_t inside, struct fakeid_kid kid)
{
	uint32_t id;

	if (view->shift &&
	    fakeid_idmap_up(view->shift, fakeid_kid_make(FAKEID_NS_HOST, host), &id) == 0)
		return id == inside;
	return fakeid_kid_equal(kid, view_default(view, kind, host));
}

/* One id of `record`, whose flag is `flag`. */
static int change_id(const struct view *view, enum fakeid_idkind kind, uint32_t host,
		     uint32_t inside, struct fakeid_kid *ret_kid, uint16_t flag, uint16_t *flags)
{
	int r = view_make(view, kind, inside, ret_kid);

	if (r < 0)
		return r;
	*flags |= flag;
	if (is_default(view, kind, host, inside, *ret_kid))
		*flags &= (uint16_t)~flag;
	return 0;
}

static int change_owner(const struct view *view, const struct disk *disk,
			const struct change *change, struct record *record)
{
	int r = 0;

	if ((change->what & CHANGE_UID) && change->uid != FAKEID_ID_INVALID)
		r = change_id(view, FAKEID_UID, disk->uid, change->uid, &record->uid, RECORD_UID,
			      &record->flags);
	if (r == 0 && (change->what & CHANGE_GID) && change->gid != FAKEID_ID_INVALID)
		r = change_id(view, FAKEID_GID, disk->gid, change->gid, &record->gid, RECORD_GID,
			      &record->flags);
	if (r == 0 && (change->what & CHANGE_GID_KID)) {
		record->gid = change->gid_kid;
		record->flags |= RECORD_GID;
		if (fakeid_kid_equal(record->gid, view_default(view, FAKEID_GID, disk->gid)))
			record->flags &= (uint16_t)~RECORD_GID;
	}
	return r;
}

static void change_mode(const struct disk *disk, const struct shown *before,
			const struct change *change, struct record *record)
{
	uint16_t type = (record->flags & RECORD_NODE ? record->mode : disk->mode) &
			OVERLAY_TYPE_BITS;
	uint16_t perm = before->mode & OVERLAY_PERM_BITS;

	if (change->what & CHANGE_NODE) {
		type = change->mode & OVERLAY_TYPE_BITS;
		record->rdev = change->rdev;
		record->flags |= RECORD_NODE;
	}
	if (change->what & CHANGE_MODE)
		perm = change->mode & OVERLAY_PERM_BITS;
	if (change->what & CHANGE_CHOWN)
		perm = perm_after_chown((uint16_t)((before->mode & OVERLAY_TYPE_BITS) | perm));

	/* Type and bits are noted even where the disk speaks for itself: fakeroot's save file names
	 * no path to ask. */
	record->mode = type | perm;
	record->flags |= RECORD_MODE;
	if (perm == (disk->mode & OVERLAY_PERM_BITS))
		record->flags &= (uint16_t)~RECORD_MODE;
}

/* Fields whose flag is clear are zero, but for the mode, so that equal records are equal bytes. */
static void tidy(struct record *record)
{
	if (!(record->flags & RECORD_UID))
		record->uid.value = 0;
	if (!(record->flags & RECORD_GID))
		record->gid.value = 0;
	if (!(record->flags & RECORD_NODE))
		record->rdev = 0;
}

static bool says_the_same(const struct record *a, const struct record *b)
{
	return a->flags == b->flags && a->uid.value == b->uid.value &&
	       a->gid.value == b->gid.value && a->mode == b->mode && a->rdev == b->rdev;
}

int overlay_change(const struct view *view, const struct disk *disk, const struct record *old,
		   const struct change *change, struct record *ret_new)
{
	static const struct record nothing;
	struct record record = old && !(change->what & CHANGE_FRESH) ? *old : nothing;
	struct shown before;
	int r;

	overlay_show(view, disk, &record, &before);
	record.btime_ns = disk->btime_ns;
	record.handle = disk->btime_ns && disk->n_links ? 0 : disk->handle;
	r = change_owner(view, disk, change, &record);
	if (r < 0)
		return r;

	change_mode(disk, &before, change, &record);
	if (change->what & CHANGE_XATTRS) {
		record.flags &= (uint16_t) ~(RECORD_XATTRS | RECORD_ACL);
		record.flags |= change->xattr_flags & (RECORD_XATTRS | RECORD_ACL);
	}
	if ((change->what & CHANGE_DOOM) || (disk->n_links == 0 && !(change->what & CHANGE_NAMED)))
		record.flags |= RECORD_DOOMED;
	else
		record.flags &= (uint16_t)~RECORD_DOOMED;
	tidy(&record);

	if (says_the_same(&record, old ? old : &nothing) && !(change->what & CHANGE_CTIME))
		return 0;
	if (!(record.flags & RECORD_CONTENT)) {
		if (!old || !old->flags)
			return 0;
		record = (struct record){.flags = RECORD_NONE};
	} else {
		record.ctime_ns = change->now_ns;
	}
	*ret_new = record;
	return 1;
}
