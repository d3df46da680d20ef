/* SPDX-License-Identifier: MIT
 * nsask.c - requests about namespaces.
 */
#include "nsask.h"

#include <errno.h>
#include <stdlib.h>

#include "auto.h"
#include "core/cursor.h"

int ns_get(struct session *session, uint32_t flags, uint32_t number, const char *tag,
	   struct about *ret_about, struct nsspec *ret_spec)
{
	autofree uint8_t *reply = malloc(WIRE_FRAME_MAX_BYTES);
	uint8_t body[ABOUT_ASK_BYTES];
	size_t size = WIRE_FRAME_MAX_BYTES;
	int r;

	if (!reply)
		return -ENOMEM;

	r = session_ask(session, WIRE_NS_GET, body, about_ask_encode(flags, number, tag, body), -1,
			reply, &size, WIRE_REPLY_MS);
	return r < 0 ? r : about_decode(reply, size, ret_about, ret_spec);
}

/* What the daemon commits takes as long as the disk does. */
static int change(struct session *session, enum wire_op op, const uint8_t *body, size_t capacity,
		  const struct writer *w)
{
	uint8_t reply[4];
	size_t size = op == WIRE_NS_CREATE ? sizeof(reply) : 0;

	if (w->bad)
		return -EMSGSIZE;
	return session_ask(session, op, body, capacity - w->left, -1, reply, &size,
			   CONNECT_COMMIT_MS);
}

static int send_spec(struct session *session, enum wire_op op, const char *tag,
		     const struct nsspec *wish)
{
	uint8_t body[4 + 2 + WIRE_TAG_MAX + NSSPEC_BYTES_MAX];
	struct writer w = {.at = body, .left = sizeof(body)};

	write_u32(&w, session->inside);
	about_write_tag(&w, tag);
	nsspec_encode(wish, &w);
	return change(session, op, body, sizeof(body), &w);
}

int ns_create(struct session *session, const char *tag, const struct nsspec *wish)
{
	return send_spec(session, WIRE_NS_CREATE, tag, wish);
}

int ns_set(struct session *session, const char *tag, const struct nsspec *wish)
{
	return send_spec(session, WIRE_NS_SET, tag, wish);
}

int ns_rename(struct session *session, const char *tag, const char *new_tag)
{
	uint8_t body[4 + 2 * (2 + WIRE_TAG_MAX)];
	struct writer w = {.at = body, .left = sizeof(body)};

	write_u32(&w, session->inside);
	about_write_tag(&w, tag);
	about_write_tag(&w, new_tag);
	return change(session, WIRE_NS_RENAME, body, sizeof(body), &w);
}

int ns_remove(struct session *session, const char *tag, bool force)
{
	uint8_t body[4 + 4 + 2 + WIRE_TAG_MAX];
	struct writer w = {.at = body, .left = sizeof(body)};

	write_u32(&w, force ? WIRE_REMOVE_FORCE : 0);
	write_u32(&w, session->inside);
	about_write_tag(&w, tag);
	return change(session, WIRE_NS_REMOVE, body, sizeof(body), &w);
}
