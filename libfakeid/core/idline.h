/* SPDX-License-Identifier: MIT
 * idline.h - the value of FAKEID_IDS: a process's ids, where other processes can read them, in its
 * environment block (/proc/PID/environ). Of fixed length, so that it can be rewritten in place. Pure.
 */
#ifndef FAKEID_IDLINE_H
#define FAKEID_IDLINE_H

#include <stdint.h>

#include "core/creds.h"

/* `cccccccc:rrrrrrrr:eeeeeeee:ssssssss:ffffffff:rrrrrrrr:...` in hexadecimal: a checksum, then four uids
 * and four gids. Nobody locks the line: by the checksum a reader sees that it has met half of a change, and
 * reads again. */
#define IDLINE_BYTES (8u + 9u * CREDS_ID_N * FAKEID_IDKIND_N)

/* Write IDLINE_BYTES characters and no NUL. */
void idline_format(const uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N], char *ret_line);

/* Read them: 0, or -EINVAL for what no process could have written, half of a change among it. */
int idline_parse(const char *line, uint32_t ret_id[FAKEID_IDKIND_N][CREDS_ID_N]);

#endif
