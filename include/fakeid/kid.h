/* SPDX-License-Identifier: MIT
 * kid.h - the 64-bit id that is stored, sent and compared (the kernel's kuid_t and kgid_t).
 * A one-member struct, so that the compiler refuses to mix it with an id seen inside a namespace.
 */
#ifndef FAKEID_KID_H
#define FAKEID_KID_H

#include <stdbool.h>
#include <stdint.h>

/* Namespace number in the high half, id in the low half. Namespace 0 is the host, so a value below
 * 2^32 is a real host id. */
struct fakeid_kid {
	uint64_t value;
};

/* uid and gid share every function and are told apart by this. */
enum fakeid_idkind { FAKEID_UID, FAKEID_GID, FAKEID_IDKIND_N };

#define FAKEID_ID_INVALID UINT32_MAX /* (uid_t)-1 is never an id: chown(2) reads it as "leave" */
#define FAKEID_ID_OVERFLOW 65534u    /* shown for an id that has no place in a view */
#define FAKEID_NS_HOST 0u

static inline struct fakeid_kid fakeid_kid_make(uint32_t ns, uint32_t id)
{
	return (struct fakeid_kid){(uint64_t)ns << 32 | id};
}

static inline uint32_t fakeid_kid_ns(struct fakeid_kid kid)
{
	return (uint32_t)(kid.value >> 32);
}

static inline uint32_t fakeid_kid_id(struct fakeid_kid kid)
{
	return (uint32_t)kid.value;
}

static inline bool fakeid_kid_is_valid(struct fakeid_kid kid)
{
	return fakeid_kid_id(kid) != FAKEID_ID_INVALID;
}

static inline bool fakeid_kid_equal(struct fakeid_kid a, struct fakeid_kid b)
{
	return a.value == b.value;
}

#endif
