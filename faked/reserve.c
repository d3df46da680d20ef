/* SPDX-License-Identifier: MIT
 * reserve.c - every free slot of an index is a promise that LMDB will have room for what is put
 * there. The ballast file keeps that promise. When it cannot be kept as large as it should be,
 * updates are refused before they change anything.
 */
#include "reserve.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "daemon.h"
#include "persist.h"

#define RESERVE_NAME "reserve"
#define SLOT_BYTES \
	256u /* a row of the store, its share of half-full pages, and the copies a commit makes */
#define BASE_BYTES (UINT64_C(4) << 20)
#define SLACK_BYTES (1 << 20) /* more than that too much is given back; less is not worth a call */

static uint64_t wanted(const struct daemon *daemon)
{
	uint64_t n_slots = 0;

	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		uint64_t capacity = space_promised(space);

		n_slots += capacity > space->n_used ? capacity - space->n_used : 0;
	}
	return BASE_BYTES + n_slots * SLOT_BYTES;
}

static void set_full(struct daemon *daemon, bool full)
{
	daemon->full = full;
	for (struct space *space = daemon->spaces; space; space = space->next_space) {
		if (full)
			space_raise(space, INDEX_FULL);
		else
			space_clear(space, INDEX_FULL);
	}
}

void reserve_release(struct daemon *daemon)
{
	set_full(daemon, true);
	daemon->reserve = 0;
	/* A file that is not there holds no room either. */
	(void)unlinkat(daemon->dirfd, RESERVE_NAME, 0);
}

static int hold(struct daemon *daemon, uint64_t size)
{
	autoclose int fd = openat(daemon->dirfd, RESERVE_NAME,
				  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;

	if (st.st_size >= (off_t)size && st.st_size <= (off_t)size + SLACK_BYTES &&
	    (uint64_t)st.st_blocks * 512 >= size)
		return 0;

	if ((uint64_t)st.st_size > size && ftruncate(fd, (off_t)size) < 0)
		return -errno;

	r = posix_fallocate(fd, 0, (off_t)size);
	/* Half of a larger one keeps no promise, and takes the last room from everybody else. */
	if (r != 0)
		(void)ftruncate(fd, st.st_size); /* then it stays too large, which does no harm */
	return -r;
}

void persist_keep_room(struct daemon *daemon)
{
	uint64_t size = wanted(daemon);

	if (size == daemon->reserve && !daemon->full)
		return;

	if (hold(daemon, size) == 0) {
		daemon->reserve = size;
		set_full(daemon, false);
		return;
	}

	/* Smaller than promised is as good as none: say so, and keep what there is. */
	daemon->reserve = 0;
	set_full(daemon, true);
}

int reserve_offer(struct daemon *daemon, bool must)
{
	uint64_t size = wanted(daemon);

	if (must) {
		persist_keep_room(daemon);
		return 0;
	}

	if (size != daemon->reserve && hold(daemon, size) < 0)
		return -ENOSPC;

	daemon->reserve = size;
	return 0;
}
