/* SPDX-License-Identifier: MIT
 * wire.h - messages between clients and faked: one SOCK_SEQPACKET datagram each way, little-endian,
 * fixed-width, no padding. Private to fakeid. Bodies are read and written through core/cursor.h.
 *
 * Frame: u16 protocol, u16 op, i32 status (request 0; reply 0 or negative errno), u32 body size, body.
 * A decoder demands that the body is used up. A reply with status < 0 has an empty body.
 * `file` stands for: u32 fsns, u32 volume, u64 ino, i64 btime_ns. `str` for: u16 size, bytes, no NUL.
 *
 * op            request body                                     reply body
 * HELLO         u32 flags (WIRE_HELLO_*), u32 inside (the        u32 ns, u32 fsns, u32 session flags,
 *               caller's namespace, 0 = the host), str tag,      u32 daemon pid, u64 caps
 *               spec or nothing to the end
 * SYNC          u32 fsns (0 = all)                               -
 * STATUS        u32 fsns (0 = all)                               text to the end of the body
 * STOP          -                                                -
 * VOLUME        u32 fsns, u64 dev; SCM_RIGHTS: one descriptor    u32 volume
 *               of a file on the device
 * GROW          u32 fsns, u64 generation                         -  (a later generation can be used)
 * FETCH         u32 fsns, u32 volume, u64 ino                    -
 * XATTR_GET     file, str name                                   value to the end of the body
 * XATTR_LIST    file                                             names, NUL-ended, to the end
 * XATTR_SET     file, u32 flags (XATTR_CREATE, XATTR_REPLACE),   u32 flags: RECORD_XATTRS and, where an
 *               str name, value to the end                       ACL is left, RECORD_ACL
 * XATTR_REMOVE  file, str name (empty: all that an earlier       u32 flags as above, or 0 if none is left
 *               file of the inode left behind)
 * EXPORT        u32 fsns, after: u32 volume, u64 ino             rows to the end: u64 dev (0 = not
 *               (0, 0 = from the start)                          mounted), key and value bytes (record.h)
 * IMPORT        u32 fsns, rows to the end: u64 dev, u64 ino,     u32 rows taken
 *               value bytes (record.h)
 * DROP          u32 fsns, rows to the end: key and value bytes   u32 rows that were still so, and went
 * WHERE         u32 fsns, u32 volume, u64 dev; one of the        u32 volume, u64 dev
 *               two is 0 and asked for
 * NS_CREATE     u32 inside, str tag, spec to the end             u32 ns
 * NS_GET        u32 flags (WIRE_GET_*), u32 ns, str tag          about (below)
 * NS_SET        u32 inside, str tag, spec to the end             -
 * NS_RENAME     u32 inside, str tag, str new tag                 -
 * NS_REMOVE     u32 flags (WIRE_REMOVE_*), u32 inside, str tag   -
 * KEY_GRANT     u32 inside, str tag, str holder's tag, key       -
 * KEY_REVOKE    u32 inside, str tag, str holder's tag            -
 * KEY_NEXT      u32 inside, after: u32 ns, u32 holder            u32 ns, str tag, u32 holder, str
 *                                                                tag, key
 *
 * `key` is core/key.h's.
 * `spec` is core/nsspec.h's; its NSSPEC_GAVE_* flags say what was asked for. `about`: u32 ns, u32 parent,
 * u32 fsns, u32 level, u32 session flags, u64 created (seconds since the epoch), u64 records, u32 sessions,
 * u32 processes, u32 children, str tag (empty: nameless), str the parent's tag, str the tag of fsns,
 * spec to the end.
 *
 * What a request about keys can fail with: as below, and what faked/namespace.h lists; ENODATA
 * behind the last key.
 * What a namespace request can fail with: ENOENT no such tag (or the tag of --fs); EEXIST the tag exists
 * with other values (HELLO) or at all (NS_CREATE, NS_RENAME); EXDEV the tag does not descend from `inside`;
 * EPERM the parent, or the filesystem namespace, does not hold a map in one piece, or the parent
 * lacks a capability; E2BIG too many extents;
 * EUSERS nested too deep; EBUSY processes or sessions live there; ENOTEMPTY it has records, children, or
 * others use its files (NS_SET), children or others that use its files (NS_REMOVE); ECONNRESET this daemon
 * has lost its runtime place and ends, ask the next one (HELLO); EMSGSIZE it would not
 * fit a message; EUCLEAN a row of the store is damaged.
 */
#ifndef FAKEID_WIRE_H
#define FAKEID_WIRE_H

#include <stdint.h>

#define WIRE_PROTOCOL 1u
#define WIRE_HEADER_BYTES 12u
#define WIRE_XATTR_NAME_MAX 255u    /* linux/limits.h XATTR_NAME_MAX */
#define WIRE_XATTR_VALUE_MAX 65536u /* XATTR_SIZE_MAX */
#define WIRE_XATTR_LIST_MAX 65536u  /* XATTR_LIST_MAX */
#define WIRE_TAG_MAX 128u
#define WIRE_FRAME_MAX_BYTES (WIRE_HEADER_BYTES + 65536u + 1024u)
#define WIRE_REPLY_MS 10000 /* how long a client waits for one request before it gives EIO */

enum wire_op {
#define OP(number, name, who, what) WIRE_##name = (number),
#include "ops.def"
#undef OP
};

enum wire_hello {
	/* A namespace of its own, gone when the connection closes. The tag is empty, or the number
	 * of one whose daemon died, which a launcher that comes back takes up again. */
	WIRE_HELLO_NAMELESS = 1 << 0,
};

enum wire_get {
	WIRE_GET_NEXT = 1 << 0, /* the first namespace with a number above `ns`; the tag is empty */
	/* Without it: that of the tag, or, where the tag is empty, of the number. */
};

enum wire_remove {
	WIRE_REMOVE_FORCE = 1 << 0, /* even where processes live; they get EIO from then on */
};

/* Names in the state directory and in the runtime place that its `run` link points to. */
#define FAKEID_LOCK_NAME "lock"
#define FAKEID_RUN_NAME "run"
#define FAKEID_SOCKET_NAME "socket"
#define FAKEID_SEGMENT_FORMAT "ns-%u"		/* the segment in use */
#define FAKEID_SEGMENT_NEXT_FORMAT "ns-%u.next" /* the one being filled */
#define FAKEID_VIEW_FORMAT "view-%u"		/* core/nsview.h; of namespaces that have one */

/* FAKEID_SESSION=1:<ns>:<fsns>:<flags>:<state directory>, numbers in decimal. */
#define FAKEID_ENV_SESSION "FAKEID_SESSION"
#define FAKEID_ENV_CREDS \
	"FAKEID_CREDS" /* only while they are not those of a fresh root; core/creds.h */
#define FAKEID_ENV_IDS "FAKEID_IDS"  /* always, for other processes to read; core/idline.h */
#define FAKEID_ENV_KEY "FAKEROOTKEY" /* makepkg and others test it to know they are inside */

enum session_flags {
	SESSION_REAL_UNKNOWN =
		1 << 0,		   /* files without a record show their real owner (fakeroot -u) */
	SESSION_HAS_VIEW = 1 << 1, /* the ids are not plain: look into the view file */
	SESSION_ASKS = 1 << 2, /* there may be files that root's capabilities do not count for */
};

#endif
