/* SPDX-License-Identifier: MIT
 * nsask.c - requests about namespaces, and the line for each way that one can fail.
 */
#include "nsask.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

/* What is wrong and what to do, for one request or (op 0) for all. The first that fits counts. */
static const struct {
	int error;
	enum wire_op op;
	const char *text;
} reasons[] = {
	{ENOENT, WIRE_HELLO, "the namespace around it, or that of --fs, is gone: try again"},
	{ENOENT, WIRE_NS_CREATE, "the namespace around it, or that of --fs, is gone: try again"},
	{EEXIST, WIRE_NS_CREATE, "it exists: choose another, or use fakeidctl ns set"},
	{EEXIST, WIRE_NS_RENAME, "it exists: choose another"},
	{EXDEV, 0,
	 "it is not inside the namespace of this session: choose another, or leave the session"},
	{EPERM, 0,
	 "its parent, or the namespace of its files, does not hold an extent in one piece, or its "
	 "parent lacks a capability: see fakeidctl ns show of it, or give --split"},
	{E2BIG, 0, "more than 340 extents in the namespaces around it: give fewer"},
	{EUSERS, 0, "nested too deep: at most 32"},
	{EBUSY, WIRE_NS_REMOVE, "processes live in it: end them, or give --force"},
	{EBUSY, 0, "processes live in it: end them first"},
	{ENOTEMPTY, WIRE_NS_REMOVE, "it has children, or others use its files: remove those first"},
	{ENOTEMPTY, 0,
	 "it has records, children or keys, or others use its files: create another instead"},
	{EUCLEAN, 0,
	 "a row about namespaces is damaged: stop the daemon and put a copy of the directory "
	 "\"store\" "
	 "back"},
	{EMSGSIZE, 0, "its maps and paths do not fit into a message: give fewer"},
	{ECONNRESET, 0,
	 "the daemon died and cannot be restarted: run any fakeid command to see why"},
	{ENOSPC, 0, "no room in the state directory: make room and try again"},
};

int ns_explain(const struct session *session, enum wire_op op, const char *tag, int error,
	       struct trouble *trouble)
{
	char what[WIRE_TAG_MAX + 16] = "namespace";

	if (tag)
		(void)snprintf(what, sizeof(what), "tag '%s'", tag); /* sized for it */
	if (error == -EEXIST && op == WIRE_HELLO)
		return trouble_set(trouble, error,
				   "%s: it exists with other values: see fakeidctl ns show %s",
				   what, tag ? tag : "");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == -error && (!reasons[i].op || reasons[i].op == op))
			return trouble_set(trouble, error, "%s: %s", what, reasons[i].text);
	if (error == -ENOENT)
		return trouble_set(trouble, error, "%s: there is none: %s: see fakeidctl ns list",
				   what, session->state.path);
	return trouble_set(trouble, error, "%s: the daemon refuses: %s: %s", what,
			   session->state.path, strerror(-error));
}
