/* SPDX-License-Identifier: MIT
 * space_help.h - a daemon with one namespace, its index and what is in the store of it.
 */
#ifndef FAKEID_SPACE_HELP_H
#define FAKEID_SPACE_HELP_H

#include "daemon_help.h"

#include <errno.h>

#include "../../faked/load.h"
#include "../../faked/namespace.h"

#define VOLUME 1u
#define GROUP 1000u

static struct daemon daemon_;
static struct space *space;

static inline void open_space(void)
{
	const struct namespace_wish wish = {.tag = "a", .tag_size = 1};
	uint32_t number;

	help_start(&daemon_);
	ck_assert_int_eq(namespace_need(&daemon_, &wish, &number), 0);
	ck_assert_int_eq(space_open(&daemon_, number, &space), 0);
}

/* A daemon that finds no index, only the store. */
static inline void build_anew(void)
{
	ck_assert_int_eq(store_commit(daemon_.store), 0);
	space_close(&daemon_, space, INDEX_ABANDONED);
	server_end(&daemon_);
	open_space();
}

static inline void setup(void)
{
	help_setup();
	open_space();
}

static inline void teardown(void)
{
	server_end(&daemon_);
	help_teardown();
}

static inline void grow(void)
{
	ck_assert_int_ge(space_grow_begin(&daemon_, space), 0);
	ck_assert_int_eq(space_grow_finish(&daemon_, space), SPACE_SETTLED);
}

static inline void publish(uint64_t ino)
{
	const uint64_t ns = (uint64_t)space->fsns << 32;
	struct record record = {.uid = {ns | ino % 60000},
				.gid = {ns | ino % 50000},
				.mode = 0100644,
				.btime_ns = (int64_t)ino + 1,
				.ctime_ns = (int64_t)ino + 2,
				.flags = RECORD_UID | RECORD_GID};
	struct record_key key = {ino, VOLUME};
	struct index_view view = {.cur = &space->cur.index};
	struct record old;
	uint64_t version;
	int r;

	for (;;) {
		r = index_find(&view, key, &old, &version);
		ck_assert(r == 0 || r == -ENOENT);
		r = index_publish(&view, key, version, &record);
		if (r != -EXFULL)
			break;
		grow();
	}
	ck_assert_int_eq(r, 0);
}

/* All that the daemon does between requests. */
static inline void settle(void)
{
	do
		ck_assert_int_eq(space_grow_finish(&daemon_, space), SPACE_SETTLED);
	while (load_slice(&daemon_, space, INT64_MAX) || space_is_growing(space));
}

static inline void fill_store(uint64_t n)
{
	const struct record record = {.mode = 0100644, .btime_ns = 1, .flags = RECORD_MODE};

	for (uint64_t ino = 1; ino <= n; ino++) {
		int r = store_put_record(daemon_.store, space->fsns,
					 (struct record_key){ino, VOLUME}, &record);

		if (r == 0 && (ino % GROUP == 0 || ino == n))
			r = store_commit(daemon_.store);
		if (r == -EXFULL) {
			store_abort(daemon_.store);
			r = store_grow(daemon_.store);
			ino -= (ino - 1) % GROUP + 1;
		}
		ck_assert_int_eq(r, 0);
	}
}

#endif
