/* SPDX-License-Identifier: MIT
 * nsask.h - requests about namespaces.
 */
#ifndef FAKEID_NSASK_H
#define FAKEID_NSASK_H

#include <stdbool.h>

#include "about.h"
#include "session.h"

/* All of these: 0, or the daemon's negative errno, which ns_explain() puts into words. Those that
 * change something do it on behalf of session->inside. */
int ns_get(struct session *session, uint32_t flags, uint32_t number, const char *tag,
	   struct about *ret_about, struct nsspec *ret_spec);
int ns_create(struct session *session, const char *tag, const struct nsspec *wish);
int ns_set(struct session *session, const char *tag, const struct nsspec *wish);
int ns_rename(struct session *session, const char *tag, const char *new_tag);
int ns_remove(struct session *session, const char *tag, bool force);

#endif
