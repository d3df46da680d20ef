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
#include "nsask.h"
#include "nsexplain.h"
#include "nsviews.h"
#include "options.h"
#include "outside.h"
#include "print.h"
#include "records.h"

/* Make sure that the namespace is loaded, but do not make one by asking for it. Any may be looked
 * at, also from a session in another. */
static int open_namespace(struct ctl *ctl, struct trouble *trouble)
{
	const char *tag = ctl->tag ? ctl->tag : OPTIONS_TAG_DEFAULT;
	struct session *session = &ctl->session;
	struct about about;
	int r;

	if (ctl->in_session && !ctl->tag)
		return 0;

	r = ctl->in_session ? 0 : state_open(&session->state, true, trouble);
	if (r < 0)
		return r;

	if (strcmp(tag, OPTIONS_TAG_DEFAULT) != 0) {
		r = session_start(session, trouble);
		if (r < 0)
			return r;
		r = ns_get(session, 0, 0, tag, &about, NULL);
		if (r < 0)
			return ns_explain(&session->state, WIRE_NS_GET, tag, r, trouble);
	}
	session->inside = 0;
	session->flags = 0;
	return session_open(session, tag, NULL, trouble);
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

static int take_first(void *context, const struct records_row *row)
{
	*(struct records_row *)context = *row;
	return 1;
}

/* The record of a key: the first one after the key just before it. */
static int ask_record(struct session *session, struct record_key key, struct record *ret_record)
{
	struct record_key before = {.ino = key.ino - 1, .volume = key.volume};
	struct records_row row;
	int r = records_each(session, session->fsns, before, take_first, &row);

	if (r < 0)
		return r;
	if (r == 0 || row.key.ino != key.ino || row.key.volume != key.volume)
		return -ENOENT;

	*ret_record = row.record;
	return 0;
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

/* As the id space shows it. What has no place there is told by the number of its own, and the id in
 * it. */
static void print_kid(const struct view *view, enum fakeid_idkind kind, struct fakeid_kid kid)
{
	uint32_t id;

	printf(" %s=", kind == FAKEID_UID ? "uid" : "gid");
	if (view_has_place(view, kind, kid) && view_up(view, kind, kid, &id) == 0)
		printf("%u", id);
	else
		printf("%u:%u", fakeid_kid_ns(kid), fakeid_kid_id(kid));
}

static void print_stored(const struct view *view, const struct record *record)
{
	printf("; stored");
	if (!record) {
		printf(" nothing: ");
		return;
	}
	if (record->flags & RECORD_UID)
		print_kid(view, FAKEID_UID, record->uid);
	if (record->flags & RECORD_GID)
		print_kid(view, FAKEID_GID, record->gid);
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

/* The name that the kernel has for a file, which decides about path idmaps. */
static int kernel_name(const char *path, char ret_name[PATH_MAX])
{
	char link[32];
	ssize_t len;
	autoclose int fd = outside_open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return fd;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd); /* sized for it */
	len = readlink(link, ret_name, PATH_MAX - 1);
	if (len < 0)
		return -errno;

	ret_name[len] = '\0';
	return 0;
}

static int stat_path(struct ctl *ctl, const struct nsview *space, const char *path,
		     struct trouble *trouble)
{
	struct record record = {.flags = 0};
	char name[PATH_MAX];
	struct shown shown;
	struct statx stx;
	struct view view;
	struct disk disk;
	bool stored;
	int r;

	r = outside_statx(path, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT,
			  STATX_BASIC_STATS | STATX_BTIME, &stx);
	if (r == 0 && space->n_paths > 0)
		r = kernel_name(path, name);
	if (r < 0)
		return trouble_set(trouble, r, "stat %s: %s: check the path", path, strerror(-r));

	r = find_record(&ctl->session, &stx, &record);
	if (r < 0 && r != -ENOENT)
		return trouble_set(trouble, r, "stat %s: no answer from the daemon: %s", path,
				   strerror(-r));

	nsviews_files(&ctl->session, space, &view);
	if (space->n_paths > 0)
		view.shift = nsview_path(space, name);
	disk = disk_of(&stx);
	stored = r == 0 && overlay_fits(&disk, &record);
	overlay_show(&view, &disk, stored ? &record : NULL, &shown);
	printf("shown uid=%u gid=%u mode=%o", shown.uid, shown.gid, shown.mode);
	if (S_ISCHR(shown.mode) || S_ISBLK(shown.mode))
		print_rdev(shown.rdev);
	print_stored(&view, stored ? &record : NULL);
	print_escaped(path);
	putchar('\n');
	return 0;
}

int ctl_stat(struct ctl *ctl, char **words, struct trouble *trouble)
{
	autofree struct nsview *space = NULL;
	struct trouble ignored;
	int failed = 0;
	int r;

	if (!*words)
		return trouble_set(trouble, -EINVAL, "stat: it needs a path: see fakeidctl --help");

	r = open_namespace(ctl, trouble);
	if (r < 0)
		return r;

	r = nsviews_own(&ctl->session, &space);
	if (r < 0)
		return trouble_set(trouble, r,
				   "id space: cannot read its maps: %s/run: %s: try again",
				   ctl->session.state.path, strerror(-r));

	/* The export below is of the store. What cannot be committed now is shown as it was. */
	(void)session_sync(&ctl->session, &ignored);
	for (; *words; words++) {
		if (stat_path(ctl, space, *words, trouble) == 0)
			continue;
		trouble_print("fakeidctl", trouble); /* a line for each, and on to the next */
		failed = 1;
	}
	return failed;
}
