/* SPDX-License-Identifier: MIT
 * xattr.h - extended attributes: what xattr.c, xattr_read.c and xattr_at.c share, and what the
 * decoder of syscall(2) needs of them.
 */
#ifndef FAKEID_XATTR_H
#define FAKEID_XATTR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/xattrs.h"
#include "shim/file.h"
#include "shim/sys.h"

/* How the program names the file; the raw calls differ in nothing else. */
enum xattr_door { XATTR_PATH, XATTR_LPATH, XATTR_FD, XATTR_AT };

struct xattr_place {
	enum xattr_door door;
	int dirfd;	  /* XATTR_FD: the descriptor */
	const char *path; /* NULL for XATTR_FD */
	unsigned
		at_flags; /* AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH, as they come or as the door implies */
};

/* struct xattr_args of setxattrat(2) and getxattrat(2), Linux 6.13. */
struct xattr_at_args {
	uint64_t value;
	uint32_t size, flags;
};

/* Straight to the kernel, through the same door. >= 0 or negative errno. */
long xattr_raw_set(const struct xattr_place *place, const char *name, const void *value,
		   size_t size, int flags);
long xattr_raw_get(const struct xattr_place *place, const char *name, void *value, size_t size);
long xattr_raw_list(const struct xattr_place *place, char *list, size_t size);
long xattr_raw_remove(const struct xattr_place *place, const char *name);

/* file_look() or file_look_for_update() at a place, and the real chmod there. */
int xattr_look(const struct xattr_place *place, struct file *ret_file);
int xattr_look_for_update(const struct xattr_place *place, struct file *ret_file);
long xattr_raw_chmod(const struct xattr_place *place, unsigned mode);

/* The calls. `raw` is what the kernel answered to the program's own call: whatever is wrong with
 * the arguments has been said there, so a name that it accepted may be read. */
long xattr_set(const struct xattr_place *place, const char *name, const void *value, size_t size,
	       int flags);
long xattr_get(const struct xattr_place *place, const char *name, void *value, size_t size,
	       long raw);
long xattr_list(const struct xattr_place *place, char *list, size_t size, long raw);
long xattr_remove(const struct xattr_place *place, const char *name);

/* Value of an attribute the daemon keeps, into a buffer of WIRE_XATTR_VALUE_MAX bytes.
 * Returns its size, or negative errno. */
long xattr_fetch(const struct file *file, const char *name, void *ret_value);

/* What a device answers about a name that nobody keeps; 0 if it is not a virtual one. Its
 * placeholder on disk is a closed regular file, which would say something else. */
int xattr_node_answer(const struct xattr_place *place, const char *name, bool changes);

/* One process-private buffer for the length of a call: 64 KiB values have no place on a stranger's
 * stack, and malloc may be the program that calls us. NULL when there is no memory. */
#define XATTR_SCRATCH_BYTES (2u * 65536u)
void *xattr_scratch_new(void);
void xattr_scratch_free(void **scratch);
#define XATTR_SCRATCH __attribute__((cleanup(xattr_scratch_free)))

/* File mode as the program sees it. */
uint16_t xattr_shown_mode(const struct file *file);

/* True if the process holds the capability (number as in linux/capability.h). */
bool xattr_capable(unsigned cap);

/* For syscall(2), numbers 463 to 466. >= 0 or negative errno. */
long wrap_setxattrat(int dirfd, const char *path, unsigned at_flags, const char *name,
		     const struct xattr_at_args *args, size_t args_size);
long wrap_getxattrat(int dirfd, const char *path, unsigned at_flags, const char *name,
		     struct xattr_at_args *args, size_t args_size);
long wrap_listxattrat(int dirfd, const char *path, unsigned at_flags, char *list, size_t size);
long wrap_removexattrat(int dirfd, const char *path, unsigned at_flags, const char *name);

#endif
