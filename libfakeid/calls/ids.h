/* SPDX-License-Identifier: MIT
 * ids.h - changes of ids and groups, for every thread or the calling one. Results as those of the
 * calls.
 */
#ifndef FAKEID_CALLS_IDS_H
#define FAKEID_CALLS_IDS_H

#include "shim/process.h"

/* set*id(2), setre*id(2) and setres*id(2). */
long ids_set_one(enum process_reach reach, enum fakeid_idkind kind, uint32_t id);
long ids_set_two(enum process_reach reach, enum fakeid_idkind kind, uint32_t real,
		 uint32_t effective);
long ids_set_three(enum process_reach reach, enum fakeid_idkind kind, uint32_t real,
		   uint32_t effective, uint32_t saved);

long ids_set_groups(enum process_reach reach, size_t n, const uint32_t *list);

#endif
