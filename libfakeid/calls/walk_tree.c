/* SPDX-License-Identifier: MIT
 * walk_tree.c - fts. It stats inside libc, where no wrapper sees it, so what it hands to the
 * program is patched on its way.
 */

/* Redirects would rename the symbols that are exported here. */
#undef _FORTIFY_SOURCE
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include <errno.h>
#include <fts.h>
#include <limits.h>

#include "calls/gate.h"
#include "calls/walk.h"
#include "shim/attach.h"
#include "shim/file.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/text.h"
#include "shim/wraps.h"

_Static_assert(sizeof(struct stat) == sizeof(struct stat64) && sizeof(FTSENT) == sizeof(FTSENT64) &&
		       sizeof(FTS) == sizeof(FTS64),
	       "one layout serves both spellings");

#define INITIAL_EXEC __attribute__((tls_model("initial-exec")))

void walk_patch(const char *path, struct stat *st)
{
	/* What is not a symlink here is the same object with and without following. */
	int at_flags = S_ISLNK(st->st_mode) ? AT_SYMLINK_NOFOLLOW : 0;

	/* On an error what is there stays: no callback can be told of it. */
	(void)file_patch_stat(AT_FDCWD, path, at_flags, st);
}

typedef int fts_compare(const FTSENT **, const FTSENT **);
typedef int fts_field(const void *,
		      const void *); /* the same function, as struct FTS declares it */

/* fts sorts while it builds a list, before any of it comes by here, so the comparison has to patch
 * too. The program's own waits here for the length of one call. `dir` names the directory whose
 * entries are sorted, NULL where they are named from the working directory. */
struct fts_call {
	fts_field *compare;
	const char *dir;
	int options;
};

static _Thread_local struct fts_call *current_fts INITIAL_EXEC;

static bool has_stat(const FTSENT *entry)
{
	switch (entry->fts_info) {
	case FTS_NS:
	case FTS_NSOK:
	case FTS_ERR:
	case FTS_INIT:
		return false;
	default:
		return true;
	}
}

static bool some_virtual_device(void)
{
	struct index_view view;

	return attach_view(&view) == 0 &&
	       atomic_load_explicit(&view.cur->header->flags, memory_order_acquire) &
		       INDEX_MAY(INDEX_HAS_NODES);
}

/* With FTS_NOSTAT libc looks at the type only, and an entry has no room for a stat. */
static void patch_entry(FTSENT *entry, const char *path, int options)
{
	struct file file;
	mode_t mode;

	if (!has_stat(entry))
		return;
	if (!(options & FTS_NOSTAT)) {
		walk_patch(path, entry->fts_statp);
		mode = entry->fts_statp->st_mode;
	} else if (entry->fts_info == FTS_F && some_virtual_device() &&
		   file_look(AT_FDCWD, path, 0, &file) == 0) {
		file_show(&file, &file.stx);
		mode = file.stx.stx_mode;
	} else {
		return;
	}
	if (entry->fts_info == FTS_F && !S_ISREG(mode))
		entry->fts_info = FTS_DEFAULT;
}

/* An entry of a list, named through its directory. */
static void patch_listed(FTSENT *entry, const char *dir, int options)
{
	char path[PATH_MAX];
	struct text text = text_into(path, sizeof(path));

	if (dir) {
		text_add(&text, dir);
		text_add(&text, "/");
	}
	text_add_bytes(&text, entry->fts_name, entry->fts_namelen);
	if (text_end(&text))
		patch_entry(entry, path, options);
}

static int patch_and_compare(const void *a, const void *b)
{
	struct fts_call *call = current_fts;
	int r;

	patch_listed(*(FTSENT *const *)a, call->dir, call->options);
	patch_listed(*(FTSENT *const *)b, call->dir, call->options);
	r = call->compare(a, b);
	current_fts = call;
	return r;
}

/* The comparison is in a public field of the handle, so ours stands in for it just as long as libc
 * is at work, and the handle needs no table of ours. */
static struct fts_call *begin_call(FTS *fts, struct fts_call *call, const char *dir)
{
	struct fts_call *outer = current_fts;

	call->compare = fts->fts_compar;
	call->dir = dir;
	call->options = fts->fts_options;
	current_fts = call;
	if (call->compare)
		fts->fts_compar = patch_and_compare;
	return outer;
}

static void end_call(FTS *fts, struct fts_call *call, struct fts_call *outer)
{
	fts->fts_compar = call->compare;
	current_fts = outer;
}

FAKEID_EXPORT FTS *fts_open(char *const *paths, int options, fts_compare *compare)
{
	struct fts_call call = {(fts_field *)compare, NULL, options}, *outer = current_fts;
	FTS *fts;

	if (!process_on() || !compare)
		return NEXT(fts_open)(paths, options, compare);
	current_fts = &call;
	fts = NEXT(fts_open)(paths, options, (fts_compare *)patch_and_compare);
	current_fts = outer;
	if (fts)
		fts->fts_compar = call.compare;
	return fts;
}

/* The directory that fts_read() or fts_children() lists next, as seen from where libc sorts:
 * fts_read() has gone into it by then, unless it was told not to change directories. */
static const char *dir_of_list(const FTS *fts, bool inside)
{
	const FTSENT *cur = fts->fts_cur;

	if (!cur || cur->fts_info == FTS_INIT || (inside && !(fts->fts_options & FTS_NOCHDIR)))
		return NULL;
	return cur->fts_accpath;
}

/* -- what libc opens inside, a process that has to be allowed to may not have -- */

/* A directory that was returned before its contents comes again if it cannot be read, or not be gone
 * into, which is how libc lists it unless it is told not to. */
static bool is_closed(FTS *fts)
{
	FTSENT *entry = fts->fts_cur;
	unsigned short info = FTS_DNR;
	WAY struct way way;
	int r;

	way.fd = -1;

	if (!permit_limited() || !entry || entry->fts_info != FTS_D ||
	    entry->fts_instr != FTS_NOINSTR ||
	    ((fts->fts_options & FTS_XDEV) && entry->fts_dev != fts->fts_dev))
		return false;
	r = gate_list(AT_FDCWD, entry->fts_accpath);
	if (r == 0 && !(fts->fts_options & FTS_NOCHDIR)) {
		r = gate_enter(&way, AT_FDCWD, entry->fts_accpath, 0);
		info = FTS_DP;
	}
	if (r == 0)
		return false;
	entry->fts_info = info;
	entry->fts_errno = -r;
	return true;
}

/* What lies in a directory that can be read and not searched is a name and no more. */
static void hide_unreachable(FTSENT *entry)
{
	WAY struct way way;
	int r;

	way.fd = -1;
	if (!permit_limited() || (!has_stat(entry) && entry->fts_info != FTS_NS) ||
	    entry->fts_info == FTS_DP)
		return;
	r = gate_find(&way, AT_FDCWD, entry->fts_accpath, AT_SYMLINK_NOFOLLOW);
	if (r != -EACCES)
		return;
	entry->fts_info = FTS_NS;
	entry->fts_errno = EACCES;
}

FAKEID_EXPORT FTSENT *fts_read(FTS *fts)
{
	struct fts_call call, *outer;
	FTSENT *entry;

	if (!process_on())
		return NEXT(fts_read)(fts);
	if (is_closed(fts))
		return fts->fts_cur;
	outer = begin_call(fts, &call, dir_of_list(fts, true));
	entry = NEXT(fts_read)(fts);
	end_call(fts, &call, outer);
	if (entry)
		hide_unreachable(entry);
	if (entry)
		patch_entry(entry, entry->fts_accpath, fts->fts_options);
	return entry;
}

static bool is_unlisted(const FTS *fts)
{
	const FTSENT *entry = fts->fts_cur;
	int r = permit_limited() && entry && entry->fts_info == FTS_D
			? gate_list(AT_FDCWD, entry->fts_accpath)
			: 0;

	if (r < 0)
		errno = -r;
	return r < 0;
}

FAKEID_EXPORT FTSENT *fts_children(FTS *fts, int instructions)
{
	struct fts_call call, *outer;
	FTSENT *list;
	const char *dir;

	if (!process_on())
		return NEXT(fts_children)(fts, instructions);
	if (is_unlisted(fts))
		return NULL;
	dir = dir_of_list(fts, false);
	outer = begin_call(fts, &call, dir);
	list = NEXT(fts_children)(fts, instructions);
	end_call(fts, &call, outer);
	for (FTSENT *entry = list; entry && !(instructions & FTS_NAMEONLY); entry = entry->fts_link)
		patch_listed(entry, dir, fts->fts_options);
	return list;
}

FAKEID_EXPORT FTS64 *fts64_open(char *const *paths, int options,
				int (*compare)(const FTSENT64 **, const FTSENT64 **))
{
	return (FTS64 *)fts_open(paths, options, (fts_compare *)compare);
}

FAKEID_EXPORT FTSENT64 *fts64_read(FTS64 *fts)
{
	return (FTSENT64 *)fts_read((FTS *)fts);
}

FAKEID_EXPORT FTSENT64 *fts64_children(FTS64 *fts, int instructions)
{
	return (FTSENT64 *)fts_children((FTS *)fts, instructions);
}
