/* SPDX-License-Identifier: MIT
 * announce.h - tell other processes our ids: FAKEID_IDS in the environment block that the kernel
 * serves as /proc/PID/environ. No table to share, nothing to reclaim: it is made and goes with the
 * process.
 */
#ifndef FAKEID_ANNOUNCE_H
#define FAKEID_ANNOUNCE_H

#include <stdint.h>

/* `value`: of FAKEID_IDS as this program started, NULL if there was none. Afterwards it says our
 * ids. `name`: where the kernel put the name of the program. */
void announce_start(char *value, uintptr_t name);

/* Our ids have changed. From any thread or signal handler; costs no system call. */
void announce(void);

#endif
