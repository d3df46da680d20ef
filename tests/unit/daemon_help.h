/* SPDX-License-Identifier: MIT
 * daemon_help.h - a state directory of its own for each test of the daemon's parts, and a daemon in
 * it.
 */
#ifndef FAKEID_DAEMON_HELP_H
#define FAKEID_DAEMON_HELP_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../../faked/daemon.h"
#include "../../faked/server.h"
#include "run_suite.h"

static char help_dir[64];

static inline int help_remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st; /* everything goes */
	(void)kind;
	(void)at;
	return remove(path);
}

static inline void help_setup(void)
{
	(void)snprintf(help_dir, sizeof(help_dir), "/tmp/fakeid-unit-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(help_dir));
}

static inline void help_teardown(void)
{
	ck_assert_int_eq(nftw(help_dir, help_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* A daemon that serves nobody yet: all but the loop. */
static inline void help_start(struct daemon *daemon)
{
	const char *text;

	*daemon = (struct daemon){.dir = help_dir,
				  .dirfd = -1,
				  .lock_fd = -1,
				  .idle_s = 30,
				  .listen_fd = -1,
				  .mounts_fd = -1,
				  .place = {.dirfd = -1},
				  .journal = {.fd = -1}};
	ck_assert_int_eq(place_open_state(help_dir, &daemon->dirfd, &text), 0);
	ck_assert_int_eq(util_boot_id(daemon->boot_id), 0);
	ck_assert_msg(server_start(daemon, help_dir, &text) == 0, "%s", text);
}

#endif
