/* SPDX-License-Identifier: MIT
 * generate_xattr.c - random xattr calls, whose values fit the names most of the time.
 */
#include "generate.h"

#include <stdio.h>
#include <string.h>

static const char *xattr_name(void)
{
	static const char *const known[] = {"user.one",
					    "user.two",
					    "trusted.one",
					    "trusted.two",
					    "security.one",
					    "security.capability",
					    "security.capability",
					    "system.posix_acl_access",
					    "system.posix_acl_default"};
	static const char *const odd[] = {"user.", "trusted.", "security.", "nothing",
					  "system.nothing"};

	return one_in(15) ? PICK(odd) : PICK(known);
}

/* A value that fits the name most of the time. */
static const char *xattr_value(const char *for_name)
{
	static const char *const acls[] = {"@acl-mode",	 "@acl-user",  "@acl-big",
					   "@acl-group", "@acl-group", "@acl-bad"};
	static const char *const capabilities[] = {"@cap",  "@cap",	  "@cap-some", "@cap-all",
						   "@cap3", "@cap3-user", "@cap-old",  "@shortcap"};
	static const char *const values[] = {"x", "value", "%e",
					     "a-much-longer-value-than-the-others"};

	/* Empty ones are oddities: the kernel keeps such a capability through a chown, and an empty
	 * ACL is a removal, of which overlayfs has its own view. */
	if (one_in(12))
		return strncmp(for_name, "s", 1) == 0 ? "short" : PICK(values);
	if (strncmp(for_name, "system.", 7) == 0)
		return PICK(acls);
	if (strcmp(for_name, "security.capability") == 0)
		return PICK(capabilities);
	return PICK(values);
}

void gen_xattr(void)
{
	static const char *const rooms[] = {"0", "2", "4096", "4096"};
	static const char *const flags[] = {"0", "0", "0", "XATTR_CREATE", "XATTR_REPLACE"};
	static const char *const prefixes[] = {"", "l", "f"};
	const char *prefix = PICK(prefixes);
	const char *object = prefix[0] == 'f' ? slot() : prefix[0] == 'l' ? own_path() : path();
	const char *chosen = xattr_name();

	switch (below(6)) {
	case 0:
		printf("%sgetxattr %s %s %s\n", prefix, object, chosen, PICK(rooms));
		break;
	case 1:
		printf("%slistxattr %s %s\n", prefix, object, PICK(rooms));
		break;
	case 2:
		/* On overlayfs the kernel misses an ACL that it need not miss elsewhere. */
		if (strncmp(chosen, "system.", 7) == 0)
			printf("%ssetxattr %s %s @acl-user 0\n", prefix, object, chosen);
		printf("%sremovexattr %s %s\n", prefix, object, chosen);
		break;
	default:
		printf("%ssetxattr %s %s %s %s\n", prefix, object, chosen, xattr_value(chosen),
		       PICK(flags));
		if (one_in(2))
			printf("%sgetxattr %s %s 4096\n", prefix, object, chosen);
	}
}
