/* SPDX-License-Identifier: MIT
 * ctl.h - the commands of fakeidctl. Each gets its own options and words, prints to stdout and
 * returns 0, 1 for a failure that it has told already, or a negative errno with the line to print.
 */
#ifndef FAKEID_CTL_H
#define FAKEID_CTL_H

#include <stdbool.h>

#include "core/key.h"
#include "session.h"
#include "spec.h"
#include "trouble.h"

struct ctl {
	const char *tag; /* -n, NULL = the session's, else the default one */
	bool json;
	bool force;	  /* ns remove, gc */
	bool dry_run;	  /* gc */
	struct spec spec; /* ns create, ns set, grant */
	const char *to;	  /* grant, revoke: who holds it */
	struct key key;	  /* grant: its ids */
	bool in_session;
	struct session session; /* its state directory is chosen; open only where one was needed */
};

/* Before requests: the state directory, and a daemon in it. */
int ctl_begin(struct ctl *ctl, struct trouble *trouble);

int ctl_status(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_stat(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_ns(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_map(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_gc(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_grant(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_revoke(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_keys(struct ctl *ctl, char **words, struct trouble *trouble);
int ctl_stop(struct ctl *ctl, char **words, struct trouble *trouble);

#endif
