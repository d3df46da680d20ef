/* SPDX-License-Identifier: MIT
 * session.c - a namespace that this program works with.
 */
#include "session.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "about.h"
#include "auto.h"
#include "core/cursor.h"
#include "daemon_start.h"
#include "nsask.h"
#include "nsexplain.h"

#define OPEN_TRIES 100 /* each waits a little longer: together 20 s and a few starts of a daemon */
#define HASTY_TRIES 20 /* 0.8 s: with a child that may end meanwhile */

static void pause_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&time, NULL); /* shorter is fine */
}

int session_start(struct session *session, struct trouble *trouble)
{
	autoclose int fd = -1;
	int r = session->state.in_session ? 0 : connect_open(&session->state, &fd);

	return r == -ENOENT ? daemon_start(&session->state, trouble) : 0;
}

/* What HELLO calls it. One that lost its daemon is known by its number: a tag may be another's by
 * now. */
static int name_it(const struct session *session, int fd, struct about *about,
		   const char **ret_name)
{
	int r;

	*ret_name = session->tag ? session->tag : "";
	if (!session->ns)
		return 0;
	if (!session->tag) {
		(void)snprintf(about->tag, sizeof(about->tag), "%u",
			       session->ns); /* sized for it */
	} else {
		r = about_ask(fd, 0, session->ns, "", about, NULL);
		if (r < 0)
			return r == -ENOENT ? -ESTALE : r;
	}
	*ret_name = about->tag;
	return 0;
}

/* One attempt. -ENOENT: no daemon, or (*ret_asked) what it answered; -ECONNRESET: one that is
 * leaving. */
static int try_open(struct session *session, const struct nsspec *wish, struct welcome *ret_welcome,
		    bool *ret_asked)
{
	struct hello hello = {.flags = session->tag ? 0 : WIRE_HELLO_NAMELESS,
			      .inside = session->inside,
			      .wish = wish};
	autoclose int fd = -1;
	struct about about;
	int r = connect_open(&session->state, &fd);

	*ret_asked = r == 0;
	if (r == 0)
		r = name_it(session, fd, &about, &hello.tag);
	if (r == 0)
		r = connect_hello(fd, &hello, ret_welcome);
	if (r < 0)
		return r;

	session->fd = take_fd(&fd);
	return 0;
}

static int explain(const struct session *session, int error, bool asked, struct trouble *trouble)
{
	switch (-error) {
	case ETIMEDOUT:
		return trouble_set(
			trouble, error,
			"daemon: it does not answer: %s: end it (its number is in the file "
			"lock there) and try again",
			session->state.path);
	case EBADMSG:
	case EPROTO:
	case EPROTONOSUPPORT:
		return trouble_set(
			trouble, error,
			"daemon: it speaks another version of the protocol: %s: run fakeidctl "
			"stop and try again",
			session->state.path);
	case ESTALE:
		/* The processes of the command know the old number, by their environment. */
		return trouble_set(trouble, error,
				   "daemon: it was restarted and the id space is gone: %s: run the "
				   "command again",
				   session->state.path);
	case EPERM:
		if (!asked)
			return trouble_set(
				trouble, error,
				"daemon: its runtime directory is not ours alone: %s/run: remove "
				"that link and try again",
				session->state.path);
		break;
	default:
		break;
	}
	if (asked)
		return ns_explain(&session->state, WIRE_HELLO, session->tag, error, trouble);
	return trouble_set(trouble, error, "daemon: it cannot open a session: %s: %s",
			   session->state.path, strerror(-error));
}

/* Connect; where nobody answers start a daemon (two at once end as one) and connect again. */
static int reach(struct session *session, const struct nsspec *wish, int tries,
		 struct welcome *ret_welcome, struct trouble *trouble)
{
	bool asked = false;
	int r = -ENOENT;

	for (int i = 0; i < tries; i++) {
		r = try_open(session, wish, ret_welcome, &asked);
		if (r == 0)
			return 0;
		if (r != -ECONNRESET && (asked || r != -ENOENT))
			return explain(session, r, asked, trouble);
		if (r == -ENOENT && !session->state.in_session) {
			r = daemon_start(&session->state, trouble);
			if (r < 0)
				return r;
		}
		if (i > 0)
			pause_ms(4L * i);
	}
	return explain(session, r < 0 ? r : -ECONNRESET, false, trouble);
}

int session_open(struct session *session, const char *tag, const struct nsspec *wish,
		 struct trouble *trouble)
{
	struct welcome welcome;
	int r;

	auto_close(&session->fd);
	session->fd = -1;
	session->tag = tag;
	session->ns = 0;
	r = reach(session, wish, OPEN_TRIES, &welcome, trouble);
	if (r < 0)
		return r;

	session->ours = true;
	session->ns = welcome.ns;
	session->fsns = welcome.fsns;
	session->flags |= welcome.flags;
	session->caps = welcome.caps;
	return 0;
}

int session_reopen(struct session *session, bool patient, struct trouble *trouble)
{
	struct welcome welcome;
	int r;

	auto_close(&session->fd);
	session->fd = -1;
	r = reach(session, NULL, patient ? OPEN_TRIES : HASTY_TRIES, &welcome, trouble);
	if (r < 0)
		return r;
	return welcome.ns == session->ns ? 0 : explain(session, -ESTALE, true, trouble);
}

/* Not ours: a daemon is needed, and no session in it. Inside a session the launcher outside
 * restarts one that died, which takes a moment. The connection stays for the next question. */
static int ask_stranger(struct session *session, enum wire_op op, const void *body,
			size_t body_size, int along, void *ret_body, size_t *size, int timeout_ms)
{
	size_t capacity = size ? *size : 0;
	struct trouble ignored;
	int r = -ENOENT;

	for (int i = 0; i < OPEN_TRIES; i++) {
		pause_ms(4L * i);
		if (size)
			*size = capacity;
		r = session->fd >= 0 ? 0 : connect_open(&session->state, &session->fd);
		if (r == -ENOENT && !session->state.in_session &&
		    daemon_start(&session->state, &ignored) == 0)
			r = connect_open(&session->state, &session->fd);
		if (r == -ENOENT)
			continue;
		if (r == 0)
			r = connect_ask(session->fd, op, body, body_size, along, ret_body, size,
					timeout_ms);
		if (r != -ECONNRESET)
			return r;
		auto_close(&session->fd);
		session->fd = -1;
	}
	/* ENOENT is an answer, to those who ask for a tag: there was none. */
	return r == -ENOENT ? -ECONNRESET : r;
}

int session_ask(struct session *session, enum wire_op op, const void *body, size_t body_size,
		int along, void *ret_body, size_t *size, int timeout_ms)
{
	struct trouble ignored;
	size_t capacity = size ? *size : 0;
	int r = -ECONNRESET;

	if (!session->ours)
		return ask_stranger(session, op, body, body_size, along, ret_body, size,
				    timeout_ms);

	if (session->fd >= 0)
		r = connect_ask(session->fd, op, body, body_size, along, ret_body, size,
				timeout_ms);
	if (r != -ECONNRESET || session_reopen(session, true, &ignored) < 0)
		return r;

	if (size)
		*size = capacity;
	return connect_ask(session->fd, op, body, body_size, along, ret_body, size, timeout_ms);
}

int session_sync(struct session *session, struct trouble *trouble)
{
	uint8_t body[4];
	struct writer w = {.at = body, .left = sizeof(body)};
	int r;

	write_u32(&w, session->fsns);
	r = session_ask(session, WIRE_SYNC, body, sizeof(body), -1, NULL, NULL, CONNECT_COMMIT_MS);
	if (r == -ECONNRESET || r == -ENOENT)
		return trouble_set(
			trouble, r,
			"save: the last changes are not on disk yet: %s: the daemon died and "
			"cannot be restarted: run any fakeid command to see why",
			session->state.path);
	if (r < 0)
		return trouble_set(
			trouble, r,
			"save: the last changes are not on disk yet: %s: %s: make room, then "
			"run any fakeid command",
			session->state.path, strerror(-r));
	return 0;
}
