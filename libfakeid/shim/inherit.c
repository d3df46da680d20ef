/* SPDX-License-Identifier: MIT
 * inherit.c - what a new object gets from a directory with a virtual default ACL: its own access
 * ACL and mode, whatever the umask, and a directory the default ACL too (acl(5), "object
 * creation").
 */
#include "shim/inherit.h"

#include <errno.h>
#include <sys/mman.h>

#include <fakeid/wire.h>

#include "core/xattrs.h"
#include "shim/client.h"
#include "shim/file_private.h"
#include "shim/process.h"
#include "shim/sys.h"

#define ACCESS_NAME "system.posix_acl_access"
#define DEFAULT_NAME "system.posix_acl_default"
#define BODY_BYTES 96u

static void write_name(struct writer *w, const char *name)
{
	size_t len = strlen(name);

	write_u16(w, (uint16_t)len);
	write_bytes(w, name, len);
}

int inherit_nothing(const struct file *file)
{
	const struct client_file key = {process.fsns, file->key, file_disk(file).btime_ns};
	uint8_t body[BODY_BYTES], reply[4];
	struct writer w = {body, sizeof(body), false};
	size_t size = sizeof(reply);

	if (!file->stale_xattrs)
		return 0;
	client_write_file(&w, &key);
	write_name(&w, "");
	return client_ask(WIRE_XATTR_REMOVE, body, sizeof(body) - w.left, NULL, 0, -1, reply,
			  &size);
}

/* The directory's default ACL; -ENODATA where it has none. */
static int fetch_default(const struct file *parent, void *ret_acl, size_t *ret_size)
{
	const struct client_file key = {process.fsns, parent->key, parent->record.btime_ns};
	uint8_t body[BODY_BYTES];
	struct writer w = {body, sizeof(body), false};

	client_write_file(&w, &key);
	write_name(&w, DEFAULT_NAME);
	*ret_size = WIRE_XATTR_VALUE_MAX;
	return client_ask(WIRE_XATTR_GET, body, sizeof(body) - w.left, NULL, 0, -1, ret_acl,
			  ret_size);
}

static int store_acl(const struct file *file, const char *name, const void *acl, size_t acl_size,
		     struct change *change)
{
	const struct client_file key = {process.fsns, file->key, file_disk(file).btime_ns};
	uint8_t body[BODY_BYTES], reply[4];
	struct writer w = {body, sizeof(body), false};
	struct reader in = {reply, sizeof(reply), false};
	size_t size = sizeof(reply);
	int r;

	client_write_file(&w, &key);
	write_u32(&w, 0);
	write_name(&w, name);
	r = client_ask(WIRE_XATTR_SET, body, sizeof(body) - w.left, acl, acl_size, -1, reply,
		       &size);
	if (r < 0)
		return r;
	if (size != sizeof(reply))
		return -EIO;
	change->what |= CHANGE_XATTRS;
	change->xattr_flags = (uint16_t)(read_u32(&in) & (RECORD_XATTRS | RECORD_ACL));
	return 0;
}

static int inherit_into(void *acl, const struct file *parent, const struct file *file,
			unsigned asked, struct change *change)
{
	/* bind(2) applies the umask before anybody looks at the directory. */
	uint16_t mode = asked & FILE_MASKED ? change->mode : (uint16_t)(asked & 07777);
	size_t size;
	int r = fetch_default(parent, acl, &size);

	if (r == -ENODATA)
		return 0;
	if (r == 0 && xattrs_acl_parse(acl, size) <= 0)
		r = -EIO;
	if (r == 0 && S_ISDIR(asked))
		r = store_acl(file, DEFAULT_NAME, acl, size, change);
	if (r < 0)
		return r;

	r = xattrs_acl_inherit(acl, size, &mode);
	if (r > 0)
		r = store_acl(file, ACCESS_NAME, acl, size, change);
	change->what |= CHANGE_MODE;
	change->mode = mode;
	return r;
}

int inherit_acl(const struct file *parent, const struct file *file, unsigned asked,
		struct change *change)
{
	long acl;
	int r;

	if (!(parent->record.flags & RECORD_ACL) || S_ISLNK(asked))
		return 0;
	/* Too large for a stranger's stack. */
	acl = SYS6(SYS_mmap, 0, WIRE_XATTR_VALUE_MAX, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (acl < 0 && acl > -4096)
		return (int)acl;
	r = inherit_into((void *)acl, parent, file, asked, change);
	(void)SYS2(SYS_munmap, acl, WIRE_XATTR_VALUE_MAX); /* it was ours to unmap */
	return r;
}
