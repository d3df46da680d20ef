/* SPDX-License-Identifier: MIT
 * caps.h - prctl without its variable arguments, for the shell and for syscall().
 */
#ifndef FAKEID_CAPS_H
#define FAKEID_CAPS_H

/* `arg` holds arg2 to arg5. Returns the result, >= 0 or negative errno. */
long caps_prctl(int option, const unsigned long arg[4]);

#endif
