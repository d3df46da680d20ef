/* SPDX-License-Identifier: MIT
 * print.h - stdout: whether it took what was printed, and texts that may hold any bytes.
 */
#ifndef FAKEID_PRINT_H
#define FAKEID_PRINT_H

#include <stddef.h>

/* To be called first. Where 0, 1 or 2 is closed the next descriptor would get its number, and
 * messages would go into a socket. The stand-ins refuse to be read and written, and close at exec:
 * the command finds what we found. */
void print_begin(void);

/* Whether all that was printed is out; else -1, and "program: output: why" on stderr. */
int print_end(const char *program);

/* As one JSON string, quotes included. A byte that is no UTF-8 becomes \udc80 to \udcff, as in
 * Python's surrogateescape, so that nothing is lost. */
void print_json_string(const char *bytes, size_t size);

/* On one line whatever it holds: \ooo for control characters and the backslash. */
void print_escaped(const char *text);

#endif
