/* SPDX-License-Identifier: MIT
 * spec_fit.c - the options for a namespace made ready for the daemon. What it would refuse with an
 * errno is refused here with the extent; what cannot be seen from here is left to it.
 */
#include "spec_fit.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "auto.h"
#include "core/capnames.h"
#include "nsask.h"
#include "nsviews.h"

/* The namespace as it is, or as it is about to be. */
struct target {
	const char *program;
	bool split;
	bool inside; /* a session, whose credentials we have */
	uint32_t parent;
	uint64_t caps_there;	 /* of the namespace before */
	struct nsspec *spec;	 /* with what is given in place */
	struct nsview *around;	 /* of the parent; NULL: the host */
	struct nsview *files_of; /* of the namespace whose files it sees; NULL: its own */
};

static void target_done(struct target *target)
{
	free(target->spec);
	free(target->around);
	free(target->files_of);
}

static int no_answer(const struct session *session, int error, struct trouble *trouble)
{
	return trouble_set(trouble, error, "namespace: no answer from the daemon: %s: %s",
			   session->state.path, strerror(-error));
}

/* What the options leave open is as it is, or the default. */
static int find_target(struct spec *spec, struct session *session, const char *tag,
		       struct target *target, struct trouble *trouble)
{
	struct about about;
	int r = -ENOENT;

	target->parent = session->inside;
	target->spec = malloc(sizeof(*target->spec));
	if (!target->spec)
		return no_answer(session, -ENOMEM, trouble);

	if (tag)
		r = ns_get(session, 0, 0, tag, &about, target->spec);
	if (r < 0 && r != -ENOENT)
		return no_answer(session, r, trouble);
	if (r == 0)
		target->parent = about.parent;
	else
		nsspec_init(target->spec);
	target->caps_there = target->spec->caps;
	nsspec_take(spec->wish, target->spec);
	return 0;
}

/* The number of --fs. */
static int find_fs(struct spec *spec, struct session *session, const char *tag,
		   struct trouble *trouble)
{
	struct about about;
	int r;

	if (!spec->fs || (tag && strcmp(spec->fs, tag) == 0))
		return 0;

	r = ns_get(session, 0, 0, spec->fs, &about, NULL);
	if (r == -ENOENT)
		return trouble_set(
			trouble, r,
			"fs '%s': there is no such tag: %s: make it first, see fakeidctl "
			"ns create",
			spec->fs, session->state.path);
	if (r < 0)
		return no_answer(session, r, trouble);

	spec->wish->fsns = about.ns;
	return 0;
}

static int load_views(struct session *session, struct target *target, struct trouble *trouble)
{
	bool chosen = target->spec->flags & NSSPEC_FS;
	int r = 0;

	if (target->parent && target->parent == session->ns)
		r = nsviews_own(session, &target->around);
	else if (target->parent)
		r = nsviews_other(session, target->parent, &target->around);
	if (r == 0 && chosen && target->spec->fsns)
		r = nsviews_other(session, target->spec->fsns, &target->files_of);
	return r < 0 ? no_answer(session, r, trouble) : 0;
}

/* In the order given or, as here, of inside ids. */
static void tell_cuts(const struct target *target, const char *what,
		      const struct fakeid_idmap_split *split)
{
	for (uint32_t i = 0; i < split->n_cuts; i++)
		(void)fprintf(stderr,
			      "%s: %s: extent %" PRIu32 ": cut at inside %" PRIu32
			      ", outside %" PRIu32 "\n",
			      target->program, what, split->cut[i].extent + 1, split->cut[i].upper,
			      split->cut[i].lower); /* nobody left to tell */
}

static int fit(const struct target *target, const char *what, const struct idspace *space,
	       struct fakeid_idmap *map, struct trouble *trouble)
{
	struct fakeid_idmap_report report = {.fault = FAKEID_IDMAP_TOO_MANY};
	struct fakeid_idmap_split split;
	int r = idspace_fit(map->extent, map->n, space,
			    target->split ? FAKEID_IDMAP_SPLIT : FAKEID_IDMAP_STRICT, &split,
			    &report);

	if (r == -E2BIG)
		return trouble_set(trouble, r, "%s: more than %u extents after cutting: give fewer",
				   what, FAKEID_IDMAP_MAX);
	if (r < 0)
		return trouble_set(
			trouble, r, "%s: inside id %u: %s: %s", what,
			map->extent[report.extent].upper, fakeid_idmap_fault_text(report.fault),
			report.fault == FAKEID_IDMAP_SPANS ? "give --split" : "give other ranges");

	tell_cuts(target, what, &split);
	*map = split.applied;
	return 0;
}

/* Whose ids are the outer ones of an fs map: those of the namespace itself, or those that another
 * shows for the same files. */
static int fs_base(const struct target *target, enum fakeid_idkind kind,
		   const struct idspace *around, struct idspace *ret_space)
{
	const struct nsspec *spec = target->spec;
	bool chosen = spec->flags & NSSPEC_FS;

	if (target->files_of)
		*ret_space = target->files_of->fs[kind];
	else if (!chosen && target->around)
		*ret_space = target->around->fs[kind];
	else /* any number does: its own ids, wherever they are */
		return idspace_make(&spec->map[kind], around,
				    spec->flags & NSSPEC_ISOLATED ? UINT32_MAX : 0, ret_space);
	return 0;
}

/* Has this process, inside a session, the capability to take on any id of the kind? */
static bool may_be_anybody(enum fakeid_idkind kind)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = {{0}};
	unsigned cap = kind == FAKEID_UID ? CAP_SETUID : CAP_SETGID;

	return syscall(SYS_capget, &header, data) == 0 && (data[0].effective & 1u << cap);
}

/* Who has given up root inside gets none back by a child: without the capability he may map himself
 * and no more, as user_namespaces(7) says, and choose no files. */
static int check_rights(const struct spec *spec, enum fakeid_idkind kind, const char *what,
			const struct nsview *around, struct trouble *trouble)
{
	const struct fakeid_idmap *map = &spec->wish->map[kind];
	uint32_t own = kind == FAKEID_UID ? geteuid() : getegid();
	struct fakeid_kid ignored;

	/* Where there is no root nobody has given him up, and his part is everybody's. */
	if (may_be_anybody(kind) || idspace_down(&around->id[FAKEID_UID], 0, &ignored) < 0)
		return 0;
	if (map->n > 1 || (map->n == 1 && (map->extent[0].count > 1 ||
					   fakeid_kid_id(map->extent[0].lower) != own)))
		return trouble_set(trouble, -EPERM,
				   "%s: without the capability to change ids only one's own may be "
				   "mapped: give INSIDE:%u:1",
				   what, own);
	if (spec->wish->fsmap[kind].n > 0 || spec->wish->fsns)
		return trouble_set(
			trouble, -EPERM,
			"fs%s: it needs the capability to change ids: leave out --fs and "
			"--map-fsuid, --map-fsgid",
			what);
	return 0;
}

static int fit_kind(struct spec *spec, struct target *target, enum fakeid_idkind kind,
		    struct trouble *trouble)
{
	static const char *const names[] = {"uid map", "gid map"};
	static const char *const fsnames[] = {"fsuid map", "fsgid map"};
	struct idspace around, base;
	int r;

	idspace_host(&around);
	if (target->around)
		around = target->around->id[kind];
	r = target->inside ? check_rights(spec, kind, names[kind], target->around, trouble) : 0;
	if (r < 0)
		return r;

	r = fit(target, names[kind], &around, &spec->wish->map[kind], trouble);
	if (r < 0 || spec->wish->fsmap[kind].n == 0)
		return r;

	if (spec->wish->flags & (uint32_t)NSSPEC_GAVE_UID << kind)
		target->spec->map[kind] = spec->wish->map[kind];
	/* Ids that are no more than 340 pieces can be cut no further: the daemon says so, too. */
	if (fs_base(target, kind, &around, &base) < 0)
		return 0;
	return fit(target, fsnames[kind], &base, &spec->wish->fsmap[kind], trouble);
}

static int no_such_caps(uint64_t caps, struct trouble *trouble)
{
	char text[CAPNAMES_TEXT_BYTES];

	capnames_format(caps, text);
	return trouble_set(trouble, -EPERM,
			   "capabilities: the namespace around it lacks %s: give others", text);
}

static int fit_caps(struct spec *spec, struct session *session, const struct target *target,
		    enum spec_caps from, struct trouble *trouble)
{
	autofree struct nsspec *around = malloc(sizeof(*around));
	struct about about;
	int r = 0;

	if (!(spec->wish->flags & NSSPEC_GAVE_CAPS))
		return 0;
	if (!around)
		return no_answer(session, -ENOMEM, trouble);

	nsspec_init(around);
	if (target->parent)
		r = ns_get(session, 0, target->parent, "", &about, around);
	if (r < 0)
		return no_answer(session, r, trouble);

	spec->wish->caps = spec_change_caps(spec, from == SPEC_CAPS_THERE ? target->caps_there
									  : around->caps);
	if (spec->wish->caps & ~around->caps)
		return no_such_caps(spec->wish->caps & ~around->caps, trouble);
	return 0;
}

int spec_fit(struct spec *spec, struct session *session, const char *tag, enum spec_caps from,
	     const char *program, struct trouble *trouble)
{
	__attribute__((cleanup(target_done))) struct target target = {
		.program = program, .split = spec->split, .inside = session->state.in_session};
	int r;

	if (!spec->wish)
		return 0;

	r = find_fs(spec, session, tag, trouble);
	if (r == 0)
		r = find_target(spec, session, tag, &target, trouble);
	if (r == 0)
		r = load_views(session, &target, trouble);
	if (r == 0)
		r = fit_caps(spec, session, &target, from, trouble);
	for (int kind = 0; r == 0 && kind < FAKEID_IDKIND_N; kind++)
		r = fit_kind(spec, &target, (enum fakeid_idkind)kind, trouble);
	return r;
}
