/* SPDX-License-Identifier: MIT
 * place.c - the state directory and the runtime place. Everything below /tmp or /dev/shm is reached
 * by descriptors that were checked after they were opened, so that nobody can swap a path under us.
 */
#include "place.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>

#include <fakeid/wire.h>

#include "util.h"

#define STORE_ID_NAME "store-id"
#define WISH_FREE_BYTES (UINT64_C(4) << 20)

/* A container's usual 64 MB is too little: a segment and its successor have to fit in at once. */
#define SHARED_FREE_BYTES (UINT64_C(256) << 20)

/* linux/magic.h lacks these. */
#define CIFS_MAGIC 0xff534d42u
#define SMB2_MAGIC 0xfe534d42u
#define CEPH_MAGIC 0x00c36400u
#define GFS2_MAGIC 0x01161970u
#define LUSTRE_MAGIC 0x0bd00bd0u

static bool is_network(uint32_t type)
{
	static const uint32_t types[] = {
		NFS_SUPER_MAGIC, SMB_SUPER_MAGIC, CIFS_MAGIC,	    SMB2_MAGIC,
		CEPH_MAGIC,	 GFS2_MAGIC,	  LUSTRE_MAGIC,	    AFS_SUPER_MAGIC,
		AFS_FS_MAGIC,	 V9FS_MAGIC,	  CODA_SUPER_MAGIC, OCFS2_SUPER_MAGIC,
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (types[i] == type)
			return true;
	}
	return false;
}

/* A directory that nobody but us can enter. */
static int check_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;

	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;

	if (st.st_uid != geteuid())
		return -EPERM;

	return st.st_mode & 077 ? -EACCES : 0;
}

static int check_writable(int dirfd)
{
	int fd = openat(dirfd, ".probe", O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;

	(void)close(fd);		    /* nothing was written */
	(void)unlinkat(dirfd, ".probe", 0); /* an empty file left behind does no harm */
	return 0;
}

int place_open_state(const char *dir, int *ret_dirfd, const char **ret_text)
{
	autoclose int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	struct statfs fs;
	int r;

	*ret_text = "cannot be opened";
	if (fd < 0) {
		if (errno == ELOOP || errno == ENOTDIR)
			*ret_text = "is not a directory";
		return -errno;
	}

	r = check_private(fd);
	if (r < 0) {
		*ret_text = r == -EPERM	   ? "belongs to somebody else"
			    : r == -EACCES ? "is open to group or others: chmod 700 it"
					   : "cannot be looked at";
		return r;
	}

	*ret_text = "cannot be looked at";
	if (fstatfs(fd, &fs) < 0)
		return -errno;

	if (is_network((uint32_t)fs.f_type)) {
		*ret_text = "lies on a network filesystem: set FAKEID_DIR to a local directory";
		return -EREMOTE;
	}

	*ret_text = "is not writable";
	r = check_writable(fd);
	if (r < 0) {
		if (r == -ENOSPC || r == -EDQUOT)
			*ret_text = "has no room left";
		return r;
	}

	*ret_text = NULL;
	*ret_dirfd = TAKE(fd, -1);
	return 0;
}

/* FNV-1a: names a state directory in a place that several may share. Not a secret, only short. */
static uint64_t hash_state(int dirfd)
{
	uint64_t hash = UINT64_C(14695981039346656037);
	struct stat st;
	uint64_t parts[2];

	if (fstat(dirfd, &st) < 0)
		return 0;

	parts[0] = st.st_dev;
	parts[1] = st.st_ino;
	for (size_t i = 0; i < sizeof(parts); i++)
		hash = (hash ^ ((const uint8_t *)parts)[i]) * UINT64_C(1099511628211);
	return hash;
}

static int open_private(const char *path, int *ret_fd)
{
	autoclose int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int r;

	if (fd < 0)
		return -errno;

	r = check_private(fd);
	if (r < 0)
		return r;

	*ret_fd = TAKE(fd, -1);
	return 0;
}

static bool has_room(int fd, uint64_t need)
{
	struct statvfs fs;

	return fstatvfs(fd, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize >= need;
}

static int try_place(const char *path, uint64_t need, struct place *ret_place)
{
	autoclose int fd = -1;
	struct statfs fs;
	int r;

	if (strlen(path) >= sizeof(ret_place->path))
		return -ENAMETOOLONG;

	if (mkdir(path, 0700) < 0 && errno != EEXIST)
		return -errno;

	r = open_private(path, &fd);
	if (r < 0)
		return r;

	if (fstatfs(fd, &fs) < 0 || is_network((uint32_t)fs.f_type))
		return -EREMOTE;

	if (!has_room(fd, need) || check_writable(fd) < 0) {
		(void)rmdir(path); /* only if it is empty, so only if it was ours to make */
		return -ENOSPC;
	}

	memcpy(ret_place->path, path, strlen(path) + 1);
	ret_place->dirfd = TAKE(fd, -1);
	return 0;
}

static int choose(const char *dir, int dirfd, const char *wish, uint64_t need,
		  struct place *ret_place)
{
	const unsigned long long hash = hash_state(dirfd);
	const unsigned int uid = geteuid();
	const char *xdg = getenv("XDG_RUNTIME_DIR");
	char run[32], path[4200];
	const char *bases[4];
	size_t n_bases = 0;

	(void)snprintf(run, sizeof(run), "/run/user/%u", uid);
	if (wish)
		bases[n_bases++] = wish;
	if (xdg && xdg[0] == '/')
		bases[n_bases++] = xdg;
	bases[n_bases++] = run;
	bases[n_bases++] = "/dev/shm";
	for (size_t i = 0; i < n_bases; i++) {
		(void)snprintf(path, sizeof(path), "%.4000s/fakeid-%u-%016llx", bases[i], uid,
			       hash);
		if (try_place(path, need + (i == 0 && wish ? WISH_FREE_BYTES : SHARED_FREE_BYTES),
			      ret_place) == 0)
			return 0;
	}

	/* The last resort has to do, however little room there is. */
	(void)snprintf(path, sizeof(path), "%.4000s/runtime", dir);
	return try_place(path, 0, ret_place);
}

static int record_place(int dirfd, const struct place *place)
{
	(void)unlinkat(dirfd, FAKEID_RUN_NAME ".new", 0); /* left by a daemon that died here */
	if (symlinkat(place->path, dirfd, FAKEID_RUN_NAME ".new") < 0)
		return -errno;

	if (renameat(dirfd, FAKEID_RUN_NAME ".new", dirfd, FAKEID_RUN_NAME) < 0)
		return -errno;

	return 0;
}

static bool read_link(int dirfd, char *ret_path, size_t size)
{
	ssize_t n = readlinkat(dirfd, FAKEID_RUN_NAME, ret_path, size);

	if (n <= 0 || (size_t)n >= size)
		return false;

	ret_path[n] = '\0';
	return true;
}

static bool is_own(const struct place *place, const uint8_t store_id[STORE_ID_BYTES])
{
	uint8_t found[STORE_ID_BYTES + 1];
	ssize_t n = util_read_file(place->dirfd, STORE_ID_NAME, found, sizeof(found));

	return n == STORE_ID_BYTES && memcmp(found, store_id, STORE_ID_BYTES) == 0;
}

int place_each_entry(int dirfd, place_entry_fn *fn, void *context)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	int r = 0;

	if (!stream) {
		r = -errno;
		if (fd >= 0)
			(void)close(fd); /* read only */
		return r;
	}

	while (r == 0 && (entry = readdir(stream))) {
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			r = fn(context, dirfd, entry->d_name);
	}
	(void)closedir(stream); /* read only */
	return r;
}

static int unlink_entry(void *context, int dirfd, const char *name)
{
	(void)context; /* nothing to remember */
	return unlinkat(dirfd, name, 0) < 0 ? -errno : 0;
}

/* Segments and a journal that another store left at this place would be taken for ours. */
static int settle(int dirfd, const struct place *place, const uint8_t store_id[STORE_ID_BYTES])
{
	int r = 0;

	if (!is_own(place, store_id)) {
		r = place_each_entry(place->dirfd, unlink_entry, NULL);
		if (r == 0)
			r = util_replace_file(place->dirfd, STORE_ID_NAME, store_id,
					      STORE_ID_BYTES);
	}
	return r < 0 ? r : record_place(dirfd, place);
}

int place_open(const char *dir, int dirfd, const char *wish, const uint8_t store_id[STORE_ID_BYTES],
	       uint64_t need, struct place *ret_place)
{
	struct place place = {.dirfd = -1};
	int r;

	/* A daemon that was killed left what LMDB does not have yet where this link points. */
	if (read_link(dirfd, place.path, sizeof(place.path)) &&
	    open_private(place.path, &place.dirfd) == 0) {
		if (is_own(&place, store_id)) {
			*ret_place = place;
			return 0;
		}
		util_close(&place.dirfd);
	}

	place.dirfd = -1;
	r = choose(dir, dirfd, wish, need, &place);
	if (r == 0)
		r = settle(dirfd, &place, store_id);
	if (r < 0) {
		util_close(&place.dirfd);
		return r;
	}

	*ret_place = place;
	return 0;
}

bool place_is_ours(int dirfd, const struct place *place)
{
	char path[sizeof(place->path)];
	struct stat named, held;

	return read_link(dirfd, path, sizeof(path)) && strcmp(path, place->path) == 0 &&
	       lstat(path, &named) == 0 && fstat(place->dirfd, &held) == 0 &&
	       named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

static int is_needed(void *context, int dirfd, const char *name)
{
	(void)context; /* only names count */
	(void)dirfd;
	return strcmp(name, STORE_ID_NAME) != 0;
}

void place_remove(const struct place *place)
{
	if (place_each_entry(place->dirfd, is_needed, NULL) != 0)
		return;

	(void)unlinkat(place->dirfd, STORE_ID_NAME,
		       0); /* what cannot go stays, and is found again */
	(void)rmdir(place->path);
}
