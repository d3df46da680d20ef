/* SPDX-License-Identifier: MIT
 * places.c - where the daemon and the library lie.
 */
#include "places.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"

/* The top of the build tree, if this program still lies in one: two folders up. */
static int build_tree(char ret_path[PATH_MAX])
{
	ssize_t len = readlink("/proc/self/exe", ret_path, PATH_MAX - 1);

	if (len < 0)
		return -errno;

	ret_path[len] = '\0';
	for (int i = 0; i < 2; i++) {
		char *slash = strrchr(ret_path, '/');

		if (!slash || slash == ret_path)
			return -ENOENT;
		*slash = '\0';
	}
	return 0;
}

/* The path that the environment names: absolute, because the command may change its directory. */
static int from_env(const char *name, const char *value, const char *what, int access_mode,
		    char ret_path[PATH_MAX], struct trouble *trouble)
{
	if (!realpath(value, ret_path) || access(ret_path, access_mode) < 0)
		return trouble_set(trouble, -errno, "%s %s: %s: correct or unset %s", what, value,
				   strerror(errno), name);
	return 0;
}

static int find(const char *env_name, const char *what, const char *const *in_tree,
		const char *installed, int access_mode, char ret_path[PATH_MAX],
		struct trouble *trouble)
{
	const char *value = getenv(env_name);
	char tree[PATH_MAX];
	bool may_be_built;
	int len;

	if (value && *value)
		return from_env(env_name, value, what, access_mode, ret_path, trouble);

	may_be_built = build_tree(tree) == 0;
	for (; may_be_built && *in_tree; in_tree++) {
		len = snprintf(ret_path, PATH_MAX, "%s/%s", tree, *in_tree);
		if (len < PATH_MAX && access(ret_path, access_mode) == 0)
			return 0;
	}

	len = snprintf(ret_path, PATH_MAX, "%s", installed);
	if (len < PATH_MAX && access(ret_path, access_mode) == 0)
		return 0;
	return trouble_set(trouble, -errno, "%s %s: %s: install fakeid again, or set %s", what,
			   installed, strerror(errno), env_name);
}

int places_faked(char ret_path[PATH_MAX], struct trouble *trouble)
{
	static const char *const in_tree[] = {"faked/faked", NULL};

	return find("FAKEID_FAKED", "daemon", in_tree, FAKEID_LIBEXECDIR "/faked", X_OK, ret_path,
		    trouble);
}

/* ld.so passes over what it cannot load, and the command would run without us. */
static int check_library(const char *path, struct trouble *trouble)
{
	static const char advice[] = "correct or unset FAKEID_LIB";
	autoclose int self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ElfW(Ehdr) ours = {.e_type = 0}, head = {.e_type = 0};

	if (fd < 0 || read(fd, &head, sizeof(head)) < 0)
		return trouble_set(trouble, -errno, "library %s: %s: %s", path, strerror(errno),
				   advice);
	if (self < 0 || read(self, &ours, sizeof(ours)) < 0)
		return trouble_set(trouble, -errno, "/proc/self/exe: %s", strerror(errno));
	if (memcmp(head.e_ident, ours.e_ident, EI_OSABI) != 0 || head.e_type != ET_DYN ||
	    head.e_machine != ours.e_machine)
		return trouble_set(trouble, -EINVAL,
				   "library %s: not a library of this machine: %s", path, advice);
	return 0;
}

int places_library(char ret_path[PATH_MAX], struct trouble *trouble)
{
	static const char *const in_tree[] = {".libs/libfakeid.so", "libfakeid/.libs/libfakeid.so",
					      NULL};
	const char *named;
	int r = find("FAKEID_LIB", "library", in_tree, FAKEID_PKGLIBDIR "/libfakeid.so", R_OK,
		     ret_path, trouble);

	if (r < 0)
		return r;

	/* ld.so splits LD_PRELOAD at these, and there is no way to quote them. */
	if (strpbrk(ret_path, ": \t\n"))
		return trouble_set(
			trouble, -EINVAL,
			"library %s: its path holds a blank or a colon, which LD_PRELOAD "
			"cannot: move it, or set FAKEID_LIB",
			ret_path);
	named = getenv("FAKEID_LIB");
	return named && *named ? check_library(ret_path, trouble) : 0;
}
