/* SPDX-License-Identifier: MIT
 * session_env.c - the session that this program was started in, by its environment.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "outside.h"
#include "session.h"

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

	/* Somebody else's, left in the environment by su or sudo. The owner cannot be asked: inside
	 * a session he is virtual. */
	if (outside_faccessat(session.state.fd, FAKEID_RUN_NAME, F_OK, AT_SYMLINK_NOFOLLOW) < 0) {
		auto_close(&session.state.fd);
		return false;
	}

	session.inside = session.ns;
	*ret_session = session;
	return true;
}
