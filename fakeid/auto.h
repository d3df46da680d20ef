/* SPDX-License-Identifier: MIT
 * auto.h - clean-up at the end of a scope, errno kept.
 */
#ifndef FAKEID_AUTO_H
#define FAKEID_AUTO_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void auto_close(const int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* nothing was written through it, or fsync said so before */
	errno = saved;
}

static inline void auto_free(void *pointer)
{
	free(*(void **)pointer);
}

static inline void auto_fclose(FILE **file)
{
	if (*file)
		(void)fclose(*file); /* writers close by hand and look at the result */
}

#define autoclose __attribute__((cleanup(auto_close)))
#define autofree __attribute__((cleanup(auto_free)))
#define autofclose __attribute__((cleanup(auto_fclose)))

/* Hand a descriptor over to the caller. */
static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#endif
