/* SPDX-License-Identifier: MIT
 * namespace_keys.c - what namespaces grant each other: granted, revoked, and put where processes
 * look.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "namespace_private.h"
#include "persist.h"

struct collect {
	struct daemon *daemon;
	struct nsview *holder;
};

/* One that names what is gone, or ids that are none any more, opens nothing. */
static int collect_key(void *context, uint32_t from, uint32_t to, const struct key *key)
{
	struct collect *collect = context;
	autofree struct nsview *grantor = NULL;
	int r;

	if (to != collect->holder->number)
		return 0;

	r = namespace_view(collect->daemon, from, &grantor);
	if (r == 0)
		r = keyring_add(&collect->holder->keys, key, grantor->fs);
	return r == -ENOENT || r == -EINVAL ? 0 : r;
}

static int collect_keys(struct daemon *daemon, struct nsview *view)
{
	struct collect collect = {daemon, view};

	return store_each_key(daemon->store, 0, 0, collect_key, &collect);
}

/* The view file as processes map it; NULL where there is none that fits. */
static struct nsview *map_view_file(const struct daemon *daemon, const char *name,
				    const struct nsview *view)
{
	autoclose int fd = openat(daemon->place.dirfd, name, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	struct nsview *mapped;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size != (off_t)view->size)
		return NULL;

	mapped = mmap(NULL, view->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return NULL;

	if (nsview_check(mapped, view->size, view->number) == 0 &&
	    nsview_equal_but_keys(mapped, view))
		return mapped;

	(void)munmap(mapped, view->size); /* it was ours to unmap */
	return NULL;
}

static bool put_keys(const struct daemon *daemon, const char *name, const struct nsview *view)
{
	struct nsview *mapped = map_view_file(daemon, name, view);

	if (!mapped)
		return false;

	if (!keyring_equal(&mapped->keys, &view->keys))
		keyring_replace(&mapped->keys, &view->keys);
	(void)munmap(mapped, view->size); /* it was ours to unmap */
	return true;
}

int namespace_put_view(struct daemon *daemon, struct nsview *view)
{
	char name[NAMESPACE_VIEW_NAME_MAX];
	int r = collect_keys(daemon, view);

	if (r < 0)
		return r;

	(void)snprintf(name, sizeof(name), FAKEID_VIEW_FORMAT, view->number);
	return put_keys(daemon, name, view)
		       ? 0
		       : util_replace_file(daemon->place.dirfd, name, view, view->size);
}

static bool has_view_file(const struct daemon *daemon, uint32_t number)
{
	char name[NAMESPACE_VIEW_NAME_MAX];
	struct stat st;

	(void)snprintf(name, sizeof(name), FAKEID_VIEW_FORMAT, number);
	return fstatat(daemon->place.dirfd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int renew(struct daemon *daemon, uint32_t number)
{
	autofree struct nsview *view = NULL;
	int r = has_view_file(daemon, number) ? namespace_view(daemon, number, &view) : 0;

	return r < 0 || !view ? r : namespace_put_view(daemon, view);
}

struct each_view {
	struct daemon *daemon;
	namespace_view_fn *fn;
};

static int call_for_view(void *context, int dirfd, const char *name)
{
	const struct each_view *each = context;
	long number;

	(void)dirfd; /* the place's */
	if (strncmp(name, "view-", 5) != 0 || util_parse(name + 5, 1, UINT32_MAX - 1L, &number) < 0)
		return 0;

	return each->fn(each->daemon, (uint32_t)number);
}

int namespace_each_view(struct daemon *daemon, namespace_view_fn *fn)
{
	struct each_view each = {daemon, fn};

	return place_each_entry(daemon->place.dirfd, call_for_view, &each);
}

/* One without a namespace is of no use, and goes another time. */
static int renew_view(struct daemon *daemon, uint32_t number)
{
	int r = renew(daemon, number);

	return r == -ENOENT ? 0 : r;
}

int namespace_renew_keys(struct daemon *daemon)
{
	return namespace_each_view(daemon, renew_view);
}

int namespace_has_keys(struct daemon *daemon, uint32_t number)
{
	uint32_t from, to;

	return store_find_key(daemon->store, number, &from, &to);
}

/* Both namespaces of a request. */
static int find_both(struct daemon *daemon, const struct namespace_wish *from,
		     const struct namespace_wish *to, uint32_t *ret_from, uint32_t *ret_to)
{
	int r = namespace_find(daemon, from, ret_from);

	if (r == 0)
		r = namespace_find(daemon, to, ret_to);
	return r < 0 ? r : *ret_from == *ret_to ? -EINVAL : 0;
}

static int check_files(struct daemon *daemon, uint32_t from, uint32_t to)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct store_namespace grantor, holder;
	int r = spec ? store_get_namespace(daemon->store, from, &grantor, NULL) : -ENOMEM;

	if (r == 0)
		r = store_get_namespace(daemon->store, to, &holder, spec);
	if (r < 0)
		return r;

	if (grantor.fsns != holder.fsns)
		return -ENOLINK;

	return nsspec_is_plain(spec, to, holder.parent) ? -EALREADY : 0;
}

static int check_pairs(const struct key *key, enum fakeid_idkind kind, const struct nsview *grantor,
		       const struct nsview *holder)
{
	for (uint32_t i = 0; i < key->n_pairs[kind]; i++) {
		const struct key_pair *pair = &key->pairs[kind][i];
		struct fakeid_kid kid, ignored;
		uint32_t id;

		if (idspace_down(&grantor->fs[kind], pair->from, &kid) < 0 ||
		    idspace_down(&holder->id[kind], pair->to, &ignored) < 0)
			return -ERANGE;

		if (idspace_up(&holder->fs[kind], kid, &id) == 0)
			return -EEXIST;
	}
	return 0;
}

struct grant {
	uint32_t from, to;
	const struct key *key;
};

static int put_key(struct daemon *daemon, void *context)
{
	const struct grant *grant = context;
	autofree struct nsview *holder = NULL;
	int r = store_put_key(daemon->store, grant->from, grant->to, grant->key);

	if (r == 0)
		r = namespace_view(daemon, grant->to, &holder);
	/* That they can be worked out is what makes it right. */
	return r < 0 ? r : collect_keys(daemon, holder);
}

static int drop_key(struct daemon *daemon, void *context)
{
	const struct grant *grant = context;
	int r = store_delete_key(daemon->store, grant->from, grant->to);

	return r == -ENOENT ? -ENODATA : r;
}

/* In the store first: who hears of it must find it after a crash too. */
static int change_keys(struct daemon *daemon, persist_fn *change, struct grant *grant)
{
	int r = persist_commit(daemon, change, grant);

	return r < 0 ? r : renew(daemon, grant->to);
}

int namespace_grant(struct daemon *daemon, const struct namespace_wish *from,
		    const struct namespace_wish *to, const struct key *key)
{
	autofree struct nsview *grantor = NULL, *holder = NULL;
	struct grant grant = {.key = key};
	int r = find_both(daemon, from, to, &grant.from, &grant.to);

	if (r == 0)
		r = check_files(daemon, grant.from, grant.to);
	if (r == 0)
		r = namespace_view(daemon, grant.from, &grantor);
	if (r == 0)
		r = namespace_view(daemon, grant.to, &holder);
	for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++)
		r = check_pairs(key, (enum fakeid_idkind)kind, grantor, holder);
	return r < 0 ? r : change_keys(daemon, put_key, &grant);
}

int namespace_revoke(struct daemon *daemon, const struct namespace_wish *from,
		     const struct namespace_wish *to)
{
	struct grant grant = {.key = NULL};
	int r = find_both(daemon, from, to, &grant.from, &grant.to);

	return r < 0 ? r : change_keys(daemon, drop_key, &grant);
}
