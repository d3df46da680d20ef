/* SPDX-License-Identifier: MIT
 * attach.c - this process's mappings of the shared index. A mapping is never taken away while
 * somebody may read it: an old one stays until SEGMENTS newer ones have come. The memory of a large
 * one goes when segments change once more, LEFT_S seconds or longer after it was left.
 */
#include "shim/attach.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <fakeid/wire.h>

#include "shim/process.h"
#include "shim/space.h"
#include "shim/sys.h"
#include "shim/text.h"

#define SEGMENTS 32u
#define FOLLOW_STEP_NS 2000000L
#define FOLLOW_STEPS 2500 /* five seconds */
#define WHOLE_STEPS 15000 /* half a minute */
#define LARGE_BYTES (2u << 20)
#define LEFT_S 1

struct segment {
	struct index index;
	_Atomic(void *) memory; /* NULL: the rest means nothing */
	size_t size;
	uint64_t generation;
	_Atomic int64_t left_s; /* when one of a later generation took over; 0: none has */
	bool writable;		/* set once; two threads setting it do the same */
};

static struct {
	struct segment ring[SEGMENTS];
	_Atomic uint32_t n_used;
	_Atomic(struct segment *) cur, next;
	_Atomic bool waited; /* for a first one, in vain */
	_Atomic bool writer; /* this process updates: map new segments writable at once */
} attached;

_Atomic(struct index_header *) attach_header;

/* Once, whoever else does the same. */
static void segment_unmap(struct segment *segment)
{
	void *memory = atomic_exchange_explicit(&segment->memory, NULL, memory_order_acq_rel);

	if (memory)
		(void)SYS2(SYS_munmap, memory, segment->size); /* cannot fail */
}

/* The path of our segment. `suffix` as in FAKEID_SEGMENT_FORMAT ("") and FAKEID_SEGMENT_NEXT_FORMAT
 * (".next"). */
static int name_path(const char *suffix, char ret_path[PATH_MAX + 64])
{
	struct text t = text_into(ret_path, PATH_MAX + 64);

	text_add(&t, process.dir);
	text_add(&t, "/" FAKEID_RUN_NAME "/ns-");
	text_add_number(&t, process.fsns);
	text_add(&t, suffix);
	return text_end(&t) ? 0 : -ENAMETOOLONG;
}

/* Map it. 0 or negative errno: -ENOENT where there is none yet. */
static int map_named(const char *suffix, struct segment *ret_segment)
{
	char path[PATH_MAX + 64];
	struct segment segment = {0};
	struct stat st;
	bool writer = atomic_load_explicit(&attached.writer, memory_order_relaxed);
	long fd, at;

	if (name_path(suffix, path) < 0)
		return -ENAMETOOLONG;
	fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return (int)fd;
	at = -ENOENT;
	if (SYS2(SYS_fstat, fd, &st) == 0 && st.st_size > 0)
		at = SYS6(SYS_mmap, 0, st.st_size, writer ? PROT_READ | PROT_WRITE : PROT_READ,
			  MAP_SHARED, fd, 0);
	(void)SYS1(SYS_close, fd); /* opened a moment ago; nothing to lose */
	if (at < 0 && at > -4096)
		return (int)at;

	segment.memory = (void *)at; /* NOLINT(performance-no-int-to-ptr): mmap's raw answer */
	segment.size = (size_t)st.st_size;
	segment.writable = writer;
	if (index_open(segment.memory, segment.size, &segment.index) < 0 ||
	    segment.index.header->fsns != process.fsns) {
		segment_unmap(&segment);
		return -ENOENT;
	}
	segment.generation = segment.index.header->generation;
	*ret_segment = segment;
	return 0;
}

/* Give a mapping its place in the ring, in the stead of one that nobody has used for long. */
static struct segment *segment_keep(const struct segment *segment)
{
	uint32_t n = atomic_fetch_add_explicit(&attached.n_used, 1, memory_order_relaxed);
	struct segment *place = &attached.ring[n % SEGMENTS];

	segment_unmap(place);
	place->index = segment->index;
	place->size = segment->size;
	place->generation = segment->generation;
	place->writable = segment->writable;
	atomic_store_explicit(&place->left_s, 0, memory_order_relaxed);
	atomic_store_explicit(&place->memory, segment->memory, memory_order_release);
	return place;
}

static uint32_t state_in(const struct index *index)
{
	return atomic_load_explicit(&index->header->state, memory_order_acquire);
}

static uint32_t state_of(const struct segment *segment)
{
	return state_in(&segment->index);
}

/* Zeros for a segment's memory, which is given back; only the flags say that there may be anything.
 * Whoever still looks there is told that it is gone, and nobody dies of it. */
static void segment_forget(struct segment *segment)
{
	void *memory = atomic_load_explicit(&segment->memory, memory_order_acquire);
	size_t size = segment->size;
	struct index_header *header;
	long at = SYS6(SYS_mmap, 0, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (at < 0 && at > -4096)
		return;	     /* then the old one stays */
	header = (void *)at; /* NOLINT(performance-no-int-to-ptr): mmap's raw answer */
	atomic_store_explicit(&header->flags, INDEX_MAY_HOLD, memory_order_relaxed);
	if (SYS5(SYS_mremap, at, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, memory) < 0)
		(void)SYS2(SYS_munmap, at, size); /* likewise */
}

/* Growth leaves one segment after another behind, and together they are several times as large as
 * the last one: their memory is given back when nobody should still be looking there. */
static void leave_older(uint64_t generation)
{
	struct timespec now = {0};

	if (process_filtered()) /* the clock may be forbidden */
		return;
	(void)SYS2(SYS_clock_gettime, CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	for (uint32_t i = 0; i < SEGMENTS; i++) {
		struct segment *place = &attached.ring[i];
		int64_t left_s = atomic_load_explicit(&place->left_s, memory_order_relaxed);

		if (!atomic_load_explicit(&place->memory, memory_order_acquire) ||
		    place->generation >= generation)
			continue;
		if (left_s == 0)
			atomic_store_explicit(&place->left_s, now.tv_sec + 1, memory_order_relaxed);
		else if (place->size >= LARGE_BYTES && state_of(place) != INDEX_BUILDING &&
			 now.tv_sec - left_s >= LEFT_S)
			segment_forget(place);
	}
}

static uint64_t next_generation_of(const struct segment *segment)
{
	return atomic_load_explicit(&segment->index.header->next_generation, memory_order_acquire);
}

static void view_fill(struct index_view *ret_view)
{
	struct segment *cur = atomic_load_explicit(&attached.cur, memory_order_acquire);
	struct segment *next = atomic_load_explicit(&attached.next, memory_order_acquire);

	ret_view->cur = &cur->index;
	ret_view->next = next ? &next->index : NULL;
}

static void set_current(const struct segment *segment)
{
	const struct segment *old = atomic_load_explicit(&attached.cur, memory_order_relaxed);
	struct segment *kept = segment_keep(segment);
	uint32_t proc_dev = atomic_load_explicit(&segment->index.header->proc_dev,
						 memory_order_relaxed);

	atomic_store_explicit(&process.proc_dev, proc_dev, memory_order_relaxed);
	atomic_store_explicit(&attached.next, NULL, memory_order_release);
	atomic_store_explicit(&attached.cur, kept, memory_order_release);
	atomic_store_explicit(&attach_header, kept->index.header, memory_order_release);
	if (old)
		leave_older(kept->generation);
}

static void pause_a_step(void)
{
	struct timespec step = {.tv_nsec = FOLLOW_STEP_NS};

	(void)SYS4(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &step,
		   NULL); /* a signal only shortens it */
}

/* One try to get ahead of `old` (NULL: to attach at all). 0; -EAGAIN: the daemon is not that far
 * yet; other errors stay. */
static int step_forward(struct segment *old)
{
	struct segment segment;
	uint64_t want = old ? next_generation_of(old) : 0;
	int r;

	if (old && want && state_of(old) == INDEX_LIVE) {
		r = map_named(".next", &segment);
		if (r == 0 && segment.index.header->generation == want) {
			atomic_store_explicit(&attached.next, segment_keep(&segment),
					      memory_order_release);
			return 0;
		}
		if (r == 0)
			segment_unmap(&segment);
		else if (r != -ENOENT)
			return r;
	}
	r = old ? 0 : space_load();
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	r = map_named("", &segment);
	if (r < 0)
		return r == -ENOENT ? -EAGAIN : r;
	if (state_of(&segment) != INDEX_LIVE ||
	    (old && state_of(old) == INDEX_LIVE &&
	     segment.index.header->generation == old->index.header->generation)) {
		segment_unmap(&segment);
		return -EAGAIN;
	}
	set_current(&segment);
	return 0;
}

/* A missing segment is the daemon being restarted or moving, so it is waited for; without
 * descriptors or address space no waiting helps. */
static int move_on(struct segment *old)
{
	int steps = old ? FOLLOW_STEPS : FOLLOW_STEPS / 2;

	if (old && state_of(old) == INDEX_REMOVED)
		return -EIO;
	/* Waited for once: what is not there by then is hardly coming. */
	if (!old && atomic_load_explicit(&attached.waited, memory_order_relaxed))
		steps = 1;
	for (int i = 0; i < steps; i++) {
		int r = step_forward(old);

		if (r == 0)
			return 0;
		if (r != -EAGAIN || process_filtered())
			return -EIO;
		pause_a_step();
	}
	if (!old)
		atomic_store_explicit(&attached.waited, true, memory_order_relaxed);
	return -EIO;
}

int attach_view(struct index_view *ret_view)
{
	if (!atomic_load_explicit(&attached.cur, memory_order_acquire)) {
		int r = move_on(NULL);

		if (r < 0)
			return r;
	}
	view_fill(ret_view);
	return 0;
}

int attach_flags(uint32_t *ret_flags)
{
	struct segment *cur = atomic_load_explicit(&attached.cur, memory_order_acquire);
	uint8_t head[offsetof(struct index_header, n_volumes)]; /* the volumes are a page */
	uint64_t magic;
	uint32_t fsns;
	char path[PATH_MAX + 64];
	long fd, n;

	if (cur) {
		*ret_flags = atomic_load_explicit(&cur->index.header->flags, memory_order_acquire);
		return 0;
	}
	if (name_path("", path) < 0)
		return -EIO;
	fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return -EIO;
	n = SYS3(SYS_read, fd, head, sizeof head);
	(void)SYS1(SYS_close, fd); /* opened a moment ago; nothing to lose */
	memcpy(&magic, head + offsetof(struct index_header, magic), sizeof magic);
	memcpy(&fsns, head + offsetof(struct index_header, fsns), sizeof fsns);
	if (n != sizeof head || magic != INDEX_MAGIC || fsns != process.fsns)
		return -EIO;
	memcpy(ret_flags, head + offsetof(struct index_header, flags), sizeof *ret_flags);
	return 0;
}

int attach_follow(struct index_view *view)
{
	struct segment *old = atomic_load_explicit(&attached.cur, memory_order_acquire);
	int r;

	if (&old->index == view->cur) { /* else another thread has moved on already */
		r = move_on(old);
		if (r < 0)
			return r;
	}
	view_fill(view);
	return 0;
}

static int make_writable(struct segment *segment)
{
	long r;

	if (!segment || segment->writable)
		return 0;
	r = SYS3(SYS_mprotect, segment->memory, segment->size, PROT_READ | PROT_WRITE);
	if (r < 0)
		return -EIO;
	segment->writable = true;
	return 0;
}

int attach_writable(struct index_view *view)
{
	int r = attach_view(view);

	if (r == 0 && state_in(view->cur) != INDEX_LIVE)
		r = attach_follow(view);
	if (r < 0)
		return r;
	atomic_store_explicit(&attached.writer, true, memory_order_relaxed);
	r = make_writable(atomic_load_explicit(&attached.cur, memory_order_acquire));
	if (r < 0)
		return r;
	return make_writable(atomic_load_explicit(&attached.next, memory_order_acquire));
}

void attach_whole(void)
{
	struct index_view view;

	for (int i = 0; i < WHOLE_STEPS && attach_writable(&view) == 0; i++) {
		if (!(atomic_load_explicit(&view.cur->header->flags, memory_order_acquire) &
		      INDEX_LOADING))
			return;
		pause_a_step();
	}
}
