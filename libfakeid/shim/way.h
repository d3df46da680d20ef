/* SPDX-License-Identifier: MIT
 * way.h - the way to a file, walked component by component, for a process that has to be allowed to
 * search each directory on it. Ends at the directory that holds the last name, so that what was
 * checked is what the call then acts on.
 */
#ifndef FAKEID_WAY_H
#define FAKEID_WAY_H

#include <limits.h>

#include "shim/permit.h"

enum way_how {
	WAY_FOLLOW = 0,
	WAY_NOFOLLOW =
		1 << 0,	      /* a symlink at the end is the object, but where a slash follows it */
	WAY_PARENT = 1 << 1,  /* the name itself is what counts: to be made, moved or removed */
	WAY_EMPTY = 1 << 2,   /* an empty path is `dirfd` itself */
	WAY_REAL = 1 << 3,    /* as access(2) asks */
	WAY_CREATE = 1 << 4,  /* O_CREAT: a slash at the end is the caller's to judge */
	WAY_IN_ROOT = 1 << 5, /* `dirfd` is the root of all names */
};

struct way {
	struct access_subject who;
	/* What to call the object from now on: no symlink is left to follow. */
	int dirfd;
	const char *path;
	int fd;		/* to be closed, or -1: `dirfd` where that is not the caller's */
	bool exists;	/* `file` is the object */
	bool is_dot;	/* the last name is ".", ".." or "/", or none was walked to: no `dir` */
	bool is_magic;	/* it is a link of procfs, and `file` what that leads to */
	bool has_slash; /* slashes follow the last name */
	bool is_in_root;
	int root; /* where so */
	struct file dir, file;
	char buffer[PATH_MAX];
};

/* 0 or negative errno, as the kernel's look-up: a name that does not exist is no error at the
 * end. */
int way_walk(struct way *way, int dirfd, const char *path, unsigned how);
void way_end(struct way *way);
#define WAY __attribute__((cleanup(way_end)))

/* The object in one path, for calls that take no more; the program's own `path` where none is to be
 * had. */
#define WAY_NAME_BYTES 320u
const char *way_name(const struct way *way, char ret_name[WAY_NAME_BYTES], const char *path);

/* permit_ask() for the object, and for the directory that holds it. */
int way_permit(const struct way *way, unsigned mask);
int way_permit_dir(const struct way *way, unsigned mask);

#endif
