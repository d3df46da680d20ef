/* SPDX-License-Identifier: MIT
 * procpath.c - see procpath.h.
 */
#include "core/procpath.h"

#include <stddef.h>
#include <string.h>

#define PROC "/proc/"
#define TASK "/task/"

static bool is_file(const char *leaf, const char *name)
{
	return strcmp(leaf, name) == 0;
}

enum procpath_file procpath_file(const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *leaf = slash ? slash + 1 : path;

	/* The first letter settles nearly every open. */
	switch (*leaf) {
	case 's':
		if (is_file(leaf, "status"))
			return PROCPATH_STATUS;
		return is_file(leaf, "setgroups") ? PROCPATH_SETGROUPS : PROCPATH_NONE;
	case 'u':
		return is_file(leaf, "uid_map") ? PROCPATH_UID_MAP : PROCPATH_NONE;
	case 'g':
		return is_file(leaf, "gid_map") ? PROCPATH_GID_MAP : PROCPATH_NONE;
	case 'p':
		return is_file(leaf, "projid_map") ? PROCPATH_PROJID_MAP : PROCPATH_NONE;
	case 'l':
		return is_file(leaf, "loginuid") ? PROCPATH_LOGINUID : PROCPATH_NONE;
	default:
		return PROCPATH_NONE;
	}
}

/* The number that begins at `at`, which becomes what follows it; 0 if none does, or another letter
 * stands beside it. */
static int32_t take_pid(const char **at)
{
	int64_t pid = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9' && pid <= INT32_MAX; c++)
		pid = pid * 10 + (*c - '0');
	if ((*c != '/' && *c != '\0') || pid > INT32_MAX)
		return 0;
	*at = c;
	return (int32_t)pid;
}

/* *ret_rest: what follows the number. */
static int32_t find_process(const char *name, const char **ret_rest)
{
	/* Procfs may be mounted for another root too, as with chroot, but then by the same name. */
	for (const char *at = name; (at = strstr(at, PROC)); at++) {
		int32_t pid;

		*ret_rest = at + sizeof(PROC) - 1;
		pid = take_pid(ret_rest);
		if (pid > 0)
			return pid;
	}
	return 0;
}

int32_t procpath_process(const char *name, bool *ret_is_dir)
{
	const char *rest;
	int32_t pid = find_process(name, &rest);

	if (pid > 0)
		*ret_is_dir = *rest == '\0';
	return pid;
}

int32_t procpath_thread(const char *name)
{
	const char *rest;

	if (find_process(name, &rest) == 0 || strncmp(rest, TASK, sizeof(TASK) - 1) != 0)
		return 0;
	rest += sizeof(TASK) - 1;
	return take_pid(&rest);
}

int32_t procpath_direct(const char *path, bool nofollow)
{
	const char *at = path + sizeof(PROC) - 1;
	int32_t pid;

	if (strncmp(path, PROC, sizeof(PROC) - 1) != 0)
		return 0;
	pid = take_pid(&at);
	if (pid == 0 || *at == '\0' || at[1] == '\0')
		return pid;
	return nofollow && !strchr(at + 1, '/') && at[1] != '.' ? pid : 0;
}
