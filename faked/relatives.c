/* SPDX-License-Identifier: MIT
 * relatives.c - which namespaces others lie in, or see files by (--fs): found in one pass over all
 * of them, and kept until one of them changes.
 */
#include "relatives.h"

#include <stdlib.h>

#include "daemon.h"

struct relative {
	uint32_t of;
	bool user; /* else a child */
};

struct collect {
	struct daemon *daemon;
	struct nsspec *spec;
};

static int add(struct relatives *relatives, uint32_t of, bool user)
{
	if (relatives->n == relatives->capacity) {
		size_t capacity = relatives->capacity ? relatives->capacity * 2 : 64;
		struct relative *at = realloc(relatives->at, capacity * sizeof(*at));

		if (!at)
			return -ENOMEM;

		relatives->at = at;
		relatives->capacity = capacity;
	}
	relatives->at[relatives->n++] = (struct relative){of, user};
	return 0;
}

/* Who comes to another's files does so as its child, or by `--fs`, which also leads through to those
 * of a third one. */
static int collect(void *context, const struct store_namespace *entry)
{
	const struct collect *collect = context;
	struct relatives *relatives = &collect->daemon->relatives;
	struct store_namespace again;
	uint32_t fsns;
	int r = entry->parent ? add(relatives, entry->parent, false) : 0;

	if (r < 0 || entry->fsns == entry->number)
		return r;

	r = store_get_namespace(collect->daemon->store, entry->number, &again, collect->spec);
	fsns = collect->spec->flags & NSSPEC_FS ? collect->spec->fsns : 0;
	if (r < 0 || !fsns || fsns == entry->parent)
		return r;

	return add(relatives, fsns, true);
}

static int compare(const void *a, const void *b)
{
	const struct relative *first = a, *second = b;

	return first->of < second->of ? -1 : first->of > second->of;
}

static int renew(struct daemon *daemon)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct collect context = {daemon, spec};
	struct relatives *relatives = &daemon->relatives;
	uint64_t version = store_namespaces_version(daemon->store);
	int r;

	if (relatives->version == version)
		return 0;

	relatives->version = 0;
	relatives->n = 0;
	r = spec ? store_each_namespace(daemon->store, 0, collect, &context) : -ENOMEM;
	if (r < 0)
		return r;

	if (relatives->n > 0)
		qsort(relatives->at, relatives->n, sizeof(*relatives->at), compare);
	relatives->version = version;
	return 0;
}

int relatives_count(struct daemon *daemon, uint32_t number, uint32_t *ret_children,
		    uint32_t *ret_users)
{
	const struct relatives *relatives = &daemon->relatives;
	size_t first = 0, end;
	int r = renew(daemon);

	*ret_children = *ret_users = 0;
	if (r < 0)
		return r;

	for (end = relatives->n; first < end;) {
		size_t middle = first + (end - first) / 2;

		if (relatives->at[middle].of < number)
			first = middle + 1;
		else
			end = middle;
	}
	for (; first < relatives->n && relatives->at[first].of == number; first++)
		++*(relatives->at[first].user ? ret_users : ret_children);
	return 0;
}

void relatives_done(struct relatives *relatives)
{
	free(relatives->at);
	*relatives = (struct relatives){.at = NULL};
}
