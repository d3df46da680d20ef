/* SPDX-License-Identifier: MIT
 * tag.c - what a tag may look like.
 */
#include "tag.h"

#include <errno.h>
#include <string.h>

#include <fakeid/wire.h>

int tag_check(const char *tag, struct trouble *trouble)
{
	static const char good[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				   "._:/@+-";
	size_t len = strlen(tag);

	if (len == 0 || len > WIRE_TAG_MAX)
		return trouble_set(trouble, -EINVAL, "tag '%s': it is %s: use 1 to %u characters",
				   tag, len == 0 ? "empty" : "too long", WIRE_TAG_MAX);

	if (strspn(tag, good) != len || tag[0] == '-')
		return trouble_set(
			trouble, -EINVAL,
			"tag '%s': bad characters: use letters, digits and . _ : / @ + -, and "
			"no '-' first",
			tag);
	return 0;
}
