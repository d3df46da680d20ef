/* SPDX-License-Identifier: MIT
 * print.h - texts on stdout that may hold any bytes.
 */
#ifndef FAKEID_PRINT_H
#define FAKEID_PRINT_H

#include <stddef.h>

/* As one JSON string, quotes included. A byte that is no UTF-8 becomes \udc80 to \udcff, as in
 * Python's surrogateescape, so that nothing is lost. */
void print_json_string(const char *bytes, size_t size);

/* On one line whatever it holds: \ooo for control characters and the backslash. */
void print_escaped(const char *text);

#endif
