/* SPDX-License-Identifier: MIT
 * procfile.c - files of /proc/PID whose text shows ids, as a namespace sees them.
 */
#include "calls/procfile.h"

#include <errno.h>
#include <limits.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/vfs.h>

#include <fakeid/wire.h>

#include "calls/carry.h"
#include "core/procstatus.h"
#include "shim/kernel.h"
#include "shim/lent.h"
#include "shim/peer.h"
#include "shim/process.h"
#include "shim/space.h"
#include "shim/sys.h"
#include "shim/text.h"

/* The real text of status, and what becomes of it; only the pages used are ever there. */
#define REAL_BYTES (1u << 20)
#define MADE_BYTES (2u << 20)
#define WORK_BYTES (REAL_BYTES + MADE_BYTES)

_Static_assert(REAL_BYTES + PROCSTATUS_EXTRA_BYTES + CREDS_GROUPS_MAX * PROCSTATUS_GROUP_BYTES <=
		       MADE_BYTES,
	       "the longest list of groups fits");

struct work {
	char *real, *made;
	size_t len; /* of what was made */
};

static void add_padded(struct text *t, uint32_t number)
{
	for (uint64_t limit = 1000000000; limit > 1 && number < limit; limit /= 10)
		text_add(t, " ");
	text_add_number(t, number);
}

static void add_extent(struct text *t, uint32_t upper, uint32_t lower, uint32_t count)
{
	add_padded(t, upper);
	text_add(t, " ");
	add_padded(t, lower);
	text_add(t, " ");
	add_padded(t, count);
	text_add(t, "\n");
}

/* The lower side of an extent, as user_namespaces(7) has it: of a map of the reader's own namespace
 * the parent's ids, of any other the reader's. */
static uint32_t lower_id(enum fakeid_idkind kind, const struct peer *peer,
			 const struct nsview *view, const struct fakeid_idmap_extent *extent)
{
	struct fakeid_kid kid = fakeid_kid_make(peer->ns, extent->upper);
	uint32_t id;

	if (peer->ns == process.ns)
		return fakeid_kid_id(extent->lower);
	if (view && idspace_down(&view->id[kind], extent->upper, &kid) < 0)
		return FAKEID_ID_INVALID;
	return space_up(kind, kid, &id) < 0 ? FAKEID_ID_INVALID : id;
}

static void add_map(struct text *t, enum fakeid_idkind kind, const struct peer *peer,
		    const struct nsview *view)
{
	const struct fakeid_idmap *map = view ? &view->shown[kind] : NULL;
	/* An isolated namespace has every id, as a host does, and programs act on seeing that. */
	const struct fakeid_idmap_extent all = {.count = FAKEID_ID_INVALID};

	if (!map || (map->n == 0 && view->id[kind].own))
		add_extent(t, 0, lower_id(kind, peer, view, &all), all.count);
	for (uint32_t i = 0; map && i < map->n; i++)
		add_extent(t, map->extent[i].upper, lower_id(kind, peer, view, &map->extent[i]),
			   map->extent[i].count);
}

static int make_map(struct work *work, enum fakeid_idkind kind, const struct peer *peer)
{
	struct text t = text_into(work->made, MADE_BYTES);
	const struct nsview *view = NULL;
	bool is_own = peer->ns == process.ns;
	int r;

	if (is_own)
		r = space_load();
	else
		r = space_other(peer->ns, peer->session_flags & SESSION_HAS_VIEW, &view);
	if (r < 0)
		return -EIO;
	add_map(&t, kind, peer, is_own ? process.view.space : view);
	space_forget(view);
	work->len = (size_t)(t.at - work->made);
	return 0;
}

static int make_fixed(struct work *work, const char *text)
{
	work->len = strlen(text);
	memcpy(work->made, text, work->len);
	return 0;
}

static long read_real(int fd, char *ret_text, size_t size)
{
	size_t len = 0;
	long n;

	do {
		n = SYS3(SYS_read, fd, ret_text + len, size - len);
		len += n > 0 ? (size_t)n : 0;
	} while ((n > 0 || n == -EINTR) && len < size);
	if (n < 0)
		return n;
	return len < size ? (long)len : -EFBIG;
}

/* Of a process outside each id by itself, because a setuid program's differ. */
static void show_host_ids(uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N])
{
	for (int i = 0; i < FAKEID_IDKIND_N * CREDS_ID_N; i++) {
		enum fakeid_idkind kind = (enum fakeid_idkind)(i / CREDS_ID_N);
		uint32_t *at = &id[kind][i % CREDS_ID_N];

		*at = space_show(kind, fakeid_kid_make(FAKEID_NS_HOST, *at));
	}
}

/* What a status is about. */
struct owner {
	int32_t pid, tid; /* tid 0: the process as a whole */
};

static int make_status(struct work *work, int fd, struct owner owner)
{
	struct procstatus status = {.n_groups = 1};
	struct peer peer;
	long len = read_real(fd, work->real, REAL_BYTES);
	int r;

	if (len < 0)
		return (int)len;
	r = procstatus_ids(work->real, (size_t)len, status.id);
	if (r < 0)
		return -EIO;

	peer_find(owner.pid, status.id[FAKEID_UID][CREDS_REAL], status.id[FAKEID_GID][CREDS_REAL],
		  &peer);
	if (peer.is_self) {
		process_creds_copy_thread(owner.tid, &peer.creds);
		memcpy(peer.id, peer.creds.id, sizeof(peer.id));
	}
	if (peer.place == PEER_HOST)
		show_host_ids(status.id);
	else
		memcpy(status.id, peer.id, sizeof(status.id));
	/* Of another process no more is known than the group it acts as. */
	status.groups = &status.id[FAKEID_GID][CREDS_EFFECTIVE];
	if (peer.place == PEER_INSIDE)
		status.creds = &peer.creds;
	if (peer.is_self) {
		status.groups = process_groups_thread(owner.tid)->list;
		status.n_groups = process_groups_thread(owner.tid)->n;
	}
	return procstatus_make(work->real, (size_t)len, &status, work->made, MADE_BYTES,
			       &work->len);
}

static int make_text(struct work *work, enum procpath_file file, int fd, struct owner owner,
		     const struct statx *stx)
{
	struct peer peer;

	switch (file) {
	case PROCPATH_STATUS:
		return make_status(work, fd, owner);
	case PROCPATH_UID_MAP:
	case PROCPATH_GID_MAP:
		peer_find(owner.pid, stx->stx_uid, stx->stx_gid, &peer);
		return make_map(work, file == PROCPATH_UID_MAP ? FAKEID_UID : FAKEID_GID, &peer);
	case PROCPATH_PROJID_MAP:
		return make_fixed(work, "         0          0 4294967295\n");
	case PROCPATH_SETGROUPS:
		return make_fixed(work, "allow\n");
	default: /* loginuid: nobody has logged in */
		return make_fixed(work, "4294967295");
	}
}

static long write_all(long fd, const char *text, size_t len)
{
	while (len > 0) {
		long n = SYS3(SYS_write, fd, text, len);

		if (n < 0 && n != -EINTR)
			return n;
		text += n > 0 ? n : 0;
		len -= n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* A descriptor of a file with this text that nobody can change. */
static long text_file(const struct work *work, int flags)
{
	char name[KERNEL_FD_NAME_BYTES];
	long memory = SYS2(SYS_memfd_create, "fakeid", MFD_CLOEXEC | MFD_ALLOW_SEALING), fd;

	if (memory < 0)
		return memory;
	fd = write_all(memory, work->made, work->len);
	if (fd == 0)
		fd = SYS2(SYS_fchmod, memory, 0444);
	if (fd == 0)
		fd = SYS3(SYS_fcntl, memory, F_ADD_SEALS,
			  F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	if (fd == 0) {
		kernel_fd_name((int)memory, name);
		fd = SYS4(SYS_openat, AT_FDCWD, name, O_RDONLY | O_CLOEXEC | (flags & O_NONBLOCK),
			  0);
	}
	(void)SYS1(SYS_close, memory); /* `fd` has the file */
	return fd;
}

static long replace(int fd, enum procpath_file file, struct owner owner, int flags)
{
	struct statx meant, text;
	struct work work;
	void *memory;
	long made;
	int r = kernel_statx(fd, "", AT_EMPTY_PATH, 0, &meant);

	if (r < 0)
		return r;
	r = carry_map(WORK_BYTES, &memory);
	if (r < 0)
		return r;
	work.real = memory;
	work.made = work.real + REAL_BYTES;
	made = make_text(&work, file, fd, owner, &meant);
	if (made == 0)
		made = text_file(&work, flags);
	carry_unmap(memory, WORK_BYTES);
	if (made < 0)
		return made;
	/* The number is the lowest that was free, as POSIX wants it. */
	r = (int)SYS3(SYS_dup3, made, fd, flags & O_CLOEXEC);
	(void)SYS1(SYS_close, made); /* `fd` has the file */
	/* cp and others want to find the file that they have looked at by its name. */
	if (r >= 0 && kernel_statx(fd, "", AT_EMPTY_PATH, 0, &text) == 0)
		lent_note_text(fd, &text, &meant);
	return r;
}

/* Whom an opened file of this name belongs to; pid 0 if it is some other file. */
static struct owner owner_of(int fd)
{
	char name[PATH_MAX];
	struct statfs fs;
	bool is_dir;

	if (SYS2(SYS_fstatfs, fd, &fs) < 0 || fs.f_type != PROC_SUPER_MAGIC ||
	    kernel_fd_path(fd, name, sizeof(name)) < 0)
		return (struct owner){0};
	return (struct owner){procpath_process(name, &is_dir), procpath_thread(name)};
}

long procfile_opened(long fd, const char *path, int flags)
{
	enum procpath_file file;
	struct owner owner;
	long r;

	if (flags & (O_ACCMODE | O_PATH))
		return fd;
	file = procpath_file(path);
	if (__builtin_expect(file == PROCPATH_NONE, 1) || process_filtered())
		return fd;
	owner = owner_of((int)fd);
	if (owner.pid == 0)
		return fd;
	r = replace((int)fd, file, owner, flags);
	if (r < 0)
		(void)SYS1(SYS_close, fd); /* r says what went wrong */
	return r;
}
