/* SPDX-License-Identifier: MIT
 * namespace_row.c - the bytes of a namespace in the store. Pure.
 */
#include "namespace_row.h"

#include <errno.h>
#include <string.h>

#include "core/cursor.h"

/* Row: u32 version 3, parent, flags, fsns, u64 created, u16 size of the tag, tag, spec (nsspec.h).
 * The spec of version 2 has no capabilities, which means all. Version 1 ends with the tag, without
 * a size before it, and everything is default. */
#define ROW_VERSION 3u

int namespace_row_encode(const struct store_namespace *entry, const struct nsspec *spec,
			 uint8_t ret_bytes[NAMESPACE_ROW_BYTES_MAX], size_t *ret_size)
{
	struct writer w = {ret_bytes, NAMESPACE_ROW_BYTES_MAX, false};

	write_u32(&w, ROW_VERSION);
	write_u32(&w, entry->parent);
	write_u32(&w, entry->flags);
	write_u32(&w, entry->fsns);
	write_u64(&w, (uint64_t)entry->created_s);
	write_u16(&w, (uint16_t)entry->tag_size);
	write_bytes(&w, entry->tag, entry->tag_size);
	/* However short the tag is: a reply has room for no more. */
	if (w.left > NSSPEC_BYTES_MAX)
		w.left = NSSPEC_BYTES_MAX;
	nsspec_encode(spec, &w);
	if (w.bad)
		return -EMSGSIZE;

	*ret_size = (size_t)(w.at - ret_bytes);
	return 0;
}

/* What comes before the spec: the version, or -EBADMSG. */
static int decode_head(struct reader *r, struct store_namespace *ret)
{
	struct store_namespace entry = {.number = ret->number};
	uint32_t version = read_u32(r);
	const uint8_t *tag;

	entry.parent = read_u32(r);
	entry.flags = read_u32(r);
	entry.fsns = read_u32(r);
	entry.created_s = (int64_t)read_u64(r);
	entry.tag_size = version == 1 ? r->left : read_u16(r);
	tag = read_bytes(r, entry.tag_size);
	if (!tag || version == 0 || version > ROW_VERSION || entry.tag_size > sizeof(entry.tag))
		return -EBADMSG;

	memcpy(entry.tag, tag, entry.tag_size);
	*ret = entry;
	return (int)version;
}

int namespace_row_decode(const void *bytes, size_t size, struct store_namespace *ret,
			 struct nsspec *ret_spec)
{
	struct reader r = {bytes, size, false};
	int result = decode_head(&r, ret);

	if (result < 0 || !ret_spec)
		return result < 0 ? result : 0;

	if (result == 1) {
		nsspec_init(ret_spec);
		return 0;
	}
	result = result == 2 ? nsspec_decode_without_caps(&r, ret_spec)
			     : nsspec_decode(&r, ret_spec);
	return result < 0 ? result : read_done(&r) ? 0 : -EBADMSG;
}
