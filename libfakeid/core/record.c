/* SPDX-License-Identifier: MIT
 * record.c - keys and records as the bytes the store holds. Pure: bytes in, bytes out.
 * Fields are written one by one, so the bytes do not depend on word size, order or padding.
 */
#include "record.h"

#include <errno.h>
#include <string.h>

#define RECORD_VERSION 1u

/* Where the fields of a value lie. Bytes 1 to 3 are zero. */
enum record_offset {
	AT_VERSION = 0,
	AT_UID = 4,
	AT_GID = 12,
	AT_BTIME = 20,
	AT_CTIME = 28,
	AT_RDEV = 36,
	AT_HANDLE = 40,
	AT_MODE = 44,
	AT_FLAGS = 46,
	AT_END = 48,
};

_Static_assert(AT_END == RECORD_VALUE_BYTES, "the fields fill a value");

#define RECORD_FLAGS_KNOWN                                                                  \
	(RECORD_UID | RECORD_GID | RECORD_MODE | RECORD_NODE | RECORD_XATTRS | RECORD_ACL | \
	 RECORD_DOOMED | RECORD_NONE)

static void put_le(uint8_t *at, size_t size, uint64_t value)
{
	for (size_t i = 0; i < size; i++)
		at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t get_le(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = size; i-- > 0;)
		value = value << 8 | at[i];
	return value;
}

static void put_be(uint8_t *at, size_t size, uint64_t value)
{
	for (size_t i = size; i-- > 0; value >>= 8)
		at[i] = (uint8_t)value;
}

static uint64_t get_be(const uint8_t *at, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | at[i];
	return value;
}

void record_encode_key(uint32_t fsns, struct record_key key, uint8_t ret_bytes[RECORD_KEY_BYTES])
{
	put_be(ret_bytes, 4, fsns);
	put_be(ret_bytes + 4, 4, key.volume);
	put_be(ret_bytes + 8, 8, key.ino);
}

int record_decode_key(const void *bytes, size_t size, uint32_t *ret_fsns,
		      struct record_key *ret_key)
{
	const uint8_t *at = bytes;

	if (size != RECORD_KEY_BYTES || get_be(at + 4, 4) == 0)
		return -EBADMSG;

	*ret_fsns = (uint32_t)get_be(at, 4);
	*ret_key = (struct record_key){
		.ino = get_be(at + 8, 8),
		.volume = (uint32_t)get_be(at + 4, 4),
	};
	return 0;
}

void record_encode(const struct record *record, uint8_t ret_bytes[RECORD_VALUE_BYTES])
{
	memset(ret_bytes, 0, RECORD_VALUE_BYTES);
	ret_bytes[AT_VERSION] = RECORD_VERSION;
	put_le(ret_bytes + AT_UID, 8, record->uid.value);
	put_le(ret_bytes + AT_GID, 8, record->gid.value);
	put_le(ret_bytes + AT_BTIME, 8, (uint64_t)record->btime_ns);
	put_le(ret_bytes + AT_CTIME, 8, (uint64_t)record->ctime_ns);
	put_le(ret_bytes + AT_RDEV, 4, record->rdev);
	put_le(ret_bytes + AT_HANDLE, 4, record->handle);
	put_le(ret_bytes + AT_MODE, 2, record->mode);
	put_le(ret_bytes + AT_FLAGS, 2, record->flags);
}

int record_decode(const void *bytes, size_t size, struct record *ret_record)
{
	const uint8_t *at = bytes;
	struct record record;

	if (size == 0)
		return -EBADMSG;

	/* Before the size: another version may have another one. */
	if (at[AT_VERSION] != RECORD_VERSION)
		return -EPROTO;

	if (size != RECORD_VALUE_BYTES || get_le(at + AT_VERSION + 1, AT_UID - AT_VERSION - 1) != 0)
		return -EBADMSG;

	record = (struct record){
		.uid = {get_le(at + AT_UID, 8)},
		.gid = {get_le(at + AT_GID, 8)},
		.btime_ns = (int64_t)get_le(at + AT_BTIME, 8),
		.ctime_ns = (int64_t)get_le(at + AT_CTIME, 8),
		.rdev = (uint32_t)get_le(at + AT_RDEV, 4),
		.handle = (uint32_t)get_le(at + AT_HANDLE, 4),
		.mode = (uint16_t)get_le(at + AT_MODE, 2),
		.flags = (uint16_t)get_le(at + AT_FLAGS, 2),
	};
	if ((record.flags & ~RECORD_FLAGS_KNOWN) != 0)
		return -EBADMSG;

	if (((record.flags & RECORD_UID) && !fakeid_kid_is_valid(record.uid)) ||
	    ((record.flags & RECORD_GID) && !fakeid_kid_is_valid(record.gid)))
		return -EBADMSG;

	*ret_record = record;
	return 0;
}
