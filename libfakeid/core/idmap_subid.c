/* SPDX-License-Identifier: MIT
 * idmap_subid.c - subordinate ids: the lines of /etc/subuid and /etc/subgid, and free ranges of
 * them.
 */
#include <fakeid/idmap.h>

#include <errno.h>
#include <string.h>

#include "core/idmap_private.h"

static bool is_range(struct fakeid_idrange range)
{
	return range.first != FAKEID_ID_INVALID && range.count > 0 &&
	       range.count <= FAKEID_ID_INVALID - range.first;
}

/* A line could not be read back with one of these in its owner. */
static bool is_owner(const char *owner, size_t len)
{
	return len > 0 && owner[0] != '#' && !memchr(owner, ':', len) &&
	       !memchr(owner, '\n', len) && !memchr(owner, '\0', len);
}

static bool take_line(const char *at, const char *end, struct fakeid_subid *ret_subid)
{
	const char *colon = memchr(at, ':', (size_t)(end - at));
	enum fakeid_idmap_fault fault;
	struct fakeid_subid subid;
	uint64_t first, count;

	if (!colon || !is_owner(at, (size_t)(colon - at)))
		return false;

	subid.owner = at;
	subid.owner_len = (size_t)(colon - at);
	at = colon + 1;
	if (!idmap_take_number(&at, end, UINT32_MAX, &first, &fault) || at == end || *at != ':')
		return false;
	at++;
	if (!idmap_take_number(&at, end, UINT32_MAX, &count, &fault) || at != end)
		return false;

	subid.range = (struct fakeid_idrange){.first = (uint32_t)first, .count = (uint32_t)count};
	if (!is_range(subid.range))
		return false;

	*ret_subid = subid;
	return true;
}

int fakeid_subid_next(const char **text, size_t *left, struct fakeid_subid *ret_subid)
{
	while (*left > 0) {
		const char *line = *text;
		const char *newline = memchr(line, '\n', *left);
		const char *end = newline ? newline : line + *left;
		size_t used = (size_t)(end - line) + (newline != NULL);

		*text += used;
		*left -= used;
		if (end == line || *line == '#')
			continue;
		return take_line(line, end, ret_subid) ? 1 : -EINVAL;
	}
	return 0;
}

int fakeid_subid_print(const struct fakeid_subid *subid, char *ret_text, size_t size,
		       size_t *ret_len)
{
	struct idmap_out out = {ret_text, ret_text + size - 1, false};

	if (!is_owner(subid->owner, subid->owner_len) || !is_range(subid->range))
		return -EINVAL;
	if (size == 0)
		return -E2BIG;

	idmap_put_bytes(&out, subid->owner, subid->owner_len);
	idmap_put_bytes(&out, ":", 1);
	idmap_put_number(&out, subid->range.first, 0);
	idmap_put_bytes(&out, ":", 1);
	idmap_put_number(&out, subid->range.count, 0);
	idmap_put_bytes(&out, "\n", 1);
	if (out.full)
		return -E2BIG;

	*out.at = '\0';
	*ret_len = (size_t)(out.at - ret_text);
	return 0;
}

/* The end of a range in use that stands in the way of `count` ids from `first` on, or `first`. */
static uint64_t step_over(const struct fakeid_idrange *in_use, size_t n, uint64_t first,
			  uint32_t count)
{
	for (size_t i = 0; i < n; i++) {
		uint64_t used = in_use[i].first, used_end = used + in_use[i].count;

		if (used < first + count && first < used_end)
			return used_end;
	}
	return first;
}

static bool are_ranges(const struct fakeid_idrange *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!is_range(ranges[i]))
			return false;
	return true;
}

int fakeid_idmap_alloc(const struct fakeid_idrange *ranges, size_t n_ranges,
		       const struct fakeid_idrange *in_use, size_t n_in_use, uint32_t count,
		       uint32_t *ret_first)
{
	if (count == 0 || !are_ranges(ranges, n_ranges) || !are_ranges(in_use, n_in_use))
		return -EINVAL;

	for (size_t i = 0; i < n_ranges; i++) {
		uint64_t end = (uint64_t)ranges[i].first + ranges[i].count;
		uint64_t first = ranges[i].first;

		while (first + count <= end) {
			uint64_t next = step_over(in_use, n_in_use, first, count);

			if (next == first) {
				*ret_first = (uint32_t)first;
				return 0;
			}
			first = next;
		}
	}
	return -ENOSPC;
}
