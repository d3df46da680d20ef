/* SPDX-License-Identifier: MIT
 * start_names.c - the users and groups of --user and --groups, by the accounts of this machine or
 * of a tree.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/openat2.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "accounts.h"
#include "auto.h"
#include "spec.h"
#include "start.h"

#define FILE_BYTES_MAX (8u << 20) /* of a passwd: a line for each of 65536 users */

struct text {
	char *at;
	size_t len;
};

/* Where names are looked up: by libc, or in the files of a tree. */
struct names {
	const char *root;
	struct text passwd, group;
};

static void names_done(struct names *names)
{
	free(names->passwd.at);
	free(names->group.at);
}

/* Whatever symbolic links the tree has, they stay inside of it. */
static int open_inside(const char *root, const char *name)
{
	const struct open_how how = {.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY,
				     .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
	autoclose int dirfd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd;

	if (dirfd < 0)
		return -errno;

	fd = (int)syscall(SYS_openat2, dirfd, name, &how, sizeof(how));
	/* Not to be had everywhere; then without links at the end. */
	if (fd < 0 && (errno == ENOSYS || errno == EPERM))
		fd = openat(dirfd, name, (int)how.flags | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

static int read_text(int fd, struct text *ret_text)
{
	autofree char *bytes = malloc(FILE_BYTES_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!bytes)
		return -ENOMEM;

	while (n > 0 && len <= FILE_BYTES_MAX) {
		n = read(fd, bytes + len, FILE_BYTES_MAX + 1 - len);
		if (n < 0 && errno != EINTR)
			return -errno;
		len += n > 0 ? (size_t)n : 0;
		n = n < 0 ? 1 : n;
	}
	if (len > FILE_BYTES_MAX)
		return -EFBIG;

	*ret_text = (struct text){bytes, len};
	bytes = NULL;
	return 0;
}

/* A tree without the file has no such names. */
static int load(const char *root, const char *name, struct text *ret_text, struct trouble *trouble)
{
	autoclose int fd = open_inside(root, name);
	int r = fd;

	if (fd >= 0)
		r = read_text(fd, ret_text);
	if (r == 0 || r == -ENOENT)
		return 0;
	return trouble_set(trouble, r, "root %s: cannot read %s: %s: check it, or give numbers",
			   root, name, strerror(-r));
}

static int load_names(const struct start *start, struct names *names, struct trouble *trouble)
{
	struct stat st;
	int r = 0;

	names->root = start->root;
	if (!names->root)
		return 0;
	if (stat(names->root, &st) < 0 || !S_ISDIR(st.st_mode))
		return trouble_set(trouble, -ENOTDIR,
				   "root %s: there is no such directory: name a tree with "
				   "etc/passwd and etc/group",
				   names->root);
	r = load(names->root, "etc/passwd", &names->passwd, trouble);
	return r < 0 ? r : load(names->root, "etc/group", &names->group, trouble);
}

static int from_libc(const struct passwd *found, struct account *ret_account)
{
	if (!found || strlen(found->pw_name) >= sizeof(ret_account->name))
		return -ENOENT;

	(void)snprintf(ret_account->name, sizeof(ret_account->name), "%s",
		       found->pw_name); /* sized for it */
	ret_account->uid = found->pw_uid;
	ret_account->gid = found->pw_gid;
	return 0;
}

/* `name` NULL: by uid. */
static int find_user(const struct names *names, const char *name, uint32_t uid,
		     struct account *ret_account)
{
	if (names->root)
		return accounts_user(names->passwd.at, names->passwd.len, name, uid, ret_account);
	return from_libc(name ? getpwnam(name) : getpwuid(uid), ret_account);
}

/* A name goes before a number, as in chown(1). */
static int find_group(const struct names *names, const char *word, uint32_t *ret_gid,
		      struct trouble *trouble)
{
	const struct group *found;

	if (names->root) {
		if (accounts_group(names->group.at, names->group.len, word, ret_gid) == 0)
			return 0;
	} else {
		found = getgrnam(word);
		if (found) {
			*ret_gid = found->gr_gid;
			return 0;
		}
	}
	if (accounts_parse_id(word, ret_gid) == 0)
		return 0;
	return trouble_set(trouble, -ENOENT,
			   "group '%s': there is none: give a name of %s/etc/group, or a number",
			   word, names->root ? names->root : "");
}

/* As initgroups(3) would. */
static int find_groups(const struct names *names, const struct account *account, uint32_t gid,
		       struct groups *ret_groups)
{
	int n = CREDS_GROUPS_MAX;
	size_t count = 0;

	if (names->root) {
		int r = accounts_groups(names->group.at, names->group.len, account->name, gid,
					ret_groups->list, CREDS_GROUPS_MAX, &count);

		ret_groups->n = (uint32_t)count;
		return r;
	}
	if (getgrouplist(account->name, gid, ret_groups->list, &n) < 0)
		return -E2BIG;
	ret_groups->n = (uint32_t)n;
	return 0;
}

static int resolve_user(const struct names *names, const char *text, struct identity *identity,
			struct trouble *trouble)
{
	const char *colon = strchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	struct account account;
	char user[ACCOUNTS_NAME_MAX];
	int r;

	if (len == 0 || len >= sizeof(user) || (colon && strchr(colon + 1, ':')))
		return trouble_set(trouble, -EINVAL,
				   "option '--user': '%s': use USER or USER:GROUP", text);
	memcpy(user, text, len);
	user[len] = '\0';
	r = find_user(names, user, 0, &account);
	if (r < 0 && accounts_parse_id(user, &identity->uid) < 0)
		return trouble_set(
			trouble, -ENOENT,
			"user '%s': there is none: give a name of %s/etc/passwd, or a number", user,
			names->root ? names->root : "");
	if (r < 0)
		r = find_user(names, NULL, identity->uid, &account);

	identity->has_user = identity->has_groups = true;
	if (r == 0)
		identity->uid = account.uid;
	identity->gid = r == 0 ? account.gid : identity->uid;
	if (colon && colon[1] && find_group(names, colon + 1, &identity->gid, trouble) < 0)
		return -ENOENT;
	if (r == 0 && find_groups(names, &account, identity->gid, &identity->groups) < 0)
		return trouble_set(trouble, -E2BIG, "user '%s': in too many groups: give --groups",
				   user);
	if (r < 0) {
		identity->groups.n = 1;
		identity->groups.list[0] = identity->gid;
	}
	return 0;
}

static int resolve_groups(const struct names *names, const char *text, struct identity *identity,
			  struct trouble *trouble)
{
	struct groups *groups = &identity->groups;
	char word[ACCOUNTS_NAME_MAX];
	int r = 0;

	groups->n = 0;
	while (r == 0 && *text) {
		size_t len = strcspn(text, ",");

		if (len == 0 || len >= sizeof(word) || groups->n == CREDS_GROUPS_MAX ||
		    (text[len] && !text[len + 1]))
			return trouble_set(trouble, -EINVAL,
					   "option '--groups': '%s': use names or numbers with "
					   "commas between them",
					   text);
		memcpy(word, text, len);
		word[len] = '\0';
		r = find_group(names, word, &groups->list[groups->n++], trouble);
		text += len + (text[len] == ',');
	}
	return r;
}

int start_resolve(const struct start *start, struct identity *ret_identity, struct trouble *trouble)
{
	__attribute__((cleanup(names_done))) struct names names = {.root = NULL};
	int r = load_names(start, &names, trouble);

	ret_identity->has_user = false;
	ret_identity->has_groups = start->clear_groups || start->groups;
	ret_identity->has_caps = start->init_caps;
	if (r == 0 && start->init_caps)
		r = spec_parse_caps("--init-caps", start->init_caps, &ret_identity->caps, trouble);
	if (r == 0 && start->user)
		r = resolve_user(&names, start->user, ret_identity, trouble);
	if (start->clear_groups)
		ret_identity->groups.n = 0;
	if (r == 0 && start->groups)
		r = resolve_groups(&names, start->groups, ret_identity, trouble);
	return r;
}
