/* SPDX-License-Identifier: MIT
 * device.h - make a device known to the daemon by its number alone.
 */
#ifndef FAKEID_DEVICE_H
#define FAKEID_DEVICE_H

#include <stdint.h>

#include "session.h"

/* Show the daemon a file on the device, so that it can tell which filesystem it holds. Where none
 * is found the device stays unknown, and the daemon takes no records of it. */
void device_introduce(struct session *session, uint64_t dev);

#endif
