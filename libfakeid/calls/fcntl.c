/* SPDX-License-Identifier: MIT
 * fcntl.c - what fcntl(2) does for a file's owner only: O_NOATIME after the open, how long data will
 * live, and leases.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>

#include "calls/raw.h"
#include "shim/permit.h"
#include "shim/sys.h"

static bool may_lease(const struct file *file)
{
	struct access_subject who;
	struct access_object object;

	permit_subject(&who);
	permit_object(file, &object);
	return (object.has_uid && object.uid == who.uid) || (who.caps >> CAP_LEASE & 1);
}

static bool is_asked(int command, long argument)
{
	return command == F_SETLEASE || command == F_SET_RW_HINT ||
	       (command == F_SETFL && (argument & O_NOATIME));
}

int fcntl_allowed(int fd, int command, long argument)
{
	struct file file;
	long flags;

	if (!is_asked(command, argument))
		return 0;
	flags = SYS3(SYS_fcntl, fd, F_GETFL, 0);
	/* Whatever else is wrong the call itself says. */
	if (flags < 0 || (flags & O_PATH) || (command == F_SETFL && (flags & O_NOATIME)) ||
	    file_look(fd, "", AT_EMPTY_PATH, &file) < 0)
		return 0;
	if (command == F_SETLEASE)
		return may_lease(&file) ? 0 : -EACCES;
	return permit_owns(&file) ? 0 : -EPERM;
}
