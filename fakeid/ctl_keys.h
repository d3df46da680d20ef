/* SPDX-License-Identifier: MIT
 * ctl_keys.h - what namespaces grant each other: the options that say it, and the list.
 */
#ifndef FAKEID_CTL_KEYS_H
#define FAKEID_CTL_KEYS_H

#include "ctl.h"

/* --uid A:B or --gid A:B. 0, or -EINVAL with the line. */
int keys_take_pair(struct key *key, enum fakeid_idkind kind, const char *value,
		   struct trouble *trouble);

/* A line for each key that `tag` (NULL: anybody) has granted or holds, each behind `before`. 0
 * or the daemon's negative errno. */
int keys_print(struct session *session, const char *tag, const char *before);

#endif
