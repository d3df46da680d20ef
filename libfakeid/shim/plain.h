/* SPDX-License-Identifier: MIT
 * plain.h - put before every file of the shim by the compiler (-include, libfakeid/local.mk).
 * Fortify and large-file macros rename or drop the libc functions that these files define:
 * measured, clang left out getgroups and readlink, gcc made open and open64 one symbol. CFLAGS come
 * after ours on the command line, so only undoing the macros in the source holds for every builder.
 */
#ifndef FAKEID_PLAIN_H
#define FAKEID_PLAIN_H

#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#endif
