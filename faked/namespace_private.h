/* SPDX-License-Identifier: MIT
 * namespace_private.h - what namespace.c and namespace_change.c share.
 */
#ifndef FAKED_NAMESPACE_PRIVATE_H
#define FAKED_NAMESPACE_PRIVATE_H

#include "core/nsview.h"
#include "namespace.h"

#define NAMESPACE_VIEW_NAME_MAX 32

/* Call `fn` for each namespace that has a view file, its own or one that is left over, until it
 * returns an error. */
typedef int namespace_view_fn(struct daemon *daemon, uint32_t number);
int namespace_each_view(struct daemon *daemon, namespace_view_fn *fn);

/* True for `inside` itself and all namespaces in it, however many levels below; 0 holds all. */
bool namespace_descends(struct daemon *daemon, uint32_t number, uint32_t inside);

/* Whether somebody in `inside` may choose the files that `spec` does: of a namespace that he could
 * enter. */
bool namespace_may_see(struct daemon *daemon, const struct nsspec *spec, uint32_t inside);

/* Its id spaces; free(3) them. */
int namespace_view(struct daemon *daemon, uint32_t number, struct nsview **ret_view);

/* Put a view, its keys worked in, where processes find it: the whole file, or where processes
 * may map one that differs in the keys alone, these. */
int namespace_put_view(struct daemon *daemon, struct nsview *view);

/* Whose records `spec` makes a child of `parent` see; 0 = its own. */
int namespace_home(struct daemon *daemon, const struct nsspec *spec, uint32_t parent,
		   uint32_t *ret_fsns);

#endif
