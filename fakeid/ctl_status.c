/* SPDX-License-Identifier: MIT
 * ctl_status.c - `fakeidctl status` and `stop`: neither starts a daemon.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "auto.h"
#include "core/cursor.h"
#include "ctl.h"
#include "nsask.h"
#include "nsexplain.h"
#include "status_text.h"

/* Connect to the daemon: 1; 0 when there is none. */
static int reach(struct ctl *ctl, int *ret_fd, struct trouble *trouble)
{
	int r = ctl->session.state.fd >= 0 ? 0 : state_open(&ctl->session.state, false, trouble);

	if (r < 0)
		return r;
	if (ctl->session.state.fd < 0)
		return 0;

	r = connect_open(&ctl->session.state, ret_fd);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return trouble_set(trouble, r, "daemon: cannot reach it: %s: %s",
				   ctl->session.state.path, strerror(-r));
	return 1;
}

static int gone(const struct ctl *ctl)
{
	if (ctl->json)
		printf("{\"running\":false}\n");
	else
		printf("no daemon is running: %s\n", ctl->session.state.path);
	return 0;
}

static int ask_status(struct ctl *ctl, uint32_t fsns, char *ret_text, struct trouble *trouble)
{
	autoclose int fd = -1;
	uint8_t body[4];
	struct writer w = {.at = body, .left = sizeof(body)};
	size_t size = STATUS_TEXT_MAX;
	int r = reach(ctl, &fd, trouble);

	if (r <= 0)
		return r;

	write_u32(&w, fsns);
	r = connect_ask(fd, WIRE_STATUS, body, sizeof(body), -1, ret_text, &size, WIRE_REPLY_MS);
	if (r == -ECONNRESET)
		return 0;
	if (r < 0)
		return trouble_set(trouble, r, "status: no answer from the daemon: %s: %s",
				   ctl->session.state.path, strerror(-r));
	ret_text[size] = '\0';
	return 1;
}

/* The number of -n, 0 = all: 1; 0 when there is no daemon to ask. */
static int find_tag(struct ctl *ctl, uint32_t *ret_ns, struct trouble *trouble)
{
	autoclose int fd = -1;
	struct about about;
	int r = ctl->tag ? reach(ctl, &fd, trouble) : 1;

	if (r <= 0 || !ctl->tag)
		return r;

	r = about_ask(fd, 0, 0, ctl->tag, &about, NULL);
	if (r < 0)
		return ns_explain(&ctl->session.state, WIRE_NS_GET, ctl->tag, r, trouble);
	*ret_ns = about.ns;
	return 1;
}

int ctl_status(struct ctl *ctl, char **words, struct trouble *trouble)
{
	static char text[STATUS_TEXT_MAX + 1];
	uint32_t ns = 0;
	int r = find_tag(ctl, &ns, trouble);

	(void)words; /* it takes none */
	if (r == 1)
		r = ask_status(ctl, ns, text, trouble);
	if (r < 0)
		return r;
	if (r == 0) {
		(void)gone(ctl);
		return 1;
	}
	if (ctl->json)
		status_text_print_json(text);
	else
		printf("%s", text);
	return 0;
}

int ctl_stop(struct ctl *ctl, char **words, struct trouble *trouble)
{
	autoclose int fd = -1;
	struct pollfd end = {.events = POLLIN};
	int r = reach(ctl, &fd, trouble);

	(void)words; /* it takes none */
	if (r < 0)
		return r;
	if (r == 0)
		return gone(ctl);

	r = connect_ask(fd, WIRE_STOP, NULL, 0, -1, NULL, NULL, CONNECT_COMMIT_MS);
	if (r == -ECONNRESET)
		return gone(ctl);
	if (r < 0)
		return trouble_set(
			trouble, r,
			"stop: the last changes cannot be committed: %s: %s: make room and try "
			"again",
			ctl->session.state.path, strerror(-r));

	/* It hangs up when it ends, and who comes next shall find the place free. */
	end.fd = fd;
	(void)poll(&end, 1, WIRE_REPLY_MS); /* late is no failure: everything is on disk */
	return 0;
}
