/* SPDX-License-Identifier: MIT
 * text.h - put a short text together in a caller's buffer: no stdio, no malloc, async-signal-safe.
 */
#ifndef FAKEID_TEXT_H
#define FAKEID_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct text {
	char *at;
	size_t left; /* room for the final NUL included */
	bool cut;
};

static inline struct text text_into(char *buffer, size_t size)
{
	return (struct text){.at = buffer, .left = size};
}

static inline void text_add_bytes(struct text *t, const char *bytes, size_t len)
{
	if (t->cut || len >= t->left) {
		t->cut = true;
		return;
	}
	memcpy(t->at, bytes, len);
	t->at += len;
	t->left -= len;
}

static inline void text_add(struct text *t, const char *string)
{
	text_add_bytes(t, string, strlen(string));
}

static inline void text_add_number(struct text *t, uint64_t number)
{
	char digits[20];
	size_t n = 0;

	do {
		digits[sizeof digits - ++n] = (char)('0' + number % 10);
		number /= 10;
	} while (number);
	text_add_bytes(t, digits + sizeof digits - n, n);
}

/* Close the text with its NUL; false if something did not fit. */
static inline bool text_end(struct text *t)
{
	if (t->cut || !t->left)
		return false;
	*t->at = '\0';
	return true;
}

#endif
