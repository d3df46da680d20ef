/* SPDX-License-Identifier: MIT
 * rawcall_xattr.c - the raw door to extended attributes, which is how libattr comes, and to
 * directory entries.
 */
#include "calls/raw.h"
#include "calls/walk.h"
#include "calls/xattr.h"
#include "shim/sys.h"
#include "shim/wraps.h"

#define TEXT(i) ((const char *)arg[i])
#define BYTES(i) ((void *)arg[i])
#define SIZE(i) ((size_t)arg[i])
#define INT(i) ((int)arg[i])

enum { NR_SETXATTRAT = 463, NR_GETXATTRAT = 464, NR_LISTXATTRAT = 465, NR_REMOVEXATTRAT = 466 };

static bool raw_set_or_remove(long n, const long arg[6], long *ret)
{
	switch (n) {
	case SYS_setxattr:
		*ret = wrap_setxattr(TEXT(0), TEXT(1), BYTES(2), SIZE(3), INT(4));
		return true;
	case SYS_lsetxattr:
		*ret = wrap_lsetxattr(TEXT(0), TEXT(1), BYTES(2), SIZE(3), INT(4));
		return true;
	case SYS_fsetxattr:
		*ret = wrap_fsetxattr(INT(0), TEXT(1), BYTES(2), SIZE(3), INT(4));
		return true;
	case SYS_removexattr:
		*ret = wrap_removexattr(TEXT(0), TEXT(1));
		return true;
	case SYS_lremovexattr:
		*ret = wrap_lremovexattr(TEXT(0), TEXT(1));
		return true;
	case SYS_fremovexattr:
		*ret = wrap_fremovexattr(INT(0), TEXT(1));
		return true;
	case NR_SETXATTRAT:
		*ret = wrap_setxattrat(INT(0), TEXT(1), (unsigned)arg[2], TEXT(3), BYTES(4),
				       SIZE(5));
		return true;
	case NR_REMOVEXATTRAT:
		*ret = wrap_removexattrat(INT(0), TEXT(1), (unsigned)arg[2], TEXT(3));
		return true;
	default:
		return false;
	}
}

static bool raw_get_or_list(long n, const long arg[6], long *ret)
{
	switch (n) {
	case SYS_getxattr:
		*ret = wrap_getxattr(TEXT(0), TEXT(1), BYTES(2), SIZE(3));
		return true;
	case SYS_lgetxattr:
		*ret = wrap_lgetxattr(TEXT(0), TEXT(1), BYTES(2), SIZE(3));
		return true;
	case SYS_fgetxattr:
		*ret = wrap_fgetxattr(INT(0), TEXT(1), BYTES(2), SIZE(3));
		return true;
	case SYS_listxattr:
		*ret = wrap_listxattr(TEXT(0), BYTES(1), SIZE(2));
		return true;
	case SYS_llistxattr:
		*ret = wrap_llistxattr(TEXT(0), BYTES(1), SIZE(2));
		return true;
	case SYS_flistxattr:
		*ret = wrap_flistxattr(INT(0), BYTES(1), SIZE(2));
		return true;
	case NR_GETXATTRAT:
		*ret = wrap_getxattrat(INT(0), TEXT(1), (unsigned)arg[2], TEXT(3), BYTES(4),
				       SIZE(5));
		return true;
	case NR_LISTXATTRAT:
		*ret = wrap_listxattrat(INT(0), TEXT(1), (unsigned)arg[2], BYTES(3), SIZE(4));
		return true;
	default:
		return false;
	}
}

static bool raw_dir_call(long n, const long arg[6], long *ret)
{
	switch (n) {
#ifdef SYS_getdents
	case SYS_getdents:
		*ret = SYS3(SYS_getdents, arg[0], arg[1], arg[2]);
		if (*ret > 0)
			walk_fix_dirents_old(BYTES(1), (size_t)*ret);
		return true;
#endif
	case SYS_getdents64:
		*ret = SYS3(SYS_getdents64, arg[0], arg[1], arg[2]);
		if (*ret > 0)
			walk_fix_dirents(BYTES(1), (size_t)*ret);
		return true;
	default:
		return false;
	}
}

bool raw_xattr_call(long n, const long arg[6], long *ret_result)
{
	return raw_set_or_remove(n, arg, ret_result) || raw_get_or_list(n, arg, ret_result) ||
	       raw_dir_call(n, arg, ret_result);
}
