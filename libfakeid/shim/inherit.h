/* SPDX-License-Identifier: MIT
 * inherit.h - what a new object gets from a directory with a virtual default ACL.
 */
#ifndef FAKEID_INHERIT_H
#define FAKEID_INHERIT_H

#include "core/overlay.h"
#include "shim/file.h"

/* The daemon keeps xattrs by inode and birth time, and two births can share a tick of the clock:
 * make it forget what an earlier file of the inode had. Nothing happens where it had none. */
int inherit_nothing(const struct file *file);

/* Give `file`, which was just made in `parent` with the mode `asked` for (type bits included, umask
 * not applied), its ACLs, and put the mode that follows from them into `change`, which holds the
 * mode without them. Nothing happens where the parent has no default ACL. 0 or negative errno. */
int inherit_acl(const struct file *parent, const struct file *file, unsigned asked,
		struct change *change);

#endif
