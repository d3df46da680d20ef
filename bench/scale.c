/* SPDX-License-Identifier: MIT
 * scale.c - what bench/scale.sh measures with: look-ups in a segment, single calls, a load.
 *
 *   scale find SEGMENT VOLUME FIRST N TIMES look-ups of them at random, in nanoseconds each
 *   scale busy FILE SECONDS                 lstat and lchown in turn: how long the slowest take
 *   scale talk SOCKET SECONDS               messages to the daemon: how long the slowest take
 *   scale wait SEGMENT SECONDS              until it is loaded; prints milliseconds
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <fakeid/wire.h>

#include "core/cursor.h"
#include "core/index.h"

#define SLOW_NS 10000000
#define STEP_US 200

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static int fail(const char *what, int r)
{
	(void)fprintf(stderr, "scale: %s: %s\n", what, strerror(-r));
	return 1;
}

static int map_segment(const char *path, struct index *ret_index)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *memory;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;

	memory = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd); /* only read */
	return memory == MAP_FAILED ? -errno : index_open(memory, (size_t)st.st_size, ret_index);
}

static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(2685821657736338717);
}

static bool look(const struct index_view *view, uint64_t volume, uint64_t ino)
{
	struct record_key key = {.ino = ino, .volume = (uint32_t)volume};
	struct record record;
	uint64_t version;

	return index_find(view, key, &record, &version) == 0;
}

static void print_each(const char *how, int64_t ns, uint64_t n)
{
	printf("look-ups %s: %.1f ns\n", how, (double)ns / (double)n);
}

static int find(char **argv)
{
	const uint64_t first = number(argv[4]), n = number(argv[5]), times = number(argv[6]);
	uint64_t state = 4711, n_found = 0;
	struct index index;
	struct index_view view = {&index, NULL};
	int64_t begin;
	int r = map_segment(argv[2], &index);

	if (r < 0)
		return fail(argv[2], r);

	/* Once for the pages of the mapping. */
	for (uint64_t i = 0; i < n; i += 32)
		n_found += look(&view, number(argv[3]), first + i);
	n_found = 0;
	begin = now_ns();
	for (uint64_t i = 0; i < times; i++)
		n_found += look(&view, number(argv[3]), first + next_random(&state) % n);
	print_each("at random", now_ns() - begin, times);
	begin = now_ns();
	for (uint64_t i = 0; i < times; i++)
		n_found += look(&view, number(argv[3]), first + i % n);
	print_each("in order", now_ns() - begin, times);
	return n_found == 2 * times ? 0 : fail("some are missing", -ENOENT);
}

/* A call that slept waited for somebody, the daemon or the disk; one that did not was put aside. */
static int busy(char **argv)
{
	const int64_t end = now_ns() + (int64_t)number(argv[3]) * 1000000000;
	int64_t slowest = 0, slowest_waiting = 0;
	unsigned long n = 0, n_slow = 0, n_waiting = 0;
	struct rusage before, after;

	for (int64_t begin = now_ns(), took; begin < end; begin += took, n++) {
		struct stat st;

		(void)getrusage(RUSAGE_SELF, &before); /* cannot fail */
		if (n % 2 ? lchown(argv[2], (uid_t)(n % 1000), 0) : lstat(argv[2], &st))
			return fail(argv[2], -errno);
		took = now_ns() - begin;
		(void)getrusage(RUSAGE_SELF, &after); /* cannot fail */
		slowest = took > slowest ? took : slowest;
		n_slow += took > SLOW_NS;
		if (after.ru_nvcsw == before.ru_nvcsw)
			continue;
		slowest_waiting = took > slowest_waiting ? took : slowest_waiting;
		n_waiting += took > SLOW_NS;
	}
	printf("%lu calls, slowest %.2f ms, over 10 ms %lu; that waited: slowest %.2f ms, over 10 "
	       "ms %lu\n",
	       n, (double)slowest / 1e6, n_slow, (double)slowest_waiting / 1e6, n_waiting);
	return 0;
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	if (fd >= 0 && connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd); /* never connected */
	return -errno;
}

/* One request that the daemon answers from what it has in hand. */
static int ask(const char *path)
{
	uint8_t frame[WIRE_HEADER_BYTES + 16], reply[256];
	struct writer w = {frame, sizeof(frame), false};
	int fd = connect_to(path);
	ssize_t n;

	if (fd < 0)
		return fd;

	write_u16(&w, WIRE_PROTOCOL);
	write_u16(&w, WIRE_FETCH);
	write_u32(&w, 0);
	write_u32(&w, 16);
	write_u32(&w, 1);
	write_u32(&w, 1);
	write_u64(&w, 1);
	n = send(fd, frame, sizeof(frame), MSG_NOSIGNAL);
	if (n > 0)
		n = recv(fd, reply, sizeof(reply), 0);
	(void)close(fd); /* the answer is in hand */
	return n > 0 ? 0 : -EIO;
}

static int talk(char **argv)
{
	const int64_t end = now_ns() + (int64_t)number(argv[3]) * 1000000000;
	int64_t slowest = 0;
	unsigned long n = 0, n_slow = 0;

	for (int64_t begin = now_ns(), took; begin < end; begin += took, n++) {
		int r = ask(argv[2]);

		if (r < 0)
			return fail(argv[2], r);
		took = now_ns() - begin;
		slowest = took > slowest ? took : slowest;
		n_slow += took > SLOW_NS;
	}
	printf("%lu messages, slowest %.2f ms, over 10 ms %lu\n", n, (double)slowest / 1e6, n_slow);
	return 0;
}

static int wait_loaded(char **argv)
{
	const int64_t begin = now_ns(), end = begin + (int64_t)number(argv[3]) * 1000000000;

	while (now_ns() < end) {
		struct index index;
		uint32_t flags;

		if (map_segment(argv[2], &index) == 0) {
			flags = atomic_load(&index.header->flags);
			(void)munmap(index.header, index_size(index.n_buckets)); /* we mapped it */
			if (!(flags & INDEX_LOADING)) {
				printf("%.0f\n", (double)(now_ns() - begin) / 1e6);
				return 0;
			}
		}
		(void)usleep(STEP_US);
	}
	return fail(argv[2], -ETIME);
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int argc;
		int (*run)(char **argv);
	} verbs[] = {
		{"find", 7, find}, {"busy", 4, busy}, {"talk", 4, talk}, {"wait", 4, wait_loaded}};

	for (size_t i = 0; argc > 1 && i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[1], verbs[i].name) == 0 && argc == verbs[i].argc)
			return verbs[i].run(argv);
	}
	(void)fputs("usage: see the top of bench/scale.c\n", stderr);
	return 2;
}
