/* SPDX-License-Identifier: MIT
 * cut.c - truncate and ftruncate, and what else takes a file's capabilities away: chown, O_TRUNC
 * and writes, whoever asks (capabilities(7)); setuid and setgid go too unless the process has
 * CAP_FSETID.
 */
#include "calls/cut.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdatomic.h>

#include "calls/gate.h"
#include "shim/attach.h"
#include "shim/client.h"
#include "shim/kernel.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/wraps.h"

/* Most namespaces have no such attribute at all. */
static bool some_file_has(uint32_t what)
{
	struct index_view view;

	return attach_view(&view) == 0 &&
	       (atomic_load_explicit(&view.cur->header->flags, memory_order_acquire) &
		INDEX_MAY(what));
}

int cut_capability(struct file *file, struct change *change)
{
	static const char name[] = "security.capability";
	const struct client_file key = {process.fsns, file->key, file->record.btime_ns};
	uint8_t body[64], reply[4];
	struct writer w = {.at = body, .left = sizeof body};
	struct reader in = {.at = reply, .left = sizeof reply};
	size_t size = sizeof reply;
	int r;

	if (!(file->record.flags & RECORD_XATTRS) || S_ISDIR(file->stx.stx_mode) ||
	    !some_file_has(INDEX_HAS_CAPS))
		return 0;
	client_write_file(&w, &key);
	write_u16(&w, sizeof name - 1);
	write_bytes(&w, name, sizeof name - 1);
	r = client_ask(WIRE_XATTR_REMOVE, body, sizeof body - w.left, NULL, 0, -1, reply, &size);
	if (r == -ENODATA)
		return 0;
	if (r < 0)
		return r;
	change->what |= CHANGE_XATTRS;
	change->xattr_flags = (uint16_t)read_u32(&in);
	return 0;
}

static bool keeps_bits(void)
{
	return creds_has_cap(process_creds(), CAP_FSETID);
}

/* Most processes may leave the bits. */
bool cut_may_lose(void)
{
	return process_on() && some_file_has(INDEX_HAS_CAPS | (keeps_bits() ? 0u : INDEX_HAS_SUID));
}

static void drop_bits(const struct file *file, struct change *change)
{
	uint16_t drop = keeps_bits() ? 0 : file_bits_to_drop(file);
	struct statx stx = file->stx;

	if (!drop)
		return;
	file_show(file, &stx);
	change->what |= CHANGE_MODE;
	change->mode = stx.stx_mode & 07777u & ~(unsigned)drop;
}

static bool has_something(const struct file *file)
{
	return (file->record.flags & (RECORD_XATTRS | RECORD_MODE)) &&
	       !(file->record.flags & RECORD_NODE) && S_ISREG(file->stx.stx_mode);
}

/* Take it from a file that was looked at, which is as it is then. */
static int lose(int dirfd, const char *path, int at_flags, struct file *file)
{
	struct change change = {.what = CHANGE_CTIME};
	int r = file_look_for_update(dirfd, path, at_flags, file);

	if (r == 0)
		r = cut_capability(file, &change);
	if (r < 0)
		return r;
	drop_bits(file, &change);
	return change.what & (CHANGE_XATTRS | CHANGE_MODE) ? file_change(file, &change) : 0;
}

static int was_cut(int dirfd, const char *path, int at_flags)
{
	struct file file;
	int r;

	if (!cut_may_lose())
		return 0;
	r = file_look(dirfd, path, at_flags, &file);
	return r < 0 || !has_something(&file) ? r : lose(dirfd, path, at_flags, &file);
}

/* Apart, for its stack. */
static __attribute__((noinline)) int cut_looked_at(int fd, uint64_t moment)
{
	struct statx shown;
	struct file file;
	int r = 0;

	/* What was written stays, even where nobody can say whose it is. */
	if (file_look(fd, "", AT_EMPTY_PATH, &file) < 0) {
		seen_note(fd, moment);
		return 0;
	}
	if (has_something(&file))
		r = lose(fd, "", AT_EMPTY_PATH, &file);
	if (r < 0)
		return r;
	shown = file.stx;
	file_show(&file, &shown);
	if (!(shown.stx_mode & (S_ISUID | S_ISGID)))
		seen_note(fd, moment);
	return 0;
}

int cut_written(int fd)
{
	uint64_t moment = seen_moment();
	struct statx stx;

	/* A pipe or terminal is no reason to map the index. */
	if (!atomic_load_explicit(&attach_header, memory_order_relaxed) &&
	    (kernel_statx(fd, "", AT_EMPTY_PATH, 0, &stx) < 0 || !S_ISREG(stx.stx_mode))) {
		seen_note(fd, moment);
		return 0;
	}
	return cut_looked_at(fd, moment);
}

/* _IO_CURRENTLY_PUTTING of libc: it has had bytes to write, and has not been read or moved
 * since. */
#define IS_WRITING 0x0800

/* Its descriptor, negative where it has written nothing, or has none. */
static int written_by(FILE *stream)
{
	int saved = errno,
	    fd = stream && (stream->_flags & IS_WRITING) ? fileno_unlocked(stream) : -1;

	errno = saved;
	return fd;
}

/* Hot: it runs at each exit, too. */
__attribute__((hot)) int cut_stream(FILE *stream)
{
	int fd = written_by(stream), r = fd < 0 || seen_is_plain(fd) ? 0 : cut_written(fd);

	if (r < 0)
		errno = -r;
	return r < 0 ? EOF : 0;
}

int cut_opened(int fd)
{
	return cut_may_lose() ? cut_written(fd) : 0;
}

static bool is_device(const char *path)
{
	struct file file;

	return process_on() && file_look(AT_FDCWD, path, 0, &file) == 0 &&
	       (file.record.flags & RECORD_NODE);
}

static long truncate_path(const char *path, off_t length)
{
	uint32_t flags;
	long r;

	/* No mode of a placeholder stops a real root. */
	if (process.real_root && attach_flags(&flags) == 0 &&
	    (flags & INDEX_MAY(INDEX_HAS_NODES)) && is_device(path))
		return -EINVAL;
	r = SYS2(SYS_truncate, path, length);
	if (r == 0)
		return was_cut(AT_FDCWD, path, 0);
	/* Of a device's placeholder neither the mode nor a closed file system counts. */
	return (r == -EACCES || r == -EROFS) && is_device(path) ? -EINVAL : r;
}

static __attribute__((noinline)) long limited_truncate(const char *path, off_t length)
{
	char name[WAY_NAME_BYTES];
	WAY struct way way;
	long r;

	way.fd = -1;
	if (length < 0)
		return -EINVAL;
	r = gate_truncate(&way, path);
	return r < 0 ? r : truncate_path(way_name(&way, name, path), length);
}

long wrap_truncate(const char *path, off_t length)
{
	return permit_limited() ? limited_truncate(path, length) : truncate_path(path, length);
}

long wrap_truncate64(const char *path, off64_t length)
{
	return wrap_truncate(path, length);
}

long wrap_ftruncate(int fd, off_t length)
{
	long r = SYS2(SYS_ftruncate, fd, length);

	return r < 0 ? r : was_cut(fd, "", AT_EMPTY_PATH);
}

long wrap_ftruncate64(int fd, off64_t length)
{
	return wrap_ftruncate(fd, length);
}
