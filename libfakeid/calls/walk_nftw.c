/* SPDX-License-Identifier: MIT
 * walk_nftw.c - ftw and nftw. They stat and open directories inside libc, where no wrapper sees it,
 * so what they hand to the program is patched on its way. What a process may not see is not handed
 * on: libc walks it in vain.
 */

/* Redirects would rename the symbols that are exported here. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include <errno.h>
#include <ftw.h>
#include <string.h>

#include "calls/gate.h"
#include "calls/walk.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/wraps.h"

_Static_assert(sizeof(struct stat) == sizeof(struct stat64), "one layout serves both spellings");

#define INITIAL_EXEC __attribute__((tls_model("initial-exec")))
#define HIDDEN (-1) /* of no type of libc's */

/* The callback has no argument for us, so what the program asked for waits here. One struct for
 * each call in progress: a callback may walk another tree. */
struct walk {
	int (*ftw)(const char *, const struct stat *, int);
	int (*nftw)(const char *, const struct stat *, int, struct FTW *);
	int flags;
	bool is_limited;
	int dirfd; /* where the walk began, to be closed unless AT_FDCWD */
	size_t root_len;
	struct walk *outer;
};

static _Thread_local struct walk *current_walk INITIAL_EXEC;

/* -- for a process that has to be allowed to -- */

static bool can_list(const struct walk *walk, const char *path, size_t len)
{
	char dir[PATH_MAX];

	if (len >= sizeof dir)
		return true;
	memcpy(dir, path, len);
	dir[len] = '\0';
	return gate_list(walk->dirfd, dir) != -EACCES;
}

static bool can_find(const struct walk *walk, const char *path, int at_flags)
{
	WAY struct way way;

	return gate_find(&way, walk->dirfd, path, at_flags) != -EACCES;
}

/* Libc came here by directories that this process may not all read. */
static bool is_hidden(const struct walk *walk, const char *path)
{
	const char *slash = path + walk->root_len;

	if (!*slash)
		return false;
	if (!can_list(walk, path, walk->root_len))
		return true;
	/* The root of all ends with its slash. */
	while ((slash = strchr(slash + 1, '/')) != NULL) {
		if (!can_list(walk, path, (size_t)(slash - path)))
			return true;
	}
	return false;
}

/* The type as this process would find it, or HIDDEN. In the place of what a link leads to, the
 * link. */
static __attribute__((noinline)) int limited_type(const struct walk *walk, const char *path,
						  int type, struct stat *st)
{
	bool follows = !(walk->flags & FTW_PHYS);

	if (is_hidden(walk, path))
		return HIDDEN;
	if (type == FTW_NS)
		return type;
	if (!can_find(walk, path, follows ? 0 : AT_SYMLINK_NOFOLLOW)) {
		if (!follows || !walk->nftw ||
		    wrap_fstatat(walk->dirfd, path, st, AT_SYMLINK_NOFOLLOW) < 0)
			return FTW_NS;
		return S_ISLNK(st->st_mode) ? FTW_SLN : FTW_NS;
	}
	if ((type == FTW_D || type == FTW_DP) && !can_list(walk, path, strlen(path)))
		return FTW_DNR;
	return type;
}

/* -- the callbacks -- */

static int on_ftw(const char *path, const struct stat *st, int type)
{
	struct walk *walk = current_walk;
	struct stat shown = *st;
	int r;

	if (type != FTW_NS)
		walk_patch(path, &shown);
	if (walk->is_limited)
		type = limited_type(walk, path, type, &shown);
	if (type == HIDDEN)
		return 0;
	r = walk->ftw(path, &shown, type);
	current_walk = walk;
	return r;
}

/* The name of the object from where the walk stands. With FTW_CHDIR that is the directory that
 * holds it, but for a directory after its contents: the walk is still inside. */
static const char *name_from_here(const struct walk *walk, const char *path, int type,
				  const struct FTW *position)
{
	if (!(walk->flags & FTW_CHDIR))
		return path;
	if (type == FTW_DP)
		return ".";
	return path[position->base] ? path + position->base : path;
}

static int on_nftw(const char *path, const struct stat *st, int type, struct FTW *position)
{
	struct walk *walk = current_walk;
	const char *name = name_from_here(walk, path, type, position);
	struct stat shown = *st;
	int r;

	if (type != FTW_NS)
		walk_patch(name, &shown);
	if (walk->is_limited)
		type = limited_type(walk, path, type, &shown);
	if (type == HIDDEN)
		return 0;
	r = walk->nftw(path, &shown, type, position);
	current_walk = walk;
	return r;
}

static int on_ftw64(const char *path, const struct stat64 *st, int type)
{
	return on_ftw(path, (const struct stat *)st, type);
}

static int on_nftw64(const char *path, const struct stat64 *st, int type, struct FTW *position)
{
	return on_nftw(path, (const struct stat *)st, type, position);
}

/* -- the calls -- */

/* False, with errno, where the root itself cannot be reached. */
static bool begin(struct walk *walk, const char *dir)
{
	walk->dirfd = AT_FDCWD;
	walk->outer = current_walk;
	walk->is_limited = dir && permit_limited();
	if (walk->is_limited) {
		walk->root_len = strlen(dir);
		while (walk->root_len > 1 && dir[walk->root_len - 1] == '/')
			walk->root_len--;
		if (!can_find(walk, dir, AT_SYMLINK_NOFOLLOW)) {
			errno = EACCES;
			return false;
		}
		/* The walk goes elsewhere, and its names do not. */
		if (walk->flags & FTW_CHDIR)
			walk->dirfd = (int)SYS4(SYS_openat, AT_FDCWD, ".", O_PATH | O_CLOEXEC, 0);
	}
	current_walk = walk;
	return true;
}

static int end(const struct walk *walk, int result)
{
	current_walk = walk->outer;
	if (walk->dirfd >= 0)
		(void)SYS1(SYS_close, walk->dirfd); /* O_PATH: nothing to lose */
	return result;
}

int wrap_ftw(const char *dir, __ftw_func_t callback, int n_fds)
{
	struct walk walk = {.ftw = callback};

	if (!process_on())
		return NEXT(ftw)(dir, callback, n_fds);
	return begin(&walk, dir) ? end(&walk, NEXT(ftw)(dir, on_ftw, n_fds)) : -1;
}

int wrap_ftw64(const char *dir, __ftw64_func_t callback, int n_fds)
{
	struct walk walk = {.ftw = (__ftw_func_t)callback};

	if (!process_on())
		return NEXT(ftw64)(dir, callback, n_fds);
	return begin(&walk, dir) ? end(&walk, NEXT(ftw64)(dir, on_ftw64, n_fds)) : -1;
}

int wrap_nftw(const char *dir, __nftw_func_t callback, int n_fds, int flags)
{
	struct walk walk = {.nftw = callback, .flags = flags};

	if (!process_on())
		return NEXT(nftw)(dir, callback, n_fds, flags);
	return begin(&walk, dir) ? end(&walk, NEXT(nftw)(dir, on_nftw, n_fds, flags)) : -1;
}

int wrap_nftw64(const char *dir, __nftw64_func_t callback, int n_fds, int flags)
{
	struct walk walk = {.nftw = (__nftw_func_t)callback, .flags = flags};

	if (!process_on())
		return NEXT(nftw64)(dir, callback, n_fds, flags);
	return begin(&walk, dir) ? end(&walk, NEXT(nftw64)(dir, on_nftw64, n_fds, flags)) : -1;
}
