/* SPDX-License-Identifier: MIT
 * others.h - the parts of others.c.
 */
#ifndef FAKEID_TESTS_OTHERS_H
#define FAKEID_TESTS_OTHERS_H

#include <sys/types.h>

/* "CALL=ok", or the name of the error. */
void say(const char *call, long r);

/* Calls that look into another process, or take hold of it. */
void try_looks(pid_t pid);

#endif
