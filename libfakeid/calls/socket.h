/* SPDX-License-Identifier: MIT
 * socket.h - credentials in the control data of messages.
 */
#ifndef FAKEID_CALLS_SOCKET_H
#define FAKEID_CALLS_SOCKET_H

#include <sys/socket.h>

/* The next credentials in control data, NULL at the end. *at, NULL at first, is where the search
 * is. */
struct cmsghdr *socket_next_creds(const struct msghdr *message, struct cmsghdr *at);

#endif
