/* SPDX-License-Identifier: MIT
 * ops_keys.c - the requests about what namespaces grant each other.
 */
#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "namespace.h"
#include "namespace_private.h"

/* u32 inside, str tag, str to. */
static void read_both(struct reader *body, struct namespace_wish *ret_from,
		      struct namespace_wish *ret_to)
{
	uint32_t inside = read_u32(body);

	*ret_from = (struct namespace_wish){.inside = inside};
	ret_from->tag = dispatch_read_str(body, &ret_from->tag_size);
	*ret_to = (struct namespace_wish){.inside = inside};
	ret_to->tag = dispatch_read_str(body, &ret_to->tag_size);
}

int handle_KEY_GRANT(const struct request *request)
{
	struct namespace_wish from, to;
	struct key key;
	int r;

	read_both(request->body, &from, &to);
	r = key_decode(request->body, &key);
	if (r < 0 || !read_done(request->body) || !from.tag_size || !to.tag_size)
		return -EBADMSG;

	return dispatch_of_store(namespace_grant(request->daemon, &from, &to, &key));
}

int handle_KEY_REVOKE(const struct request *request)
{
	struct namespace_wish from, to;

	read_both(request->body, &from, &to);
	if (!read_done(request->body) || !from.tag_size || !to.tag_size)
		return -EBADMSG;

	return dispatch_of_store(namespace_revoke(request->daemon, &from, &to));
}

struct next_key {
	struct daemon *daemon;
	uint32_t inside;
	struct store_namespace from, to;
	struct key key;
};

static int take_visible(void *context, uint32_t from, uint32_t to, const struct key *key)
{
	struct next_key *next = context;
	struct store *store = next->daemon->store;
	int r;

	/* Whoever is inside hears of what is inside. */
	if (next->inside && !(namespace_descends(next->daemon, from, next->inside) &&
			      namespace_descends(next->daemon, to, next->inside)))
		return 0;

	/* An older fakeid removes a namespace and not its keys. */
	r = store_get_namespace(store, from, &next->from, NULL);
	if (r == 0)
		r = store_get_namespace(store, to, &next->to, NULL);
	if (r < 0)
		return r == -ENOENT ? 0 : r;

	next->key = *key;
	return 1;
}

static void write_tag(const struct store_namespace *entry, struct writer *w)
{
	write_u32(w, entry->number);
	dispatch_write_str(w, entry->tag, entry->tag_size);
}

int handle_KEY_NEXT(const struct request *request)
{
	struct next_key next = {.daemon = request->daemon, .inside = read_u32(request->body)};
	uint32_t from = read_u32(request->body), to = read_u32(request->body);
	int r;

	if (!read_done(request->body))
		return -EBADMSG;

	r = store_each_key(request->daemon->store, from, to, take_visible, &next);
	if (r <= 0)
		return r < 0 ? dispatch_of_store(r) : -ENODATA;

	write_tag(&next.from, request->reply);
	write_tag(&next.to, request->reply);
	key_encode(&next.key, request->reply);
	return 0;
}
