/* SPDX-License-Identifier: MIT
 * say.c - the daemon's few lines for people: on stderr, and in DIR/log, which stays small.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon.h"

#define LOG_NAME "log"
#define LOG_MAX_BYTES 65536

void daemon_say(const struct daemon *daemon, const char *format, ...)
{
	char line[1024];
	autoclose int fd = -1;
	struct stat st;
	va_list args;
	int n, size;

	n = snprintf(line, sizeof(line), "faked[%d]: ", getpid());
	va_start(args, format);
	size = vsnprintf(line + n, sizeof(line) - (size_t)n - 1, format, args);
	va_end(args);
	if (size < 0)
		return;

	n = (int)strlen(line);
	line[n++] = '\n';
	(void)util_write(STDERR_FILENO, line, (size_t)n); /* nowhere else to say it */
	if (daemon->dirfd < 0)
		return;

	fd = openat(daemon->dirfd, LOG_NAME, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW,
		    0600);
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > LOG_MAX_BYTES)
		return;

	(void)util_write(fd, line, (size_t)n); /* likewise */
}
