/* SPDX-License-Identifier: MIT
 * idmap_kernel_make.c - random maps, some of them spoilt.
 */
#include <stdio.h>

#include "idmap_kernel.h"

static struct fakeid_idmap_extent extents[FAKEID_IDMAP_MAX + 1];

static void shuffle(uint32_t n)
{
	for (uint32_t i = n; i > 1; i--) {
		uint32_t other = any(i);
		struct fakeid_idmap_extent moved = extents[i - 1];

		extents[i - 1] = extents[other];
		extents[other] = moved;
	}
}

/* Extents below `parent` that are a map: each takes part of what is left of one of the parent's. */
static uint32_t good_extents(const struct fakeid_idmap *parent, uint32_t n)
{
	uint32_t used[FAKEID_IDMAP_MAX] = {0}, upper = any(3) || n > 20 ? 0 : any(100000), made = 0;

	for (uint32_t i = 0; i < 4 * n && made < n; i++) {
		uint32_t from = any(parent->n);
		const struct fakeid_idmap_extent *extent = &parent->extent[from];
		uint32_t room = extent->count - used[from], count, gap;

		if (room == 0)
			continue;
		count = n > 20 ? 1 : 1 + any(any(2) && room > 20 ? 20 : room / 3 + 1);
		gap = any(2) || n > 20 ? 0 : any(room - count + 1) / 4;
		if (count > FAKEID_ID_INVALID - upper)
			break;
		extents[made++] = (struct fakeid_idmap_extent){
			.upper = upper,
			.count = count,
			.lower = fakeid_kid_make(0, extent->upper + used[from] + gap),
		};
		used[from] += gap + count;
		upper += count;
		if (n <= 20 && any(2) && upper < UINT32_MAX / 2)
			upper += any(any(4) ? 10 : 1000000000);
	}
	shuffle(made);
	return made;
}

/* One number becomes another that is likely to collide with a rule. */
static void spoil(uint32_t n)
{
	const uint32_t odd[] = {0, 1, FAKEID_ID_INVALID - 1, FAKEID_ID_INVALID, 65536};
	struct fakeid_idmap_extent *extent = &extents[any(n)], *other = &extents[any(n)];
	uint32_t value = odd[any(5)];

	switch (any(6)) {
	case 0:
		extent->upper = value;
		break;
	case 1:
		extent->lower.value = value;
		break;
	case 2:
		extent->count = value;
		break;
	case 3:
		extent->upper = other->upper + other->count - any(2);
		break;
	case 4:
		extent->lower.value = (uint32_t)other->lower.value + other->count - any(2);
		break;
	default:
		extent->count += 1 + any(1000);
	}
}

void make_text(const struct fakeid_idmap *parent, char ret_text[TEXT_BYTES])
{
	uint32_t n = good_extents(parent, any(12) ? 1 + any(8) : 330 + any(12));
	size_t len = 0;

	if (any(4) == 0)
		spoil(n);
	for (uint32_t i = 0; i < n && len < TEXT_BYTES - 60; i++)
		len += (size_t)snprintf(ret_text + len, TEXT_BYTES - len, "%u%*s%u %u%s",
					extents[i].upper, 1 + (int)any(2), "",
					fakeid_kid_id(extents[i].lower), extents[i].count,
					i + 1 < n || any(4) ? "\n" : "");
	if (any(60) == 0)
		ret_text[any((uint32_t)len)] = "x -\n0"[any(5)];
}
