/* SPDX-License-Identifier: MIT
 * flags.c - see flags.h.
 */
#include "flags.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#define FLAG(name)          \
	{                   \
#name, name \
	}

static const struct {
	const char *name;
	long value;
} flags[] = {
	FLAG(O_RDONLY),
	FLAG(O_WRONLY),
	FLAG(O_RDWR),
	FLAG(O_CREAT),
	FLAG(O_EXCL),
	FLAG(O_TRUNC),
	FLAG(O_APPEND),
	FLAG(O_DIRECTORY),
	FLAG(O_PATH),
	FLAG(O_NOFOLLOW),
	FLAG(O_TMPFILE),
	FLAG(O_NONBLOCK),
	FLAG(O_CLOEXEC),
	FLAG(O_NOATIME),
	FLAG(O_LARGEFILE),
	FLAG(O_ACCMODE),
	FLAG(O_SYNC),
	FLAG(AT_SYMLINK_NOFOLLOW),
	FLAG(AT_SYMLINK_FOLLOW),
	FLAG(AT_EMPTY_PATH),
	FLAG(AT_REMOVEDIR),
	FLAG(AT_EACCESS),
	FLAG(AT_NO_AUTOMOUNT),
	FLAG(AT_FDCWD),
	FLAG(AT_STATX_SYNC_TYPE),
	FLAG(RENAME_NOREPLACE),
	FLAG(RENAME_EXCHANGE),
	FLAG(RENAME_WHITEOUT),
	FLAG(XATTR_CREATE),
	FLAG(XATTR_REPLACE),
	FLAG(S_IFREG),
	FLAG(S_IFDIR),
	FLAG(S_IFCHR),
	FLAG(S_IFBLK),
	FLAG(S_IFIFO),
	FLAG(S_IFSOCK),
	FLAG(S_IFLNK),
	FLAG(F_OK),
	FLAG(F_GETFL),
	FLAG(F_SETFL),
	FLAG(F_GETFD),
	FLAG(F_SETOWN),
	FLAG(F_NOTIFY),
	FLAG(F_SETLEASE),
	FLAG(F_RDLCK),
	FLAG(F_WRLCK),
	FLAG(F_UNLCK),
	FLAG(F_DUPFD),
	FLAG(F_SETPIPE_SZ),
	FLAG(DN_ACCESS),
	FLAG(STATX_BASIC_STATS),
	FLAG(STATX__RESERVED),
	FLAG(R_OK),
	FLAG(W_OK),
	FLAG(X_OK),
};

static bool one_value(const char *name, size_t len, int base, long *ret_value)
{
	char *end;

	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
		if (strlen(flags[i].name) == len && memcmp(flags[i].name, name, len) == 0) {
			*ret_value = flags[i].value;
			return true;
		}
	}
	*ret_value = strtol(name, &end, base);
	return end == name + len && len > 0;
}

bool flags_parse(const char *word, int base, long *ret_value)
{
	*ret_value = 0;
	for (;;) {
		size_t len = strcspn(word, "|");
		long value;

		if (!one_value(word, len, base, &value))
			return false;
		*ret_value |= value;
		if (word[len] == '\0')
			return true;
		word += len + 1;
	}
}
