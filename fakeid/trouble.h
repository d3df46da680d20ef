/* SPDX-License-Identifier: MIT
 * trouble.h - the one line that tells a user what went wrong: what, where, what to do. Lower code
 * fills it in, main prints it.
 */
#ifndef FAKEID_TROUBLE_H
#define FAKEID_TROUBLE_H

#include <limits.h>

struct trouble {
	char text[2 * PATH_MAX + 512];
};

/* Write the line and return `error`, a negative errno, so that a caller can fail in one statement.
 * Line breaks in it become '?': it stays one line whatever a path holds. */
__attribute__((format(printf, 3, 4))) int trouble_set(struct trouble *trouble, int error,
						      const char *format, ...);

/* "program: text" on stderr. */
void trouble_print(const char *program, const struct trouble *trouble);

#endif
