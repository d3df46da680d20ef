/* SPDX-License-Identifier: MIT
 * server.c - the loop: connections, the flush clock, growth, mounts, the watch over the runtime
 * place.
 */
#include "server.h"

#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include <fakeid/wire.h>

#include "daemon.h"
#include "end.h"
#include "namespace.h"
#include "persist.h"
#include "server.h"
#include "session.h"
#include "tally.h"

#define SESSIONS_MAX 4096u
#define FLUSH_MS 200
#define QUIET_MS 1000	 /* how often we look while no session is open */
#define SILENT_MS 60000	 /* a connection that sends no request for so long is closed */
#define NAMELESS_MS 1000 /* how often we look whether a nameless namespace has ended */
/* How long growth and loading keep a client waiting: one that comes, and one that is here. */
#define SLICE_NS 500000
#define SLICE_BUSY_NS 150000
/* Who was answered may be back at once, and needs the processor: a session begins so. What is done
 * behind everybody's back waits; growth does not. */
#define QUIET_FIRST_MS 2
#define FIXED_POLLS 2u

static void close_session(struct daemon *daemon, size_t at)
{
	struct session *session = daemon->sessions[at];
	struct space *space = session->open ? space_find(daemon, session->fsns) : NULL;

	bool nameless = session->open && session->nameless;
	uint32_t ns = session->ns;

	if (space) {
		space->n_sessions--;
		space->used_ms = util_now_ms();
	}
	session_free(session);
	daemon->sessions[at] = daemon->sessions[--daemon->n_sessions];
	daemon->active_ms = util_now_ms();
	/* What the command left running goes on in it. */
	if (nameless && namespace_end(daemon, ns) < 0 && daemon->nameless_ms == 0)
		daemon->nameless_ms = daemon->active_ms + NAMELESS_MS;
}

static bool is_own_user(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == geteuid();
}

/* False: no more for now, and with `*ret_wait` set, none until something was closed. */
static bool accept_one(struct daemon *daemon, bool *ret_wait)
{
	autoclose int fd = accept4(daemon->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct session *session, **sessions;

	if (fd < 0) {
		*ret_wait = errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
			    errno == ENOMEM;
		return errno == EINTR || errno == ECONNABORTED;
	}

	if (!is_own_user(fd))
		return true;

	sessions = realloc(daemon->sessions, (daemon->n_sessions + 1) * sizeof(*sessions));
	if (!sessions)
		return true;

	daemon->sessions = sessions;
	session = session_new(fd);
	if (!session)
		return true;

	(void)TAKE(fd, -1);
	sessions[daemon->n_sessions++] = session;
	daemon->active_ms = session->since_ms;
	return true;
}

static bool accept_all(struct daemon *daemon)
{
	bool wait = false;

	for (int i = 0; i < 64 && daemon->n_sessions < SESSIONS_MAX; i++) {
		if (!accept_one(daemon, &wait))
			break;
	}
	return wait;
}

static bool serve(struct daemon *daemon, struct session *session, short events)
{
	int r = 0;

	if (events & POLLOUT)
		r = session_write(session);
	if (r == 0 && (events & POLLIN) && !session->reply && !session->waiting)
		r = session_read(daemon, session);
	else if (events & (POLLHUP | POLLERR | POLLNVAL))
		r = -EPIPE;
	return r == 0;
}

bool server_is_moving(const struct daemon *daemon)
{
	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space->next.index.header && space->grow_error == 0)
			return true;
	}
	return false;
}

/* What somebody waits for: 0 it is there, -EAGAIN not yet, or the error. One segment after another
 * may prove too small. */
static int look_for(struct daemon *daemon, const struct session *session)
{
	struct space *space = space_find(daemon, session->wait_fsns);
	int r;

	if (session->wait_sync)
		return server_is_moving(daemon) ? -EAGAIN : persist_flush(daemon);
	if (!space)
		return -EIO;
	if (space_newest(space) > session->wait_generation)
		return 0;
	if (space->grow_error)
		return space->grow_error;

	r = space_grow_begin(daemon, space);
	return r < 0 ? r : space_newest(space) > session->wait_generation ? 0 : -EAGAIN;
}

static void answer_waiting(struct daemon *daemon)
{
	for (size_t i = daemon->n_sessions; i-- > 0;) {
		struct session *session = daemon->sessions[i];
		int status;

		if (!session->waiting || session->tally)
			continue;

		status = look_for(daemon, session);
		if (status == -EAGAIN)
			continue;

		session->waiting = session->wait_sync = false;
		if (session_reply(session, status, NULL, 0) < 0)
			close_session(daemon, i);
	}
}

static bool load(struct daemon *daemon, struct space *space, int64_t slice_ns)
{
	int error = space->load.error;
	bool more = load_slice(daemon, space, util_now_ns() + slice_ns);

	if (space->load.error && space->load.error != error)
		daemon_say(daemon, "cannot load the records of namespace %u, will try again: %s",
			   space->fsns, strerror(-space->load.error));
	return more;
}

/* Requests that wait for a count. */
static bool count(struct daemon *daemon, int64_t slice_ns)
{
	bool more = false;

	for (size_t i = daemon->n_sessions; i-- > 0;) {
		struct session *session = daemon->sessions[i];

		if (!session->waiting || !session->tally)
			continue;

		if (tally_slice(daemon, session->tally, util_now_ns() + slice_ns))
			more = true;
		else if (session_again(daemon, session) < 0)
			close_session(daemon, i);
		else
			more |= session->waiting;
	}
	return more;
}

/* A slice of what is to be done. Growth comes first: somebody may be waiting for it, and nothing is
 * loaded meanwhile. */
static bool work(struct daemon *daemon, int64_t slice_ns)
{
	bool more = false;

	for (struct space *space = daemon->spaces; space; space = space->next_space)
		more |= space_grow_slice(daemon, space, util_now_ns() + slice_ns) == SPACE_MOVING;
	for (struct space *space = daemon->spaces; space && !more; space = space->next_space)
		more = !space_is_growing(space) && load(daemon, space, slice_ns);
	answer_waiting(daemon);
	return count(daemon, slice_ns) || more;
}

static bool take_activity(struct daemon *daemon)
{
	bool active = false;

	for (struct space *space = daemon->spaces; space; space = space->next_space)
		active |= atomic_exchange(&space->cur.index.header->activity, 0) != 0;
	return active;
}

/* Nobody could go on with it but us, and who reads meanwhile is not seen. */
static bool is_loading(const struct daemon *daemon)
{
	for (const struct space *space = daemon->spaces; space; space = space->next_space) {
		if (space_is_loading(space) && space->load.retry_ms == 0)
			return true;
	}
	return false;
}

static bool has_sessions(const struct daemon *daemon)
{
	for (size_t i = 0; i < daemon->n_sessions; i++) {
		if (daemon->sessions[i]->open)
			return true;
	}
	return false;
}

/* Nameless namespaces whose launcher is gone end with their last process. */
static void end_nameless(struct daemon *daemon, int64_t now_ms)
{
	uint32_t n_left = 1;

	if (daemon->nameless_ms == 0 || now_ms < daemon->nameless_ms)
		return;

	/* What fails is tried again. */
	(void)namespace_end_unused(daemon, &n_left);
	daemon->nameless_ms = n_left > 0 ? now_ms + NAMELESS_MS : 0;
	if (n_left > 0)
		daemon->active_ms = now_ms;
}

static bool note_flush(struct daemon *daemon, int r)
{
	if (r < 0 && r != daemon->flush_error)
		daemon_say(daemon, "cannot commit, will try again: %s", strerror(-r));
	if (r != 1)
		daemon->flush_error = r;
	return r == 1;
}

/* Once a tick: commit, grow, look after the place, and see whether anybody still needs us. True:
 * there is more to do. */
static bool tick(struct daemon *daemon, int64_t now_ms)
{
	bool more = false;

	daemon->flush_ms = now_ms;
	if (take_activity(daemon) || has_sessions(daemon) || is_loading(daemon))
		daemon->active_ms = now_ms;
	/* What is frozen cannot be collected, and will not be for long. */
	if (!daemon->flush.running && !server_is_moving(daemon) && persist_is_dirty(daemon))
		(void)note_flush(daemon, persist_begin(daemon)); /* go_on() sees */
	else if (daemon->full)
		persist_keep_room(daemon);
	for (struct space *space = daemon->spaces; space; space = space->next_space)
		more |= space_grow_if_needed(space);
	for (size_t i = daemon->n_sessions; i-- > 0;) {
		const struct session *session = daemon->sessions[i];

		if (!session->open && !session->waiting && now_ms - session->since_ms > SILENT_MS)
			close_session(daemon, i);
	}
	end_nameless(daemon, now_ms);
	server_close_idle(daemon, now_ms);
	if (!end_place_is_ours(daemon))
		daemon->lost = true;
	if (now_ms - daemon->active_ms >= (int64_t)daemon->idle_s * 1000)
		daemon->stopping = true;
	return more;
}

/* Go on with the commit that a tick began. */
static bool go_on(struct daemon *daemon)
{
	const struct flush *flush = &daemon->flush;

	return (flush->running || flush->more) && note_flush(daemon, persist_step(daemon));
}

/* When nobody asks and nothing else is to be done. True: there is more to do. */
static bool drop_past(struct daemon *daemon)
{
	return daemon->has_past && !daemon->flush_error &&
	       note_flush(daemon, persist_drop_past(daemon));
}

static void rebind(struct daemon *daemon)
{
	/* An unreadable table leaves what we know. */
	if (volumes_recheck(&daemon->volumes, daemon->mounts_fd) < 0)
		return;

	for (struct space *space = daemon->spaces; space; space = space->next_space)
		space_bind_volumes(daemon, space);
}

static size_t fill_polls(const struct daemon *daemon, bool accepting, struct pollfd *polls)
{
	polls[0] = (struct pollfd){accepting ? daemon->listen_fd : -1, POLLIN, 0};
	polls[1] = (struct pollfd){daemon->mounts_fd, POLLPRI, 0};
	for (size_t i = 0; i < daemon->n_sessions; i++) {
		const struct session *session = daemon->sessions[i];
		short events = session->reply ? POLLOUT : session->waiting ? 0 : POLLIN;

		polls[FIXED_POLLS + i] = (struct pollfd){session->fd, events, 0};
	}
	return FIXED_POLLS + daemon->n_sessions;
}

static int timeout_ms(const struct daemon *daemon, bool moving, bool was_busy)
{
	int64_t left;

	if (moving)
		return was_busy && !server_is_moving(daemon) ? QUIET_FIRST_MS : 0;

	left = daemon->flush_ms + (has_sessions(daemon) ? FLUSH_MS : QUIET_MS) - util_now_ms();
	return left < 0 ? 0 : (int)left;
}

/* Answer what came in. True: descriptors have run out. */
static bool serve_all(struct daemon *daemon, const struct pollfd *polls, size_t n)
{
	bool wait = false;

	/* From the end: closing one moves the last, which was served already, into its row. */
	for (size_t i = n; i-- > FIXED_POLLS;) {
		if (polls[i].revents &&
		    !serve(daemon, daemon->sessions[i - FIXED_POLLS], polls[i].revents))
			close_session(daemon, i - FIXED_POLLS);
	}
	if (polls[1].revents & (POLLPRI | POLLERR))
		rebind(daemon);
	if (polls[0].revents) {
		size_t first = daemon->n_sessions;

		/* Their requests are hardly ever later than they, and a commit may come before the
		 * next look. */
		wait = accept_all(daemon);
		for (size_t i = daemon->n_sessions; i-- > first;) {
			if (!serve(daemon, daemon->sessions[i], POLLIN))
				close_session(daemon, i);
		}
	}
	return wait;
}

void server_run(struct daemon *daemon, const volatile sig_atomic_t *stop)
{
	static struct pollfd polls[FIXED_POLLS + SESSIONS_MAX];
	bool moving = false, starved = false;
	int n_ready = 0;

	daemon->active_ms = util_now_ms();
	while (!*stop && !daemon->stopping && !daemon->lost) {
		bool accepting = !starved && daemon->n_sessions < SESSIONS_MAX;
		size_t n = fill_polls(daemon, accepting, polls);
		int64_t now_ms;

		/* A signal or no memory: the tick comes anyway. */
		n_ready = poll(polls, n, timeout_ms(daemon, moving, n_ready > 0));
		if (n_ready > 0)
			starved = serve_all(daemon, polls, n);
		moving = work(daemon, n_ready > 0 ? SLICE_BUSY_NS : SLICE_NS);
		now_ms = util_now_ms();
		if (timeout_ms(daemon, false, false) == 0) {
			starved = false;
			moving |= tick(daemon, now_ms);
		}
		moving |= go_on(daemon);
		moving = moving || (n_ready == 0 && drop_past(daemon));
	}
}
