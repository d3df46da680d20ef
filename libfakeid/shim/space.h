/* SPDX-License-Identifier: MIT
 * space.h - the id spaces of this process's namespace, and of others: what an id given by a program
 * means, and what id a kid has here. Namespaces without maps need no file for it, see
 * core/nsview.h.
 */
#ifndef FAKEID_SPACE_H
#define FAKEID_SPACE_H

#include "core/nsview.h"

/* Map the view file of our namespace, once a process; process.view.space is set afterwards
 * unless the namespace is plain. attach_view() has done it. 0, -ENOENT where there is none
 * (now), or -EIO. */
int space_load(void);

/* A process's id as a kid: 0, -EINVAL for an id that the namespace does not have, or -EIO. */
int space_make(enum fakeid_idkind kind, uint32_t id, struct fakeid_kid *ret_kid);

/* The id that a kid has among this namespace's processes: 0, -ENXIO if none, or -EIO. */
int space_up(enum fakeid_idkind kind, struct fakeid_kid kid, uint32_t *ret_id);

/* The same for show: FAKEID_ID_OVERFLOW if none. */
uint32_t space_show(enum fakeid_idkind kind, struct fakeid_kid kid);

/* Another namespace's view, to be given back to space_forget(). `has_view` as its processes'
 * session flags say. NULL in *ret_view: it is plain. 0 or negative errno. */
int space_other(uint32_t ns, bool has_view, const struct nsview **ret_view);
void space_forget(const struct nsview *view);

#endif
