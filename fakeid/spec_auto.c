/* SPDX-License-Identifier: MIT
 * spec_auto.c - the maps of --map-auto: id 0 inside is the user's own, and from 1 on come the
 * ranges that /etc/subuid and /etc/subgid give to the user, line by line.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "spec.h"

#define FILE_BYTES_MAX (1u << 20)

static int read_file(const char *path, char **ret_text, size_t *ret_len, struct trouble *trouble)
{
	autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	autofree char *text = malloc(FILE_BYTES_MAX);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return trouble_set(trouble, -errno,
				   "map-auto: %s: %s: have ranges put there, or give --map", path,
				   strerror(errno));
	while (text && n > 0 && len < FILE_BYTES_MAX) {
		n = read(fd, text + len, FILE_BYTES_MAX - len);
		len += n > 0 ? (size_t)n : 0;
	}
	if (!text || n != 0)
		return trouble_set(trouble, -EIO, "map-auto: %s: cannot read all of it: give --map",
				   path);

	*ret_text = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

/* A line's owner is a login name or a number. */
static bool is_mine(const struct fakeid_subid *subid, const char *name, const char *number)
{
	return (subid->owner_len == strlen(name) &&
		memcmp(subid->owner, name, subid->owner_len) == 0) ||
	       (subid->owner_len == strlen(number) &&
		memcmp(subid->owner, number, subid->owner_len) == 0);
}

/* Lines that are none are passed over, as newuidmap does. */
static int add_kind(struct fakeid_idmap *map, uint32_t own, const char *path, const char *what,
		    struct trouble *trouble)
{
	const struct passwd *user = getpwuid(getuid());
	struct fakeid_idmap_extent extent = {0, 1, fakeid_kid_make(FAKEID_NS_HOST, own)};
	const char *name = user ? user->pw_name : "";
	struct fakeid_subid subid;
	autofree char *text = NULL;
	uint32_t next = 1;
	char number[16];
	const char *at;
	size_t len;
	int found;
	int r = read_file(path, &text, &len, trouble);

	if (r < 0)
		return r;

	(void)snprintf(number, sizeof(number), "%u", (unsigned)getuid()); /* sized for it */
	r = spec_add_extent(map, what, &extent, trouble);
	for (at = text; r == 0 && (found = fakeid_subid_next(&at, &len, &subid)) != 0;) {
		if (found < 0 || !is_mine(&subid, name, number))
			continue;
		if (subid.range.count > FAKEID_ID_INVALID - next)
			return trouble_set(trouble, -EINVAL,
					   "map-auto: %s: more ids than there can be: give --map",
					   path);
		extent.upper = next;
		extent.lower = fakeid_kid_make(FAKEID_NS_HOST, subid.range.first);
		extent.count = subid.range.count;
		next += subid.range.count;
		r = spec_add_extent(map, what, &extent, trouble);
	}
	if (r == 0 && next == 1)
		return trouble_set(
			trouble, -ENOENT,
			"map-auto: %s: no range for user %s: have one put there, or give "
			"--map",
			path, *name ? name : number);
	return r;
}

int spec_add_auto(struct nsspec *wish, struct trouble *trouble)
{
	int r = add_kind(&wish->map[FAKEID_UID], getuid(), "/etc/subuid", "uid map", trouble);

	wish->flags |= NSSPEC_GAVE_UID | NSSPEC_GAVE_GID;
	return r < 0 ? r
		     : add_kind(&wish->map[FAKEID_GID], getgid(), "/etc/subgid", "gid map",
				trouble);
}
