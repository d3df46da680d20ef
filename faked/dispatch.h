/* SPDX-License-Identifier: MIT
 * dispatch.h - from the bytes of a frame to the handler of its op. A handler decodes the body to
 * its end, checks, acts, and writes the reply's body.
 */
#ifndef FAKED_DISPATCH_H
#define FAKED_DISPATCH_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>

#include "core/cursor.h"
#include "core/record.h"
#include "store.h"

#define DISPATCH_LATER 1 /* the handler will answer, not yet */

struct daemon;
struct session;

struct request {
	struct daemon *daemon;
	struct session *session;
	struct reader *body;
	int fd; /* came along, or -1; the caller closes it */
	struct writer *reply;
};

/* One handler an op, named after it: 0, negative errno, or DISPATCH_LATER. */
#define OP(number, name, who, what) int handle_##name(const struct request *request);
#include <fakeid/ops.def>
#undef OP

/* Decode the frame's head and run its handler. The op it names is put into the session. */
int dispatch_frame(struct daemon *daemon, struct session *session, const void *frame, size_t size,
		   int fd, struct writer *reply);

/* Of the wire's `file` and `str`; errors stick to the reader. */
struct store_file dispatch_read_file(struct reader *r);
const char *dispatch_read_str(struct reader *r, size_t *ret_size);
void dispatch_write_str(struct writer *w, const char *bytes, size_t size);

/* -EBADMSG is for requests; of the store it means that a row is damaged. */
static inline int dispatch_of_store(int r)
{
	return r == -EBADMSG ? -EUCLEAN : r;
}

#endif
