/* SPDX-License-Identifier: MIT
 * place.h - the state directory and the runtime place: choosing, checking, recording.
 */
#ifndef FAKED_PLACE_H
#define FAKED_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

struct place {
	char path[512];
	int dirfd;
};

/* Open the state directory and check that it is ours, private, local and writable. The text names
 * what is wrong and is set with every error. */
int place_open_state(const char *dir, int *ret_dirfd, const char **ret_text);

/* Take up the place DIR/run names if it is still good, else choose one with room for `need` bytes
 * (`wish`, if not NULL, before all others) and record it in DIR/run. What another store left there
 * is removed. */
int place_open(const char *dir, int dirfd, const char *wish, const uint8_t store_id[STORE_ID_BYTES],
	       uint64_t need, struct place *ret_place);

/* True while DIR/run still names the place and the place is still the directory we opened. */
bool place_is_ours(int dirfd, const struct place *place);

/* Remove the place if nothing is left in it. */
void place_remove(const struct place *place);

/* Call `fn` for each name in a directory, but "." and "..". Returns the first answer that is not 0,
 * 0, or -errno. */
typedef int place_entry_fn(void *context, int dirfd, const char *name);
int place_each_entry(int dirfd, place_entry_fn *fn, void *context);

#endif
