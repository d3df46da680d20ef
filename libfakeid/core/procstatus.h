/* SPDX-License-Identifier: MIT
 * procstatus.h - /proc/PID/status as it reads inside a namespace: the kernel's text with other ids.
 * Pure.
 */
#ifndef FAKEID_PROCSTATUS_H
#define FAKEID_PROCSTATUS_H

#include <stddef.h>

#include "core/creds.h"

struct procstatus {
	uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N]; /* as the reader sees them */
	const uint32_t *groups;			  /* likewise */
	uint32_t n_groups;
	const struct creds
		*creds; /* for capabilities and NoNewPrivs; NULL leaves the kernel's lines */
};

/* Room that suffices: what the lines given here can grow by, but for the groups. */
#define PROCSTATUS_EXTRA_BYTES 512u
#define PROCSTATUS_GROUP_BYTES 11u

/* The ids that the text tells: 0, or -EINVAL. */
int procstatus_ids(const char *text, size_t len, uint32_t ret_id[FAKEID_IDKIND_N][CREDS_ID_N]);

/* Copy `text`, with those lines replaced that tell ids. Returns 0, or -E2BIG when `size` is too
 * small. */
int procstatus_make(const char *text, size_t len, const struct procstatus *status, char *ret_text,
		    size_t size, size_t *ret_len);

#endif
