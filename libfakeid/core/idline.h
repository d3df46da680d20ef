/* SPDX-License-Identifier: MIT
 * idline.h - the value of FAKEID_IDS: a process's ids and capabilities, where other processes can
 * read them, in its environment block (/proc/PID/environ). Of fixed length, so that it can be
 * rewritten in place. Pure.
 */
#ifndef FAKEID_IDLINE_H
#define FAKEID_IDLINE_H

#include <stdint.h>

#include "core/creds.h"

/* `cccccccc:rrrrrrrr:eeeeeeee:ssssssss:ffffffff:rrrrrrrr:...` in hexadecimal: a checksum, four
 * uids, four gids, two words of each capability set, the higher one first, and no_new_privs (1)
 * with undumpable (2). Nobody locks the line: by the checksum a reader sees that it has met half of
 * a change, and reads again. */
#define IDLINE_WORDS (CREDS_ID_N * FAKEID_IDKIND_N + 2u * CREDS_CAPSET_N + 1u)
#define IDLINE_BYTES (8u + 9u * IDLINE_WORDS)

/* Write IDLINE_BYTES characters and no NUL. */
void idline_format(const struct creds *creds, char *ret_line);

/* Read them: 0, or -EINVAL for what no process could have written, half of a change among it. What
 * the line does not tell is 0 in *ret_creds. */
int idline_parse(const char *line, struct creds *ret_creds);

#endif
