/* SPDX-License-Identifier: MIT
 * trouble.c - the one line that tells a user what went wrong.
 */
#include "trouble.h"

#include <stdarg.h>
#include <stdio.h>

int trouble_set(struct trouble *trouble, int error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	(void)vsnprintf(trouble->text, sizeof(trouble->text), format, args); /* cut short is fine */
	va_end(args);

	for (char *c = trouble->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	return error;
}

void trouble_print(const char *program, const struct trouble *trouble)
{
	(void)fprintf(stderr, "%s: %s\n", program, trouble->text); /* nobody left to tell */
}
