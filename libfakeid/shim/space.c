/* SPDX-License-Identifier: MIT
 * space.c - view files, mapped: this namespace's own for good, another's for one question.
 */
#include "shim/space.h"

#include <errno.h>
#include <sys/mman.h>

#include <fakeid/wire.h>

#include "shim/process.h"
#include "shim/sys.h"
#include "shim/text.h"

static int map_view(uint32_t ns, const struct nsview **ret_view)
{
	char path[PATH_MAX + 64];
	struct text t = text_into(path, sizeof path);
	struct stat st;
	long fd, at = -EIO;

	text_add(&t, process.dir);
	text_add(&t, "/" FAKEID_RUN_NAME "/view-");
	text_add_number(&t, ns);
	if (!text_end(&t))
		return -ENAMETOOLONG;
	fd = SYS4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW, 0);
	if (fd < 0)
		return (int)fd;
	if (SYS2(SYS_fstat, fd, &st) == 0 && st.st_size > 0)
		at = SYS6(SYS_mmap, 0, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)SYS1(SYS_close, fd); /* opened a moment ago; nothing to lose */
	if (at < 0 && at > -4096)
		return (int)at;
	*ret_view = (const void *)at; /* NOLINT(performance-no-int-to-ptr): mmap's raw answer */
	if (nsview_check(*ret_view, (size_t)st.st_size, ns) == 0)
		return 0;
	(void)SYS2(SYS_munmap, at, st.st_size); /* it was ours to unmap */
	return -EIO;
}

int space_load(void)
{
	const struct nsview *view, *none = NULL;
	int r;

	if (!(process.session_flags & SESSION_HAS_VIEW) ||
	    __atomic_load_n(&process.view.space, __ATOMIC_ACQUIRE))
		return 0;
	r = map_view(process.ns, &view);
	if (r < 0)
		return r == -ENOENT ? -ENOENT : -EIO;
	/* Another thread may have been first. */
	if (!__atomic_compare_exchange_n(&process.view.space, &none, view, false, __ATOMIC_ACQ_REL,
					 __ATOMIC_ACQUIRE))
		space_forget(view);
	return 0;
}

int space_make(enum fakeid_idkind kind, uint32_t id, struct fakeid_kid *ret_kid)
{
	if (space_load() < 0)
		return -EIO;
	if (id == FAKEID_ID_INVALID)
		return -EINVAL;
	if (process.view.space)
		return idspace_down(&process.view.space->id[kind], id, ret_kid) < 0 ? -EINVAL : 0;
	*ret_kid = fakeid_kid_make(process.ns, id);
	return 0;
}

int space_up(enum fakeid_idkind kind, struct fakeid_kid kid, uint32_t *ret_id)
{
	int r = space_load();

	if (r < 0)
		return r;
	if (process.view.space)
		return idspace_up(&process.view.space->id[kind], kid, ret_id);
	if (fakeid_kid_ns(kid) != process.ns)
		return -ENXIO;
	*ret_id = fakeid_kid_id(kid);
	return 0;
}

uint32_t space_show(enum fakeid_idkind kind, struct fakeid_kid kid)
{
	uint32_t id;

	return space_up(kind, kid, &id) < 0 ? FAKEID_ID_OVERFLOW : id;
}

int space_other(uint32_t ns, bool has_view, const struct nsview **ret_view)
{
	*ret_view = NULL;
	return has_view ? map_view(ns, ret_view) : 0;
}

void space_forget(const struct nsview *view)
{
	if (view)
		(void)SYS2(SYS_munmap, view, view->size); /* it was ours to unmap */
}
