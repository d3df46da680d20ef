/* SPDX-License-Identifier: MIT
 * access.h - who may do what to a file: the kernel's rules, over ids, mode and ACL as the process
 * sees them. Pure. tests/unit/access_test.c compares with the running kernel.
 */
#ifndef FAKEID_ACCESS_H
#define FAKEID_ACCESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "creds.h"

#define ACCESS_EXEC 1u /* of a directory: search */
#define ACCESS_WRITE 2u
#define ACCESS_READ 4u

/* Who asks: the ids that count for files, and the capabilities in effect. */
struct access_subject {
	uint32_t uid, gid;
	const struct groups *groups;
	uint64_t caps;
};

/* What is asked about. An id without a name in the view is nobody's. */
struct access_object {
	uint32_t uid, gid;
	bool has_uid, has_gid;
	uint64_t uid_caps,
		gid_caps; /* capabilities that count over files of this owner, and group */
	uint16_t mode;	  /* type and 12 bits */
	const void *acl;  /* an access ACL as xattrs_acl_parse() takes it, or NULL */
	size_t acl_size;
};

/* The subject's own group, or one of its others. */
bool access_in_group(const struct access_subject *who, uint32_t gid);

/* Does capability `cap` count for the object: capable_wrt_inode_uidgid(). */
bool access_capable(const struct access_subject *who, const struct access_object *object,
		    unsigned cap);

/* inode_owner_or_capable(). */
bool access_owns(const struct access_subject *who, const struct access_object *object);

/* Would the object's ACL be asked at all? Where not it need not be fetched. */
bool access_wants_acl(const struct access_subject *who, const struct access_object *object);

/* generic_permission(): 0 or -EACCES. */
int access_permission(const struct access_subject *who, const struct access_object *object,
		      unsigned mask);

/* chown_ok() and chgrp_ok(), for new ids of which FAKEID_ID_INVALID means none: 0 or -EPERM. */
int access_chown(const struct access_subject *who, const struct access_object *object, uint32_t uid,
		 uint32_t gid);

/* Does the sticky bit of `dir` protect `victim`: __check_sticky(). */
bool access_is_stuck(const struct access_subject *who, const struct access_object *dir,
		     const struct access_object *victim);

/* Where fs.protected_hardlinks is set: may whoever reads and writes the object link to it, by its
 * mode? Its owner may in any case: safe_hardlink_source(). */
bool access_is_safe_to_link(const struct access_object *object);

/* What chmod(2) or an ACL's change leaves of `mode`, where the subject may change it at all. */
uint16_t access_mode_asked(const struct access_subject *who, const struct access_object *object,
			   uint16_t mode);

/* What chown(2) leaves of the mode when the group becomes `gid` (FAKEID_ID_INVALID: stays). If that
 * is another mode, the subject must own the object. */
uint16_t access_mode_chowned(const struct access_subject *who, const struct access_object *object,
			     uint32_t gid);

/* What is left of the mode of a new file that is asked for in `dir`: mode_strip_sgid(). */
uint16_t access_mode_created(const struct access_subject *who, const struct access_object *dir,
			     uint16_t mode);

/* The mode that is left after a write or truncation by this subject: file_remove_privs(). */
uint16_t access_mode_written(const struct access_subject *who, const struct access_object *object);

#endif
