/* SPDX-License-Identifier: MIT
 * flags.h - names of open(2)'s, chmod(2)'s and other calls' flags in sequences and tables.
 */
#ifndef FLAGS_H
#define FLAGS_H

#include <stdbool.h>

/* O_CREAT|O_EXCL, AT_EMPTY_PATH, S_IFREG|0644, 0: names, and numbers to `base`. False for others. */
bool flags_parse(const char *word, int base, long *ret_value);

#endif
