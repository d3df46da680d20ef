/* SPDX-License-Identifier: MIT
 * environment.c - the environment and umask of the command. The variables are ARCHITECTURE.md's,
 * "Environment of a session".
 */
#include "environment.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auto.h"
#include "core/creds.h"
#include "core/idline.h"
#include "places.h"

#define UMASK_USER 0700u

static int set(const char *name, const char *value, struct trouble *trouble)
{
	if (setenv(name, value, 1) < 0)
		return trouble_set(trouble, -errno, "environment: %s: %s", name, strerror(errno));
	return 0;
}

/* Ours last and once; what others preload stays before it. ld.so takes blanks and colons alike. */
static int set_preload(struct trouble *trouble)
{
	const char *old = getenv("LD_PRELOAD");
	char library[PATH_MAX];
	char *value;
	size_t len = 0;
	int r = places_library(library, trouble);

	if (r < 0)
		return r;

	value = malloc((old ? strlen(old) : 0) + strlen(library) + 2);
	if (!value)
		return trouble_set(trouble, -ENOMEM, "environment: %s", strerror(ENOMEM));

	while (old && *(old += strspn(old, ": \t\n"))) {
		size_t item = strcspn(old, ": \t\n");

		if (item != strlen(library) || memcmp(old, library, item) != 0) {
			memcpy(value + len, old, item);
			len += item;
			value[len++] = ':';
		}
		old += item;
	}
	memcpy(value + len, library, strlen(library) + 1);
	r = set("LD_PRELOAD", value, trouble);
	free(value);
	return r;
}

static int set_session(const struct session *session, struct trouble *trouble)
{
	char value[PATH_MAX + 64];

	(void)snprintf(value, sizeof(value), "1:%u:%u:%u:%s", session->ns, session->fsns,
		       session->flags, session->state.path); /* sized for it */
	return set(FAKEID_ENV_SESSION, value, trouble);
}

/* The ids that the command begins with, for other processes to read. */
static int set_ids(struct trouble *trouble)
{
	static struct groups groups; /* too large for a stack */
	const char *text = getenv(FAKEID_ENV_CREDS);
	char line[IDLINE_BYTES + 1] = {0};
	struct creds creds;
	uint32_t umask_user;

	if (!text || creds_parse(text, &creds, &groups, &umask_user) < 0)
		creds_init_root(&creds, &groups);
	idline_format(&creds, line);
	return set(FAKEID_ENV_IDS, line, trouble);
}

/* What the user may do to his own files on disk stays possible: the kernel's umask has no user
 * bits, and the library applies them to what it shows. Returns them. */
static uint32_t take_umask(void)
{
	mode_t mask = umask(0);

	(void)umask(mask & ~UMASK_USER); /* cannot fail */
	return mask & UMASK_USER;
}

/* Root, or who takes his place where there is no id 0: as in a user namespace without a map,
 * nobody, and powerless after exec. */
static void first_creds(const struct session *session, const struct nsview *space,
			struct creds *ret_creds, struct groups *ret_groups)
{
	bool changed = false;

	creds_init_root(ret_creds, ret_groups);
	ret_creds->cap[CREDS_CAP_BOUNDING] = session->caps;
	ret_creds->cap[CREDS_CAP_PERMITTED] = session->caps;
	ret_creds->cap[CREDS_CAP_EFFECTIVE] = session->caps;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		struct fakeid_kid ignored;

		if (idspace_down(&space->id[kind], 0, &ignored) == 0)
			continue;
		changed = true;
		for (int i = 0; i < CREDS_ID_N; i++)
			ret_creds->id[kind][i] = FAKEID_ID_OVERFLOW;
		if (kind == FAKEID_GID)
			ret_groups->list[0] = FAKEID_ID_OVERFLOW;
	}
	if (changed)
		(void)creds_exec(ret_creds, ret_groups, NULL); /* no file that could ask for more */
}

static int put_creds(const struct creds *creds, const struct groups *groups, uint32_t umask_user,
		     struct trouble *trouble)
{
	size_t size = CREDS_TEXT_BASE_BYTES + groups->n * (size_t)CREDS_TEXT_GROUP_BYTES, len = 0;
	autofree char *value = malloc(size);
	int r = value ? creds_format(creds, groups, umask_user, value, size, &len) : -ENOMEM;

	if (r < 0)
		return trouble_set(trouble, r, "environment: %s: %s", FAKEID_ENV_CREDS,
				   strerror(-r));
	if (len > 0)
		return set(FAKEID_ENV_CREDS, value, trouble);
	(void)unsetenv(FAKEID_ENV_CREDS); /* the name is a good one */
	return 0;
}

static int set_creds(const struct session *session, const struct nsview *space,
		     const struct identity *identity, struct trouble *trouble)
{
	static struct groups groups; /* too large for a stack */
	uint32_t umask_user = take_umask();
	struct creds creds;
	int r = identity ? start_fit(identity, space, trouble) : 0;

	if (r < 0)
		return r;
	first_creds(session, space, &creds, &groups);
	if (identity)
		r = start_first(identity, &creds, &groups, trouble);
	return r < 0 ? r : put_creds(&creds, &groups, umask_user, trouble);
}

/* From what we have ourselves, as the library was told at our exec. */
static int change_creds(const struct nsview *space, const struct identity *identity,
			struct trouble *trouble)
{
	static struct groups groups; /* too large for a stack */
	const char *text = getenv(FAKEID_ENV_CREDS);
	uint32_t umask_user = 0;
	struct creds creds;
	int r = start_fit(identity, space, trouble);

	if (r < 0)
		return r;
	if (!text || creds_parse(text, &creds, &groups, &umask_user) < 0)
		creds_init_root(&creds, &groups);
	r = start_next(identity, &creds, &groups, trouble);
	return r < 0 ? r : put_creds(&creds, &groups, umask_user, trouble);
}

int environment_enter(const struct session *session, const struct nsview *space,
		      const struct identity *identity, struct trouble *trouble)
{
	char key[16];
	int r = set_session(session, trouble);

	if (r < 0)
		return r;

	/* fakeroot's key is a number, and scripts ask no more than whether there is one. One that
	 * is set already stays: a real fakeroot around us asks its own daemon by it, and for ever
	 * by another. */
	(void)snprintf(key, sizeof(key), "%u", session->ns); /* sized for it */
	if (setenv(FAKEID_ENV_KEY, key, 0) < 0)
		return trouble_set(trouble, -errno, "environment: %s: %s", FAKEID_ENV_KEY,
				   strerror(errno));

	r = set_creds(session, space, identity, trouble);
	if (r == 0)
		r = set_ids(trouble);
	if (r < 0)
		return r;
	return set_preload(trouble);
}

int environment_join(const struct session *session, const struct nsview *space,
		     const struct identity *identity, struct trouble *trouble)
{
	int r = set_session(session, trouble);

	if (r == 0 && identity)
		r = change_creds(space, identity, trouble);
	if (r == 0)
		r = set_ids(trouble);
	if (r < 0)
		return r;
	return set_preload(trouble);
}
