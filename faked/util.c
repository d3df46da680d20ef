/* SPDX-License-Identifier: MIT
 * util.c - the clock and the few file helpers everybody here needs.
 */
#include "util.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

int64_t util_now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t util_now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* cannot fail for this clock */
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

int64_t util_uptime_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail for this clock */
	return now.tv_sec;
}

int util_write(int fd, const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	while (size > 0) {
		ssize_t n = write(fd, at, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;

		at += n;
		size -= (size_t)n;
	}
	return 0;
}

ssize_t util_read_file(int dirfd, const char *path, void *ret_bytes, size_t size)
{
	autoclose int fd = openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	uint8_t *at = ret_bytes;
	size_t used = 0;

	if (fd < 0)
		return -errno;

	for (;;) {
		uint8_t more;
		ssize_t n = used < size ? read(fd, at + used, size - used) : read(fd, &more, 1);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;

		if (n == 0)
			return (ssize_t)used;

		if (used == size)
			return -EFBIG;

		used += (size_t)n;
	}
}

int util_replace_file(int dirfd, const char *name, const void *bytes, size_t size)
{
	char temporary[64];
	autoclose int fd = -1;
	int r;

	(void)snprintf(temporary, sizeof(temporary), "%.32s.new", name);
	(void)unlinkat(dirfd, temporary, 0); /* left by a daemon that died here */
	fd = openat(dirfd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;

	r = util_write(fd, bytes, size);
	if (r == 0 && renameat(dirfd, temporary, dirfd, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dirfd, temporary, 0);
	return r;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';

	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int util_boot_id(uint8_t ret_id[UTIL_BOOT_ID_BYTES])
{
	char text[64];
	uint8_t id[UTIL_BOOT_ID_BYTES] = {0};
	size_t n_digits = 0;
	ssize_t n = util_read_file(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text, sizeof(text));

	if (n < 0)
		return (int)n;

	for (ssize_t i = 0; i < n; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0)
			continue;
		if (n_digits == 2 * sizeof(id))
			return -EBADMSG;

		id[n_digits / 2] |= (uint8_t)(digit << (n_digits % 2 ? 0 : 4));
		n_digits++;
	}
	if (n_digits != 2 * sizeof(id))
		return -EBADMSG;

	memcpy(ret_id, id, sizeof(id));
	return 0;
}

int util_parse(const char *text, long first, long last, long *ret_value)
{
	long value = 0;

	if (!*text)
		return -EINVAL;

	for (; *text; text++) {
		if (*text < '0' || *text > '9' || value > (last - (*text - '0')) / 10)
			return -EINVAL;

		value = value * 10 + (*text - '0');
	}
	if (value < first)
		return -EINVAL;

	*ret_value = value;
	return 0;
}
