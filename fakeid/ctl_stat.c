/* SPDX-License-Identifier: MIT
 * ctl_stat.c - `fakeidctl stat`: what a namespace shows of a file, and what of that is stored.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "auto.h"
#include "core/cursor.h"
#include "core/overlay.h"
#include "ctl.h"
#include "options.h"

#define ROW_BYTES (8u + RECORD_KEY_BYTES + RECORD_VALUE_BYTES)

/* Make sure that the namespace is loaded, but do not make one by asking for it. */
static int open_namespace(struct ctl *ctl, struct trouble *trouble)
{
	const char *tag = ctl->tag ? ctl->tag : OPTIONS_TAG_DEFAULT;
	uint32_t ns;
	int r;

	if (ctl->in_session && !ctl->tag)
		return 0;

	r = state_open(&ctl->session.state, true, trouble);
	if (r < 0)
		return r;

	if (strcmp(tag, OPTIONS_TAG_DEFAULT) != 0) {
		r = session_start(&ctl->session, trouble);
		if (r == 0)
			r = session_find_tag(&ctl->session, tag, 0, &ns, trouble);
		if (r < 0)
			return r;
		if (r == 0)
			return trouble_set(trouble, -ENOENT,
					   "tag '%s': there is none: %s: see fakeidctl status", tag,
					   ctl->session.state.path);
	}
	return session_open(&ctl->session, tag, trouble);
}

/* The number of the filesystem that a device holds now. */
static int ask_volume(struct session *session, uint64_t dev, uint32_t *ret_volume)
{
	uint8_t body[16], reply[12] = {0};
	struct writer w = {.at = body, .left = sizeof(body)};
	struct reader r = {.at = reply, .left = sizeof(reply)};
	size_t size = sizeof(reply);
	int status;

	write_u32(&w, session->fsns);
	write_u32(&w, 0);
	write_u64(&w, dev);
	status = session_ask(session, WIRE_WHERE, body, sizeof(body), -1, reply, &size,
			     WIRE_REPLY_MS);
	if (status < 0)
		return status;
	if (size != sizeof(reply))
		return -EBADMSG;
	*ret_volume = read_u32(&r);
	return 0;
}

/* The record of a key: the first one that an export from just before it yields. */
static int ask_record(struct session *session, struct record_key key, struct record *ret_record)
{
	autofree uint8_t *reply = malloc(WIRE_FRAME_MAX_BYTES);
	size_t size = WIRE_FRAME_MAX_BYTES;
	uint8_t body[16];
	struct writer w = {.at = body, .left = sizeof(body)};
	struct record_key found;
	uint32_t fsns;
	int r;

	if (!reply)
		return -ENOMEM;

	write_u32(&w, session->fsns);
	write_u32(&w, key.volume);
	write_u64(&w, key.ino - 1);
	r = session_ask(session, WIRE_EXPORT, body, sizeof(body), -1, reply, &size, WIRE_REPLY_MS);
	if (r < 0)
		return r;
	if (size % ROW_BYTES != 0)
		return -EBADMSG;
	if (size == 0 || record_decode_key(reply + 8, RECORD_KEY_BYTES, &fsns, &found) < 0 ||
	    found.ino != key.ino || found.volume != key.volume)
		return -ENOENT;
	return record_decode(reply + 8 + RECORD_KEY_BYTES, RECORD_VALUE_BYTES, ret_record);
}

static int find_record(struct session *session, const struct statx *stx, struct record *ret_record)
{
	struct record_key key = {.ino = stx->stx_ino};
	int r = ask_volume(session, makedev(stx->stx_dev_major, stx->stx_dev_minor), &key.volume);

	if (r < 0 && r != -ENOENT && r != -ENODEV)
		return r;
	if (r < 0 || key.volume == 0)
		return -ENOENT;
	return ask_record(session, key, ret_record);
}

static int64_t to_ns(struct statx_timestamp time)
{
	return time.tv_sec * 1000000000 + time.tv_nsec;
}

static struct disk disk_of(const struct statx *stx)
{
	return (struct disk){
		.uid = stx->stx_uid,
		.gid = stx->stx_gid,
		.n_links = stx->stx_nlink,
		.mode = stx->stx_mode,
		.rdev = (stx->stx_rdev_minor & 0xff) | stx->stx_rdev_major << 8 |
			(stx->stx_rdev_minor & ~0xffu) << 12,
		.btime_ns = stx->stx_mask & STATX_BTIME ? to_ns(stx->stx_btime) : 0,
		.ctime_ns = to_ns(stx->stx_ctime),
	};
}

static void print_rdev(uint32_t rdev)
{
	printf(" rdev=%u:%u", rdev >> 8 & 0xfff, (rdev & 0xff) | (rdev >> 12 & 0xfff00));
}

/* One line whatever the name holds: \ooo for control characters and the backslash. */
static void print_path(const char *path)
{
	for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
		if (*c < ' ' || *c == 0x7f || *c == '\\')
			printf("\\%03o", *c);
		else
			putchar(*c);
	}
	putchar('\n');
}

static void print_stored(const struct record *record)
{
	printf("; stored");
	if (!record) {
		printf(" nothing: ");
		return;
	}
	if (record->flags & RECORD_UID)
		printf(" uid=%u", fakeid_kid_id(record->uid));
	if (record->flags & RECORD_GID)
		printf(" gid=%u", fakeid_kid_id(record->gid));
	if (record->flags & RECORD_MODE)
		printf(" mode=%o", record->mode & 07777u);
	if (record->flags & RECORD_NODE) {
		printf(" type=%s", S_ISCHR(record->mode) ? "char" : "block");
		print_rdev(record->rdev);
	}
	if (record->flags & RECORD_XATTRS)
		printf(" xattrs");
	printf(": ");
}

static int stat_path(struct ctl *ctl, const char *path, struct trouble *trouble)
{
	const struct view view = {
		.ns = ctl->session.fsns,
		.mapped = ctl->session.flags & (SESSION_REAL_UNKNOWN | SESSION_HAS_VIEW),
		.all_real = ctl->session.flags & SESSION_REAL_UNKNOWN,
		.user = {geteuid(), getegid()},
	};
	struct record record = {.flags = 0};
	struct shown shown;
	struct statx stx;
	struct disk disk;
	bool stored;
	int r;

	if (statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
		  STATX_BASIC_STATS | STATX_BTIME, &stx) < 0)
		return trouble_set(trouble, -errno, "stat %s: %s", path, strerror(errno));

	r = find_record(&ctl->session, &stx, &record);
	if (r < 0 && r != -ENOENT)
		return trouble_set(trouble, r, "stat %s: no answer from the daemon: %s", path,
				   strerror(-r));

	disk = disk_of(&stx);
	stored = r == 0 && overlay_fits(&disk, &record);
	overlay_show(&view, &disk, stored ? &record : NULL, &shown);
	printf("shown uid=%u gid=%u mode=%o", shown.uid, shown.gid, shown.mode);
	if (S_ISCHR(shown.mode) || S_ISBLK(shown.mode))
		print_rdev(shown.rdev);
	print_stored(stored ? &record : NULL);
	print_path(path);
	return 0;
}

int ctl_stat(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct trouble ignored;
	int failed = 0;
	int r;

	if (!*words)
		return trouble_set(trouble, -EINVAL, "stat: it needs a path: see fakeidctl --help");

	r = open_namespace(ctl, trouble);
	if (r < 0)
		return r;

	/* The export below is of the store. What cannot be committed now is shown as it was. */
	(void)session_sync(&ctl->session, &ignored);
	for (; *words; words++) {
		if (stat_path(ctl, *words, trouble) == 0)
			continue;
		trouble_print("fakeidctl", trouble); /* a line for each, and on to the next */
		failed = 1;
	}
	return failed;
}
