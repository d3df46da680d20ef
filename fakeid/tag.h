/* SPDX-License-Identifier: MIT
 * tag.h - what a tag may look like.
 */
#ifndef FAKEID_TAG_H
#define FAKEID_TAG_H

#include "trouble.h"

/* A tag is 1 to WIRE_TAG_MAX letters, digits and . _ : / @ + -, and does not begin with '-': the
 * daemon's rule, told here before one is started.
 * 0, or -EINVAL with the line to print. */
int tag_check(const char *tag, struct trouble *trouble);

#endif
