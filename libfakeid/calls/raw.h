/* SPDX-License-Identifier: MIT
 * raw.h - bodies of system calls that libc has no function for, reached through syscall().
 */
#ifndef FAKEID_RAW_H
#define FAKEID_RAW_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

long wrap_fchmodat2(int dirfd, const char *path, unsigned mode, int flags);

/* utimensat as the kernel has it: without a path for descriptors, of which AT_FDCWD is none. */
long times_raw(int dirfd, const char *path, const struct timespec times[2], int flags);

struct open_how;
long raw_openat2(int dirfd, const char *path, struct open_how *how, size_t size);

/* What fcntl(2) asks of who is not the file's owner: 0, -EPERM or -EACCES. */
int fcntl_allowed(int fd, int command, long argument);

/* The wrapped form of system call `n`, if it is one that fakeid answers; true and its result. */
bool raw_file_call(long n, const long arg[6], long *ret_result);
bool raw_socket_call(long n, const long arg[6], long *ret_result);
bool raw_send_call(long n, const long arg[6], long *ret_result);
bool raw_ids_call(long n, const long arg[6], long *ret_result);
bool raw_signal_call(long n, const long arg[6], long *ret_result);
bool raw_priority_call(long n, const long arg[6], long *ret_result);
bool raw_trace_call(long n, const long arg[6], long *ret_result);
bool raw_inode_call(long n, const long arg[6], long *ret_result);
bool raw_lookup_call(long n, const long arg[6], long *ret_result);

/* The same for calls that write. */
bool raw_write_call(long n, const long arg[6], long *ret_result);

/* The same for extended attributes and directory entries: the part of it in rawcall_xattr.c. */
bool raw_xattr_call(long n, const long arg[6], long *ret_result);

#endif
