/* SPDX-License-Identifier: MIT
 * ops_xattr.c - privileged xattrs, which lie in the store alone. A change is in the journal before
 * the reply goes out and in the store with the next commit. Answers are those of setxattr(2) and
 * its family.
 */
#include <string.h>
#include <sys/xattr.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "persist.h"

#define ACL_PREFIX "system.posix_acl_"

static int check_name(const char *name, size_t size)
{
	if (size == 0 || size > WIRE_XATTR_NAME_MAX)
		return -ERANGE;

	return memchr(name, '\0', size) ? -EINVAL : 0;
}

struct names {
	struct writer *reply; /* NULL: only look */
	uint32_t flags;
	size_t size;
};

static int note_name(void *context, const void *name, size_t size)
{
	struct names *names = context;

	names->flags |= RECORD_XATTRS;
	if (size > strlen(ACL_PREFIX) && memcmp(name, ACL_PREFIX, strlen(ACL_PREFIX)) == 0)
		names->flags |= RECORD_ACL;
	names->size += size + 1;
	if (names->reply) {
		write_bytes(names->reply, name, size);
		write_bytes(names->reply, "", 1);
	}
	return 0;
}

static int apply(struct daemon *daemon, void *context)
{
	const struct journal_change *change = context;

	if (change->remove) {
		int r = store_delete_xattr(daemon->store, &change->file, change->name,
					   change->name_size);

		/* Already replayed from the journal. */
		return r == -ENODATA ? 0 : r;
	}

	return store_put_xattr(daemon->store, &change->file, change->name, change->name_size,
			       change->value, change->value_size);
}

/* After persist_settle(): a deletion on its way would take along the xattrs of the next file on the
 * inode. */
static int change_xattr(struct daemon *daemon, const struct journal_change *change,
			struct writer *reply)
{
	struct names names = {0};
	size_t before = daemon->journal.size;
	int r;

	r = journal_append(&daemon->journal, change);
	if (r < 0)
		return r == -EDQUOT || r == -EFBIG ? -ENOSPC : r;

	r = persist_change(daemon, apply, (void *)change);
	if (r < 0) {
		/* Nobody was told that it happened, so it must not happen later. */
		(void)journal_cut(&daemon->journal, before);
		return r;
	}

	r = store_each_xattr(daemon->store, &change->file, note_name, &names);
	write_u32(reply, names.flags);
	return r;
}

int handle_XATTR_GET(const struct request *request)
{
	struct store_file file = dispatch_read_file(request->body);
	size_t name_size, size;
	const char *name = dispatch_read_str(request->body, &name_size);
	const void *value;
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	r = check_name(name, name_size);
	if (r == 0)
		r = store_get_xattr(request->daemon->store, &file, name, name_size, &value, &size);
	if (r < 0)
		return r;

	write_bytes(request->reply, value, size);
	return 0;
}

int handle_XATTR_LIST(const struct request *request)
{
	struct store_file file = dispatch_read_file(request->body);
	struct names names = {.reply = request->reply};

	if (!read_done(request->body))
		return -EBADMSG;

	return store_each_xattr(request->daemon->store, &file, note_name, &names);
}

static int check_set(struct daemon *daemon, const struct journal_change *change, uint32_t flags)
{
	struct names names = {0};
	const void *value;
	size_t size;
	int there, r;

	if (flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;

	if (change->value_size > WIRE_XATTR_VALUE_MAX)
		return -E2BIG;

	there = store_get_xattr(daemon->store, &change->file, change->name, change->name_size,
				&value, &size);
	if (there < 0 && there != -ENODATA)
		return there;

	if (there == 0 && (flags & XATTR_CREATE))
		return -EEXIST;

	if (there < 0 && (flags & XATTR_REPLACE))
		return -ENODATA;

	if (there == 0)
		return 0;

	/* What cannot be listed in one reply must not be. */
	r = store_each_xattr(daemon->store, &change->file, note_name, &names);
	if (r == 0 && names.size + change->name_size + 1 > WIRE_XATTR_LIST_MAX)
		r = -ENOSPC;
	return r;
}

int handle_XATTR_SET(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct journal_change change = {.file = dispatch_read_file(request->body)};
	uint32_t flags = read_u32(request->body);
	struct space *space;
	int r;

	change.name = dispatch_read_str(request->body, &change.name_size);
	change.value_size = request->body->left;
	change.value = read_bytes(request->body, request->body->left);
	if (!read_done(request->body))
		return -EBADMSG;

	persist_settle(daemon); /* which may find that there is no room for the file's record */
	r = check_name(change.name, change.name_size);
	if (r == 0)
		r = space_need(daemon, change.file.fsns, &space);
	if (r == 0)
		r = check_set(daemon, &change, flags);
	if (r == 0 && daemon->full)
		r = -ENOSPC;
	if (r < 0)
		return r;

	space_note_xattr(space, change.name, change.name_size);
	return change_xattr(daemon, &change, request->reply);
}

struct first_name {
	char bytes[WIRE_XATTR_NAME_MAX];
	size_t size;
};

static int take_first(void *context, const void *name, size_t size)
{
	struct first_name *first = context;

	if (size > sizeof(first->bytes))
		return -EBADMSG;
	memcpy(first->bytes, name, size);
	first->size = size;
	return 1;
}

static int remove_all(struct daemon *daemon, const struct journal_change *all, struct writer *reply)
{
	struct first_name first;
	int r;

	while ((r = store_each_xattr(daemon->store, &all->file, take_first, &first)) == 1) {
		struct journal_change change = *all;
		uint8_t room[4];
		struct writer unread = {room, sizeof(room), false};

		change.name = first.bytes;
		change.name_size = first.size;
		r = change_xattr(daemon, &change, &unread);
		if (r < 0)
			return r;
	}
	if (r == 0)
		write_u32(reply, 0);
	return r;
}

int handle_XATTR_REMOVE(const struct request *request)
{
	struct daemon *daemon = request->daemon;
	struct journal_change change = {.remove = true, .file = dispatch_read_file(request->body)};
	const void *value;
	size_t size;
	int r;

	change.name = dispatch_read_str(request->body, &change.name_size);
	if (!read_done(request->body))
		return -EBADMSG;

	persist_settle(daemon);
	if (change.name_size == 0)
		return remove_all(daemon, &change, request->reply);

	r = check_name(change.name, change.name_size);
	if (r == 0)
		r = store_get_xattr(daemon->store, &change.file, change.name, change.name_size,
				    &value, &size);
	if (r == 0 && daemon->full)
		r = -ENOSPC; /* nor could the file's record be changed */
	return r < 0 ? r : change_xattr(daemon, &change, request->reply);
}
