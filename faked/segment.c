/* SPDX-License-Identifier: MIT
 * segment.c - index segments as files. Allocated in full before anybody maps them: a page that
 * cannot be had later would be a SIGBUS in somebody's program.
 */
#include "segment.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "util.h"

#define LARGE_BYTES (UINT64_C(32) << 20) /* the kernel takes its time to free so much */

/* In the kernel's 32 bits, as stat(2) gives it; 0 where there is no procfs. */
static uint32_t proc_device(void)
{
	struct stat st;

	return stat("/proc/self", &st) == 0 ? (uint32_t)st.st_dev : 0;
}

static int map(int fd, size_t size, struct segment *ret_segment)
{
	void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	int r;

	if (memory == MAP_FAILED)
		return -errno;

	r = index_open(memory, size, &ret_segment->index);
	if (r < 0) {
		(void)munmap(memory, size); /* we mapped it */
		return r;
	}

	/* Also of one that an earlier daemon left: /proc may have been mounted anew. */
	atomic_store_explicit(&ret_segment->index.header->proc_dev, proc_device(),
			      memory_order_relaxed);
	ret_segment->size = size;
	ret_segment->fd = fd;
	return 0;
}

int segment_begin(int dirfd, const char *name, uint32_t n_buckets, struct segment *ret_segment)
{
	int fd;

	if (unlinkat(dirfd, name, 0) < 0 && errno != ENOENT)
		return -errno;

	fd = openat(dirfd, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;

	*ret_segment = SEGMENT_NONE;
	ret_segment->fd = fd;
	ret_segment->size = index_size(n_buckets);
	ret_segment->n_buckets = n_buckets;
	return 0;
}

int segment_extend(struct segment *segment, size_t step)
{
	size_t left = segment->size - segment->made;
	int r;

	if (left == 0)
		return 0;

	if (step > left)
		step = left;
	r = posix_fallocate(segment->fd, (off_t)segment->made, (off_t)step);
	if (r != 0)
		return r == EFBIG || r == EDQUOT ? -ENOSPC : -r;

	segment->made += step;
	return segment->made < segment->size;
}

int segment_end(struct segment *segment, uint32_t fsns, uint64_t generation,
		const uint8_t boot_id[16])
{
	void *memory = mmap(NULL, INDEX_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED,
			    segment->fd, 0);

	if (memory == MAP_FAILED)
		return -errno;

	index_format(memory, segment->n_buckets, fsns, generation, boot_id);
	(void)munmap(memory, INDEX_HEADER_BYTES); /* we mapped it */
	return map(segment->fd, segment->size, segment);
}

void segment_drop(int dirfd, const char *name, struct segment *segment)
{
	(void)unlinkat(dirfd, name, 0); /* nobody knows it yet */
	segment_close(segment);
}

int segment_make(int dirfd, const char *name, uint32_t n_buckets, uint32_t fsns,
		 uint64_t generation, const uint8_t boot_id[16], struct segment *ret_segment)
{
	struct segment segment;
	int r = segment_begin(dirfd, name, n_buckets, &segment);

	if (r < 0)
		return r;

	r = segment_extend(&segment, segment.size);
	if (r == 0)
		r = segment_end(&segment, fsns, generation, boot_id);
	if (r < 0) {
		segment_drop(dirfd, name, &segment);
		return r;
	}

	*ret_segment = segment;
	return 0;
}

static bool is_sound(const struct index_header *header, uint32_t fsns, const uint8_t boot_id[16])
{
	uint32_t state = atomic_load_explicit(&header->state, memory_order_acquire);

	return header->fsns == fsns && memcmp(header->boot_id, boot_id, 16) == 0 &&
	       (state == INDEX_LIVE || state == INDEX_RETIRED);
}

int segment_map(int dirfd, const char *name, uint32_t fsns, const uint8_t boot_id[16],
		struct segment *ret_segment)
{
	autoclose int fd = openat(dirfd, name, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	struct segment segment;
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ELOOP ? -EBADMSG : -errno;

	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
	    st.st_size < (off_t)INDEX_HEADER_BYTES)
		return -EBADMSG;

	r = map(fd, (size_t)st.st_size, &segment);
	if (r < 0)
		return r;

	(void)TAKE(fd, -1);
	if (!is_sound(segment.index.header, fsns, boot_id)) {
		segment_close(&segment);
		return -EBADMSG;
	}

	*ret_segment = segment;
	return 0;
}

static void *close_now(void *context)
{
	struct segment *segment = context;

	if (segment->index.header)
		(void)munmap(segment->index.header, segment->size); /* we mapped it */
	util_close(&segment->fd);
	free(segment);
	return NULL;
}

/* No signal may go to the thread: the loop has to see it. */
static int close_beside(struct segment *segment)
{
	pthread_attr_t attributes;
	sigset_t all, before;
	pthread_t thread;
	int r = pthread_attr_init(&attributes);

	if (r != 0)
		return -r;

	(void)pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED); /* cannot fail */
	sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &before); /* likewise */
	r = pthread_create(&thread, &attributes, close_now, segment);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL); /* likewise */
	(void)pthread_attr_destroy(&attributes);	   /* likewise */
	return -r;
}

void segment_close(struct segment *segment)
{
	struct segment *copy = segment->size > LARGE_BYTES ? malloc(sizeof(*copy)) : NULL;

	if (copy) {
		*copy = *segment;
		if (close_beside(copy) < 0)
			(void)close_now(copy);
	} else {
		if (segment->index.header)
			(void)munmap(segment->index.header, segment->size); /* we mapped it */
		util_close(&segment->fd);
	}
	*segment = SEGMENT_NONE;
}

bool segment_is_named(int dirfd, const char *name, const struct segment *segment)
{
	struct stat named, held;

	return fstatat(dirfd, name, &named, 0) == 0 && fstat(segment->fd, &held) == 0 &&
	       named.st_dev == held.st_dev && named.st_ino == held.st_ino;
}

/* A write lease is given only where the file is open nowhere else, and a mapping counts as open. */
bool segment_is_alone(const struct segment *segment)
{
	return fcntl(segment->fd, F_SETLEASE, F_WRLCK) == 0;
}

bool segment_is_unshared(const struct segment *segment)
{
	bool alone = segment_is_alone(segment);

	(void)fcntl(segment->fd, F_SETLEASE, F_UNLCK); /* of a lease that may not be there */
	return alone;
}
