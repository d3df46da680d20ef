/* SPDX-License-Identifier: MIT
 * cross.h - what the parts of cross share: credentials in messages, and the tests by name.
 */
#ifndef FAKEID_CROSS_H
#define FAKEID_CROSS_H

#include <sys/socket.h>

#include "expect.h"

#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif

/* How messages go: as bare system calls, through the calls for many. */
extern bool bare, many;

ssize_t send_any(int fd, struct msghdr *message);
ssize_t receive_any(int fd, struct msghdr *message);

/* One byte, with `cred` unless that is NULL. 0 or the error. */
int send_creds(int fd, const struct ucred *cred);
struct ucred receive_creds(int fd);
void want_creds(int fd);

/* Connected; the first end wants credentials. */
void make_pair(int ends[2]);

struct ucred peer_of(int fd);
bool is(struct ucred cred, pid_t pid, uid_t uid, gid_t gid);

/* cross_sockets.c */
void test_self(void);
void test_nobody(void);
void test_children(void);
void test_clone(void);
void test_gone(void);
void test_large(void);
void test_title(void);
void test_filtered(void);

/* cross_proc.c */
void test_torn(void);
void test_walk(void);
void test_owner(void);
void test_doors(void);

#endif
