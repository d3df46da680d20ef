/* SPDX-License-Identifier: MIT
 * rules_linux.h - calls of rules that take more than a line. Each answers as a system call does, with
 * errno.
 */
#ifndef FAKEID_TESTS_RULES_LINUX_H
#define FAKEID_TESTS_RULES_LINUX_H

#include <stdint.h>

#ifndef SYS_file_getattr
#define SYS_file_getattr 468
#define SYS_file_setattr 469
#endif

long chattr(int fd, unsigned flag);
long set_extended(int fd, unsigned flag);
long set_hint(int fd, int command, uint64_t hint);
long set_attributes(int dirfd, const char *path, int at_flags);
long get_handle(int dirfd, const char *path, int flags);
long watch_events(int dirfd, const char *path, unsigned flags);
long read_mounts(const char *path, const char *mode);
long ask_cache(int fd);
long open_within(int dirfd, const char *path, int flags, uint64_t resolve);
long send_to(const char *path, int by); /* sendto, sendmsg, sendmmsg, and these two by number */

#endif
