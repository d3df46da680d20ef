/* SPDX-License-Identifier: MIT
 * nsexplain.c - the line for each way that a request about a namespace can fail.
 */
#include "nsexplain.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* What is wrong and what to do, for one request or (op 0) for all. The first that fits counts. */
static const struct {
	int error;
	enum wire_op op;
	const char *text;
} reasons[] = {
	{ENOENT, WIRE_HELLO, "the namespace around it, or that of --fs, is gone: try again"},
	{ENOENT, WIRE_NS_CREATE, "the namespace around it, or that of --fs, is gone: try again"},
	{EEXIST, WIRE_NS_CREATE, "it exists: choose another, or use fakeidctl ns set"},
	{EEXIST, WIRE_NS_RENAME, "it exists: choose another"},
	{EXDEV, 0,
	 "it is not inside the namespace of this session: choose another, or leave the session"},
	{EPERM, 0,
	 "its parent, or the namespace of its files, does not hold an extent in one piece, or its "
	 "parent lacks a capability: see fakeidctl ns show of it, or give --split"},
	{E2BIG, 0, "more than 340 extents in the namespaces around it: give fewer"},
	{EUSERS, 0, "nested too deep: at most 32"},
	{EBUSY, WIRE_NS_REMOVE, "processes live in it: end them, or give --force"},
	{EBUSY, 0, "processes live in it: end them first"},
	{ENOTEMPTY, WIRE_NS_REMOVE, "it has children, or others use its files: remove those first"},
	{ENOTEMPTY, 0,
	 "it has records, children or keys, or others use its files: create another instead"},
	{EUCLEAN, 0,
	 "a row about namespaces is damaged: stop the daemon and put a copy of the directory "
	 "\"store\" "
	 "back"},
	{EMSGSIZE, 0, "its maps and paths do not fit into a message: give fewer"},
	{ECONNRESET, 0,
	 "the daemon died and cannot be restarted: run any fakeid command to see why"},
	{ENOSPC, 0, "no room in the state directory: make room and try again"},
};

int ns_explain(const struct state *state, enum wire_op op, const char *tag, int error,
	       struct trouble *trouble)
{
	char what[WIRE_TAG_MAX + 16] = "namespace";

	if (tag)
		(void)snprintf(what, sizeof(what), "tag '%s'", tag); /* sized for it */
	if (error == -EEXIST && op == WIRE_HELLO)
		return trouble_set(trouble, error,
				   "%s: it exists with other values: see fakeidctl ns show %s",
				   what, tag ? tag : "");
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == -error && (!reasons[i].op || reasons[i].op == op))
			return trouble_set(trouble, error, "%s: %s", what, reasons[i].text);
	if (error == -ENOENT)
		return trouble_set(trouble, error, "%s: there is none: %s: see fakeidctl ns list",
				   what, state->path);
	return trouble_set(trouble, error, "%s: the daemon refuses: %s: %s", what, state->path,
			   strerror(-error));
}
