/* SPDX-License-Identifier: MIT
 * idmap_text.c - maps as text. What the kernel's map_write() takes for a map is taken here, but for
 * numbers that it would cut to 32 bits, bytes after a NUL, and the no-break space of Latin-1.
 */
#include <fakeid/idmap.h>

#include <errno.h>
#include <string.h>

#include "core/idmap_private.h"

/* No pointers: the preloaded library holds these too, and pays for relocations at each exec. */
static const char fault_texts[FAKEID_IDMAP_FAULT_N][48] = {
	[FAKEID_IDMAP_FINE] = "nothing is wrong",
	[FAKEID_IDMAP_SYNTAX] = "not of the form inside, outside, count",
	[FAKEID_IDMAP_NUMBER] = "a number is too large",
	[FAKEID_IDMAP_TOO_MANY] = "more than 340 extents",
	[FAKEID_IDMAP_TOO_LONG] = "the text fills a page",
	[FAKEID_IDMAP_EMPTY] = "there is no extent",
	[FAKEID_IDMAP_COUNT_ZERO] = "the count is 0",
	[FAKEID_IDMAP_ID_INVALID] = "4294967295 is not an id",
	[FAKEID_IDMAP_WRAP] = "the range goes beyond 4294967294",
	[FAKEID_IDMAP_OVERLAP_UPPER] = "two extents hold one inside id",
	[FAKEID_IDMAP_OVERLAP_LOWER] = "two extents hold one outside id",
	[FAKEID_IDMAP_ORDER] = "the extents do not ascend",
	[FAKEID_IDMAP_UNMAPPED] = "an outside id is not mapped in the parent",
	[FAKEID_IDMAP_SPANS] = "it spans several extents of the parent",
};

const char *fakeid_idmap_fault_text(enum fakeid_idmap_fault fault)
{
	if ((unsigned)fault >= FAKEID_IDMAP_FAULT_N)
		return "unknown fault";
	return fault_texts[fault];
}

void idmap_put_bytes(struct idmap_out *out, const char *bytes, size_t len)
{
	if (len > (size_t)(out->end - out->at)) {
		out->full = true;
		return;
	}
	memcpy(out->at, bytes, len);
	out->at += len;
}

void idmap_put_number(struct idmap_out *out, uint64_t value, unsigned width)
{
	char digits[24];
	size_t at = sizeof(digits);

	do
		digits[--at] = (char)('0' + value % 10);
	while (value /= 10);
	while (sizeof(digits) - at < width)
		digits[--at] = ' ';
	idmap_put_bytes(out, digits + at, sizeof(digits) - at);
}

int fakeid_idmap_print(const struct fakeid_idmap *map, enum fakeid_idmap_format format,
		       char *ret_text, size_t size, size_t *ret_len)
{
	struct idmap_out out = {ret_text, ret_text + size - 1, false};
	const char *separator = format == FAKEID_IDMAP_COLON ? ":" : " ";
	unsigned width = format == FAKEID_IDMAP_PROC ? 10 : 0;

	if (size == 0)
		return -E2BIG;

	for (uint32_t i = 0; i < map->n; i++) {
		idmap_put_number(&out, map->extent[i].upper, width);
		idmap_put_bytes(&out, separator, 1);
		idmap_put_number(&out, map->extent[i].lower.value, width);
		idmap_put_bytes(&out, separator, 1);
		idmap_put_number(&out, map->extent[i].count, width);
		idmap_put_bytes(&out, "\n", 1);
	}
	if (out.full)
		return -E2BIG;

	*out.at = '\0';
	*ret_len = (size_t)(out.at - ret_text);
	return 0;
}

bool idmap_take_number(const char **at, const char *end, uint64_t max, uint64_t *ret_value,
		       enum fakeid_idmap_fault *ret_fault)
{
	const char *start = *at;
	uint64_t value = 0;

	for (; *at < end && **at >= '0' && **at <= '9'; ++*at) {
		uint64_t digit = (uint64_t)(**at - '0');

		if (digit > max || value > (max - digit) / 10) {
			*ret_fault = FAKEID_IDMAP_NUMBER;
			return false;
		}
		value = value * 10 + digit;
	}
	if (*at == start) {
		*ret_fault = FAKEID_IDMAP_SYNTAX;
		return false;
	}

	*ret_value = value;
	return true;
}

/* Blanks of one line: isspace(3) in the C locale without the newline, which ends a line. */
static bool skip_blanks(const char **at, const char *end)
{
	const char *start = *at;

	while (*at < end && (**at == ' ' || (**at >= '\t' && **at <= '\r')))
		++*at;
	return *at > start;
}

/* What stands before the number in column `column`. `letters` says whether the line began with
 * one. */
static bool take_lead(const char **at, const char *end, enum fakeid_idmap_format format, int column,
		      bool *letters)
{
	if (format != FAKEID_IDMAP_COLON)
		return skip_blanks(at, end) || column == 0;

	if (column > 0) {
		if (*at == end || **at != ':')
			return false;
		++*at;
	} else {
		*letters = *at < end && **at == 'u';
	}
	if (*letters) {
		if (*at == end || **at != "ukr"[column])
			return false;
		++*at;
	}
	return true;
}

/* One line, which ends at `end`. */
static enum fakeid_idmap_fault take_line(const char *at, const char *end,
					 enum fakeid_idmap_format format, unsigned flags,
					 struct fakeid_idmap_extent *ret_extent)
{
	enum fakeid_idmap_fault fault;
	bool letters = false;
	uint64_t value[3];

	for (int column = 0; column < 3; column++) {
		bool is_wide = column == 1 && flags & FAKEID_IDMAP_64;

		if (!take_lead(&at, end, format, column, &letters))
			return FAKEID_IDMAP_SYNTAX;
		if (!idmap_take_number(&at, end, is_wide ? UINT64_MAX : UINT32_MAX, &value[column],
				       &fault))
			return fault;
	}
	if (format != FAKEID_IDMAP_COLON)
		(void)skip_blanks(&at, end); /* there need not be any */
	if (at != end)
		return FAKEID_IDMAP_SYNTAX;

	ret_extent->upper = (uint32_t)value[0];
	ret_extent->lower.value = value[1];
	ret_extent->count = (uint32_t)value[2];
	return FAKEID_IDMAP_FINE;
}

/* Where the line of extent `index` begins; that many newlines are there. */
static size_t line_offset(const char *text, size_t len, uint32_t index)
{
	const char *at = text;

	while (index-- > 0)
		at = (const char *)memchr(at, '\n', len - (size_t)(at - text)) + 1;
	return (size_t)(at - text);
}

int fakeid_idmap_parse(const char *text, size_t len, enum fakeid_idmap_format format,
		       unsigned flags, struct fakeid_idmap *ret_map,
		       struct fakeid_idmap_report *ret_report)
{
	struct fakeid_idmap_extent extents[FAKEID_IDMAP_MAX];
	struct fakeid_idmap_report report = {.fault = FAKEID_IDMAP_FINE};
	size_t n = 0;
	int r = 0;

	for (size_t at = 0; at < len && r == 0; n++) {
		const char *newline = memchr(text + at, '\n', len - at);
		size_t end = newline ? (size_t)(newline - text) : len;
		enum fakeid_idmap_fault fault = FAKEID_IDMAP_TOO_MANY;

		if (n < FAKEID_IDMAP_MAX)
			fault = take_line(text + at, text + end, format, flags, &extents[n]);
		if (fault != FAKEID_IDMAP_FINE)
			r = idmap_refuse(&report, fault, n, n);
		at = newline ? end + 1 : len;
	}
	if (r == 0)
		r = fakeid_idmap_make(extents, n, flags, ret_map, &report);
	if (r < 0 && ret_report) {
		report.offset = line_offset(text, len, report.extent);
		*ret_report = report;
	}
	return r;
}

int fakeid_idmap_check_write(const char *text, size_t len, size_t page_bytes,
			     const struct fakeid_idmap *parent,
			     struct fakeid_idmap_report *ret_report)
{
	struct fakeid_idmap map;
	int r;

	if (len >= page_bytes)
		return idmap_refuse(ret_report, FAKEID_IDMAP_TOO_LONG, 0, 0);

	r = fakeid_idmap_parse(text, len, FAKEID_IDMAP_WRITE, 0, &map, ret_report);
	if (r < 0)
		return r;
	if (map.n == 0)
		return idmap_refuse(ret_report, FAKEID_IDMAP_EMPTY, 0, 0);
	return parent ? idmap_fits(map.extent, map.n, parent, 0, FAKEID_IDMAP_STRICT, ret_report)
		      : 0;
}
