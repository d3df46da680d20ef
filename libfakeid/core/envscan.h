/* SPDX-License-Identifier: MIT
 * envscan.h - find what another process's environment block says of its session, however large the
 * block is and wherever it is cut: it comes in pieces. Of a name that stands twice the first
 * counts, as for getenv(3). Pure.
 */
#ifndef FAKEID_ENVSCAN_H
#define FAKEID_ENVSCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/idline.h"

#define ENVSCAN_NUMBERS 4u /* of FAKEID_SESSION: format, namespace, filesystem namespace, flags */

enum envscan_state { ENVSCAN_NAME, ENVSCAN_SKIP, ENVSCAN_NUMBER, ENVSCAN_DIR, ENVSCAN_IDS };

struct envscan {
	/* What was found. */
	bool has_session; /* a session of the format that we know */
	bool is_ours;	  /* and of the state directory that was asked about */
	uint32_t ns, flags;
	bool has_ids;
	uint64_t ids_at; /* where in the block the value of FAKEID_IDS begins */
	char ids[IDLINE_BYTES];

	/* Where we are. */
	const char *dir;
	uint64_t at;	  /* bytes gone by */
	size_t n;	  /* characters of the name, the directory or the ids so far */
	unsigned matches; /* the names that may still be it */
	unsigned seen;	  /* the names that have been */
	unsigned field;	  /* which number */
	uint64_t number[ENVSCAN_NUMBERS];
	enum envscan_state state;
};

/* `dir` is the state directory whose sessions count; it must stay. */
void envscan_init(struct envscan *scan, const char *dir);

/* The next piece. True once nothing more is wanted. A block ends with a NUL, always. */
bool envscan_feed(struct envscan *scan, const char *bytes, size_t size);

#endif
