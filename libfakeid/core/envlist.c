/* SPDX-License-Identifier: MIT
 * envlist.c - see envlist.h. Both passes go through envlist_judge() and sink_entry(), so the size
 * that the first one asks for is what the second one uses.
 */
#include "core/envlist.h"

#include <string.h>

#include <fakeid/wire.h>

#define SESSION_PREFIX FAKEID_ENV_SESSION "="
#define CREDS_PREFIX FAKEID_ENV_CREDS "="
#define IDS_PREFIX FAKEID_ENV_IDS "="
#define KEY_PREFIX FAKEID_ENV_KEY "="
#define PRELOAD_PREFIX "LD_PRELOAD="

enum envlist_name {
	NAME_SESSION,
	NAME_CREDS,
	NAME_IDS,
	NAME_KEY,
	NAME_PRELOAD,
	NAME_OTHER,
	NAME_UNSECURE
};

/* What every glibc takes from a program that got more rights by its file. Some take variables of
 * malloc, too. */
static const char *const unsecure[] = {
	"GCONV_PATH",	   "GETCONF_DIR",      "HOSTALIASES",	  "LD_AUDIT",
	"LD_DEBUG",	   "LD_DEBUG_OUTPUT",  "LD_DYNAMIC_WEAK", "LD_HWCAP_MASK",
	"LD_LIBRARY_PATH", "LD_ORIGIN_PATH",   "LD_PROFILE",	  "LD_SHOW_AUXV",
	"LOCALDOMAIN",	   "LOCPATH",	       "MALLOC_TRACE",	  "NIS_PATH",
	"NLSPATH",	   "RESOLV_HOST_CONF", "RES_OPTIONS",	  "TMPDIR",
	"TZDIR",
};

enum envlist_verdict { KEEP, DROP, REPLACE, APPEND };

/* Text for the new list: where it goes next. `at` NULL counts only. */
struct sink {
	char *at;
	size_t size;
};

static bool has_prefix(const char *entry, const char *prefix, size_t len)
{
	return strncmp(entry, prefix, len) == 0;
}

static bool is_unsecure(const char *entry)
{
	size_t len = strcspn(entry, "=");

	for (size_t i = 0; i < sizeof unsecure / sizeof unsecure[0]; i++) {
		if (strncmp(unsecure[i], entry, len) == 0 && !unsecure[i][len])
			return true;
	}
	return false;
}

static enum envlist_name name_of(const char *entry, const struct envlist_want *want)
{
	/* Two letters settle nearly every variable. */
	if (entry[0] == 'F' && entry[1] == 'A') {
		if (has_prefix(entry, SESSION_PREFIX, sizeof SESSION_PREFIX - 1))
			return NAME_SESSION;
		if (has_prefix(entry, CREDS_PREFIX, sizeof CREDS_PREFIX - 1))
			return NAME_CREDS;
		if (has_prefix(entry, IDS_PREFIX, sizeof IDS_PREFIX - 1))
			return NAME_IDS;
		if (has_prefix(entry, KEY_PREFIX, sizeof KEY_PREFIX - 1))
			return NAME_KEY;
	} else if (entry[0] == 'L' && entry[1] == 'D') {
		if (has_prefix(entry, PRELOAD_PREFIX, sizeof PRELOAD_PREFIX - 1))
			return NAME_PRELOAD;
	}
	return want->secure && is_unsecure(entry) ? NAME_UNSECURE : NAME_OTHER;
}

/* The loader takes both separators, mixed as they come. */
static bool preload_holds(const char *list, const char *path)
{
	const size_t len = strlen(path);

	while (*list) {
		size_t token = strcspn(list, " :");

		if (token == len && memcmp(list, path, len) == 0)
			return true;
		list += token;
		list += strspn(list, " :");
	}
	return false;
}

static enum envlist_verdict envlist_judge(const char *entry, enum envlist_name name,
					  const struct envlist_want *want)
{
	switch (name) {
	case NAME_SESSION:
		return strcmp(entry + sizeof SESSION_PREFIX - 1, want->session) == 0 ? KEEP
										     : REPLACE;
	case NAME_CREDS:
		if (!want->creds)
			return DROP;
		return strcmp(entry + sizeof CREDS_PREFIX - 1, want->creds) == 0 ? KEEP : REPLACE;
	case NAME_IDS:
		if (!want->ids)
			return KEEP;
		return strcmp(entry + sizeof IDS_PREFIX - 1, want->ids) == 0 ? KEEP : REPLACE;
	case NAME_PRELOAD:
		if (!*want->preload)
			return KEEP;
		if (want->secure)
			return strcmp(entry + sizeof PRELOAD_PREFIX - 1, want->preload) == 0
				       ? KEEP
				       : REPLACE;
		return preload_holds(entry + sizeof PRELOAD_PREFIX - 1, want->preload) ? KEEP
										       : APPEND;
	case NAME_UNSECURE:
		return DROP;
	case NAME_KEY: /* a fakeroot inside sets its own */
	case NAME_OTHER:
		break;
	}
	return KEEP;
}

static void sink_add(struct sink *sink, const char *text, size_t len)
{
	if (sink->at)
		memcpy(sink->at + sink->size, text, len);
	sink->size += len;
}

/* The whole entry for a variable of ours; `own` is the program's LD_PRELOAD entry, or NULL. Returns
 * its place, which is NULL while counting. */
static char *sink_entry(struct sink *sink, enum envlist_name name, const struct envlist_want *want,
			const char *own)
{
	static const char *const prefixes[NAME_OTHER + 1] = {
		SESSION_PREFIX, CREDS_PREFIX, IDS_PREFIX, KEY_PREFIX, PRELOAD_PREFIX, "",
	};
	const char *const values[NAME_OTHER + 1] = {
		want->session,
		want->creds ? want->creds : "",
		want->ids ? want->ids : "",
		want->key,
		want->preload,
		"",
	};
	char *start = sink->at ? sink->at + sink->size : NULL;

	if (own) {
		sink_add(sink, own, strlen(own));
		if (own[sizeof PRELOAD_PREFIX - 1] != '\0')
			sink_add(sink, ":", 1);
	} else {
		sink_add(sink, prefixes[name], strlen(prefixes[name]));
	}
	sink_add(sink, values[name], strlen(values[name]) + 1);
	return start;
}

static bool is_wanted(enum envlist_name name, const struct envlist_want *want)
{
	if (name == NAME_CREDS)
		return want->creds;
	if (name == NAME_IDS)
		return want->ids;
	if (name == NAME_PRELOAD)
		return *want->preload;
	return true;
}

void envlist_plan(char *const envp[], const struct envlist_want *want,
		  struct envlist_plan *ret_plan)
{
	struct envlist_plan plan = {.n_pointers = 1};
	struct sink sink = {0};
	bool seen[NAME_UNSECURE + 1] = {0};

	for (char *const *e = envp; e && *e; e++) {
		enum envlist_name name = name_of(*e, want);
		enum envlist_verdict verdict = envlist_judge(*e, name, want);

		seen[name] = true;
		plan.n_pointers += verdict != DROP;
		if (verdict == KEEP)
			continue;
		plan.differs = true;
		if (verdict != DROP)
			(void)sink_entry(&sink, name, want, verdict == APPEND ? *e : NULL);
	}
	for (enum envlist_name name = 0; name < NAME_OTHER; name++) {
		if (seen[name] || !is_wanted(name, want))
			continue;
		plan.differs = true;
		plan.n_pointers++;
		(void)sink_entry(&sink, name, want, NULL);
	}
	plan.size = plan.n_pointers * sizeof(char *) + sink.size;
	*ret_plan = plan;
}

char **envlist_build(char *const envp[], const struct envlist_want *want,
		     const struct envlist_plan *plan, void *memory)
{
	char **list = memory;
	struct sink sink = {.at = memory, .size = plan->n_pointers * sizeof(char *)};
	bool seen[NAME_UNSECURE + 1] = {0};
	size_t n = 0;

	for (char *const *e = envp; e && *e; e++) {
		enum envlist_name name = name_of(*e, want);
		enum envlist_verdict verdict = envlist_judge(*e, name, want);

		seen[name] = true;
		if (verdict == KEEP)
			list[n++] = *e;
		else if (verdict != DROP)
			list[n++] = sink_entry(&sink, name, want, verdict == APPEND ? *e : NULL);
	}
	for (enum envlist_name name = 0; name < NAME_OTHER; name++) {
		if (!seen[name] && is_wanted(name, want))
			list[n++] = sink_entry(&sink, name, want, NULL);
	}
	list[n] = NULL;
	return list;
}
