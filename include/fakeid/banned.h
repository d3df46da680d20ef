/* SPDX-License-Identifier: MIT
 * banned.h - calls that this project does without: each of them writes past an end, cannot report
 * an error, or changes what belongs to the program around us. Using one is a compile error. Include
 * it last, after every system header; a header included later could not declare its own functions.
 */
#ifndef FAKEID_BANNED_H
#define FAKEID_BANNED_H

/* No length: the destination decides nothing. Use memcpy with a checked size. */
#undef strcpy
#undef strcat
#undef stpcpy
#undef sprintf
#undef vsprintf
#undef alloca
#pragma GCC poison strcpy strcat stpcpy sprintf vsprintf alloca

/* Leaves strings without an end, or keeps its place in a static. */
#undef strncpy
#undef strncat
#undef strtok
#pragma GCC poison strncpy strncat strtok

/* Cannot tell an overflow or an empty string from a number. Use the bounded parser. */
#undef atoi
#undef atol
#undef atoll
#pragma GCC poison atoi atol atoll

#endif
