/* SPDX-License-Identifier: MIT
 * spec_fit.h - the options for a namespace made ready for the daemon: tags become numbers, and maps fit
 * the namespaces around.
 */
#ifndef FAKEID_SPEC_FIT_H
#define FAKEID_SPEC_FIT_H

#include "session.h"
#include "spec.h"

/* `tag` (NULL: nameless) is to be made in session->inside, or exists already somewhere. Extents that do
 * not fit in one piece are cut where that was asked for, each cut told on stderr as by `program`. */
int spec_fit(struct spec *spec, struct session *session, const char *tag, const char *program,
	     struct trouble *trouble);

#endif
