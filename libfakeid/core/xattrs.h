/* SPDX-License-Identifier: MIT
 * xattrs.h - the kernel's rules for the extended attributes that fakeid keeps itself: which names
 * they are, which values are valid, how an ACL and a mode go together, how two name lists become
 * one. Pure.
 */
#ifndef FAKEID_XATTRS_H
#define FAKEID_XATTRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "view.h"

#define XATTRS_NAME_MAX 255u
#define XATTRS_CAPABILITY_MAX_BYTES 24u

enum xattrs_class {
	XATTRS_REAL, /* user.* and names that nobody keeps: the kernel answers */
	XATTRS_SECURITY,
	XATTRS_CAPABILITY, /* security.capability */
	XATTRS_TRUSTED,
	XATTRS_ACL_ACCESS,
	XATTRS_ACL_DEFAULT,
	XATTRS_BARE, /* "security." or "trusted." with nothing behind it */
};

enum xattrs_class xattrs_classify(const char *name);

/* The flag of the index (enum index_flags) that says that some file may have one of this class; 0
 * for those that nobody keeps. */
uint32_t xattrs_index_flag(enum xattrs_class class);

/* File capabilities as a later getxattr(2) shows them to a process of the same user namespace:
 * version 3 for root id 0 reads back as version 2. Returns 0, or -EINVAL for what the kernel does
 * not accept. */
int xattrs_capability(const void *value, size_t size,
		      uint8_t ret_value[XATTRS_CAPABILITY_MAX_BYTES], size_t *ret_size);

/* First half of the kernel's checks, made before it looks at the file. Returns the number of
 * entries (0 means: remove the ACL), -EINVAL, or -EOPNOTSUPP for another version. */
int xattrs_acl_parse(const void *value, size_t size);

/* Second half: order, required entries, a mask where there are named entries. 0 or -EINVAL. The
 * value must have passed xattrs_acl_parse() with at least one entry, here and below. */
int xattrs_acl_validate(const void *value, size_t size);

/* The permission bits (0777) that an access ACL gives its file; *ret_minimal if it says no more. */
void xattrs_acl_mode(const void *value, size_t size, uint16_t *ret_mode, bool *ret_minimal);

/* Bring a stored ACL up to date in place: a chmod since then changed the entries that the mode
 * stands for. */
void xattrs_acl_apply_mode(void *value, size_t size, uint16_t mode);

/* Only entries that name somebody keep their id; the others read as -1, as the kernel prints
 * them. */
void xattrs_acl_normalize(void *value, size_t size);

/* Turn the host ids of an ACL on disk into what the view shows for them. */
void xattrs_acl_show(const struct view *view, void *value, size_t size);

/* Have all whom a program's ACL names a place in its view? 0, -EINVAL or -EOVERFLOW as
 * view_make(). */
int xattrs_acl_check(const struct view *view, const void *value, size_t size);

/* ACLs are stored with the ids that the filesystem namespace gives to whom they name. From what a
 * program gave, in place: 0, -EINVAL or -EOVERFLOW for an id that has no place there. */
int xattrs_acl_store(const struct view *view, void *value, size_t size);

/* And back, for a program to see: -1 for who has no place in its view. */
void xattrs_acl_load(const struct view *view, void *value, size_t size);

/* A directory's default ACL becomes the access ACL of a new object, in place. `*mode` is the mode
 * asked for, without umask, and comes back as the mode the object gets. Returns 1 if the object
 * needs the ACL, 0 if its mode says it all, -EIO for an ACL without group. */
int xattrs_acl_inherit(void *value, size_t size, uint16_t *mode);

/* `list` holds `real_size` bytes of names from disk and behind them `kept_size` bytes of names from
 * the daemon, each name ending in NUL. Drops the second of two equal names, and trusted.* unless
 * asked for. Returns the size that is left. */
size_t xattrs_list_merge(char *list, size_t real_size, size_t kept_size, bool with_trusted);

#endif
