/* SPDX-License-Identifier: MIT
 * outside.h - a few calls as they are outside of any session: inside one, the library that we run
 * under would answer them. libc's own functions are found by asking libc alone.
 */
#ifndef FAKEID_OUTSIDE_H
#define FAKEID_OUTSIDE_H

#include <stdint.h>

struct statx;

uint32_t outside_uid(void); /* effective, as the kernel has it */
uint32_t outside_gid(void);

struct sockaddr;

/* Our own files belong to no virtual user. */
int outside_openat(int dirfd, const char *path, int flags);
int outside_faccessat(int dirfd, const char *path, int mode, int flags);
int outside_connect(int fd, const struct sockaddr *address, uint32_t size);

/* open(2) and statx(2), for looking at a file: 0 or a descriptor, or negative errno. */
int outside_open(const char *path, int flags);
int outside_statx(const char *path, int flags, unsigned mask, struct statx *ret_stx);

/* execvpe(3) of `environ`, which the library would bring back to its own session's. Returns only
 * -errno. */
int outside_exec(char **command);

/* The same for a file that is known. */
int outside_exec_file(const char *path, char **words);

#endif
