/* SPDX-License-Identifier: MIT
 * say.h - what the probes of credentials print. Not by stdio: a vfork child must leave no trace in
 * its parent.
 */
#ifndef SAY_H
#define SAY_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <unistd.h>

static inline void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(3);
}

static inline void say_number(const char *before, long n)
{
	char text[80];

	snprintf(text, sizeof text, "%s%ld", before, n);
	say(text);
}

static inline void say_result(long result)
{
	if (result >= 0)
		say_number(" = ", result);
	else
		say(" = "), say(strerrorname_np(errno));
}

static inline void say_ids(const char *name, uint32_t real, uint32_t effective, uint32_t saved,
			   uint32_t fs)
{
	char text[100];

	snprintf(text, sizeof text, " %s=%u,%u,%u,%u", name, real, effective, saved, fs);
	say(text);
}

/* Who the caller is: ids and groups. */
static inline void say_who(void)
{
	gid_t groups[70];
	uid_t r, e, s;
	int n = getgroups(70, groups);

	if (getresuid(&r, &e, &s) || r != getuid() || e != geteuid())
		say(" getresuid differs");
	say_ids("uid", r, e, s, (uint32_t)setfsuid((uid_t)-1));
	if (getresgid(&r, &e, &s) || r != getgid() || e != getegid())
		say(" getresgid differs");
	say_ids("gid", r, e, s, (uint32_t)setfsgid((gid_t)-1));
	say(" groups=");
	for (int i = 0; i < n; i++)
		say_number(i ? "," : "", groups[i]);
}

#endif
