/* SPDX-License-Identifier: MIT
 * record.h - what is stored about one file, and its bytes in the store. Pure. A record holds only
 * what differs from the file's default view; RECORD_* flags say which fields count.
 */
#ifndef FAKEID_RECORD_H
#define FAKEID_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include <fakeid/kid.h>

/* A file inside one filesystem namespace. `volume` is the number the daemon gave the filesystem
 * (never 0), not a device number: those change from boot to boot. */
struct record_key {
	uint64_t ino;
	uint32_t volume;
};

enum record_flags {
	RECORD_UID = 1 << 0,	/* `uid` is set */
	RECORD_GID = 1 << 1,	/* `gid` is set */
	RECORD_MODE = 1 << 2,	/* the 12 permission bits of `mode` are set */
	RECORD_NODE = 1 << 3,	/* a virtual device: type bits of `mode` and `rdev` are set */
	RECORD_XATTRS = 1 << 4, /* the daemon keeps privileged xattrs for this file */
	RECORD_ACL = 1 << 5,	/* one of them is an access or default ACL */
	RECORD_DOOMED =
		1 << 6,	      /* the last name is gone: only a stat with link count 0 may use it */
	RECORD_NONE = 1 << 7, /* no record: a deletion the store does not have yet */
};

struct record {
	struct fakeid_kid uid, gid;
	int64_t btime_ns; /* birth time in ns since the epoch, 0 = the filesystem has none */
	int64_t ctime_ns; /* last virtual change, ns since the epoch, 0 = never */
	uint32_t rdev; /* device number as the kernel packs it: minor low 8 and high 12, major 12 */
	uint32_t
		handle; /* hash of the file handle: of files without birth time or name; 0 = unknown */
	uint16_t mode; /* type and 12 permission bits; without a flag: as they were at the change */
	uint16_t flags; /* enum record_flags */
};

#define RECORD_KEY_BYTES 16u   /* fsns, volume: 4 bytes big-endian; ino: 8 bytes big-endian */
#define RECORD_VALUE_BYTES 48u /* version byte 1, zeros, then the fields, little-endian */

/* Key bytes sort by filesystem namespace, volume, inode. */
void record_encode_key(uint32_t fsns, struct record_key key, uint8_t ret_bytes[RECORD_KEY_BYTES]);

/* Returns 0, or -EBADMSG when `size` is wrong or the volume is 0; then the outputs keep their
 * values. */
int record_decode_key(const void *bytes, size_t size, uint32_t *ret_fsns,
		      struct record_key *ret_key);

void record_encode(const struct record *record, uint8_t ret_bytes[RECORD_VALUE_BYTES]);

/* Returns 0; -EPROTO for a version this code does not know; -EBADMSG for a wrong size, unknown
 * flags, set padding, or an id of -1 in a field that counts. */
int record_decode(const void *bytes, size_t size, struct record *ret_record);

#endif
