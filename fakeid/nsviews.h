/* SPDX-License-Identifier: MIT
 * nsviews.h - the id spaces of namespaces, and how files show in that of a session.
 */
#ifndef FAKEID_NSVIEWS_H
#define FAKEID_NSVIEWS_H

#include "core/nsview.h"
#include "core/view.h"
#include "session.h"

/* Those of the session, by the file that the daemon made for its processes. free(3) them.
 * 0 or negative errno. */
int nsviews_own(const struct session *session, struct nsview **ret_view);

/* Those of any other, worked out as the daemon does from what it says of it and its parents. */
int nsviews_other(struct session *session, uint32_t number, struct nsview **ret_view);

/* How files show in the session's namespace; -u worked in, path idmaps not. `space` is what
 * nsviews_own() gave. */
void nsviews_files(const struct session *session, const struct nsview *space,
		   struct view *ret_view);

#endif
