/* SPDX-License-Identifier: MIT
 * expect.h - what the small programs share: say what went wrong and end, and look at an owner.
 * Written for programs without descriptors, memory or luck: no stdio.
 */
#ifndef FAKEID_EXPECT_H
#define FAKEID_EXPECT_H

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

static inline void expect_say(const char *text)
{
	/* Nobody to tell if this fails too; the exit status still does. */
	if (write(STDERR_FILENO, text, strlen(text)) < 0)
		return;
}

#define EXPECT_TEXT2(x) #x
#define EXPECT_TEXT(x) EXPECT_TEXT2(x)

/* End the program unless `condition` holds. */
#define expect(condition)                                                                     \
	do {                                                                                  \
		if (!(condition)) {                                                           \
			expect_say(__FILE__ ":" EXPECT_TEXT(__LINE__) ": not so: " #condition \
								      "\n");                  \
			_exit(1);                                                             \
		}                                                                             \
	} while (0)

static inline bool shows(const char *path, uid_t uid, gid_t gid)
{
	struct stat st;

	return stat(path, &st) == 0 && st.st_uid == uid && st.st_gid == gid;
}

#endif
