/* SPDX-License-Identifier: MIT
 * namespace.h - namespaces as the daemon handles them: made, looked at, entered, changed, removed.
 * Rows are store.h's, id spaces core/nsview.h's.
 */
#ifndef FAKED_NAMESPACE_H
#define FAKED_NAMESPACE_H

#include <stdbool.h>
#include <stdint.h>

#include "store.h"

struct daemon;
struct tally;
struct space;

/* A request: by whom, about which tag (size 0: nameless), with what wishes (NULL: none). */
struct namespace_wish {
	uint32_t inside; /* the caller's namespace; 0 = the host */
	const char *tag;
	size_t tag_size;
	const struct nsspec *spec;
};

/* Errors are those that wire.h lists. All but the look-ups have committed when they return. */

/* The number of a tag, which must descend from `inside` or be it. */
int namespace_find(struct daemon *daemon, const struct namespace_wish *wish, uint32_t *ret_number);

/* Make one, a child of `inside`. */
int namespace_create(struct daemon *daemon, const struct namespace_wish *wish,
		     uint32_t *ret_number);

/* Find it, with the values wished for, or make it. */
int namespace_need(struct daemon *daemon, const struct namespace_wish *wish, uint32_t *ret_number);

/* Ready for processes: its view file and its files' index are in place. */
int namespace_open(struct daemon *daemon, uint32_t number, struct space **ret_space,
		   uint32_t *ret_session_flags, uint64_t *ret_caps);

/* A child has no capability that its parent (0: the host) lacks: `spec` gets what it was not given, or
 * -EPERM for what it was. */
int namespace_limit_caps(struct daemon *daemon, uint32_t parent, uint32_t gave,
			 struct nsspec *spec);

int namespace_set(struct daemon *daemon, const struct namespace_wish *wish);
int namespace_rename(struct daemon *daemon, const struct namespace_wish *wish, const char *tag,
		     size_t tag_size);
int namespace_remove(struct daemon *daemon, const struct namespace_wish *wish, bool force);

/* What else depends on it. */
struct namespace_uses {
	uint32_t n_sessions, n_processes, n_children;
	uint32_t n_users; /* others that see its files or go through its view of files */
	uint32_t level;
};

/* Its records, as tally_records(). */
int namespace_count(struct daemon *daemon, const struct store_namespace *entry,
		    struct tally **tally, uint64_t *ret_count);

/* `recent`: processes as counted a moment ago will do, as for a list of thousands. */
int namespace_uses(struct daemon *daemon, const struct store_namespace *entry, bool recent,
		   struct namespace_uses *ret_uses);

/* What one namespace grants another, both named as in a wish; running processes go by it when
 * these return. -EINVAL: they are the same. Of a grant: -ENOLINK they see no files in common;
 * -EALREADY the holder sees nothing but files of its own; -ERANGE an id is none of either;
 * -EEXIST the holder has a name for one already; -E2BIG more than it can hold. Of a revocation:
 * -ENODATA there is no such key. */
int namespace_grant(struct daemon *daemon, const struct namespace_wish *from,
		    const struct namespace_wish *to, const struct key *key);
int namespace_revoke(struct daemon *daemon, const struct namespace_wish *from,
		     const struct namespace_wish *to);

/* Has it granted a key, or does it hold one? 1, 0, or negative errno. */
int namespace_has_keys(struct daemon *daemon, uint32_t number);

/* Keys as the store has them into all view files: what a daemon that died did not come to. */
int namespace_renew_keys(struct daemon *daemon);

/* End a nameless one that nothing lives in. -EBUSY: something does. */
int namespace_end(struct daemon *daemon, uint32_t number);

/* End all nameless ones that nothing lives in. *ret_left: how many stay. */
int namespace_end_unused(struct daemon *daemon, uint32_t *ret_left);

#endif
