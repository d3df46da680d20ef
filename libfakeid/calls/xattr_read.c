/* SPDX-License-Identifier: MIT
 * xattr_read.c - getxattr and listxattr. What the daemon keeps for a file goes before what is on
 * disk; a file whose record does not say that something is kept costs no message.
 */
#include "xattr.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/mman.h>

#include <fakeid/wire.h>

#include "shim/attach.h"
#include "shim/client.h"
#include "shim/process.h"
#include "shim/user.h"

bool xattr_capable(unsigned cap)
{
	return process_creds()->cap[CREDS_CAP_EFFECTIVE] >> cap & 1;
}

uint16_t xattr_shown_mode(const struct file *file)
{
	struct statx stx = file->stx;

	file_show(file, &stx);
	return stx.stx_mode;
}

/* False only when no file of the namespace has what these flags stand for, so that most programs
 * pay nothing. */
static bool some_file_has(uint32_t flags)
{
	struct index_view view;

	if (attach_view(&view) < 0)
		return true; /* the look-up says what is wrong */
	return atomic_load_explicit(&view.cur->header->flags, memory_order_acquire) &
	       INDEX_MAY(flags | INDEX_UNBOUND);
}

/* What is wrong with the path the kernel has said better, but a file that we cannot look up is
 * EIO. */
static long look_error(int r, long raw)
{
	return r == -EIO || raw >= 0 ? r : raw;
}

long xattr_fetch(const struct file *file, const char *name, void *ret_value)
{
	const struct client_file key = {process.fsns, file->key, file->record.btime_ns};
	uint8_t body[32 + XATTRS_NAME_MAX];
	struct writer w = {body, sizeof(body), false};
	size_t len = strlen(name), size = WIRE_XATTR_VALUE_MAX;
	int r;

	client_write_file(&w, &key);
	write_u16(&w, (uint16_t)len);
	write_bytes(&w, name, len);
	r = client_ask(WIRE_XATTR_GET, body, sizeof(body) - w.left, NULL, 0, -1, ret_value, &size);
	return r < 0 ? r : (long)size;
}

/* The rules of a size probe: 0 asks for the size, and a buffer takes all or nothing. */
static long hand_over(void *ret_bytes, size_t size, const void *bytes, size_t used)
{
	if (size == 0)
		return (long)used;
	if (used > size)
		return -ERANGE;
	return user_write(ret_bytes, bytes, used) < 0 ? -EFAULT : (long)used;
}

/* An ACL that is on disk: its ids are the host's, and the mode may be a virtual one by now. */
static long show_real_acl(enum xattrs_class class, const struct file *file, void *value,
			  size_t size, long raw)
{
	struct view room;

	if (raw <= 0 || size == 0 || xattrs_acl_parse(value, (size_t)raw) <= 0)
		return raw;
	if (class == XATTRS_ACL_ACCESS)
		xattrs_acl_apply_mode(value, (size_t)raw, xattr_shown_mode(file));
	xattrs_acl_show(file_view(file, &room), value, (size_t)raw);
	return raw;
}

static long show_kept(enum xattrs_class class, const struct file *file, uint8_t *kept, long used)
{
	struct view room;

	switch (class) {
	case XATTRS_ACL_ACCESS:
	case XATTRS_ACL_DEFAULT:
		if (xattrs_acl_parse(kept, (size_t)used) <= 0)
			return -EIO;
		xattrs_acl_normalize(kept, (size_t)used);
		xattrs_acl_load(file_view(file, &room), kept, (size_t)used);
		if (class == XATTRS_ACL_ACCESS)
			xattrs_acl_apply_mode(kept, (size_t)used, xattr_shown_mode(file));
		return used;
	case XATTRS_CAPABILITY:
		/* The kernel stores an empty value and then cannot read it. */
		return used ? used : -EINVAL;
	default:
		return used;
	}
}

static bool is_acl(enum xattrs_class class)
{
	return class == XATTRS_ACL_ACCESS || class == XATTRS_ACL_DEFAULT;
}

/* Of a name that nobody keeps the disk's value is the answer, whosever the file is. Not so an ACL,
 * which holds ids, and trusted.*, which asks for a capability. */
static bool shows_from_disk(enum xattrs_class class)
{
	return class == XATTRS_SECURITY || class == XATTRS_CAPABILITY;
}

/* True when the kernel's answer is about the arguments, not about the file. */
static bool is_final(long raw, const char *name)
{
	size_t len;

	if (raw == -EFAULT || raw == -EBADF || raw == -ENOSYS)
		return true;
	if (raw != -ERANGE)
		return false;
	len = strnlen(name, XATTRS_NAME_MAX + 1);
	return len == 0 || len > XATTRS_NAME_MAX;
}

void *xattr_scratch_new(void)
{
	long at = SYS6(SYS_mmap, 0, XATTR_SCRATCH_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return at < 0 && at > -4096 ? NULL : (void *)at;
}

void xattr_scratch_free(void **scratch)
{
	if (*scratch)
		(void)SYS2(SYS_munmap, *scratch,
			   XATTR_SCRATCH_BYTES); /* nothing to do about an error */
}

int xattr_node_answer(const struct xattr_place *place, const char *name, bool changes)
{
	struct file file;

	if (xattr_look(place, &file) < 0 || !(file.record.flags & RECORD_NODE))
		return 0;
	if (strncmp(name, "user.", 5) != 0)
		return -EOPNOTSUPP;
	return changes ? -EPERM : -ENODATA;
}

long xattr_get(const struct xattr_place *place, const char *name, void *value, size_t size,
	       long raw)
{
	XATTR_SCRATCH void *kept = NULL;
	enum xattrs_class class;
	struct file file;
	long used;
	int r;

	if (is_final(raw, name))
		return raw;
	class = xattrs_classify(name);
	if (class == XATTRS_REAL) {
		/* EINVAL, for a name without an end, is what a real root gets, who may read a
		 * placeholder. */
		r = raw == -EACCES || raw == -EINVAL ? xattr_node_answer(place, name, false) : 0;
		return r < 0 ? r : raw;
	}
	if ((raw < 0 || shows_from_disk(class)) && class != XATTRS_BARE &&
	    !some_file_has(xattrs_index_flag(class)))
		return raw;

	r = xattr_look(place, &file);
	if (r < 0)
		return look_error(r, raw);
	if (class == XATTRS_BARE)
		return name[0] == 't' && !xattr_capable(CAP_SYS_ADMIN) ? -ENODATA : -EINVAL;
	if (is_acl(class) && S_ISLNK(file.stx.stx_mode))
		return -EOPNOTSUPP;
	if (class == XATTRS_TRUSTED && !xattr_capable(CAP_SYS_ADMIN))
		return -ENODATA;
	if (!(file.record.flags & (is_acl(class) ? RECORD_ACL : RECORD_XATTRS)))
		return is_acl(class) ? show_real_acl(class, &file, value, size, raw) : raw;

	if (process_filtered())
		return -EIO; /* no message may be sent any more */
	kept = xattr_scratch_new();
	if (!kept)
		return -ENOMEM;
	used = xattr_fetch(&file, name, kept);
	if (used == -ENODATA)
		return is_acl(class) ? show_real_acl(class, &file, value, size, raw) : raw;
	if (used >= 0)
		used = show_kept(class, &file, kept, used);
	return used < 0 ? used : hand_over(value, size, kept, (size_t)used);
}

/* The names the daemon keeps, behind what `ret_list` may hold already. */
static long fetch_names(const struct file *file, char *ret_list)
{
	const struct client_file key = {process.fsns, file->key, file->record.btime_ns};
	uint8_t body[32];
	struct writer w = {body, sizeof(body), false};
	size_t size = WIRE_XATTR_LIST_MAX;
	int r;

	client_write_file(&w, &key);
	r = client_ask(WIRE_XATTR_LIST, body, sizeof(body) - w.left, NULL, 0, -1, ret_list, &size);
	if (r == -ENODATA)
		return 0;
	return r < 0 ? r : (long)size;
}

long xattr_list(const struct xattr_place *place, char *list, size_t size, long raw)
{
	XATTR_SCRATCH void *scratch = NULL;
	long real_size, kept_size;
	struct file file;
	size_t used;
	char *names;
	int r;

	if (raw == -EFAULT || raw == -EBADF || raw == -ENOSYS || !some_file_has(INDEX_HAS_XATTRS))
		return raw;
	r = xattr_look(place, &file);
	if (r < 0)
		return look_error(r, raw);
	if (!(file.record.flags & RECORD_XATTRS))
		return raw;

	if (process_filtered())
		return -EIO;
	scratch = xattr_scratch_new();
	if (!scratch)
		return -ENOMEM;
	names = scratch;
	real_size = xattr_raw_list(place, names, WIRE_XATTR_LIST_MAX);
	if (real_size == -EOPNOTSUPP)
		real_size = 0;
	if (real_size < 0)
		return real_size;
	kept_size = fetch_names(&file, names + real_size);
	if (kept_size < 0)
		return kept_size;

	used = xattrs_list_merge(names, (size_t)real_size, (size_t)kept_size,
				 xattr_capable(CAP_SYS_ADMIN));
	if (used > WIRE_XATTR_LIST_MAX)
		return -E2BIG;
	return hand_over(list, size, names, used);
}
