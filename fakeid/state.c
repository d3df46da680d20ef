/* SPDX-License-Identifier: MIT
 * state.c - which state directory is ours, and whether it may be used. Says no early and in words:
 * the daemon that is started later has nobody to talk to.
 */
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "outside.h"
#include "auto.h"

static const char *env_or_null(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static int set_path(struct state *state, const char *base, const char *below,
		    struct trouble *trouble)
{
	char cwd[PATH_MAX] = "";
	int len;

	if (base[0] != '/' && !getcwd(cwd, sizeof(cwd)))
		return trouble_set(trouble, -errno,
				   "current directory: %s: use an absolute FAKEID_DIR",
				   strerror(errno));

	len = snprintf(state->path, sizeof(state->path), "%s%s%s%s", cwd, *cwd ? "/" : "", base,
		       below);
	if (len < 0 || (size_t)len >= sizeof(state->path))
		return trouble_set(
			trouble, -ENAMETOOLONG,
			"state directory: its path is too long: set FAKEID_DIR to a shorter one");

	while (len > 1 && state->path[len - 1] == '/')
		state->path[--len] = '\0';
	return 0;
}

int state_choose(struct state *ret_state, struct trouble *trouble)
{
	const char *value = env_or_null("FAKEID_DIR");
	const struct passwd *user;

	ret_state->fd = -1;
	ret_state->in_session = false;
	if (value)
		return set_path(ret_state, value, "", trouble);

	/* The XDG rules: a relative path counts as not set. */
	value = env_or_null("XDG_STATE_HOME");
	if (value && value[0] == '/')
		return set_path(ret_state, value, "/fakeid", trouble);

	value = env_or_null("HOME");
	if (!value) {
		user = getpwuid(geteuid());
		value = user && user->pw_dir[0] ? user->pw_dir : NULL;
	}
	if (!value)
		return trouble_set(trouble, -ENOENT,
				   "state directory: this user has no home: set FAKEID_DIR");
	return set_path(ret_state, value, "/.local/state/fakeid", trouble);
}

bool state_is_network(uint64_t f_type)
{
	static const uint32_t types[] = {
		0x6969,	    /* NFS */
		0x517b,	    /* SMB */
		0xfe534d42, /* SMB2 */
		0xff534d42, /* CIFS */
		0x5346414f, /* OpenAFS */
		0x6b414653, /* kAFS */
		0x73757245, /* Coda */
		0x01021997, /* 9P */
		0x00c36400, /* Ceph */
		0x0bd00bd0, /* Lustre */
		0x47504653, /* GPFS */
		0x20030528, /* OrangeFS */
	};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if ((uint32_t)f_type == types[i])
			return true;
	return false;
}

/* mkdir -p, mode 0700 as XDG asks. */
static int make_parts(const char *path, struct trouble *trouble)
{
	char part[PATH_MAX];

	for (size_t i = 1;; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		if (mkdir(part, 0700) < 0 && errno != EEXIST)
			return trouble_set(
				trouble, -errno,
				"state directory %s: cannot make %s: %s: set FAKEID_DIR to a "
				"place that you can write to",
				path, part, strerror(errno));
		if (path[i] == '\0')
			return 0;
	}
}

/* With a umask of its own: one like 0277 would make directories that we cannot use. */
static int make_with_parents(const char *path, struct trouble *trouble)
{
	mode_t mask = umask(077);
	int r = make_parts(path, trouble);

	(void)umask(mask); /* cannot fail */
	return r;
}

static int check(const struct state *state, struct trouble *trouble)
{
	struct statfs fs;
	struct stat st;

	if (fstat(state->fd, &st) < 0 || fstatfs(state->fd, &fs) < 0)
		return trouble_set(trouble, -errno, "state directory %s: %s: set FAKEID_DIR",
				   state->path, strerror(errno));

	if (st.st_uid != geteuid())
		return trouble_set(
			trouble, -EPERM,
			"state directory %s: it belongs to another user (%u): set FAKEID_DIR "
			"to a directory of your own",
			state->path, (unsigned)st.st_uid);

	if (st.st_mode & 077)
		return trouble_set(
			trouble, -EPERM,
			"state directory %s: other users may enter it: run chmod 700 on it",
			state->path);

	if (state_is_network((uint64_t)fs.f_type))
		return trouble_set(
			trouble, -EREMOTE,
			"state directory %s: it is on a network filesystem: set FAKEID_DIR to "
			"a directory on a local disk",
			state->path);

	if (faccessat(AT_FDCWD, state->path, W_OK | X_OK, AT_EACCESS) < 0)
		return trouble_set(
			trouble, -errno,
			"state directory %s: not writable: %s: set FAKEID_DIR to a place that "
			"you can write to",
			state->path, strerror(errno));
	return 0;
}

/* Without links, so that the path means the same to everybody for as long as the session runs. */
static void make_canonical(struct state *state, int fd)
{
	char link[32], path[PATH_MAX];
	ssize_t len;

	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd); /* sized for it */
	len = readlink(link, path, sizeof(path) - 1);
	if (len > 0 && path[0] == '/') {
		path[len] = '\0';
		memcpy(state->path, path, (size_t)len + 1);
	}
}

int state_open(struct state *state, bool create, struct trouble *trouble)
{
	autoclose int fd = outside_openat(AT_FDCWD, state->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (fd < 0 && errno == ENOENT && !create)
		return 0;

	if (fd < 0 && errno == ENOENT) {
		r = make_with_parents(state->path, trouble);
		if (r < 0)
			return r;

		fd = outside_openat(AT_FDCWD, state->path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return trouble_set(trouble, -errno, "state directory %s: %s: set FAKEID_DIR",
				   state->path, strerror(errno));

	state->fd = fd;
	r = state->in_session ? 0 : check(state, trouble);
	if (r < 0) {
		state->fd = -1;
		return r;
	}

	make_canonical(state, fd);
	state->fd = take_fd(&fd);
	return 0;
}
