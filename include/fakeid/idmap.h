/* SPDX-License-Identifier: MIT
 * idmap.h - id maps: the extents of /proc/PID/uid_map and what can be computed from them. Public,
 * see fakeid_idmap(3). Nothing here does I/O, allocates, keeps state or touches errno: memory is
 * the caller's, results come back as 0 or a negative errno, and a failed call leaves its outputs
 * alone.
 *
 * A map turns ids inside a namespace (upper, plain 32-bit numbers) into ids outside of it (lower,
 * struct fakeid_kid): "down". The opposite is "up". The words are those of the kernel's
 * idmappings.rst. The lower side of a map that is to be written to /proc holds ids of the parent
 * namespace, all below 2^32; the lower side of an absolute map may hold any kid (FAKEID_IDMAP_64).
 * User and group ids share every function. Functions that work on whole maps use up to 16 KiB of
 * stack.
 */
#ifndef FAKEID_IDMAP_H
#define FAKEID_IDMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fakeid/kid.h>

#ifdef __cplusplus
extern "C" {
#endif

#define FAKEID_IDMAP_MAX \
	340u /* extents in a map: UID_GID_MAP_MAX_EXTENTS of Linux 4.15 and later */

/* Room for the text of any map in any format, the ending NUL included. */
#define FAKEID_IDMAP_TEXT_BYTES (FAKEID_IDMAP_MAX * 45u + 1u)

/* The ids upper .. upper + count - 1 map, in order, to lower .. lower + count - 1. Neither range
 * holds an id of 4294967295, which means "no id" to the kernel; so neither leaves its namespace. */
struct fakeid_idmap_extent {
	uint32_t upper; /* first id inside: 0 to 4294967294 */
	uint32_t count; /* ids in the extent: 1 to 4294967295 */
	struct fakeid_kid lower;
};

/* Made by fakeid_idmap_make() and the functions that return one, read by all others: sorted by
 * `upper`, no overlap on either side, `by_lower` holding the extents' places in the order of their
 * `lower`. All zero is the empty map, which maps nothing. */
struct fakeid_idmap {
	uint32_t n; /* extents in use: 0 to FAKEID_IDMAP_MAX */
	uint16_t by_lower[FAKEID_IDMAP_MAX];
	struct fakeid_idmap_extent extent[FAKEID_IDMAP_MAX];
};

enum fakeid_idmap_flags {
	FAKEID_IDMAP_64 = 1 << 0, /* lower ids may be any kid; without it they are below 2^32 */
	FAKEID_IDMAP_ORDERED = 1 << 1, /* both sides must ascend as given, as Linux 3.8 wanted it */
};

/* Why a map was refused. */
enum fakeid_idmap_fault {
	FAKEID_IDMAP_FINE,
	FAKEID_IDMAP_SYNTAX,	    /* not of the form asked for */
	FAKEID_IDMAP_NUMBER,	    /* a number that does not fit its field */
	FAKEID_IDMAP_TOO_MANY,	    /* more than FAKEID_IDMAP_MAX extents */
	FAKEID_IDMAP_TOO_LONG,	    /* a text of a page or more, which the kernel does not read */
	FAKEID_IDMAP_EMPTY,	    /* no extent where one must be */
	FAKEID_IDMAP_COUNT_ZERO,    /* an extent of no id */
	FAKEID_IDMAP_ID_INVALID,    /* a range that starts at 4294967295 */
	FAKEID_IDMAP_WRAP,	    /* a range that reaches 4294967295 */
	FAKEID_IDMAP_OVERLAP_UPPER, /* two extents hold one upper id */
	FAKEID_IDMAP_OVERLAP_LOWER, /* two extents hold one lower id */
	FAKEID_IDMAP_ORDER,	    /* not ascending, with FAKEID_IDMAP_ORDERED */
	FAKEID_IDMAP_UNMAPPED,	    /* a lower id that the parent does not map */
	FAKEID_IDMAP_SPANS,	    /* an extent that spans several extents of the parent */
	FAKEID_IDMAP_FAULT_N
};

/* What was wrong and where. Every `ret_report` may be NULL, and is written on failure only. */
struct fakeid_idmap_report {
	enum fakeid_idmap_fault fault;
	uint32_t extent; /* which one of those given, counted from 0 */
	uint32_t other;	 /* the earlier one that it collides with; else the same as `extent` */
	size_t offset;	 /* parsers only: of the first byte of the line */
};

/* A few English words for a fault, such as "two extents hold one inside id"; never NULL. */
const char *fakeid_idmap_fault_text(enum fakeid_idmap_fault fault);

/* -- making maps -- */

/* Would these extents be a map? They may come in any order (unless FAKEID_IDMAP_ORDERED) and are
 * looked at in the order given, as the kernel does in map_write(): the first fault is the one
 * reported. Returns 0 or -EINVAL. No extents at all are fine here. */
int fakeid_idmap_check(const struct fakeid_idmap_extent *extents, size_t n, unsigned flags,
		       struct fakeid_idmap_report *ret_report);

/* Check extents and put them in order. `extents` may lie in *ret_map. Returns 0 or -EINVAL. */
int fakeid_idmap_make(const struct fakeid_idmap_extent *extents, size_t n, unsigned flags,
		      struct fakeid_idmap *ret_map, struct fakeid_idmap_report *ret_report);

/* The map of the initial namespace, 0 0 4294967295. */
void fakeid_idmap_identity(struct fakeid_idmap *ret_map);

/* Same extents, cut at the same places. */
bool fakeid_idmap_equal(const struct fakeid_idmap *a, const struct fakeid_idmap *b);

/* -- text -- */

enum fakeid_idmap_format {
	FAKEID_IDMAP_PROC, /* three columns, as the kernel prints /proc/PID/uid_map */
	FAKEID_IDMAP_WRITE, /* the same with single blanks: shortest, as the kernel reads only a page */
	FAKEID_IDMAP_COLON, /* lines of upper:lower:count */
};

/* Read a map. PROC and WRITE are one to the reader: what user_namespaces(7) allows, any blanks
 * before, between and after the numbers. COLON has no blanks, and may have the letters of
 * idmappings.rst, as u0:k10000:r10000. The newline at the very end may be missing; an empty text is
 * the empty map. Numbers are decimal and must fit (the kernel takes them modulo 2^32, which is
 * refused here). Returns 0 or -EINVAL. */
int fakeid_idmap_parse(const char *text, size_t len, enum fakeid_idmap_format format,
		       unsigned flags, struct fakeid_idmap *ret_map,
		       struct fakeid_idmap_report *ret_report);

/* Write a map, a line for each extent in the order of their upper ids, and a NUL that *ret_len
 * does not count. Returns 0, or -E2BIG when `size` is too small; then the buffer's content is
 * undefined. */
int fakeid_idmap_print(const struct fakeid_idmap *map, enum fakeid_idmap_format format,
		       char *ret_text, size_t size, size_t *ret_len);

/* What write(2) of this text to /proc/PID/uid_map or gid_map answers to a writer with all
 * capabilities in the parent namespace, whose own map is `parent` (NULL: the initial namespace),
 * where a page has `page_bytes`. Returns 0, -EINVAL (the text or the map), or -EPERM (the parent
 * does not hold an extent in one piece). */
int fakeid_idmap_check_write(const char *text, size_t len, size_t page_bytes,
			     const struct fakeid_idmap *parent,
			     struct fakeid_idmap_report *ret_report);

/* -- looking up -- */

/* Down: make_kuid() of the kernel. Returns 0, or -ENXIO when no extent holds the id. */
int fakeid_idmap_down(const struct fakeid_idmap *map, uint32_t id, struct fakeid_kid *ret_kid);

/* Up: from_kuid() of the kernel. Returns 0, or -ENXIO when no extent holds the kid, which a program
 * is shown as FAKEID_ID_OVERFLOW. */
int fakeid_idmap_up(const struct fakeid_idmap *map, struct fakeid_kid kid, uint32_t *ret_id);

/* A whole range, which must lie in one extent (map_id_range_down() of the kernel): neighbouring
 * extents do not do, even where their ids are neighbours on both sides. *ret_kid and *ret_id become
 * the first id. Returns 0, -ENXIO, or -EINVAL for a count of 0. */
int fakeid_idmap_down_range(const struct fakeid_idmap *map, uint32_t id, uint32_t count,
			    struct fakeid_kid *ret_kid);
int fakeid_idmap_up_range(const struct fakeid_idmap *map, struct fakeid_kid kid, uint32_t count,
			  uint32_t *ret_id);

/* Crossmapping of idmappings.rst: an id of `from`, by way of the kid both maps hold, to an id of
 * `to`. What stat(2) does from filesystem to caller. Returns 0 or -ENXIO. */
int fakeid_idmap_crossmap(const struct fakeid_idmap *from, const struct fakeid_idmap *to,
			  uint32_t id, uint32_t *ret_id);

/* Remapping of idmappings.rst: a kid of `from`, by way of the id both maps hold, to a kid of `to`.
 * What an idmapped mount does between filesystem and caller. Returns 0 or -ENXIO. */
int fakeid_idmap_remap(const struct fakeid_idmap *from, const struct fakeid_idmap *to,
		       struct fakeid_kid kid, struct fakeid_kid *ret_kid);

/* -- whole maps -- */

/* The map that goes down through `child` and then through `parent`, whose upper ids are the child's
 * lower ones; ids that only one of them holds are left out. `ret_map` may be one of the two.
 * Returns 0, -E2BIG for too many extents, or -ERANGE when a lower id of the child is no plain
 * 32-bit id. */
int fakeid_idmap_compose(const struct fakeid_idmap *child, const struct fakeid_idmap *parent,
			 struct fakeid_idmap *ret_map);

/* The map with both sides exchanged. `ret_map` may be `map`. Returns 0, or -ERANGE when a lower id
 * is no plain 32-bit id and so cannot become an upper one. */
int fakeid_idmap_invert(const struct fakeid_idmap *map, struct fakeid_idmap *ret_map);

enum fakeid_idmap_mode {
	FAKEID_IDMAP_STRICT, /* as the kernel: an extent that the parent holds in pieces is refused */
	FAKEID_IDMAP_SPLIT, /* it is cut where the parent's extents end */
};

/* One extent became two here. */
struct fakeid_idmap_cut {
	uint32_t extent; /* which one of those given, counted from 0 */
	uint32_t upper;	 /* where the right-hand piece begins, inside */
	uint32_t lower;	 /* and in the parent */
};

struct fakeid_idmap_split {
	struct fakeid_idmap applied; /* what can be installed in the parent, piece by piece */
	uint32_t n_cuts;	     /* 0: applied as given */
	struct fakeid_idmap_cut cut[FAKEID_IDMAP_MAX]; /* in the order of the extents given */
};

/* Fit extents, whose lower ids are upper ids of `parent`, into it. An id that the parent does not map at
 * all is refused in both modes, so nothing is ever left out. Returns 0, -EINVAL (no map),
 * -EPERM (FAKEID_IDMAP_UNMAPPED, or FAKEID_IDMAP_SPANS when strict), or -E2BIG (too many pieces). */
int fakeid_idmap_split(const struct fakeid_idmap_extent *extents, size_t n,
		       const struct fakeid_idmap *parent, enum fakeid_idmap_mode mode,
		       struct fakeid_idmap_split *ret_split,
		       struct fakeid_idmap_report *ret_report);

/* -- subordinate ids: /etc/subuid and /etc/subgid -- */

struct fakeid_idrange {
	uint32_t first; /* 0 to 4294967294 */
	uint32_t count; /* 1 to 4294967295 - first */
};

/* A line owner:first:count of subuid(5). The owner is a login name or a user id in decimal. */
struct fakeid_subid {
	const char *owner; /* lies in the text that was read, without a NUL */
	size_t owner_len;
	struct fakeid_idrange range;
};

/* Read the next line and move *text and *left past it. Empty lines and lines that begin with # are
 * passed over. Returns 1, 0 at the end, or -EINVAL for a line that is none, which is passed as
 * well, so that the caller may go on with the next. */
int fakeid_subid_next(const char **text, size_t *left, struct fakeid_subid *ret_subid);

/* Write such a line, its newline, and a NUL that *ret_len does not count. Returns 0, -EINVAL for an
 * owner or a range that cannot be, or -E2BIG when `size` is too small. */
int fakeid_subid_print(const struct fakeid_subid *subid, char *ret_text, size_t size,
		       size_t *ret_len);

/* Find `count` neighbouring ids in one of the ranges given that none of the ranges in use holds:
 * the lowest such place of the first range that has one. Ranges in use may overlap and come in any
 * order. Returns 0, -ENOSPC, or -EINVAL for a count of 0 or a range that cannot be. */
int fakeid_idmap_alloc(const struct fakeid_idrange *ranges, size_t n_ranges,
		       const struct fakeid_idrange *in_use, size_t n_in_use, uint32_t count,
		       uint32_t *ret_first);

#ifdef __cplusplus
}
#endif

#endif
