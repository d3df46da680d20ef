/* SPDX-License-Identifier: MIT
 * size.c - what the index and the store take as records come, in a daemon without a loop:
 *
 *   size DIRECTORY DENSITY N...
 *
 * Publishes records for every inode in DENSITY, in groups as a client's would be collected, and prints
 * a row for each N: bytes of index a record, now and the most and least there were since the row before,
 * bytes of the store, nanoseconds that a record's move takes, the longest slice of a growth, and how long
 * a daemon takes that begins with that store and no index.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "../faked/daemon.h"
#include "../faked/namespace.h"
#include "../faked/load.h"
#include "../faked/persist.h"
#include "../faked/server.h"

#define GROUP 10000u	 /* records between two ticks */
#define SLICE_NS 1500000 /* as the daemon takes them */
#define VOLUME 1u
#define NS (UINT64_C(1) << 32) /* of the ids */

struct most {
	double least, most; /* bytes of index a record, outside a growth */
	int64_t move_ns, slice_ns;
	uint64_t n_moved;
};

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void die(const char *what, int r)
{
	(void)fprintf(stderr, "size: %s: %s\n", what, strerror(-r));
	exit(1);
}

static void start(struct daemon *daemon, const char *dir, struct space **ret_space)
{
	const struct namespace_wish wish = {.tag = "size", .tag_size = 4};
	const char *text = "state directory";
	uint32_t number;
	int r;

	*daemon = (struct daemon){.dir = dir,
				  .dirfd = -1,
				  .lock_fd = -1,
				  .idle_s = 30,
				  .listen_fd = -1,
				  .mounts_fd = -1,
				  .place = {.dirfd = -1},
				  .journal = {.fd = -1}};
	r = place_open_state(dir, &daemon->dirfd, &text);
	if (r == 0)
		r = util_boot_id(daemon->boot_id);
	if (r == 0)
		r = server_start(daemon, dir, &text);
	if (r == 0)
		r = namespace_need(daemon, &wish, &number);
	if (r == 0)
		r = space_open(daemon, number, ret_space);
	if (r < 0)
		die(text, r);
}

static double bytes_of_a_record(const struct space *space, uint64_t n)
{
	return (double)space->cur.size / (double)n;
}

static void note(const struct space *space, uint64_t n, struct most *most)
{
	double bytes = bytes_of_a_record(space, n);

	if (bytes > most->most)
		most->most = bytes;
	if (bytes < most->least)
		most->least = bytes;
}

static void grow(struct daemon *daemon, struct space *space, uint64_t n, struct most *most)
{
	int64_t begun = now_ns();
	int r = SPACE_MOVING;

	note(space, n, most);
	while (r == SPACE_MOVING) {
		int64_t slice = now_ns();

		r = space_grow_slice(daemon, space, now_ns() + SLICE_NS);
		slice = now_ns() - slice;
		if (slice > most->slice_ns)
			most->slice_ns = slice;
	}
	if (r < 0)
		die("growth", r);
	most->move_ns += now_ns() - begun;
	most->n_moved += n;
	note(space, n, most);
}

static void publish(struct daemon *daemon, struct space *space, uint64_t ino, uint64_t n,
		    struct most *most)
{
	struct record record = {.uid = {NS | ino % 60000},
				.gid = {NS | ino % 50000},
				.mode = 0100644,
				.btime_ns = 1764500000000000000 + (int64_t)ino * 12345,
				.ctime_ns = 1764500001000000000 + (int64_t)ino * 12345,
				.flags = RECORD_UID | RECORD_GID};
	const struct index_view view = {.cur = &space->cur.index};
	int r = index_publish(&view, (struct record_key){ino, VOLUME}, 0, &record);

	if (r == -EXFULL) {
		r = space_grow_begin(daemon, space);
		if (r < 0)
			die("growth", r);
		grow(daemon, space, n, most);
		publish(daemon, space, ino, n, most);
		return;
	}
	if (r < 0)
		die("publish", r);
}

/* All that the daemon does between requests. */
static void settle(struct daemon *daemon, struct space *space, uint64_t n, struct most *most)
{
	do {
		if (space_is_growing(space))
			grow(daemon, space, n, most);
	} while (load_slice(daemon, space, INT64_MAX) || space_is_growing(space));
}

static void tick(struct daemon *daemon, struct space *space, uint64_t n, struct most *most)
{
	int r = persist_flush(daemon);

	if (r < 0)
		die("flush", r);
	space_grow_if_needed(space);
	settle(daemon, space, n, most);
}

/* Milliseconds until a daemon that finds only the store has all of it in an index. */
static double restart(struct daemon *daemon, const char *dir, struct space **space)
{
	int64_t begun;

	space_close(daemon, *space, INDEX_ABANDONED);
	server_end(daemon);
	begun = now_ns();
	start(daemon, dir, space);
	settle(daemon, *space, 0, &(struct most){0});
	return (double)(now_ns() - begun) / 1e6;
}

static void row(struct daemon *daemon, const char *dir, struct space **space, uint64_t n,
		struct most *most)
{
	double now = bytes_of_a_record(*space, n), load_ms;
	struct stat st;

	if (fstatat(daemon->dirfd, "store/data.mdb", &st, 0) < 0)
		die("store", -errno);
	load_ms = restart(daemon, dir, space);
	printf("| %llu | %.1f | %.1f | %.1f | %.1f | %.1f | %lld | %.1f | %.0f |\n",
	       (unsigned long long)n, now, most->least, most->most, bytes_of_a_record(*space, n),
	       (double)st.st_size / (double)n,
	       (long long)(most->n_moved ? most->move_ns / (int64_t)most->n_moved : 0),
	       (double)most->slice_ns / 1e6, load_ms);
	(void)fflush(stdout); /* a lost line shows */
	*most = (struct most){.least = 1e9};
}

int main(int argc, char **argv)
{
	struct daemon daemon;
	struct space *space;
	struct most most = {.least = 1e9};
	uint64_t random = 1;
	const char *dir = argv[1];
	unsigned density = argc > 3 ? (unsigned)strtoul(argv[2], NULL, 10) : 0;

	if (density == 0) {
		(void)fputs("usage: size DIRECTORY DENSITY N...\n", stderr);
		return 2;
	}

	puts("| records | index, bytes a record | least | most | loaded | store | move, ns | "
	     "slice, ms | "
	     "load, ms |");
	puts("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
	start(&daemon, dir, &space);
	for (uint64_t ino = 1000, n = 0; argc > 3; ino++) {
		random = random * UINT64_C(6364136223846793005) + 1442695040888963407;
		if ((random >> 33) % density != 0)
			continue;

		publish(&daemon, space, ino, n++, &most);
		if (n % GROUP == 0)
			tick(&daemon, space, n, &most);
		if (n == strtoull(argv[3], NULL, 10)) {
			tick(&daemon, space, n, &most);
			row(&daemon, dir, &space, n, &most);
			argc--;
			argv++;
		}
	}
	server_end(&daemon);
	return 0;
}
