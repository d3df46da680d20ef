/* SPDX-License-Identifier: MIT
 * session.c - a namespace that this program works with.
 */
#include "session.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "auto.h"
#include "core/cursor.h"
#include "daemon_start.h"
#include "status_text.h"

#define OPEN_TRIES 100 /* each waits a little longer: together 20 s and a few starts of a daemon */

static void pause_ms(long ms)
{
	struct timespec time = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

	(void)nanosleep(&time, NULL); /* shorter is fine */
}

int session_start(struct session *session, struct trouble *trouble)
{
	autoclose int fd = -1;
	int r = connect_open(&session->state, &fd);

	return r == -ENOENT ? daemon_start(&session->state, trouble) : 0;
}

/* One attempt. -ENOENT: no daemon; -ECONNRESET: one that is just leaving. */
static int try_open(struct session *session, struct welcome *ret_welcome)
{
	autoclose int fd = -1;
	char number[16] = "";
	int r = connect_open(&session->state, &fd);

	if (r < 0)
		return r;

	/* A nameless one that lost its daemon is known by its number. */
	if (!session->tag && session->ns)
		(void)snprintf(number, sizeof(number), "%u", session->ns); /* sized for it */
	r = connect_hello(fd, session->tag ? 0 : WIRE_HELLO_NAMELESS,
			  session->tag ? session->tag : number, ret_welcome);
	if (r < 0)
		return r;

	session->fd = take_fd(&fd);
	return 0;
}

static int explain(const struct session *session, int error, struct trouble *trouble)
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
	case EPERM:
		return trouble_set(
			trouble, error,
			"daemon: its runtime directory is not ours alone: %s/run: remove that "
			"link and try again",
			session->state.path);
	default:
		return trouble_set(trouble, error, "daemon: it cannot open a session: %s: %s",
				   session->state.path, strerror(-error));
	}
}

/* Connect; where nobody answers start a daemon (two at once end as one) and connect again. */
static int reach(struct session *session, struct trouble *trouble)
{
	struct welcome welcome;
	int r = -ENOENT;

	for (int i = 0; i < OPEN_TRIES; i++) {
		r = try_open(session, &welcome);
		if (r == 0) {
			session->ns = welcome.ns;
			session->fsns = welcome.fsns;
			return 0;
		}
		if (r != -ENOENT && r != -ECONNRESET)
			return explain(session, r, trouble);
		if (r == -ENOENT) {
			r = daemon_start(&session->state, trouble);
			if (r < 0)
				return r;
		}
		if (i > 0)
			pause_ms(4L * i);
	}
	return explain(session, r < 0 ? r : -ECONNRESET, trouble);
}

int session_open(struct session *session, const char *tag, struct trouble *trouble)
{
	session->tag = tag;
	session->fd = -1;
	session->ns = 0;
	return reach(session, trouble);
}

int session_reopen(struct session *session, struct trouble *trouble)
{
	uint32_t ns = session->ns;
	int r;

	auto_close(&session->fd);
	session->fd = -1;
	r = reach(session, trouble);
	if (r < 0)
		return r;

	/* The processes of the command know the old number, by their environment. */
	if (session->ns != ns)
		return trouble_set(trouble, -ESTALE,
				   "daemon: it was restarted and the id space is gone: %s: run the "
				   "command again",
				   session->state.path);
	return 0;
}

/* A decimal number and the ':' behind it. */
static bool take_number(const char **at, uint32_t *ret_value)
{
	uint64_t value = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9'; c++) {
		value = value * 10 + (uint64_t)(*c - '0');
		if (value > UINT32_MAX)
			return false;
	}
	if (c == *at || *c != ':')
		return false;

	*at = c + 1;
	*ret_value = (uint32_t)value;
	return true;
}

bool session_from_env(struct session *ret_session)
{
	const char *at = getenv(FAKEID_ENV_SESSION);
	struct session session = {.fd = -1, .state = {.fd = -1, .in_session = true}};
	struct trouble ignored;
	uint32_t version;

	if (!at || !take_number(&at, &version) || version != 1 || !take_number(&at, &session.ns) ||
	    !take_number(&at, &session.fsns) || !take_number(&at, &session.flags) || at[0] != '/' ||
	    strlen(at) >= sizeof(session.state.path))
		return false;

	memcpy(session.state.path, at, strlen(at) + 1);
	if (state_open(&session.state, false, &ignored) < 0 || session.state.fd < 0)
		return false;

	/* Somebody else's, left in the environment by su or sudo. The owner cannot be asked: inside a
	 * session he is virtual. */
	if (faccessat(session.state.fd, FAKEID_RUN_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		auto_close(&session.state.fd);
		return false;
	}

	*ret_session = session;
	return true;
}

/* Not ours: its own launcher restarts a daemon that died, which takes a moment. */
static int ask_stranger(const struct session *session, enum wire_op op, const void *body,
			size_t body_size, int along, void *ret_body, size_t *size, int timeout_ms)
{
	size_t capacity = size ? *size : 0;
	int r = -ENOENT;

	for (int i = 0; (r == -ENOENT || r == -ECONNRESET) && i < OPEN_TRIES; i++) {
		pause_ms(4L * i);
		if (size)
			*size = capacity;
		r = connect_ask_once(&session->state, op, body, body_size, along, ret_body, size,
				     timeout_ms);
	}
	return r;
}

int session_ask(struct session *session, enum wire_op op, const void *body, size_t body_size,
		int along, void *ret_body, size_t *size, int timeout_ms)
{
	struct trouble ignored;
	size_t capacity = size ? *size : 0;
	int r = -ECONNRESET;

	if (session->state.in_session)
		return ask_stranger(session, op, body, body_size, along, ret_body, size,
				    timeout_ms);

	if (session->fd >= 0)
		r = connect_ask(session->fd, op, body, body_size, along, ret_body, size,
				timeout_ms);
	if (r != -ECONNRESET || session_reopen(session, &ignored) < 0)
		return r;

	if (size)
		*size = capacity;
	return connect_ask(session->fd, op, body, body_size, along, ret_body, size, timeout_ms);
}

int session_find_tag(struct session *session, const char *tag, uint32_t fsns, uint32_t *ret_ns,
		     struct trouble *trouble)
{
	autofree char *text = malloc(STATUS_TEXT_MAX + 1);
	size_t size = STATUS_TEXT_MAX;
	uint8_t body[4];
	struct writer w = {.at = body, .left = sizeof(body)};
	int r = -ENOMEM;

	write_u32(&w, fsns);
	if (text)
		r = ask_stranger(session, WIRE_STATUS, body, sizeof(body), -1, text, &size,
				 WIRE_REPLY_MS);
	if (r < 0)
		return trouble_set(trouble, r, "tag '%s': no answer from the daemon: %s: %s", tag,
				   session->state.path, strerror(-r));

	text[size] = '\0';
	return status_text_find(text, tag, ret_ns);
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
