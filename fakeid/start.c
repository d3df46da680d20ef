/* SPDX-License-Identifier: MIT
 * start.c - as whom the command begins: from ids to credentials. Names become ids in start_names.c.
 */
#include "start.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <string.h>

#include "core/capnames.h"
#include "spec.h"

int start_check(const struct start *start, struct trouble *trouble)
{
	uint64_t set;

	if (start->groups && start->clear_groups)
		return trouble_set(
			trouble, -EINVAL,
			"option '--groups': not together with --clear-groups: leave out one of "
			"the two");
	if (start->root && !start->user && !start->groups)
		return trouble_set(trouble, -EINVAL,
				   "option '--root': there are no names to look up: give --user or "
				   "--groups, or leave it out");
	return start->init_caps ? spec_parse_caps("--init-caps", start->init_caps, &set, trouble)
				: 0;
}

static int fit_id(const struct nsview *space, enum fakeid_idkind kind, uint32_t id,
		  struct trouble *trouble)
{
	struct fakeid_kid ignored;

	if (idspace_down(&space->id[kind], id, &ignored) == 0)
		return 0;
	return trouble_set(trouble, -EINVAL, "%s %" PRIu32 ": the id space has none: see --map-%s",
			   kind == FAKEID_UID ? "user" : "group", id,
			   kind == FAKEID_UID ? "uid" : "gid");
}

int start_fit(const struct identity *identity, const struct nsview *space, struct trouble *trouble)
{
	int r = 0;

	if (identity->has_user)
		r = fit_id(space, FAKEID_UID, identity->uid, trouble);
	if (r == 0 && identity->has_user)
		r = fit_id(space, FAKEID_GID, identity->gid, trouble);
	for (uint32_t i = 0; r == 0 && identity->has_groups && i < identity->groups.n; i++)
		r = fit_id(space, FAKEID_GID, identity->groups.list[i], trouble);
	return r;
}

static int no_such_caps(uint64_t caps, const char *who, struct trouble *trouble)
{
	char text[CAPNAMES_TEXT_BYTES];

	capnames_format(caps, text);
	return trouble_set(trouble, -EPERM, "option '--init-caps': %s lacks %s: give others", who,
			   text);
}

/* The capabilities that were asked for, in the sets that keep them over exec: for root that is the
 * bounding set, for others the ambient one. */
static void set_caps(struct creds *creds, uint64_t set)
{
	uint64_t *cap = creds->cap;
	bool is_root = creds->id[FAKEID_UID][CREDS_EFFECTIVE] == 0;

	cap[CREDS_CAP_PERMITTED] = cap[CREDS_CAP_EFFECTIVE] = set;
	cap[CREDS_CAP_INHERITABLE] = cap[CREDS_CAP_AMBIENT] = is_root ? 0 : set;
	if (is_root)
		cap[CREDS_CAP_BOUNDING] = set;
}

static int take_caps(const struct identity *identity, uint64_t available, const char *who,
		     struct creds *creds, struct trouble *trouble)
{
	uint64_t set = identity->caps == CREDS_CAP_ALL ? available : identity->caps;

	if (!identity->has_caps)
		return 0;
	if (set & ~available)
		return no_such_caps(set & ~available, who, trouble);
	set_caps(creds, set);
	return 0;
}

int start_first(const struct identity *identity, struct creds *creds, struct groups *groups,
		struct trouble *trouble)
{
	uint64_t bounding = creds->cap[CREDS_CAP_BOUNDING];
	int r;

	for (int i = 0; identity->has_user && i < CREDS_ID_N; i++) {
		creds->id[FAKEID_UID][i] = identity->uid;
		creds->id[FAKEID_GID][i] = identity->gid;
	}
	if (identity->has_groups)
		creds_fill_groups(groups, identity->groups.list, identity->groups.n);
	r = take_caps(identity, bounding, "the id space", creds, trouble);
	if (r == 0)
		(void)creds_exec(creds, groups, NULL); /* no file that could ask for more */
	creds->secure = creds->undumpable = false;
	return r;
}

static int not_permitted(const char *what, const char *cap, struct trouble *trouble)
{
	return trouble_set(trouble, -EPERM, "%s: not permitted: the caller has no CAP_%s", what,
			   cap);
}

int start_next(const struct identity *identity, struct creds *creds, struct groups *groups,
	       struct trouble *trouble)
{
	uint64_t available = creds->cap[CREDS_CAP_PERMITTED];
	uint64_t bounding = creds->cap[CREDS_CAP_BOUNDING];
	bool may_drop = creds_has_cap(creds, CAP_SETPCAP);
	int r;

	if (identity->has_groups &&
	    creds_check_setgroups(creds, identity->groups.list, identity->groups.n) < 0)
		return not_permitted("supplementary groups", "SETGID", trouble);
	if (identity->has_groups)
		creds_fill_groups(groups, identity->groups.list, identity->groups.n);
	if (identity->has_user &&
	    creds_setresid(creds, FAKEID_GID, identity->gid, identity->gid, identity->gid) < 0)
		return not_permitted("option '--user'", "SETGID", trouble);
	if (identity->has_user &&
	    creds_setresid(creds, FAKEID_UID, identity->uid, identity->uid, identity->uid) < 0)
		return not_permitted("option '--user'", "SETUID", trouble);
	r = take_caps(identity, available & bounding, "the caller", creds, trouble);
	if (r == 0 && creds->cap[CREDS_CAP_BOUNDING] != bounding && !may_drop)
		r = not_permitted("option '--init-caps'", "SETPCAP", trouble);
	if (r == 0)
		(void)creds_exec(creds, groups, NULL); /* no file that could ask for more */
	return r;
}
