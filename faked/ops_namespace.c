/* SPDX-License-Identifier: MIT
 * ops_namespace.c - opening sessions, and the requests about namespaces.
 */
#include <string.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "dispatch.h"
#include "end.h"
#include "namespace.h"
#include "session.h"

/* A nameless namespace that outlived its daemon: its launcher comes back with the number. */
static int resume(struct daemon *daemon, const char *text, size_t size, uint32_t *ret_number)
{
	char digits[16] = "";
	struct store_namespace entry;
	long number;
	int r;

	if (size >= sizeof(digits))
		return -EINVAL;

	memcpy(digits, text, size);
	if (util_parse(digits, 1, UINT32_MAX - 1L, &number) < 0)
		return -EINVAL;

	r = store_get_namespace(daemon->store, (uint32_t)number, &entry, NULL);
	if (r < 0 || !(entry.flags & STORE_NAMESPACE_NAMELESS))
		return r < 0 ? r : -EINVAL;

	*ret_number = (uint32_t)number;
	return 0;
}

/* Of a body: u32 inside, str tag. */
static void read_wish(struct reader *body, struct namespace_wish *ret_wish)
{
	*ret_wish = (struct namespace_wish){.inside = read_u32(body)};
	ret_wish->tag = dispatch_read_str(body, &ret_wish->tag_size);
}

/* The spec that ends a body, into memory of the caller's; none where nothing is left. */
static int read_spec(struct reader *body, struct nsspec *spec, struct namespace_wish *wish)
{
	int r;

	if (body->bad || body->left == 0)
		return body->bad ? -EBADMSG : 0;

	r = nsspec_decode(body, spec);
	wish->spec = spec;
	return r < 0 ? r : read_done(body) ? 0 : -EBADMSG;
}

static int find_hello(const struct request *request, uint32_t flags,
		      const struct namespace_wish *wish, uint32_t *ret_number)
{
	struct namespace_wish nameless = *wish;

	if (!(flags & WIRE_HELLO_NAMELESS))
		return wish->tag_size ? namespace_need(request->daemon, wish, ret_number) : -EINVAL;

	if (wish->tag_size)
		return resume(request->daemon, wish->tag, wish->tag_size, ret_number);

	nameless.tag_size = 0;
	return namespace_create(request->daemon, &nameless, ret_number);
}

int handle_HELLO(const struct request *request)
{
	struct session *session = request->session;
	uint32_t flags = read_u32(request->body), number, session_flags;
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct namespace_wish wish;
	struct space *space;
	uint64_t caps;
	int r;

	if (!spec)
		return -ENOMEM;

	read_wish(request->body, &wish);
	r = read_spec(request->body, spec, &wish);
	if (r < 0 || (flags & ~(uint32_t)WIRE_HELLO_NAMELESS) || session->open)
		return -EBADMSG;

	r = dispatch_of_store(find_hello(request, flags, &wish, &number));
	if (r == 0)
		r = dispatch_of_store(
			namespace_open(request->daemon, number, &space, &session_flags, &caps));
	/* What failed may have failed for want of the runtime place: the next daemon makes itself
	 * another. */
	if (r < 0 && !end_place_is_ours(request->daemon)) {
		request->daemon->lost = true;
		return -ECONNRESET;
	}
	if (r < 0)
		return r;

	space->n_sessions++;
	session->open = true;
	session->nameless = flags & WIRE_HELLO_NAMELESS;
	session->ns = number;
	session->fsns = space->fsns;
	write_u32(request->reply, number);
	write_u32(request->reply, space->fsns);
	write_u32(request->reply, session_flags);
	write_u32(request->reply, (uint32_t)getpid());
	write_u64(request->reply, caps);
	return 0;
}

/* A request of this form: [flags,] inside, tag, spec. */
static int read_request(const struct request *request, struct nsspec *spec,
			struct namespace_wish *ret_wish)
{
	int r;

	if (!spec)
		return -ENOMEM;

	read_wish(request->body, ret_wish);
	r = read_spec(request->body, spec, ret_wish);
	if (r < 0)
		return r;

	return ret_wish->tag_size && ret_wish->spec ? 0 : -EBADMSG;
}

int handle_NS_CREATE(const struct request *request)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct namespace_wish wish;
	uint32_t number;
	int r = read_request(request, spec, &wish);

	if (r == 0)
		r = dispatch_of_store(namespace_create(request->daemon, &wish, &number));
	if (r < 0)
		return r;

	write_u32(request->reply, number);
	return 0;
}

int handle_NS_SET(const struct request *request)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct namespace_wish wish;
	int r = read_request(request, spec, &wish);

	return r < 0 ? r : dispatch_of_store(namespace_set(request->daemon, &wish));
}

int handle_NS_RENAME(const struct request *request)
{
	struct namespace_wish wish;
	const char *tag;
	size_t tag_size;

	read_wish(request->body, &wish);
	tag = dispatch_read_str(request->body, &tag_size);
	if (!read_done(request->body) || !wish.tag_size)
		return -EBADMSG;

	return dispatch_of_store(namespace_rename(request->daemon, &wish, tag, tag_size));
}

int handle_NS_REMOVE(const struct request *request)
{
	uint32_t flags = read_u32(request->body);
	struct namespace_wish wish;

	read_wish(request->body, &wish);
	if (!read_done(request->body) || (flags & ~(uint32_t)WIRE_REMOVE_FORCE) || !wish.tag_size)
		return -EBADMSG;

	return dispatch_of_store(
		namespace_remove(request->daemon, &wish, flags & WIRE_REMOVE_FORCE));
}

static int take_first(void *context, const struct store_namespace *entry)
{
	*(uint32_t *)context = entry->number;
	return 1;
}

static void write_tag_of(const struct daemon *daemon, uint32_t number, struct writer *w)
{
	struct store_namespace entry = {.tag_size = 0};

	/* The host has none, and one that is gone neither. */
	if (number)
		(void)store_get_namespace(daemon->store, number, &entry, NULL);
	dispatch_write_str(w, entry.tag, entry.tag_size);
}

static int write_about(const struct request *request, uint32_t number, bool recent,
		       struct nsspec *spec)
{
	struct daemon *daemon = request->daemon;
	struct writer *reply = request->reply;
	struct store_namespace entry;
	struct namespace_uses uses;
	uint64_t n_records;
	int r = store_get_namespace(daemon->store, number, &entry, spec);

	if (r == 0)
		r = namespace_count(daemon, &entry, &request->session->tally, &n_records);
	if (r == 0)
		r = namespace_uses(daemon, &entry, recent, &uses);
	if (r < 0)
		return r;

	write_u32(reply, number);
	write_u32(reply, entry.parent);
	write_u32(reply, entry.fsns);
	write_u32(reply, uses.level);
	write_u32(reply, nsspec_is_plain(spec, number, entry.parent) ? 0 : SESSION_HAS_VIEW);
	write_u64(reply, (uint64_t)entry.created_s);
	write_u64(reply, n_records);
	write_u32(reply, uses.n_sessions);
	write_u32(reply, uses.n_processes);
	write_u32(reply, uses.n_children);
	dispatch_write_str(reply, entry.tag, entry.tag_size);
	write_tag_of(daemon, entry.parent, reply);
	write_tag_of(daemon, entry.fsns, reply);
	nsspec_encode(spec, reply);
	return 0;
}

int handle_NS_GET(const struct request *request)
{
	uint32_t flags = read_u32(request->body), number = read_u32(request->body);
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	size_t tag_size;
	const char *tag = dispatch_read_str(request->body, &tag_size);
	bool recent;
	int r = 0;

	if (!spec)
		return -ENOMEM;

	if (!read_done(request->body) || (flags & ~(uint32_t)WIRE_GET_NEXT) ||
	    ((flags & WIRE_GET_NEXT) && tag_size))
		return -EBADMSG;

	/* The processes of a list are counted at its begin. */
	recent = (flags & WIRE_GET_NEXT) && number > 0;
	if (flags & WIRE_GET_NEXT) {
		r = store_each_namespace(request->daemon->store, number, take_first, &number);
		r = r == 1 ? 0 : r == 0 ? -ENOENT : r;
	} else if (tag_size) {
		r = store_find_namespace(request->daemon->store, tag, tag_size, &number);
	}
	if (r == 0)
		r = write_about(request, number, recent, spec);
	return r == -EINPROGRESS ? DISPATCH_LATER : dispatch_of_store(r);
}
