/* SPDX-License-Identifier: MIT
 * fuzz_accounts.c - a name, a line end, and any bytes as a passwd or a group file: what is found
 * has that name and ids that there are. A hunt, from the top of the source: clang
 * -fsanitize=fuzzer,address,undefined -g -D_GNU_SOURCE -Iinclude tests/fuzz/fuzz_accounts.c
 * fakeid/accounts.c -o fuzz_accounts && ./fuzz_accounts NEW tests/fuzz/corpus/accounts
 */
#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <fakeid/kid.h>

#include "../../fakeid/accounts.h"

#define GIDS_MAX 8

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *end = size ? memchr(bytes, '\n', size) : NULL;
	size_t name_len = end ? (size_t)(end - bytes) : 0, n = 77;
	uint32_t gid = FAKEID_ID_INVALID, gids[GIDS_MAX];
	const char *text = (const char *)bytes + name_len + 1;
	char name[ACCOUNTS_NAME_MAX];
	struct account account, again;
	int r;

	if (!end || name_len >= sizeof name)
		return 0;
	memcpy(name, bytes, name_len);
	name[name_len] = '\0';
	size -= name_len + 1;
	r = accounts_user(text, size, name, 0, &account);
	must(r == 0 || r == -ENOENT);
	if (r == 0) {
		must(strcmp(account.name, name) == 0 && *name);
		must(account.uid != FAKEID_ID_INVALID && account.gid != FAKEID_ID_INVALID);
		must(accounts_user(text, size, NULL, account.uid, &again) == 0);
		must(again.uid == account.uid);
	}
	r = accounts_group(text, size, name, &gid);
	must(r == 0 ? gid != FAKEID_ID_INVALID : r == -ENOENT && gid == FAKEID_ID_INVALID);
	r = accounts_groups(text, size, name, 5, gids, GIDS_MAX, &n);
	must(r == 0 ? n >= 1 && n <= GIDS_MAX && gids[0] == 5 : r == -E2BIG && n == 77);
	for (size_t i = 0; r == 0 && i < n; i++)
		for (size_t j = 0; j < i; j++)
			must(gids[i] != gids[j]);
	return 0;
}
