/* SPDX-License-Identifier: MIT
 * spec_fit.h - the options for a namespace made ready for the daemon: tags become numbers, and maps
 * fit the namespaces around.
 */
#ifndef FAKEID_SPEC_FIT_H
#define FAKEID_SPEC_FIT_H

#include "session.h"
#include "spec.h"

/* What the options for capabilities start from. */
enum spec_caps {
	SPEC_CAPS_FRESH, /* what a new namespace has: all that its parent has */
	SPEC_CAPS_THERE, /* what the tag has: `ns set` */
};

/* `tag` (NULL: nameless) is to be made in session->inside, or exists already somewhere. Extents
 * that do not fit in one piece are cut where that was asked for, each cut told on stderr as by
 * `program`. */
int spec_fit(struct spec *spec, struct session *session, const char *tag, enum spec_caps from,
	     const char *program, struct trouble *trouble);

#endif
