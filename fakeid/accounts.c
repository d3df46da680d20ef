/* SPDX-License-Identifier: MIT
 * accounts.c - users and groups by the text of a passwd and a group file. Pure.
 */
#include "accounts.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include <fakeid/kid.h>

#define FIELDS_MAX 7

struct field {
	const char *at;
	size_t len;
};

static int parse_id(struct field field, uint32_t *ret_id)
{
	uint64_t id = 0;

	if (field.len == 0 || field.len > 10)
		return -EINVAL;
	for (size_t i = 0; i < field.len; i++) {
		if (field.at[i] < '0' || field.at[i] > '9')
			return -EINVAL;
		id = id * 10 + (uint64_t)(field.at[i] - '0');
	}
	if (id >= FAKEID_ID_INVALID)
		return -EINVAL;

	*ret_id = (uint32_t)id;
	return 0;
}

int accounts_parse_id(const char *text, uint32_t *ret_id)
{
	return parse_id((struct field){text, strlen(text)}, ret_id);
}

static bool is_text(struct field field, const char *text)
{
	return strlen(text) == field.len && memcmp(field.at, text, field.len) == 0;
}

/* The text before `end` in *rest, which goes on behind it. */
static struct field take(struct field *rest, char end)
{
	const char *found = rest->len ? memchr(rest->at, end, rest->len) : NULL;
	struct field taken = {rest->at, found ? (size_t)(found - rest->at) : rest->len};
	size_t used = taken.len + (found ? 1 : 0);

	rest->at += used;
	rest->len -= used;
	return taken;
}

/* The fields of the next line that is an entry of at least `least`. Comments are none, nor are the
 * entries that once stood for NIS. */
static bool next_entry(struct field *text, size_t least, struct field ret_fields[FIELDS_MAX])
{
	while (text->len > 0) {
		struct field line = take(text, '\n');
		size_t n = 1;

		if (line.len == 0 || memchr("#+-", line.at[0], 3))
			continue;
		for (size_t i = 0; i < line.len; i++)
			n += line.at[i] == ':';
		if (n < least)
			continue;
		for (size_t i = 0; i < FIELDS_MAX; i++)
			ret_fields[i] = take(&line, ':');
		if (ret_fields[0].len > 0)
			return true;
	}
	return false;
}

int accounts_user(const char *passwd, size_t len, const char *name, uint32_t uid,
		  struct account *ret_account)
{
	struct field text = {passwd, len}, field[FIELDS_MAX];
	struct account account;

	while (next_entry(&text, 4, field)) {
		if (parse_id(field[2], &account.uid) < 0 || parse_id(field[3], &account.gid) < 0 ||
		    field[0].len >= sizeof(account.name))
			continue;
		if (name ? !is_text(field[0], name) : account.uid != uid)
			continue;
		memcpy(account.name, field[0].at, field[0].len);
		account.name[field[0].len] = '\0';
		*ret_account = account;
		return 0;
	}
	return -ENOENT;
}

int accounts_group(const char *group, size_t len, const char *name, uint32_t *ret_gid)
{
	struct field text = {group, len}, field[FIELDS_MAX];

	while (next_entry(&text, 3, field))
		if (is_text(field[0], name) && parse_id(field[2], ret_gid) == 0)
			return 0;
	return -ENOENT;
}

static bool has_member(struct field members, const char *user)
{
	while (members.len > 0)
		if (is_text(take(&members, ','), user))
			return true;
	return false;
}

static bool is_among(const uint32_t *gids, size_t n, uint32_t gid)
{
	for (size_t i = 0; i < n; i++)
		if (gids[i] == gid)
			return true;
	return false;
}

static int add(uint32_t *gids, size_t size, size_t *n, uint32_t gid)
{
	if (is_among(gids, *n, gid))
		return 0;
	if (*n == size)
		return -E2BIG;
	gids[(*n)++] = gid;
	return 0;
}

int accounts_groups(const char *group, size_t len, const char *user, uint32_t gid,
		    uint32_t *ret_gids, size_t size, size_t *ret_n)
{
	struct field text = {group, len}, field[FIELDS_MAX];
	size_t n = 0;
	int r = add(ret_gids, size, &n, gid);

	while (r == 0 && next_entry(&text, 4, field)) {
		uint32_t id;

		if (has_member(field[3], user) && parse_id(field[2], &id) == 0)
			r = add(ret_gids, size, &n, id);
	}
	if (r == 0)
		*ret_n = n;
	return r;
}
