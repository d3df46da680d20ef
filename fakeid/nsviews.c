/* SPDX-License-Identifier: MIT
 * nsviews.c - the id spaces of namespaces, and how files show in that of a session.
 */
#include "nsviews.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auto.h"
#include "nsask.h"
#include "outside.h"

#define STEPS_MAX 1024 /* namespaces looked at for one view: far above any use */

/* All of a file of `size` bytes. */
static int read_all(int fd, void *memory, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t n = pread(fd, (char *)memory + done, size - done, (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EBADMSG;
		done += (size_t)n;
	}
	return 0;
}

static int read_file(const struct session *session, struct nsview **ret_view)
{
	char name[sizeof(FAKEID_RUN_NAME) + 32];
	autoclose int fd = -1;
	autofree struct nsview *view = NULL;
	struct stat st;
	int r;

	(void)snprintf(name, sizeof(name), FAKEID_RUN_NAME "/" FAKEID_VIEW_FORMAT,
		       session->ns); /* sized for it */
	fd = outside_openat(session->state.fd, name, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (st.st_size < (off_t)NSVIEW_SIZE(0) || st.st_size > (off_t)sizeof(*view))
		return -EBADMSG;

	view = malloc((size_t)st.st_size);
	r = view ? read_all(fd, view, (size_t)st.st_size) : -ENOMEM;
	if (r == 0)
		r = nsview_check(view, (size_t)st.st_size, session->ns);
	if (r < 0)
		return r;

	*ret_view = view;
	view = NULL;
	return 0;
}

int nsviews_own(const struct session *session, struct nsview **ret_view)
{
	struct nsview *view;

	if (session->flags & SESSION_HAS_VIEW)
		return read_file(session, ret_view);

	view = malloc(sizeof(*view));
	if (!view)
		return -ENOMEM;

	nsview_plain(session->ns, view);
	*ret_view = view;
	return 0;
}

static int work_out(struct session *session, uint32_t number, int *steps, struct nsview **ret_view)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	autofree struct nsview *view = malloc(sizeof(*view));
	autofree struct nsview *parent = NULL, *home = NULL;
	struct about about;
	int r = spec && view ? 0 : -ENOMEM;

	if ((*steps)-- <= 0)
		r = -ELOOP;
	if (r == 0)
		r = ns_get(session, 0, number, "", &about, spec);
	if (r == 0 && about.parent)
		r = work_out(session, about.parent, steps, &parent);
	if (r == 0 && (spec->flags & NSSPEC_FS) && spec->fsns && spec->fsns != about.parent)
		r = work_out(session, spec->fsns, steps, &home);
	if (r == 0)
		r = nsview_make(spec, number, parent,
				spec->fsns && spec->fsns == about.parent ? parent : home, view);
	if (r < 0)
		return r;

	*ret_view = view;
	view = NULL;
	return 0;
}

int nsviews_other(struct session *session, uint32_t number, struct nsview **ret_view)
{
	int steps = STEPS_MAX;

	return work_out(session, number, &steps, ret_view);
}

void nsviews_files(const struct session *session, const struct nsview *space, struct view *ret_view)
{
	*ret_view = (struct view){
		.ns = session->fsns,
		.mapped = session->flags & (SESSION_REAL_UNKNOWN | SESSION_HAS_VIEW),
		.all_real = session->flags & SESSION_REAL_UNKNOWN,
		.user = {outside_uid(), outside_gid()},
		.space = session->flags & SESSION_HAS_VIEW ? space : NULL,
	};
}
