/* SPDX-License-Identifier: MIT
 * xattr.c - setxattr and removexattr. Privileged names are checked as the kernel checks them for
 * root, kept by the daemon, and noted in the file's record; user.* stays the kernel's own business.
 */
#include "xattr.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/xattr.h>

#include <fakeid/wire.h>

#include "calls/gate.h"
#include "shim/client.h"
#include "shim/inherit.h"
#include "shim/mode.h"
#include "shim/process.h"

/* A name in no namespace: no filesystem takes it, but the kernel first checks everything else, down
 * to a read-only mount. XATTR_REPLACE, so that nothing comes to be where a FUSE server takes any
 * name. */
#define PROBE_NAME "fakeid"

#define SMALL_BYTES 256u /* ACLs and capabilities, but for long ones, on the stack */

/* True when a probe came as far as the file. EACCES may also be a directory on the way: the look-up
 * of the file comes next and tells. */
static bool probe_reached_file(long r)
{
	return r >= 0 || r == -EOPNOTSUPP || r == -EACCES || r == -ENODATA;
}

/* May the file be changed, and can the value be read? Permission and mount are asked by a removal:
 * overlayfs copies a file up for any set, before it finds that nobody wants the name. */
static long probe_set(const struct xattr_place *place, const void *value, size_t size)
{
	long r;

	/* The kernel reads the value before it looks for the file; nothing in /proc takes the
	 * name. */
	r = size ? SYS5(SYS_setxattr, "/proc/self", PROBE_NAME, value, size, XATTR_REPLACE) : 0;
	if (r == -EFAULT || r == -E2BIG || r == -ENOMEM)
		return r;
	if (r == -ENOENT)
		return xattr_raw_set(place, PROBE_NAME, value, size, XATTR_REPLACE);
	return xattr_raw_remove(place, PROBE_NAME);
}

/* What the kernel asks of a process that changes such an attribute: 0, -EPERM, or -EINVAL.
 * Capabilities count where both ids of the file have a place, but for CAP_FOWNER, to which the
 * owner is enough. */
static int may_change(enum xattrs_class class, const struct file *file)
{
	switch (class) {
	case XATTRS_BARE:
		return xattr_capable(CAP_SYS_ADMIN) ? -EINVAL : -EPERM;
	case XATTRS_CAPABILITY:
		return xattr_capable(CAP_SETFCAP) && file_counts(file, CAP_SETFCAP) ? 0 : -EPERM;
	case XATTRS_SECURITY:
	case XATTRS_TRUSTED:
		return xattr_capable(CAP_SYS_ADMIN) && file_counts(file, CAP_SYS_ADMIN) ? 0
											: -EPERM;
	default:
		return file_is_own(file) || (xattr_capable(CAP_FOWNER) &&
					     (file_caps(file, FAKEID_UID) >> CAP_FOWNER & 1))
			       ? 0
			       : -EPERM;
	}
}

static void start_body(struct writer *w, const struct file *file)
{
	struct client_file key = {process.fsns, file->key, 0};

	if (file->stx.stx_mask & STATX_BTIME)
		key.btime_ns = file->stx.stx_btime.tv_sec * INT64_C(1000000000) +
			       file->stx.stx_btime.tv_nsec;
	client_write_file(w, &key);
}

/* Ask the daemon for the change that `body` describes; its reply says what to note in the
 * record. */
static int ask_change(enum wire_op op, const void *body, size_t body_size, const void *value,
		      size_t size, uint16_t *ret_flags)
{
	uint8_t reply[4];
	size_t reply_size = sizeof(reply);
	int r = client_ask(op, body, body_size, value, size, -1, reply, &reply_size);
	struct reader in = {reply, reply_size, false};
	uint32_t flags = read_u32(&in);

	if (r < 0)
		return r;
	if (!read_done(&in))
		return -EIO;
	*ret_flags = (uint16_t)(flags & (RECORD_XATTRS | RECORD_ACL));
	return 0;
}

static int put(const struct file *file, const char *name, const void *value, size_t size, int flags,
	       struct change *change)
{
	uint8_t body[32 + XATTRS_NAME_MAX];
	struct writer w = {body, sizeof(body), false};
	size_t len = strlen(name);
	int r;

	r = inherit_nothing(file);
	if (r < 0)
		return r;
	start_body(&w, file);
	write_u32(&w, (uint32_t)flags);
	write_u16(&w, (uint16_t)len);
	write_bytes(&w, name, len);
	change->what |= CHANGE_XATTRS | CHANGE_CTIME;
	return ask_change(WIRE_XATTR_SET, body, sizeof(body) - w.left, value, size,
			  &change->xattr_flags);
}

static int drop(const struct file *file, const char *name, struct change *change)
{
	uint8_t body[32 + XATTRS_NAME_MAX];
	struct writer w = {body, sizeof(body), false};
	size_t len = strlen(name);

	if (!(file->record.flags & RECORD_XATTRS))
		return -ENODATA;
	start_body(&w, file);
	write_u16(&w, (uint16_t)len);
	write_bytes(&w, name, len);
	change->what |= CHANGE_XATTRS | CHANGE_CTIME;
	return ask_change(WIRE_XATTR_REMOVE, body, sizeof(body) - w.left, NULL, 0,
			  &change->xattr_flags);
}

/* Take an ACL away, also from the disk, where nothing virtual would hide it. No ACL is no error. */
static long remove_acl(const struct xattr_place *place, struct file *file, const char *name,
		       bool on_disk, struct change *change)
{
	struct change without = *change;
	long r = on_disk ? xattr_raw_remove(place, name) : 0;

	if (r < 0)
		return r;
	if (file->record.flags & RECORD_ACL) {
		r = drop(file, name, &without);
		if (r == 0)
			*change = without;
		else if (r != -ENODATA)
			return r;
	}
	return change->what ? file_change(file, change) : 0;
}

/* An access ACL sets the permission bits. The disk gets what chmod would put there. */
static void change_mode(const struct xattr_place *place, struct file *file, uint16_t bits,
			struct change *change)
{
	uint16_t old = xattr_shown_mode(file), type = file->stx.stx_mode & S_IFMT;
	unsigned disk;

	change->what |= CHANGE_MODE | CHANGE_CTIME;
	change->mode = (uint16_t)((old & 07000) | bits);
	if (permit_limited()) {
		mode_t mode = change->mode;

		(void)gate_chmod(
			file, &mode); /* only to be asked for its setgid bit: the owner is known */
		change->mode = (uint16_t)mode;
	}
	disk = mode_on_disk(type | change->mode);
	if (file->record.flags & RECORD_NODE || disk == (file->stx.stx_mode & 07777u))
		return;
	/* Refused where another host user owns the file: the record alone holds the mode. */
	if (xattr_raw_chmod(place, disk) == 0)
		file->stx.stx_mode = (uint16_t)(type | disk);
}

static bool is_acl(enum xattrs_class class)
{
	return class == XATTRS_ACL_ACCESS || class == XATTRS_ACL_DEFAULT;
}

/* What is wrong with a change, before anything is done about it. `on_disk`: the file has a real
 * attribute of that name, which is seen until ours covers it. */
static int check_set(const struct file *file, enum xattrs_class class, const void *value,
		     size_t size, int flags, bool on_disk)
{
	uint8_t capability[XATTRS_CAPABILITY_MAX_BYTES];
	int n_entries = is_acl(class) && size ? xattrs_acl_parse(value, size) : 0, r = 0;
	struct view room;
	size_t used;

	/* Like every id that is none, before all rights. */
	if (n_entries > 0)
		r = xattrs_acl_check(file_view(file, &room), value, size);
	if (n_entries < 0 || r < 0)
		return n_entries < 0 ? n_entries : r;
	if (is_acl(class) && S_ISLNK(file->stx.stx_mode))
		return -EOPNOTSUPP;
	if (class == XATTRS_ACL_DEFAULT && !S_ISDIR(file->stx.stx_mode))
		return n_entries ? -EACCES : 0;
	if (class == XATTRS_CAPABILITY && size)
		r = xattrs_capability(value, size, capability, &used);
	/* An empty one the kernel takes from anybody. */
	if (r == 0 && (class != XATTRS_CAPABILITY || size))
		r = may_change(class, file);
	if (r < 0)
		return r;
	if (is_acl(class))
		return n_entries ? xattrs_acl_validate(value, size) : 0;
	if (on_disk)
		return flags & XATTR_CREATE ? -EEXIST : 0;
	return flags & XATTR_REPLACE && !(file->record.flags & RECORD_XATTRS) ? -ENODATA : 0;
}

static long set_acl(const struct xattr_place *place, struct file *file, enum xattrs_class class,
		    const char *name, void *value, size_t size, bool on_disk)
{
	struct view room;
	struct change change = {0};
	bool minimal = false;
	uint16_t bits;
	int r;

	if (class == XATTRS_ACL_DEFAULT && !S_ISDIR(file->stx.stx_mode))
		return 0;
	if (size == 0 || xattrs_acl_parse(value, size) == 0)
		return remove_acl(place, file, name, on_disk, &change);

	r = xattrs_acl_store(file_view(file, &room), value, size);
	if (r < 0)
		return r;
	if (class == XATTRS_ACL_ACCESS) {
		xattrs_acl_mode(value, size, &bits, &minimal);
		change_mode(place, file, bits, &change);
	}
	if (minimal)
		return remove_acl(place, file, name, on_disk, &change);
	r = put(file, name, value, size, 0, &change);
	return r < 0 ? r : file_change(file, &change);
}

/* security.* and trusted.*. */
static long set_plain(struct file *file, enum xattrs_class class, const char *name,
		      const void *value, size_t size, int flags, bool on_disk)
{
	uint8_t capability[XATTRS_CAPABILITY_MAX_BYTES];
	struct change change = {0};
	int r = 0;

	if (class == XATTRS_CAPABILITY && size) {
		r = xattrs_capability(value, size, capability, &size);
		value = capability;
	}
	if (r < 0)
		return r;

	/* What the daemon may still hold for a file without the flag is some earlier file's. */
	if (on_disk || !(file->record.flags & RECORD_XATTRS))
		flags = 0;
	r = put(file, name, value, size, flags, &change);
	return r < 0 ? r : file_change(file, &change);
}

long xattr_set(const struct xattr_place *place, const char *name, const void *value, size_t size,
	       int flags)
{
	XATTR_SCRATCH void *large = NULL;
	uint8_t small[SMALL_BYTES];
	void *copy = small;
	enum xattrs_class class;
	struct file file;
	long real, r;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (process_filtered())
		return xattrs_classify(name) == XATTRS_REAL
			       ? xattr_raw_set(place, name, value, size, flags)
			       : -EIO;
	/* Tells a name that cannot be read, and whether there is one on disk. */
	real = xattr_raw_get(place, name, NULL, 0);
	if (real == -EFAULT || real == -ERANGE || real == -ENOSYS || real == -EBADF)
		return real;
	class = xattrs_classify(name);
	if (class == XATTRS_REAL) {
		long probed;

		r = xattr_node_answer(place, name, true);
		if (r == 0)
			return xattr_raw_set(place, name, value, size, flags);
		probed = probe_set(place, value, size);
		return probe_reached_file(probed) ? r : probed;
	}
	r = probe_set(place, value, size);
	if (!probe_reached_file(r))
		return r;

	/* Checked and stored must be the same bytes, whatever another thread does to the
	 * program's. */
	if (size > sizeof small) {
		copy = large = xattr_scratch_new();
		if (!large)
			return -ENOMEM;
	}
	if (size)
		memcpy(copy, value, size);
	/* Checked first: looking for update copies the file up on overlayfs, which shows. */
	r = xattr_look(place, &file);
	if (r == 0)
		r = check_set(&file, class, copy, size, flags, real >= 0);
	if (r == -ENODATA || r == -EEXIST)
		(void)xattr_look_for_update(place, &file); /* overlayfs has copied up by then */
	if (r == 0)
		r = xattr_look_for_update(place, &file);
	if (r == 0)
		r = file_room();
	if (r < 0)
		return r;
	if (is_acl(class))
		return set_acl(place, &file, class, name, copy, size, real >= 0);
	return set_plain(&file, class, name, copy, size, flags, real >= 0);
}

/* What is wrong with a removal, and whether there is nothing to remove, which of an ACL is no
 * error. Known before the file is looked at for update. */
static int check_remove(const struct file *file, enum xattrs_class class, bool on_disk,
			bool *ret_done)
{
	uint16_t kept = is_acl(class) ? RECORD_ACL : RECORD_XATTRS;
	int r;

	if (is_acl(class) && S_ISLNK(file->stx.stx_mode))
		return -EOPNOTSUPP;
	if (class == XATTRS_ACL_DEFAULT && !S_ISDIR(file->stx.stx_mode)) {
		*ret_done = true;
		return 0;
	}
	r = may_change(class, file);
	if (r < 0 || on_disk || (file->record.flags & kept))
		return r;
	*ret_done = true;
	return is_acl(class) ? 0 : -ENODATA;
}

long xattr_remove(const struct xattr_place *place, const char *name)
{
	struct change change = {0};
	enum xattrs_class class;
	struct file file;
	bool done = false;
	long real, r;

	if (process_filtered())
		return xattrs_classify(name) == XATTRS_REAL ? xattr_raw_remove(place, name) : -EIO;
	real = xattr_raw_get(place, name, NULL, 0);
	if (real == -EFAULT || real == -ERANGE || real == -ENOSYS || real == -EBADF)
		return real;
	class = xattrs_classify(name);
	if (class == XATTRS_REAL) {
		r = xattr_node_answer(place, name, true);
		real = xattr_raw_remove(place, r < 0 ? PROBE_NAME : name);
		return r == 0 || !probe_reached_file(real) ? real : r;
	}
	r = xattr_raw_remove(place, PROBE_NAME);
	if (!probe_reached_file(r))
		return r;
	r = xattr_look(place, &file);
	if (r == 0)
		r = check_remove(&file, class, real >= 0, &done);
	if (r < 0 || done)
		return r;
	r = xattr_look_for_update(place, &file);
	if (r == 0)
		r = file_room();
	if (r < 0)
		return r;

	if (is_acl(class))
		return remove_acl(place, &file, name, real >= 0, &change);
	r = drop(&file, name, &change);
	if (r == -ENODATA && real >= 0)
		return xattr_raw_remove(place, name);
	return r < 0 ? r : file_change(&file, &change);
}
