/* SPDX-License-Identifier: MIT
 * ctl.c - what several commands of fakeidctl begin with.
 */
#include "ctl.h"

int ctl_begin(struct ctl *ctl, struct trouble *trouble)
{
	int r = ctl->in_session ? 0 : state_open(&ctl->session.state, true, trouble);

	return r < 0 ? r : session_start(&ctl->session, trouble);
}
