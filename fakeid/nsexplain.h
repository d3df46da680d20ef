/* SPDX-License-Identifier: MIT
 * nsexplain.h - the line for each way that a request about a namespace can fail.
 */
#ifndef FAKEID_NSEXPLAIN_H
#define FAKEID_NSEXPLAIN_H

#include <fakeid/wire.h>

#include "state.h"
#include "trouble.h"

/* Write the line and return `error`. `tag` NULL: a nameless namespace. For WIRE_NS_RENAME and
 * -EEXIST, the new tag. */
int ns_explain(const struct state *state, enum wire_op op, const char *tag, int error,
	       struct trouble *trouble);

#endif
