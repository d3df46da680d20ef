/* SPDX-License-Identifier: MIT
 * xattrs.c - the kernel's rules for the extended attributes that fakeid keeps itself. The formats
 * are those of acl(5) and capabilities(7); tests/bats/xattr.bats compares with real root.
 */
#include "xattrs.h"

#include <errno.h>
#include <string.h>

#include "acl.h"
#include "cursor.h"
#include "index.h"

#define SECURITY_PREFIX "security."
#define TRUSTED_PREFIX "trusted."
#define ACL_PREFIX "system.posix_acl_"

#define CAP_REVISION_2 UINT32_C(0x02000000)
#define CAP_REVISION_3 UINT32_C(0x03000000)
#define CAP_FLAG_EFFECTIVE UINT32_C(1)
#define CAP_DATA_BYTES 16u /* permitted and inheritable, two words each */
#define CAP_2_BYTES (4u + CAP_DATA_BYTES)
#define CAP_3_BYTES (4u + CAP_DATA_BYTES + 4u)

/* What follows a prefix, or NULL. Two letters tell the three apart: ls -l asks twice a file. */
static const char *after(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return name[0] == prefix[0] && name[1] == prefix[1] && strncmp(name, prefix, len) == 0
		       ? name + len
		       : NULL;
}

enum xattrs_class xattrs_classify(const char *name)
{
	const char *rest = after(name, SECURITY_PREFIX);

	if (rest)
		return !*rest				 ? XATTRS_BARE
		       : strcmp(rest, "capability") == 0 ? XATTRS_CAPABILITY
							 : XATTRS_SECURITY;
	rest = after(name, TRUSTED_PREFIX);
	if (rest)
		return *rest ? XATTRS_TRUSTED : XATTRS_BARE;
	rest = after(name, ACL_PREFIX);
	if (rest && strcmp(rest, "access") == 0)
		return XATTRS_ACL_ACCESS;
	if (rest && strcmp(rest, "default") == 0)
		return XATTRS_ACL_DEFAULT;
	return XATTRS_REAL;
}

uint32_t xattrs_index_flag(enum xattrs_class class)
{
	switch (class) {
	case XATTRS_ACL_ACCESS:
	case XATTRS_ACL_DEFAULT:
		return INDEX_HAS_ACLS;
	case XATTRS_CAPABILITY:
		return INDEX_HAS_CAPS;
	case XATTRS_SECURITY:
		return INDEX_HAS_SECURITY;
	case XATTRS_TRUSTED:
		return INDEX_HAS_TRUSTED;
	case XATTRS_REAL:
	case XATTRS_BARE:
		break;
	}
	return 0;
}

int xattrs_capability(const void *value, size_t size,
		      uint8_t ret_value[XATTRS_CAPABILITY_MAX_BYTES], size_t *ret_size)
{
	struct reader r = {value, size, false};
	struct writer w = {ret_value, XATTRS_CAPABILITY_MAX_BYTES, false};
	uint32_t magic = read_u32(&r), root = 0;
	const uint8_t *data = read_bytes(&r, CAP_DATA_BYTES);

	if (size == CAP_3_BYTES && (magic & ~CAP_FLAG_EFFECTIVE) == CAP_REVISION_3) {
		root = read_u32(&r);
		if (root == FAKEID_ID_INVALID)
			return -EINVAL;
	} else if (size != CAP_2_BYTES || (magic & ~CAP_FLAG_EFFECTIVE) != CAP_REVISION_2) {
		return -EINVAL;
	}

	write_u32(&w, (root ? CAP_REVISION_3 : CAP_REVISION_2) | (magic & CAP_FLAG_EFFECTIVE));
	write_bytes(&w, data, CAP_DATA_BYTES);
	if (root)
		write_u32(&w, root);
	*ret_size = root ? CAP_3_BYTES : CAP_2_BYTES;
	return 0;
}

static size_t acl_count(size_t size)
{
	return size < ACL_HEADER_BYTES ? 0 : (size - ACL_HEADER_BYTES) / ACL_ENTRY_BYTES;
}

static struct acl_entry acl_read(const void *value, size_t i)
{
	struct reader r = {(const uint8_t *)value + ACL_HEADER_BYTES + i * ACL_ENTRY_BYTES,
			   ACL_ENTRY_BYTES, false};
	struct acl_entry entry;

	entry.tag = read_u16(&r);
	entry.perm = read_u16(&r);
	entry.id = read_u32(&r);
	return entry;
}

/* Only ids and permissions ever change. */
static void acl_write(void *value, size_t i, struct acl_entry entry)
{
	uint8_t *bytes = (uint8_t *)value + ACL_HEADER_BYTES + i * ACL_ENTRY_BYTES;

	bytes[2] = (uint8_t)entry.perm;
	bytes[3] = (uint8_t)(entry.perm >> 8);
	for (unsigned at = 0; at < 4; at++)
		bytes[4 + at] = (uint8_t)(entry.id >> (8 * at));
}

static bool acl_is_named(uint16_t tag)
{
	return tag == TAG_USER || tag == TAG_GROUP;
}

static enum fakeid_idkind acl_kind(uint16_t tag)
{
	return tag == TAG_GROUP ? FAKEID_GID : FAKEID_UID;
}

int xattrs_acl_parse(const void *value, size_t size)
{
	struct reader r = {value, size, false};

	if (size < ACL_HEADER_BYTES)
		return -EINVAL;
	if (read_u32(&r) != ACL_VERSION)
		return -EOPNOTSUPP;
	if ((size - ACL_HEADER_BYTES) % ACL_ENTRY_BYTES)
		return -EINVAL;

	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);

		switch (entry.tag) {
		case TAG_USER:
		case TAG_GROUP:
			if (entry.id == FAKEID_ID_INVALID)
				return -EINVAL;
			break;
		case TAG_USER_OBJ:
		case TAG_GROUP_OBJ:
		case TAG_MASK:
		case TAG_OTHER:
			break;
		default:
			return -EINVAL;
		}
	}
	return (int)acl_count(size);
}

/* The tag that must come next, as the kernel's posix_acl_valid() walks: user::, named users,
 * group::, named groups, mask, other. Equal names twice are accepted there, so they are here. */
int xattrs_acl_validate(const void *value, size_t size)
{
	uint16_t state = TAG_USER_OBJ;
	bool needs_mask = false;

	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);
		uint16_t wanted = state;

		if (entry.perm & ~7u)
			return -EINVAL;
		switch (entry.tag) {
		case TAG_USER_OBJ:
			state = TAG_USER;
			break;
		case TAG_USER:
		case TAG_GROUP:
			needs_mask = true;
			break;
		case TAG_GROUP_OBJ:
			wanted = state == TAG_USER ? TAG_GROUP_OBJ : 0;
			state = TAG_GROUP;
			break;
		case TAG_MASK:
			wanted = state == TAG_GROUP ? TAG_MASK : 0;
			state = TAG_OTHER;
			break;
		case TAG_OTHER:
			if (state == TAG_GROUP && !needs_mask)
				wanted = TAG_OTHER;
			state = 0;
			break;
		default:
			return -EINVAL;
		}
		if (entry.tag != wanted)
			return -EINVAL;
	}
	return state == 0 ? 0 : -EINVAL;
}

void xattrs_acl_mode(const void *value, size_t size, uint16_t *ret_mode, bool *ret_minimal)
{
	uint16_t mode = 0;
	bool minimal = true;

	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);
		uint16_t perm = entry.perm & 7u;

		switch (entry.tag) {
		case TAG_USER_OBJ:
			mode |= (uint16_t)(perm << 6);
			break;
		case TAG_GROUP_OBJ:
			mode |= (uint16_t)(perm << 3);
			break;
		case TAG_OTHER:
			mode |= perm;
			break;
		case TAG_MASK:
			mode = (uint16_t)((mode & ~070) | perm << 3);
			minimal = false;
			break;
		default:
			minimal = false;
			break;
		}
	}
	*ret_mode = mode;
	*ret_minimal = minimal;
}

/* The entry that the group bits of the mode stand for: the mask, or where there is none,
 * group::. */
static uint16_t acl_group_tag(const void *value, size_t size)
{
	for (size_t i = 0; i < acl_count(size); i++) {
		if (acl_read(value, i).tag == TAG_MASK)
			return TAG_MASK;
	}
	return TAG_GROUP_OBJ;
}

void xattrs_acl_apply_mode(void *value, size_t size, uint16_t mode)
{
	uint16_t group_tag = acl_group_tag(value, size);

	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);

		if (entry.tag == TAG_USER_OBJ)
			entry.perm = mode >> 6 & 7u;
		else if (entry.tag == group_tag)
			entry.perm = mode >> 3 & 7u;
		else if (entry.tag == TAG_OTHER)
			entry.perm = mode & 7u;
		acl_write(value, i, entry);
	}
}

void xattrs_acl_normalize(void *value, size_t size)
{
	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);

		if (!acl_is_named(entry.tag))
			entry.id = FAKEID_ID_INVALID;
		acl_write(value, i, entry);
	}
}

void xattrs_acl_show(const struct view *view, void *value, size_t size)
{
	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);

		if (acl_is_named(entry.tag))
			entry.id = view_show_default(view, acl_kind(entry.tag), entry.id);
		acl_write(value, i, entry);
	}
}

int xattrs_acl_check(const struct view *view, const void *value, size_t size)
{
	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);
		struct fakeid_kid ignored;
		int r = acl_is_named(entry.tag)
				? view_make(view, acl_kind(entry.tag), entry.id, &ignored)
				: 0;

		if (r < 0)
			return r;
	}
	return 0;
}

int xattrs_acl_store(const struct view *view, void *value, size_t size)
{
	for (size_t i = 0; view->space && i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);
		enum fakeid_idkind kind = acl_kind(entry.tag);
		struct fakeid_kid kid;
		int r;

		if (!acl_is_named(entry.tag))
			continue;
		r = view_make(view, kind, entry.id, &kid);
		if (r < 0)
			return r;
		if (idspace_up(&view->space->home[kind], kid, &entry.id) < 0)
			return -EOVERFLOW;
		acl_write(value, i, entry);
	}
	return 0;
}

void xattrs_acl_load(const struct view *view, void *value, size_t size)
{
	for (size_t i = 0; view->space && i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);
		enum fakeid_idkind kind = acl_kind(entry.tag);
		struct fakeid_kid kid;

		if (!acl_is_named(entry.tag))
			continue;
		if (idspace_down(&view->space->home[kind], entry.id, &kid) < 0 ||
		    view_up(view, kind, kid, &entry.id) < 0)
			entry.id = FAKEID_ID_INVALID; /* as posix_acl_to_xattr() of the kernel */
		acl_write(value, i, entry);
	}
}

int xattrs_acl_inherit(void *value, size_t size, uint16_t *mode)
{
	uint16_t group_tag = acl_group_tag(value, size), got = 0;
	bool extended = group_tag == TAG_MASK, has_group = false;

	for (size_t i = 0; i < acl_count(size); i++) {
		struct acl_entry entry = acl_read(value, i);

		if (entry.tag == TAG_USER_OBJ) {
			entry.perm &= *mode >> 6 & 7u;
			got |= (uint16_t)(entry.perm << 6);
		} else if (entry.tag == group_tag) {
			entry.perm &= *mode >> 3 & 7u;
			got |= (uint16_t)(entry.perm << 3);
			has_group = true;
		} else if (entry.tag == TAG_OTHER) {
			entry.perm &= *mode & 7u;
			got |= entry.perm;
		} else if (acl_is_named(entry.tag)) {
			extended = true;
		}
		acl_write(value, i, entry);
	}
	if (!has_group)
		return -EIO;

	*mode = (uint16_t)((*mode & ~0777) | got);
	return extended;
}

static bool list_has(const char *list, size_t size, const char *name)
{
	for (size_t at = 0; at < size; at += strlen(list + at) + 1) {
		if (strcmp(list + at, name) == 0)
			return true;
	}
	return false;
}

size_t xattrs_list_merge(char *list, size_t real_size, size_t kept_size, bool with_trusted)
{
	size_t total = real_size + kept_size, used = real_size, len;

	for (size_t at = real_size; at < total; at += len) {
		len = strnlen(list + at, total - at);
		if (at + len == total)
			break; /* the last name does not end: a reply that was cut off */
		len++;
		if (list_has(list, real_size, list + at) ||
		    (!with_trusted && after(list + at, TRUSTED_PREFIX)))
			continue;
		memmove(list + used, list + at, len);
		used += len;
	}
	return used;
}
