/* SPDX-License-Identifier: MIT
 * acl.h - the bytes of a POSIX ACL as an extended attribute: a header with the version, then
 * entries. Private to the core.
 */
#ifndef FAKEID_ACL_H
#define FAKEID_ACL_H

#include <stdint.h>

#define ACL_VERSION 2u
#define ACL_HEADER_BYTES 4u
#define ACL_ENTRY_BYTES 8u

enum acl_tag {
	TAG_USER_OBJ = 0x01,
	TAG_USER = 0x02,
	TAG_GROUP_OBJ = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

struct acl_entry {
	uint16_t tag, perm;
	uint32_t id;
};

#endif
