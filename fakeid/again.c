/* SPDX-License-Identifier: MIT
 * again.c - the launcher runs itself again, inside of the session.
 */
#include "again.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "core/index.h"
#include "outside.h"

/* Not for users: nobody else has a reason to leave all options out. */
#define AGAIN_WORD "--exec-inside"
#define SELF "/proc/self/exe"

bool again_is_needed(const struct session *session)
{
	uint8_t head[offsetof(struct index_header, n_volumes)]; /* the volumes are a page */
	char name[sizeof(FAKEID_RUN_NAME) + 32];
	autoclose int fd = -1;
	uint64_t magic = 0;
	uint32_t flags = 0;

	(void)snprintf(name, sizeof(name), FAKEID_RUN_NAME "/" FAKEID_SEGMENT_FORMAT,
		       session->fsns); /* sized for it */
	fd = outside_openat(session->state.fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
		return true; /* the library will find out what is wrong */

	memcpy(&magic, head + offsetof(struct index_header, magic), sizeof(magic));
	memcpy(&flags, head + offsetof(struct index_header, flags), sizeof(flags));
	/* With maps, or by -u, the machine's own files show as other users' than root. */
	return magic != INDEX_MAGIC || session->flags ||
	       (flags & INDEX_MAY(INDEX_HAS_SUID | INDEX_HAS_CAPS));
}

int again_exec(char **command)
{
	size_t n = 0;
	autofree char **words = NULL;

	while (command[n])
		n++;
	words = malloc((n + 3) * sizeof(*words));
	if (!words)
		return -ENOMEM;

	words[0] = (char *)(uintptr_t) "fakeid"; /* exec only reads them */
	words[1] = (char *)(uintptr_t)AGAIN_WORD;
	memcpy(words + 2, command, (n + 1) * sizeof(*words));
	return outside_exec_file(SELF, words);
}

char **again_command(int argc, char **argv)
{
	return argc > 2 && strcmp(argv[1], AGAIN_WORD) == 0 ? argv + 2 : NULL;
}
