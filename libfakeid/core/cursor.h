/* SPDX-License-Identifier: MIT
 * cursor.h - the bounded reader and writer that every decoder and encoder uses. Little-endian.
 * Errors stick: after the first overrun all reads give 0 and `bad` stays set, so a decoder checks
 * once.
 */
#ifndef FAKEID_CURSOR_H
#define FAKEID_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct reader {
	const uint8_t *at;
	size_t left;
	bool bad;
};

static inline const uint8_t *read_bytes(struct reader *r, size_t size)
{
	const uint8_t *bytes = r->at;

	if (r->bad || size > r->left) {
		r->bad = true;
		return NULL;
	}
	r->at += size;
	r->left -= size;
	return bytes;
}

static inline uint64_t read_uint(struct reader *r, size_t size)
{
	const uint8_t *bytes = read_bytes(r, size);
	uint64_t value = 0;

	for (size_t i = 0; bytes && i < size; i++)
		value |= (uint64_t)bytes[i] << (8 * i);
	return value;
}

static inline uint16_t read_u16(struct reader *r)
{
	return (uint16_t)read_uint(r, 2);
}

static inline uint32_t read_u32(struct reader *r)
{
	return (uint32_t)read_uint(r, 4);
}

static inline uint64_t read_u64(struct reader *r)
{
	return read_uint(r, 8);
}

/* True when nothing went wrong and nothing is left over. */
static inline bool read_done(const struct reader *r)
{
	return !r->bad && r->left == 0;
}

struct writer {
	uint8_t *at;
	size_t left;
	bool bad;
};

static inline void write_bytes(struct writer *w, const void *bytes, size_t size)
{
	if (w->bad || size > w->left) {
		w->bad = true;
		return;
	}
	if (size)
		memcpy(w->at, bytes, size);
	w->at += size;
	w->left -= size;
}

static inline void write_uint(struct writer *w, uint64_t value, size_t size)
{
	uint8_t bytes[8];

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(value >> (8 * i));
	write_bytes(w, bytes, size);
}

static inline void write_u16(struct writer *w, uint16_t value)
{
	write_uint(w, value, 2);
}

static inline void write_u32(struct writer *w, uint32_t value)
{
	write_uint(w, value, 4);
}

static inline void write_u64(struct writer *w, uint64_t value)
{
	write_uint(w, value, 8);
}

#endif
