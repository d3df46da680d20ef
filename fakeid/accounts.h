/* SPDX-License-Identifier: MIT
 * accounts.h - users and groups by the text of a passwd(5) and a group(5), read as libc reads them:
 * what makes no sense is passed over, the first entry that fits counts. Pure.
 */
#ifndef FAKEID_ACCOUNTS_H
#define FAKEID_ACCOUNTS_H

#include <stddef.h>
#include <stdint.h>

#define ACCOUNTS_NAME_MAX 256u /* of a name that can be looked for, its NUL included */

struct account {
	char name[ACCOUNTS_NAME_MAX];
	uint32_t uid, gid;
};

/* A decimal id, all of `text`: 0, or -EINVAL. */
int accounts_parse_id(const char *text, uint32_t *ret_id);

/* The user called `name` in a passwd; `name` NULL: the one with this uid. 0 or -ENOENT. */
int accounts_user(const char *passwd, size_t len, const char *name, uint32_t uid,
		  struct account *ret_account);

/* The group called `name` in a group file. 0 or -ENOENT. */
int accounts_group(const char *group, size_t len, const char *name, uint32_t *ret_gid);

/* What initgroups(3) would install for `user`: `gid`, then the groups that name him as a member,
 * each once. 0, or -E2BIG for more than `size`. */
int accounts_groups(const char *group, size_t len, const char *user, uint32_t gid,
		    uint32_t *ret_gids, size_t size, size_t *ret_n);

#endif
