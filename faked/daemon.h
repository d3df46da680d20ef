/* SPDX-License-Identifier: MIT
 * daemon.h - everything the daemon remembers. One thread, but for what segment_close() leaves to
 * another; main.c owns the one instance and every function gets it as an argument.
 */
#ifndef FAKED_DAEMON_H
#define FAKED_DAEMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "journal.h"
#include "persist.h"
#include "place.h"
#include "procs.h"
#include "relatives.h"
#include "segment.h"
#include "space.h"
#include "store.h"
#include "util.h"
#include "volume.h"

struct session;

struct daemon {
	const char *dir; /* absolute path of the state directory */
	int dirfd;
	int lock_fd;
	int64_t started_ms;
	long idle_s;
	uint8_t boot_id[UTIL_BOOT_ID_BYTES];

	struct place place;
	struct store *store;
	struct journal journal;
	struct flush flush;
	struct volumes volumes;
	struct store_past past; /* volumes of earlier boots, on their way out of the store */
	bool has_past;

	struct space *spaces; /* a list; order means nothing */
	struct session **sessions;
	size_t n_sessions;

	struct relatives relatives;
	struct procs procs; /* as seen last, at procs_ms */
	int64_t procs_ms;

	int listen_fd;
	uint64_t socket_ino; /* of the name, to see that it still is ours */
	int flush_error;     /* what the last flush came to, so that it is said once */
	int mounts_fd;	     /* polls as an error when a mount comes or goes */
	uint64_t reserve;    /* bytes kept back in the state directory */
	bool full;	     /* no room: INDEX_FULL is set in every segment */
	bool stopping;	     /* leave the loop once replies are out */
	bool lost;	     /* the runtime place is no longer ours */
	int64_t flush_ms;    /* when the last flush was */
	int64_t active_ms;   /* when somebody last needed us */
	int64_t nameless_ms; /* when to look for nameless namespaces that have ended; 0 = there are none */
};

/* One line to stderr and to DIR/log, which stays small. server.c and main.c only. */
void daemon_say(const struct daemon *daemon, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

#endif
