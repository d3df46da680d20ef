/* SPDX-License-Identifier: MIT
 * tag.h - which names a namespace may have.
 */
#ifndef FAKED_TAG_H
#define FAKED_TAG_H

#include <stddef.h>

/* 1 to WIRE_TAG_MAX of A-Z a-z 0-9 . _ : / @ + - and no '-' in front, so that a tag is never taken
 * for an option and prints as one word. 0 or -EINVAL. */
int tag_check(const void *bytes, size_t size);

#endif
