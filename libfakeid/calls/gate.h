/* SPDX-License-Identifier: MIT
 * gate.h - what a process that lacks root's capabilities is asked before a call: one function for
 * each kind of call. Each walks the way and answers 0, after which the call goes on with the names
 * in `way`, or the kernel's error. Whatever has nothing to do with rights is left to the call
 * itself, so that the order of errors is the kernel's. Every `way` is valid for way_end()
 * afterwards.
 */
#ifndef FAKEID_GATE_H
#define FAKEID_GATE_H

#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include "shim/way.h"

/* To an object that must exist, with at_flags as of fstatat(2). */
int gate_find(struct way *way, int dirfd, const char *path, int at_flags);

/* open(2); then access(2) as whom `how` says, execve(2). */
int gate_open(struct way *way, int dirfd, const char *path, int flags);
/* openat2(2) with RESOLVE flags. */
struct open_how;
int gate_resolve(int dirfd, const char *path, const struct open_how *how);
/* For every process, root too, whose open of a file with O_CREAT failed for another reason: does a
 * sticky directory protect what is there already? 0 or -EACCES. */
int gate_sticky_open(int dirfd, const char *path, int flags);

int gate_access(struct way *way, int dirfd, const char *path, int mode, unsigned how);
int gate_exec(int dirfd, const char *path, int at_flags);

/* To a directory that is to be read, and one to stay in. */
int gate_list(int dirfd, const char *path);
int gate_enter(struct way *way, int dirfd, const char *path, int at_flags);

/* Names: to be made, removed (flags as of unlinkat), moved and linked. */
int gate_may_create(
	const struct way *way); /* once walked: an id that files can have comes before rights */
int gate_create(struct way *way, int dirfd, const char *path, bool is_dir);
int gate_remove(struct way *way, int dirfd, const char *path, int flags);
int gate_rename(struct way *from, int from_dirfd, const char *from_path, struct way *to,
		int to_dirfd, const char *to_path, unsigned flags);
int gate_link(struct way *from, int from_dirfd, const char *from_path, struct way *to, int to_dirfd,
	      const char *to_path, int flags);

/* `r`, or -EROFS if it is an error where nobody can write: the kernel asks that before it asks who
 * wants to. */
int gate_unless_read_only(const struct way *way, int r);

/* The same where the kernel asks for rights first, unless the file system as a whole is read-only;
 * what is no file's data can be written in any case. */
int gate_unless_closed(const struct way *way, int r);

/* truncate(2). */
int gate_truncate(struct way *way, const char *path);

/* The name of a file in a socket's address; false where there is none, or the address cannot be
 * read. */
bool gate_socket_path(const struct sockaddr *address, socklen_t size,
		      char ret_path[sizeof(struct sockaddr_un)]);

/* bind(2) and connect(2) to a socket with a name; others pass. */
int gate_socket(const struct sockaddr *address, socklen_t size, bool binds);

/* Is what a socket's name leads to a virtual device? Asked in every process. */
bool gate_is_device(const struct sockaddr *address, socklen_t size);

/* Of a file that was looked at, in a call that may be by descriptor. chmod: `*mode` less what may
 * not be. chown: what is left of the mode, if that is less, too. */
int gate_chmod(const struct file *file, mode_t *mode);
int gate_chown(const struct file *file, uint32_t uid, uint32_t gid, struct change *change);

/* An extended attribute that fakeid does not keep: xattr_permission(). */
int gate_xattr(const struct file *file, int dirfd, const char *path, int at_flags, const char *name,
	       bool changes);

#endif
