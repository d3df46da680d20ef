/* SPDX-License-Identifier: MIT
 * print.c - stdout: whether it took what was printed, and texts that may hold any bytes.
 */
#include "print.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void print_begin(void)
{
	struct pollfd std[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};

	if (poll(std, 3, 0) <= 0)
		return;
	for (int fd = 0; fd < 3; fd++)
		if (std[fd].revents & POLLNVAL) /* the lowest free number is this one */
			(void)open("/", O_PATH | O_CLOEXEC);
}

int print_end(const char *program)
{
	/* An error of an earlier flush has left its mark, and no reason. */
	bool failed = ferror(stdout);
	int error;

	errno = ENOSPC;
	if (fflush(stdout) == 0 && !failed)
		return 0;
	error = errno;
	(void)fprintf(stderr, "%s: output: %s\n", program, strerror(error));
	return -1;
}

/* How many bytes the UTF-8 character at `at` has, 0 if it is none (RFC 3629: shortest form, no
 * surrogates, up to 10ffff). */
static size_t utf8_size(const unsigned char *at, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t size = at[0] < 0x80 ? 1 : at[0] < 0xc0 ? 0 : at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	uint32_t code;

	if (size <= 1)
		return size;
	if (size > left || at[0] >= 0xf8)
		return 0;
	code = at[0] & (0x7fu >> size);
	for (size_t i = 1; i < size; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (at[i] & 0x3fu);
	}
	if (code < least[size] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return 0;
	return size;
}

void print_json_string(const char *bytes, size_t size)
{
	const unsigned char *at = (const unsigned char *)bytes;

	putchar('"');
	while (size > 0) {
		size_t n = utf8_size(at, size);

		if (n == 0)
			printf("\\udc%02x", *at);
		else if (*at < ' ' || *at == '"' || *at == '\\' || *at == 0x7f)
			printf("\\u%04x", *at);
		else
			(void)fwrite(at, 1, n, stdout); /* main looks at stdout once, at its end */
		n = n ? n : 1;
		at += n;
		size -= n;
	}
	putchar('"');
}

void print_escaped(const char *text)
{
	for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
		if (*c < ' ' || *c == 0x7f || *c == '\\')
			printf("\\%03o", *c);
		else
			putchar(*c);
	}
}
