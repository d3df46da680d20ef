/* SPDX-License-Identifier: MIT
 * kv.c - tables of bytes in LMDB. The only file that includes lmdb.h. Opened after the last fork:
 * an LMDB environment does not survive one. Full sync but for the meta page (MDB_NOMETASYNC): a
 * power loss may take the last commit, never the store.
 */
#include "kv.h"

#include <errno.h>
#include <limits.h>
#include <lmdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KV_MAP_FIRST_BYTES (UINT64_C(16) << 20)

struct kv {
	MDB_env *env;
	MDB_txn *txn; /* NULL, or the one write transaction */
	MDB_dbi tables[KV_TABLE_N];
	char *path;
};

static const char *const table_names[KV_TABLE_N] = {
	[KV_META] = "meta",	  [KV_NAMESPACES] = "namespaces", [KV_TAGS] = "tags",
	[KV_VOLUMES] = "volumes", [KV_FILES] = "files",		  [KV_XATTRS] = "xattrs",
	[KV_KEYS] = "keys",
};

static int kv_error(int code)
{
	switch (code) {
	case 0:
		return 0;
	case MDB_NOTFOUND:
		return -ENOENT;
	case MDB_MAP_FULL:
	case MDB_TXN_FULL:
	case MDB_MAP_RESIZED:
		return -EXFULL;
	case MDB_KEYEXIST:
		return -EEXIST;
	case EFBIG: /* RLIMIT_FSIZE: no room either */
	case EDQUOT:
		return -ENOSPC;
	case MDB_BAD_TXN: /* an earlier error of this transaction; the caller has seen that one */
		return -EIO;
	default:
		return code > 0 ? -code : -EBADMSG;
	}
}

/* LMDB maps the file as long as its header says. A file cut short would answer with SIGBUS. */
static int check_length(MDB_env *env)
{
	MDB_envinfo info;
	MDB_stat stat;
	struct stat st;
	int fd, r;

	r = mdb_env_info(env, &info);
	if (r == 0)
		r = mdb_env_stat(env, &stat);
	if (r == 0)
		r = mdb_env_get_fd(env, &fd);
	if (r != 0)
		return kv_error(r);

	if (fstat(fd, &st) < 0)
		return -errno;

	if (st.st_size != 0 && (uint64_t)st.st_size / stat.ms_psize <= info.me_last_pgno)
		return -EBADMSG;

	if (info.me_mapsize < KV_MAP_FIRST_BYTES)
		return kv_error(mdb_env_set_mapsize(env, KV_MAP_FIRST_BYTES));

	return 0;
}

static int begin_once(struct kv *kv)
{
	int r = mdb_txn_begin(kv->env, NULL, 0, &kv->txn);

	if (r == MDB_MAP_RESIZED) {
		/* Nobody but us should write here, yet a copy of the file may have been put in
		 * place. */
		r = mdb_env_set_mapsize(kv->env, 0);
		if (r == 0)
			r = mdb_txn_begin(kv->env, NULL, 0, &kv->txn);
	}
	return r;
}

/* A new one's tables are committed with the first that is put into them: one wait for the disk
 * instead of two. */
static int commit_tables(struct kv *kv)
{
	MDB_envinfo info;
	int r = kv_error(mdb_env_info(kv->env, &info));

	return r == 0 && info.me_last_txnid > 0 ? kv_commit(kv) : r;
}

/* The half of a new file that a full disk had room for would be taken for a damaged one. */
static int open_file(struct kv *kv)
{
	char path[PATH_MAX];
	struct stat st;
	bool is_new;
	int r;

	if (snprintf(path, sizeof(path), "%s/data.mdb", kv->path) >= PATH_MAX)
		return -ENAMETOOLONG;

	is_new = stat(path, &st) < 0 ? errno == ENOENT : st.st_size == 0;
	r = kv_error(mdb_env_open(kv->env, kv->path, MDB_NOMETASYNC | MDB_NORDAHEAD, 0600));
	if (r < 0 && is_new)
		(void)unlink(path); /* nothing was in it */
	return r;
}

static int open_env(struct kv *kv)
{
	int r = kv_error(mdb_env_create(&kv->env));

	if (r == 0)
		r = kv_error(mdb_env_set_maxdbs(kv->env, KV_TABLE_N));
	if (r == 0)
		r = open_file(kv);
	if (r == 0)
		r = check_length(kv->env);
	if (r == 0)
		r = kv_error(begin_once(kv));
	for (int i = 0; r == 0 && i < KV_TABLE_N; i++)
		r = kv_error(mdb_dbi_open(kv->txn, table_names[i], MDB_CREATE, &kv->tables[i]));
	if (r == 0)
		r = commit_tables(kv);
	if (r == 0)
		return 0;

	kv_abort(kv);
	if (kv->env)
		mdb_env_close(kv->env);
	kv->env = NULL;
	return r;
}

static int kv_begin(struct kv *kv)
{
	int r = 0;

	if (kv->txn)
		return 0;

	if (kv->env) {
		r = begin_once(kv);
		if (r != MDB_PANIC)
			return kv_error(r);

		/* A write to the meta page failed, and LMDB wants no more of this environment. */
		mdb_env_close(kv->env);
		kv->env = NULL;
	}
	r = open_env(kv);
	return r < 0 || kv->txn ? r : kv_error(begin_once(kv));
}

int kv_open(const char *path, struct kv **ret_kv)
{
	struct kv *kv = calloc(1, sizeof(*kv));
	int r;

	if (!kv)
		return -ENOMEM;

	kv->path = strdup(path);
	r = kv->path ? open_env(kv) : -ENOMEM;
	if (r < 0) {
		kv_close(kv);
		return r;
	}

	*ret_kv = kv;
	return 0;
}

void kv_close(struct kv *kv)
{
	if (!kv)
		return;

	kv_abort(kv);
	if (kv->env)
		mdb_env_close(kv->env);
	free(kv->path);
	free(kv);
}

int kv_commit(struct kv *kv)
{
	MDB_txn *txn = kv->txn;

	kv->txn = NULL; /* LMDB frees it whatever the outcome */
	return txn ? kv_error(mdb_txn_commit(txn)) : 0;
}

void kv_abort(struct kv *kv)
{
	if (kv->txn)
		mdb_txn_abort(kv->txn);
	kv->txn = NULL;
}

int kv_grow(struct kv *kv)
{
	MDB_envinfo info;
	int r = kv->env ? mdb_env_info(kv->env, &info) : EIO;

	if (r != 0)
		return kv_error(r);

	if (info.me_mapsize > SIZE_MAX / 4)
		return -ENOSPC;

	r = mdb_env_set_mapsize(kv->env, info.me_mapsize * 2);
	return r == ENOMEM ? -ENOSPC : kv_error(r);
}

static MDB_val to_val(struct kv_bytes bytes)
{
	return (MDB_val){.mv_size = bytes.size, .mv_data = (void *)bytes.at};
}

static struct kv_bytes from_val(MDB_val val)
{
	return (struct kv_bytes){.at = val.mv_data, .size = val.mv_size};
}

int kv_get(struct kv *kv, enum kv_table table, struct kv_bytes key, struct kv_bytes *ret_value)
{
	MDB_val k = to_val(key), v;
	int r = kv_begin(kv);

	if (r == 0)
		r = kv_error(mdb_get(kv->txn, kv->tables[table], &k, &v));
	if (r < 0)
		return r;

	*ret_value = from_val(v);
	return 0;
}

int kv_put(struct kv *kv, enum kv_table table, struct kv_bytes key, struct kv_bytes value)
{
	MDB_val k = to_val(key), v = to_val(value);
	int r = kv_begin(kv);

	return r < 0 ? r : kv_error(mdb_put(kv->txn, kv->tables[table], &k, &v, 0));
}

int kv_delete(struct kv *kv, enum kv_table table, struct kv_bytes key)
{
	MDB_val k = to_val(key);
	int r = kv_begin(kv);

	return r < 0 ? r : kv_error(mdb_del(kv->txn, kv->tables[table], &k, NULL));
}

int kv_count(struct kv *kv, enum kv_table table, uint64_t *ret_count)
{
	MDB_stat stat;
	int r = kv_begin(kv);

	if (r == 0)
		r = kv_error(mdb_stat(kv->txn, kv->tables[table], &stat));
	if (r == 0)
		*ret_count = stat.ms_entries;
	return r;
}

static bool has_prefix(MDB_val key, struct kv_bytes prefix)
{
	return key.mv_size >= prefix.size &&
	       (prefix.size == 0 || memcmp(key.mv_data, prefix.at, prefix.size) == 0);
}

int kv_each(struct kv *kv, enum kv_table table, struct kv_bytes from, size_t prefix, kv_row_fn *fn,
	    void *context)
{
	const struct kv_bytes begin = {from.at, prefix};
	MDB_val k = to_val(from), v;
	MDB_cursor *cursor;
	int r = kv_begin(kv);

	if (r == 0)
		r = kv_error(mdb_cursor_open(kv->txn, kv->tables[table], &cursor));
	if (r < 0)
		return r;

	r = mdb_cursor_get(cursor, &k, &v, from.size ? MDB_SET_RANGE : MDB_FIRST);
	while (r == 0 && has_prefix(k, begin)) {
		int stop = fn(context, from_val(k), from_val(v));

		if (stop != 0) {
			mdb_cursor_close(cursor);
			return stop;
		}

		r = mdb_cursor_get(cursor, &k, &v, MDB_NEXT);
	}
	mdb_cursor_close(cursor);
	return r == MDB_NOTFOUND ? 0 : kv_error(r);
}

/* Search anew for each row: a cursor's place after mdb_cursor_del() has changed between LMDB
 * releases. */
static int delete_first(struct kv *kv, enum kv_table table, struct kv_bytes prefix)
{
	MDB_val k = to_val(prefix), v;
	MDB_cursor *cursor;
	int r = kv_begin(kv);

	if (r == 0)
		r = kv_error(mdb_cursor_open(kv->txn, kv->tables[table], &cursor));
	if (r < 0)
		return r;

	r = mdb_cursor_get(cursor, &k, &v, prefix.size ? MDB_SET_RANGE : MDB_FIRST);
	if (r == 0 && !has_prefix(k, prefix))
		r = MDB_NOTFOUND;
	if (r == 0)
		r = mdb_cursor_del(cursor, 0);
	mdb_cursor_close(cursor);
	return kv_error(r);
}

int kv_delete_some(struct kv *kv, enum kv_table table, struct kv_bytes prefix, uint32_t limit,
		   uint32_t *n)
{
	int r = 0;

	for (uint32_t left = limit; r == 0 && left > 0; left--) {
		r = delete_first(kv, table, prefix);
		*n += r == 0;
	}
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

int kv_delete_all(struct kv *kv, enum kv_table table, struct kv_bytes prefix)
{
	int r;

	do
		r = delete_first(kv, table, prefix);
	while (r == 0);
	return r == -ENOENT ? 0 : r;
}
