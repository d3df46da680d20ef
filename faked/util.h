/* SPDX-License-Identifier: MIT
 * util.h - clean-up attributes, the clock, and file helpers that keep to negative errno.
 */
#ifndef FAKED_UTIL_H
#define FAKED_UTIL_H

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/types.h>
#include <unistd.h>

static inline void util_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void util_close(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it that close could lose */
	errno = saved;
}

#define autofree __attribute__((cleanup(util_free)))
#define autoclose __attribute__((cleanup(util_close)))

/* Hand a variable over and leave `empty` behind, so that its clean-up does nothing. */
#define TAKE(variable, empty)                             \
	(__extension__({                                  \
		__typeof__(variable) taken_ = (variable); \
		(variable) = (empty);                     \
		taken_;                                   \
	}))

#define UTIL_BOOT_ID_BYTES 16u

/* Milliseconds of a clock that never jumps. */
int64_t util_now_ms(void);

/* The same in nanoseconds. */
int64_t util_now_ns(void);

/* Seconds since the machine was booted. */
int64_t util_uptime_s(void);

/* Write all of it; 0 or -errno. */
int util_write(int fd, const void *bytes, size_t size);

/* Read a small file whole; returns the bytes read, or -errno; -EFBIG when it does not fit. */
ssize_t util_read_file(int dirfd, const char *path, void *ret_bytes, size_t size);

/* Put `bytes` into the file by a temporary name and a rename, so that a reader sees all or
 * nothing. */
int util_replace_file(int dirfd, const char *name, const void *bytes, size_t size);

/* Which boot of this machine this is; 0 or -errno. */
int util_boot_id(uint8_t ret_id[UTIL_BOOT_ID_BYTES]);

/* A decimal number from `first` to `last` and nothing else; 0 or -EINVAL. */
int util_parse(const char *text, long first, long last, long *ret_value);

#endif
