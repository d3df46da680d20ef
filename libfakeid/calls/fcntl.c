/* SPDX-License-Identifier: MIT
 * fcntl.c - what fcntl(2) does for a file's owner only: O_NOATIME after the open, and leases.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "calls/raw.h"
#include "shim/permit.h"
#include "shim/sys.h"

static bool is_owner(const struct file *file, unsigned capability)
{
	struct access_subject who;
	struct access_object object;

	permit_subject(&who);
	permit_object(file, &object);
	if (capability == CAP_FOWNER)
		return access_owns(&who, &object);
	return (object.has_uid && object.uid == who.uid) || (who.caps >> capability & 1);
}

int fcntl_allowed(int fd, int command, long argument)
{
	unsigned capability = command == F_SETLEASE ? CAP_LEASE : CAP_FOWNER;
	struct file file;
	long flags;

	if (command != F_SETLEASE && (command != F_SETFL || !(argument & O_NOATIME)))
		return 0;
	flags = SYS3(SYS_fcntl, fd, F_GETFL, 0);
	/* Whatever else is wrong the call itself says. */
	if (flags < 0 || (flags & O_PATH) || (command == F_SETFL && (flags & O_NOATIME)) ||
	    file_look(fd, "", AT_EMPTY_PATH, &file) < 0 || is_owner(&file, capability))
		return 0;
	return command == F_SETLEASE ? -EACCES : -EPERM;
}
