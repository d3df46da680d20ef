/* SPDX-License-Identifier: MIT
 * open.h - the body of every open, for the spellings in open.c, stream.c and rawcall.c.
 */
#ifndef FAKEID_OPEN_H
#define FAKEID_OPEN_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct open_how;

/* How to make the real call: libc's function, which is a cancellation point, or the system call a
 * program made itself. >= 0 or negative errno. */
typedef long open_fn(void *context, int dirfd, const char *path, int flags, mode_t mode);

/* As open(2) and openat(2) read them: O_PATH beats what would make or change a file. openat2(2)
 * refuses such a mixture. */
static inline int open_flags(int flags)
{
	const int kept = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

	return __builtin_expect(flags & O_PATH, 0) ? flags & kept : flags;
}

/* Open, and do what a real root's kernel would: virtual devices open the host's, new files get the
 * creator's ids and mode, files that only their own mode bits close are opened. */
long open_file(open_fn *real, void *context, int dirfd, const char *path, int flags, mode_t mode);

/* The same for a file that the process may open in any case, or whose way only the kernel can
 * go. */
long open_allowed(open_fn *real, void *context, int dirfd, const char *path, int flags,
		  mode_t mode);

/* The machine's own device that a virtual one opens as, or NULL. */
struct record;
const char *open_host_device(const struct record *record);

/* POSIX wants the lowest number that is free, and the way held one: `fd`, or what it is from now on;
 * flags: O_CLOEXEC. */
struct way;
long open_lowest(long fd, struct way *way, int flags);

/* Creation by a libc function that opens inside: begin before it, end with its descriptor (or -1
 * and the path). begin: 0, or negative errno when there is no room. `path` may be NULL, or a
 * template. */
struct creation {
	bool needed, existed;
	bool through_link; /* a symbolic link to a name that is yet to be made */
	unsigned asked;
	uint64_t moment; /* seen.h */
};
int creation_begin(struct creation *creation, int dirfd, const char *path, unsigned asked);
int creation_end(const struct creation *creation, int dirfd, const char *path, int fd);

#endif
