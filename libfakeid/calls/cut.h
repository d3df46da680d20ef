/* SPDX-License-Identifier: MIT
 * cut.h - what cutting a file's content does to its capabilities, for the calls that cut by the
 * way.
 */
#ifndef FAKEID_CUT_H
#define FAKEID_CUT_H

#include <stdio.h>

#include "shim/file.h"

/* Take security.capability away from a file, as its owner's change or that of its content does.
 * `change` says so afterwards. 0 or negative errno. */
int cut_capability(struct file *file, struct change *change);

/* Is there any file that this process would take something from? */
bool cut_may_lose(void);

/* After an open with O_TRUNC. 0 or negative errno. */
int cut_opened(int fd);

/* After bytes went into what `fd` is open on. 0, or negative errno where it could not be
 * recorded. */
int cut_written(int fd);

/* Before libc writes the rest of what the program has given to a stream, which may be NULL. 0, or
 * EOF and errno: one more failure of the stream's. */
int cut_stream(FILE *stream);

#endif
