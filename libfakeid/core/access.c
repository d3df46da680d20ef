/* SPDX-License-Identifier: MIT
 * access.c - who may do what to a file: fs/namei.c, fs/attr.c and fs/posix_acl.c of the kernel.
 */
#include "core/access.h"

#include <errno.h>
#include <linux/capability.h>

#include "core/acl.h"
#include "core/cursor.h"

#define TYPE_BITS 0170000u
#define TYPE_DIR 0040000u
#define TYPE_REG 0100000u
#define SETUID_BIT 04000u
#define SETGID_BIT 02000u
#define STICKY_BIT 01000u
#define GROUP_BITS 00070u
#define GROUP_EXEC_BIT 00010u
#define ANY_EXEC_BITS 00111u

static bool has_cap(const struct access_subject *who, unsigned cap)
{
	return who->caps >> cap & 1;
}

static bool is_owner(const struct access_subject *who, const struct access_object *object)
{
	return object->has_uid && object->uid == who->uid;
}

static bool is_member(const struct access_subject *who, const struct access_object *object)
{
	return object->has_gid && access_in_group(who, object->gid);
}

bool access_in_group(const struct access_subject *who, uint32_t gid)
{
	return gid != FAKEID_ID_INVALID && (gid == who->gid || groups_has(who->groups, gid));
}

bool access_capable(const struct access_subject *who, const struct access_object *object,
		    unsigned cap)
{
	return (who->caps & object->uid_caps & object->gid_caps) >> cap & 1;
}

bool access_owns(const struct access_subject *who, const struct access_object *object)
{
	return is_owner(who, object) || ((who->caps & object->uid_caps) >> CAP_FOWNER & 1);
}

/* in_group_or_capable(): may a setgid bit stand beside group `gid`? */
static bool keeps_setgid(const struct access_subject *who, const struct access_object *object,
			 uint32_t gid)
{
	return access_in_group(who, gid) || access_capable(who, object, CAP_FSETID);
}

static uint32_t group_of(const struct access_object *object)
{
	return object->has_gid ? object->gid : FAKEID_ID_INVALID;
}

bool access_wants_acl(const struct access_subject *who, const struct access_object *object)
{
	return !is_owner(who, object) && (object->mode & GROUP_BITS);
}

/* False behind the last entry. */
static bool next_entry(struct reader *r, struct acl_entry *ret_entry)
{
	if (r->left < ACL_ENTRY_BYTES)
		return false;
	ret_entry->tag = read_u16(r);
	ret_entry->perm = read_u16(r);
	ret_entry->id = read_u32(r);
	return true;
}

static int grant(unsigned perm, unsigned mask)
{
	return (perm & mask) == mask ? 0 : -EACCES;
}

/* What `perm` of a named or group entry gives, less what the mask behind it takes. */
static int grant_masked(struct reader rest, unsigned perm, unsigned mask)
{
	struct acl_entry entry;

	while (next_entry(&rest, &entry)) {
		if (entry.tag == TAG_MASK)
			return grant(perm & entry.perm, mask);
	}
	return grant(perm, mask);
}

/* posix_acl_permission(). Entries come sorted; the owner has been served before. */
static int acl_permission(const struct access_subject *who, const struct access_object *object,
			  unsigned mask)
{
	struct reader r = {object->acl, object->acl_size, false};
	struct acl_entry entry;
	bool found = false;

	(void)read_u32(&r); /* the version, checked by whoever brought the ACL */
	while (next_entry(&r, &entry)) {
		bool member = false;

		if (entry.tag == TAG_USER && entry.id == who->uid)
			return grant_masked(r, entry.perm, mask);
		if (entry.tag == TAG_GROUP_OBJ)
			member = is_member(who, object);
		else if (entry.tag == TAG_GROUP)
			member = access_in_group(who, entry.id);
		if (member && grant(entry.perm, mask) == 0)
			return grant_masked(r, entry.perm, mask);
		found |= member;
		if (entry.tag == TAG_OTHER)
			return found ? -EACCES : grant(entry.perm, mask);
	}
	return -EIO;
}

static int mode_permission(const struct access_subject *who, const struct access_object *object,
			   unsigned mask)
{
	unsigned mode = object->mode;

	if (is_owner(who, object))
		return grant(mode >> 6 & 7u, mask);
	if (object->acl && access_wants_acl(who, object))
		return acl_permission(who, object, mask);
	return grant((is_member(who, object) ? mode >> 3 : mode) & 7u, mask);
}

int access_permission(const struct access_subject *who, const struct access_object *object,
		      unsigned mask)
{
	bool is_dir = (object->mode & TYPE_BITS) == TYPE_DIR;
	int r = mode_permission(who, object, mask);

	if (r != -EACCES)
		return r;
	/* Searching and reading a directory, or reading anything else. */
	if (is_dir ? !(mask & ACCESS_WRITE) : mask == ACCESS_READ) {
		if (access_capable(who, object, CAP_DAC_READ_SEARCH))
			return 0;
	}
	if (!is_dir && (mask & ACCESS_EXEC) && !(object->mode & ANY_EXEC_BITS))
		return -EACCES;
	return access_capable(who, object, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
}

int access_chown(const struct access_subject *who, const struct access_object *object, uint32_t uid,
		 uint32_t gid)
{
	bool owner = is_owner(who, object), capable = access_capable(who, object, CAP_CHOWN);

	if (uid != FAKEID_ID_INVALID && !(owner && uid == object->uid) && !capable)
		return -EPERM;
	if (gid == FAKEID_ID_INVALID || capable)
		return 0;
	if (owner && ((object->has_gid && gid == object->gid) || access_in_group(who, gid)))
		return 0;
	return -EPERM;
}

bool access_is_stuck(const struct access_subject *who, const struct access_object *dir,
		     const struct access_object *victim)
{
	return (dir->mode & STICKY_BIT) && !is_owner(who, victim) && !is_owner(who, dir) &&
	       !access_capable(who, victim, CAP_FOWNER);
}

bool access_is_safe_to_link(const struct access_object *object)
{
	const uint16_t runs_as_group = SETGID_BIT | GROUP_EXEC_BIT;

	return (object->mode & TYPE_BITS) == TYPE_REG && !(object->mode & SETUID_BIT) &&
	       (object->mode & runs_as_group) != runs_as_group;
}

uint16_t access_mode_asked(const struct access_subject *who, const struct access_object *object,
			   uint16_t mode)
{
	return keeps_setgid(who, object, group_of(object)) ? mode : mode & (uint16_t)~SETGID_BIT;
}

/* setattr_should_drop_sgid(). */
static bool drops_setgid(const struct access_subject *who, const struct access_object *object)
{
	return (object->mode & GROUP_EXEC_BIT) || !keeps_setgid(who, object, group_of(object));
}

uint16_t access_mode_chowned(const struct access_subject *who, const struct access_object *object,
			     uint32_t gid)
{
	uint16_t mode = object->mode;

	if ((mode & TYPE_BITS) == TYPE_DIR)
		return mode;
	if (drops_setgid(who, object))
		mode &= (uint16_t)~SETGID_BIT;
	if (!(mode & SETUID_BIT))
		return mode;
	/* A change of mode like any other, beside the new group. */
	mode &= (uint16_t)~SETUID_BIT;
	if (!keeps_setgid(who, object, gid == FAKEID_ID_INVALID ? group_of(object) : gid))
		mode &= (uint16_t)~SETGID_BIT;
	return mode;
}

uint16_t access_mode_created(const struct access_subject *who, const struct access_object *dir,
			     uint16_t mode)
{
	const uint16_t runs_as_group = SETGID_BIT | GROUP_EXEC_BIT;

	if ((mode & runs_as_group) != runs_as_group || (mode & TYPE_BITS) == TYPE_DIR ||
	    !(dir->mode & SETGID_BIT) || keeps_setgid(who, dir, group_of(dir)))
		return mode;
	return mode & (uint16_t)~SETGID_BIT;
}

uint16_t access_mode_written(const struct access_subject *who, const struct access_object *object)
{
	uint16_t mode = object->mode;

	if ((mode & TYPE_BITS) != TYPE_REG || has_cap(who, CAP_FSETID))
		return mode;
	if (drops_setgid(who, object))
		mode &= (uint16_t)~SETGID_BIT;
	return mode & (uint16_t)~SETUID_BIT;
}
