/* SPDX-License-Identifier: MIT
 * creds.h - virtual credentials and the kernel's rules for changing them. Pure:
 * (credentials, request) -> credentials or negative errno.
 */
#ifndef FAKEID_CREDS_H
#define FAKEID_CREDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fakeid/kid.h>

enum creds_id { CREDS_REAL, CREDS_EFFECTIVE, CREDS_SAVED, CREDS_FS, CREDS_ID_N };

enum creds_capset {
	CREDS_CAP_EFFECTIVE,
	CREDS_CAP_PERMITTED,
	CREDS_CAP_INHERITABLE,
	CREDS_CAP_BOUNDING,
	CREDS_CAP_AMBIENT,
	CREDS_CAPSET_N
};

struct creds {
	uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N]; /* ids inside the namespace */
	uint64_t cap[CREDS_CAPSET_N];             /* bit N = capability N of capabilities(7) */
	uint32_t securebits;                      /* SECBIT_*, SECBIT_KEEP_CAPS among them */
	bool no_new_privs;
};

#define CREDS_GROUPS_MAX 65536u /* NGROUPS_MAX of the kernel */

struct groups {
	uint32_t n;
	uint32_t list[CREDS_GROUPS_MAX]; /* only the first n are ever touched */
};

#endif
