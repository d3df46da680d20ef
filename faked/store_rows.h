/* SPDX-License-Identifier: MIT
 * store_rows.h - what store.c and store_rows.c share; nobody else looks inside a store.
 */
#ifndef FAKED_STORE_ROWS_H
#define FAKED_STORE_ROWS_H

#include "kv.h"
#include "store.h"

struct store {
	struct kv *kv;
	uint8_t id[STORE_ID_BYTES];
};

#endif
