/* SPDX-License-Identifier: MIT
 * store.h - the durable truth: namespaces, volumes, records and xattrs in LMDB. One process, one
 * thread. Everything happens in one open write transaction, begun at need, until store_commit() or
 * store_abort(). Returns 0 or negative errno throughout; -EXFULL means that the map is full and the
 * transaction unusable: abort, store_grow(), and do all of it again. See persist.h for who does
 * that.
 */
#ifndef FAKED_STORE_H
#define FAKED_STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/key.h"
#include "core/nsspec.h"
#include "core/record.h"

#define STORE_SCHEMA 2u
#define STORE_ID_BYTES 16u
#define STORE_VOLUME_ID_MAX 128u /* bytes of a volume's identity */

struct store;

enum store_namespace_flags {
	STORE_NAMESPACE_NAMELESS = 1 << 0, /* goes with its last process */
};

struct store_namespace {
	uint32_t number;
	uint32_t parent; /* 0 = the host */
	uint32_t flags;	 /* enum store_namespace_flags */
	uint32_t fsns;	 /* whose records its processes see: its own number, or another's */
	int64_t created_s;
	size_t tag_size; /* 0 = nameless */
	char tag[128];
};

/* One file, as xattr rows name it. */
struct store_file {
	uint32_t fsns;
	struct record_key key;
	int64_t btime_ns;
};

/* Open DIR/store, making it if it is missing. -EPROTO: written by a newer fakeid; -EBADMSG:
 * damaged. */
int store_open(const char *dir, struct store **ret_store);
void store_close(struct store *store);

/* Random bytes that tell this store from another one in the same place. */
const uint8_t *store_id(const struct store *store);

int store_commit(struct store *store);
void store_abort(struct store *store);

/* Double the map. No transaction may be open. */
int store_grow(struct store *store);

int store_put_record(struct store *store, uint32_t fsns, struct record_key key,
		     const struct record *record);

/* Remove a record and the xattrs that belong to the same file. Nothing there is no error. */
int store_delete_record(struct store *store, uint32_t fsns, struct record_key key,
			int64_t btime_ns);

/* Remove the record of a file that has lost its last name. Who has it open still sees its xattrs,
 * so they stay until store_drop_orphans(), unless only the birth time could tell them from a later
 * file's. */
int store_delete_doomed(struct store *store, uint32_t fsns, struct record_key key,
			int64_t btime_ns);

/* Remove the xattrs of files without a record. Only while nobody uses the namespace's files: a
 * process that sets an xattr publishes the record after it. *ret_n counts the files. */
int store_drop_orphans(struct store *store, uint32_t fsns, uint32_t *ret_n);
int store_get_record(struct store *store, uint32_t fsns, struct record_key key,
		     struct record *ret_record);

typedef int store_record_fn(void *context, struct record_key key, const struct record *record);

/* Visit the records after `after` ((0, 0): all) in key order. Not 0 from `fn` stops and is
 * returned. */
int store_each_record(struct store *store, uint32_t fsns, struct record_key after,
		      store_record_fn *fn, void *context);
int store_count_records(struct store *store, uint32_t fsns, uint64_t *ret_count);

/* Count at most `limit` of those after `*after`, which becomes the last one counted. 1: there may
 * be more; 0; or -errno. */
int store_count_some(struct store *store, uint32_t fsns, struct record_key *after, uint32_t limit,
		     uint64_t *ret_count);

/* Records of all namespaces, without a look at any. */
int store_count_all(struct store *store, uint64_t *ret_count);

/* Remove the records and xattrs of one volume (0: of all volumes) in one filesystem namespace. */
int store_delete_records(struct store *store, uint32_t fsns, uint32_t volume);

/* A volume that is no more: from now on nobody sees its records. store_drop_past() removes them. */
int store_end_volume(struct store *store, uint32_t volume);

/* How far the removal came. */
struct store_past {
	size_t at;
	uint32_t fsns;
	bool removed; /* something, since the volume's namespaces were begun with */
};

/* Remove at most `limit` rows of such volumes, or one of the volumes. 1: there may be more; 0; or
 * -errno. Steps that are aborted or lost with a daemon are made again. */
int store_drop_past(struct store *store, struct store_past *past, uint32_t limit);

int store_find_namespace(struct store *store, const char *tag, size_t tag_size,
			 uint32_t *ret_number);

/* `ret_spec` may be NULL. */
int store_get_namespace(struct store *store, uint32_t number, struct store_namespace *ret,
			struct nsspec *ret_spec);

/* Add a namespace with the next number, an output; a fsns of 0 becomes that number too. -EMSGSIZE:
 * the spec is larger than NSSPEC_BYTES_MAX. */
int store_add_namespace(struct store *store, struct store_namespace *entry,
			const struct nsspec *spec);

/* Write a namespace that exists anew, its tag too. */
int store_put_namespace(struct store *store, const struct store_namespace *entry,
			const struct nsspec *spec);

/* Remove it, its tag, its keys and others' to it, and the records of the filesystem namespace of
 * its number. */
int store_delete_namespace(struct store *store, uint32_t number);

/* Another number, never 0, after any change of namespaces. */
uint64_t store_namespaces_version(const struct store *store);

typedef int store_namespace_fn(void *context, const struct store_namespace *entry);

/* Visit those with a number above `after` in the order of their numbers. Not 0 from `fn` stops and
 * is returned. */
int store_each_namespace(struct store *store, uint32_t after, store_namespace_fn *fn,
			 void *context);

/* What `from` grants `to`: one key, and a new one takes the place of the old. */
int store_put_key(struct store *store, uint32_t from, uint32_t to, const struct key *key);
int store_get_key(struct store *store, uint32_t from, uint32_t to, struct key *ret_key);
int store_delete_key(struct store *store, uint32_t from, uint32_t to);

/* The first key that a namespace has granted or holds: 1, 0 where there is none, or -errno. */
int store_find_key(struct store *store, uint32_t number, uint32_t *ret_from, uint32_t *ret_to);

typedef int store_key_fn(void *context, uint32_t from, uint32_t to, const struct key *key);

/* Visit keys in the order of (from, to), behind that of (from, to); (0, 0): all. Not 0 from `fn`
 * stops and is returned. */
int store_each_key(struct store *store, uint32_t from, uint32_t to, store_key_fn *fn,
		   void *context);

int store_add_volume(struct store *store, const void *id, size_t size, uint32_t *ret_number);
int store_delete_volume(struct store *store, uint32_t number);

typedef int store_volume_fn(void *context, uint32_t number, const void *id, size_t size);
int store_each_volume(struct store *store, store_volume_fn *fn, void *context);

/* The value lies in the store's memory until the next change. -ENODATA: no such xattr. */
int store_get_xattr(struct store *store, const struct store_file *file, const void *name,
		    size_t name_size, const void **ret_value, size_t *ret_size);

/* Rows of another file that had this inode before go first. */
int store_put_xattr(struct store *store, const struct store_file *file, const void *name,
		    size_t name_size, const void *value, size_t value_size);
int store_delete_xattr(struct store *store, const struct store_file *file, const void *name,
		       size_t name_size);

typedef int store_xattr_fn(void *context, const void *name, size_t name_size);
int store_each_xattr(struct store *store, const struct store_file *file, store_xattr_fn *fn,
		     void *context);

typedef int store_name_fn(void *context, struct record_key key, const void *name, size_t name_size);

/* Visit the names that any file has, from the file `from` on ((0, 0): all) in the order of keys.
 * Not 0 from `fn` stops and is returned. */
int store_each_name(struct store *store, uint32_t fsns, struct record_key from, store_name_fn *fn,
		    void *context);

#endif
