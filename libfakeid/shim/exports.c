/* SPDX-License-Identifier: MIT
 * exports.c - the only file that defines libc names, but for the HAND rows. Expands wraps.def into
 * shells that turn a negative errno into -1 and errno, and leave errno alone on success.
 */

/* Fortify and large-file redirects would silently rename or drop exported symbols (measured with
 * clang and gcc), whatever CFLAGS the builder uses. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include "wraps.h"

#include <errno.h>

static inline long answer(long result)
{
	if (result < 0) {
		errno = (int)-result;
		return -1;
	}
	return result;
}

#define WRAP(type, name, params, args, family)         \
	FAKEID_EXPORT type name params                 \
	{                                              \
		return (type)answer(wrap_##name args); \
	}
#define VALUE(type, name, params, args, family) \
	FAKEID_EXPORT type name params          \
	{                                       \
		return wrap_##name args;        \
	}
#define HAND(name, family)
#define PASS(name, family, why)
#include "wraps.def"
