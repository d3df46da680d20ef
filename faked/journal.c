/* SPDX-License-Identifier: MIT
 * journal.c - xattr changes on their way to LMDB, in the runtime place.
 *
 * A change: u32 size of the body, u32 check sum of the body, body. Body: u8 remove, u32 fsns, u32
 * volume, u64 ino, i64 btime, u16 name size, name, value to the end.
 */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include <fakeid/wire.h>

#include "core/cursor.h"
#include "util.h"

#define HEAD_BYTES 8u
#define FIXED_BYTES (1u + 4u + 4u + 8u + 8u + 2u)
#define BODY_MAX_BYTES (FIXED_BYTES + WIRE_XATTR_NAME_MAX + WIRE_XATTR_VALUE_MAX)

/* FNV-1a: finds a write cut short by a kill, which is all that can happen to a file nobody else
 * writes. */
static uint32_t check_sum(const uint8_t *bytes, size_t size)
{
	uint32_t sum = 2166136261u;

	for (size_t i = 0; i < size; i++)
		sum = (sum ^ bytes[i]) * 16777619u;
	return sum;
}

static int decode(struct reader *r, struct journal_change *ret_change)
{
	struct journal_change change = {0};
	uint32_t size = read_u32(r), sum = read_u32(r);
	const uint8_t *body;
	struct reader b;

	if (size > BODY_MAX_BYTES)
		return -EBADMSG;

	body = read_bytes(r, size);
	if (!body || check_sum(body, size) != sum)
		return -EBADMSG;

	b = (struct reader){body, size, false};
	change.remove = read_uint(&b, 1) != 0;
	change.file.fsns = read_u32(&b);
	change.file.key.volume = read_u32(&b);
	change.file.key.ino = read_u64(&b);
	change.file.btime_ns = (int64_t)read_u64(&b);
	change.name_size = read_u16(&b);
	change.name = read_bytes(&b, change.name_size);
	if (b.bad)
		return -EBADMSG;

	change.value = b.at;
	change.value_size = b.left;
	*ret_change = change;
	return 0;
}

typedef int change_fn(struct store *store, const struct journal_change *change);

/* Apply `fn` to each whole change; *ret_used is where the first one that is not begins. */
static int scan(const struct journal *journal, change_fn *fn, struct store *store, size_t *ret_used)
{
	autofree uint8_t *bytes = malloc(journal->size + 1);
	struct reader r = {bytes, journal->size, false};
	struct journal_change change;

	if (!bytes)
		return -ENOMEM;

	for (size_t used = 0; used < journal->size;) {
		ssize_t n = pread(journal->fd, bytes + used, journal->size - used, (off_t)used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;

		used += (size_t)n;
	}

	*ret_used = 0;
	while (decode(&r, &change) == 0) {
		int result = fn ? fn(store, &change) : 0;

		if (result < 0)
			return result;

		*ret_used = journal->size - r.left;
	}
	return 0;
}

int journal_open(int dirfd, const char *name, struct journal *ret_journal)
{
	autoclose int fd = openat(dirfd, name, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
				  0600);
	struct journal journal;
	struct stat st;
	size_t used;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;

	journal = (struct journal){.fd = fd, .size = (size_t)st.st_size};
	r = scan(&journal, NULL, NULL, &used);
	if (r == 0)
		r = journal_cut(&journal, used);
	if (r < 0)
		return r;

	(void)TAKE(fd, -1);
	*ret_journal = journal;
	return 0;
}

void journal_close(struct journal *journal)
{
	util_close(&journal->fd);
	*journal = (struct journal){.fd = -1};
}

int journal_append(struct journal *journal, const struct journal_change *change)
{
	static uint8_t bytes[HEAD_BYTES + BODY_MAX_BYTES]; /* too large for a stack */
	struct writer head = {bytes, HEAD_BYTES, false};
	struct writer body = {bytes + HEAD_BYTES, BODY_MAX_BYTES, false};
	size_t size;
	int r;

	write_uint(&body, change->remove, 1);
	write_u32(&body, change->file.fsns);
	write_u32(&body, change->file.key.volume);
	write_u64(&body, change->file.key.ino);
	write_u64(&body, (uint64_t)change->file.btime_ns);
	write_u16(&body, (uint16_t)change->name_size);
	write_bytes(&body, change->name, change->name_size);
	write_bytes(&body, change->value, change->value_size);
	if (body.bad)
		return -E2BIG;

	size = BODY_MAX_BYTES - body.left;
	write_u32(&head, (uint32_t)size);
	write_u32(&head, check_sum(bytes + HEAD_BYTES, size));
	r = util_write(journal->fd, bytes, HEAD_BYTES + size);
	if (r < 0) {
		/* If this fails too, the check sum tells the rest. */
		(void)journal_cut(journal, journal->size);
		return r;
	}

	journal->size += HEAD_BYTES + size;
	return 0;
}

static int apply(struct store *store, const struct journal_change *change)
{
	int r;

	if (!change->remove)
		return store_put_xattr(store, &change->file, change->name, change->name_size,
				       change->value, change->value_size);

	r = store_delete_xattr(store, &change->file, change->name, change->name_size);
	return r == -ENODATA ? 0 : r;
}

int journal_replay(const struct journal *journal, struct store *store)
{
	size_t used;

	return journal->size == 0 ? 0 : scan(journal, apply, store, &used);
}

int journal_cut(struct journal *journal, size_t size)
{
	if (ftruncate(journal->fd, (off_t)size) < 0)
		return -errno;

	journal->size = size;
	return 0;
}
