/* SPDX-License-Identifier: MIT
 * places.h - where the daemon and the library lie: named by the environment, in the build tree this
 * program was started from, or installed.
 */
#ifndef FAKEID_PLACES_H
#define FAKEID_PLACES_H

#include <limits.h>

#include "trouble.h"

int places_faked(char ret_path[PATH_MAX], struct trouble *trouble);
int places_library(char ret_path[PATH_MAX], struct trouble *trouble);

#endif
