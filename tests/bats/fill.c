/* SPDX-License-Identifier: MIT
 * fill.c - for tests of large stores: records straight into one, and whether a segment is loading.
 *
 *   fill rows STATE FSNS VOLUME FIRST N   records of N inodes; no daemon may run
 *   fill past STATE FSNS FIRST N          the same on a volume of an earlier boot; prints its number
 *   fill left STATE                       prints records and volumes
 *   fill loading SEGMENT                  succeeds while it is
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/index.h"
#include "faked/store.h"
#include "faked/volume.h"

#define BATCH 100000u

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 10);
}

static int fail(const char *what, int r)
{
	(void)fprintf(stderr, "fill: %s: %s\n", what, strerror(-r));
	return 2;
}

static int put_batch(struct store *store, uint32_t fsns, struct record_key key, uint64_t n)
{
	int r = 0;

	for (uint64_t i = 0; r == 0 && i < n; i++, key.ino++) {
		struct record record = {
			.uid = {1000 + key.ino % 1000},
			.gid = {1000},
			.mode = 0100644,
			.flags = RECORD_UID | RECORD_GID,
		};

		r = store_put_record(store, fsns, key, &record);
	}
	return r < 0 ? r : store_commit(store);
}

static int put_all(struct store *store, uint32_t fsns, struct record_key key, uint64_t left)
{
	int r = 0;

	while (r == 0 && left > 0) {
		uint64_t n = left < BATCH ? left : BATCH;

		r = put_batch(store, fsns, key, n);
		if (r == -EXFULL) {
			store_abort(store);
			r = store_grow(store);
			continue;
		}
		key.ino += n;
		left -= n;
	}
	return r;
}

static int rows(char **argv)
{
	struct record_key key = {.volume = (uint32_t)number(argv[2]), .ino = number(argv[3])};
	struct store *store;
	int r = store_open(argv[0], &store);

	if (r == 0)
		r = put_all(store, (uint32_t)number(argv[1]), key, number(argv[4]));
	if (r < 0)
		return fail(argv[0], r);

	store_close(store);
	return 0;
}

static int past(char **argv)
{
	const struct volume_id id = {.kind = VOLUME_DEVICE, .boot_id = {1}, .dev = 1};
	struct record_key key = {.ino = number(argv[2])};
	uint8_t bytes[VOLUME_ID_BYTES];
	struct store *store;
	int r = store_open(argv[0], &store);

	volume_id_encode(&id, bytes);
	if (r == 0)
		r = store_add_volume(store, bytes, sizeof(bytes), &key.volume);
	if (r == 0)
		r = put_all(store, (uint32_t)number(argv[1]), key, number(argv[3]));
	if (r < 0)
		return fail(argv[0], r);

	store_close(store);
	printf("%u\n", key.volume);
	return 0;
}

static int count_volume(void *context, uint32_t volume, const void *id, size_t size)
{
	(void)volume; /* that there is one is all */
	(void)id;
	(void)size;
	++*(unsigned int *)context;
	return 0;
}

static int left(char **argv)
{
	unsigned int n_volumes = 0;
	uint64_t n_records;
	struct store *store;
	int r = store_open(argv[0], &store);

	if (r == 0)
		r = store_count_all(store, &n_records);
	if (r == 0)
		r = store_each_volume(store, count_volume, &n_volumes);
	if (r < 0)
		return fail(argv[0], r);

	store_close(store);
	printf("%llu %u\n", (unsigned long long)n_records, n_volumes);
	return 0;
}

static int loading(char **argv)
{
	struct index_header header;
	int fd = open(argv[0], O_RDONLY | O_CLOEXEC);

	if (fd < 0 || read(fd, &header, sizeof(header)) != (ssize_t)sizeof(header))
		return fail(argv[0], -errno);

	(void)close(fd); /* only read */
	return atomic_load(&header.flags) & INDEX_LOADING ? 0 : 1;
}

int main(int argc, char **argv)
{
	if (argc == 7 && strcmp(argv[1], "rows") == 0)
		return rows(argv + 2);
	if (argc == 6 && strcmp(argv[1], "past") == 0)
		return past(argv + 2);
	if (argc == 3 && strcmp(argv[1], "left") == 0)
		return left(argv + 2);
	if (argc == 3 && strcmp(argv[1], "loading") == 0)
		return loading(argv + 2);
	(void)fputs("usage: see the top of fill.c\n", stderr);
	return 2;
}
