/* SPDX-License-Identifier: MIT
 * device.c - make a device known to the daemon by its number alone: the current directory or some
 * mount point lies on it. mountinfo's own device numbers are not those that stat shows on btrfs, so
 * we look.
 */
#include "device.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auto.h"
#include "core/cursor.h"

/* Returns true once the daemon knows the device. */
static bool try_path(struct session *session, uint64_t dev, const char *path)
{
	autoclose int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	uint8_t body[12], reply[4];
	struct writer w = {.at = body, .left = sizeof(body)};
	size_t size = sizeof(reply);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_dev != dev)
		return false;

	write_u32(&w, session->fsns);
	write_u64(&w, dev);
	return session_ask(session, WIRE_VOLUME, body, sizeof(body), fd, reply, &size,
			   WIRE_REPLY_MS) == 0;
}

/* mountinfo writes blanks, tabs, line breaks and backslashes as \\ooo. In place. */
static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') << 6 | (from[2] - '0') << 3 | (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
}

/* The fifth word of a line: id, parent, device, root, mount point. */
static char *mount_point(char *line)
{
	char *word = NULL;

	for (int i = 0; i < 5; i++) {
		word = strsep(&line, " ");
		if (!word || !line)
			return NULL;
	}
	unescape(word);
	return word;
}

void device_introduce(struct session *session, uint64_t dev)
{
	autofclose FILE *mounts = NULL;
	autofree char *line = NULL;
	size_t capacity = 0;

	if (try_path(session, dev, "."))
		return;

	mounts = fopen("/proc/self/mountinfo", "re");
	while (mounts && getline(&line, &capacity, mounts) > 0) {
		char *path = mount_point(line);

		if (path && try_path(session, dev, path))
			return;
	}
}
