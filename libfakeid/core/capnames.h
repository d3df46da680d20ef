/* SPDX-License-Identifier: MIT
 * capnames.h - capabilities by their names, as in capabilities(7) and without the "cap_". Pure.
 */
#ifndef FAKEID_CAPNAMES_H
#define FAKEID_CAPNAMES_H

#include <stddef.h>
#include <stdint.h>

/* The name of capability `cap`, which is below CREDS_CAP_COUNT, in small letters. */
const char *capnames_name(unsigned cap);

/* Read a list: names separated by commas, in letters of any size, with or without "cap_"; "all" is
 * every one there is, "none" none. Returns 0, or -EINVAL; then *ret_bad (with *ret_bad_len) is the
 * word that is no name, which may be empty, and *ret_set keeps its value. */
int capnames_parse(const char *text, uint64_t *ret_set, const char **ret_bad, size_t *ret_bad_len);

/* Room for the longest list, its NUL included. */
#define CAPNAMES_TEXT_BYTES 640u

/* Write a list that capnames_parse() reads as `set`: "all", "none", or the names. */
void capnames_format(uint64_t set, char ret_text[CAPNAMES_TEXT_BYTES]);

#endif
