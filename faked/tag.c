/* SPDX-License-Identifier: MIT
 * tag.c - which names a namespace may have. Pure; no locale, so letters are ASCII letters.
 */
#include "tag.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <fakeid/wire.h>

static bool is_allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (c != '\0' && strchr("._:/@+-", c));
}

int tag_check(const void *bytes, size_t size)
{
	const char *tag = bytes;

	if (size == 0 || size > WIRE_TAG_MAX || tag[0] == '-')
		return -EINVAL;

	for (size_t i = 0; i < size; i++) {
		if (!is_allowed(tag[i]))
			return -EINVAL;
	}
	return 0;
}
