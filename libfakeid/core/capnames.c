/* SPDX-License-Identifier: MIT
 * capnames.c - capabilities by their names. Pure.
 */
#include "core/capnames.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "core/creds.h"

/* In the order of their numbers, which the kernel never changes. */
static const char names[CREDS_CAP_COUNT][20] = {
	"chown",
	"dac_override",
	"dac_read_search",
	"fowner",
	"fsetid",
	"kill",
	"setgid",
	"setuid",
	"setpcap",
	"linux_immutable",
	"net_bind_service",
	"net_broadcast",
	"net_admin",
	"net_raw",
	"ipc_lock",
	"ipc_owner",
	"sys_module",
	"sys_rawio",
	"sys_chroot",
	"sys_ptrace",
	"sys_pacct",
	"sys_admin",
	"sys_boot",
	"sys_nice",
	"sys_resource",
	"sys_time",
	"sys_tty_config",
	"mknod",
	"lease",
	"audit_write",
	"audit_control",
	"setfcap",
	"mac_override",
	"mac_admin",
	"syslog",
	"wake_alarm",
	"block_suspend",
	"audit_read",
	"perfmon",
	"bpf",
	"checkpoint_restore",
};

const char *capnames_name(unsigned cap)
{
	return names[cap];
}

/* Is the word of `len` bytes `name`, which is in small letters? */
static bool is_word(const char *word, size_t len, const char *name)
{
	if (strlen(name) != len)
		return false;
	for (size_t i = 0; i < len; i++) {
		char c = word[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (c != name[i])
			return false;
	}
	return true;
}

static int find_word(const char *word, size_t len, uint64_t *set)
{
	if (is_word(word, len, "none"))
		return 0;
	if (is_word(word, len, "all")) {
		*set = CREDS_CAP_ALL;
		return 0;
	}
	if (len > 4 && is_word(word, 4, "cap_")) {
		word += 4;
		len -= 4;
	}
	for (unsigned cap = 0; cap < CREDS_CAP_COUNT; cap++) {
		if (!is_word(word, len, names[cap]))
			continue;
		*set |= UINT64_C(1) << cap;
		return 0;
	}
	return -EINVAL;
}

int capnames_parse(const char *text, uint64_t *ret_set, const char **ret_bad, size_t *ret_bad_len)
{
	uint64_t set = 0;

	for (;; text++) {
		size_t len = strcspn(text, ",");

		if (find_word(text, len, &set) < 0) {
			*ret_bad = text;
			*ret_bad_len = len;
			return -EINVAL;
		}
		text += len;
		if (!*text)
			break;
	}
	*ret_set = set;
	return 0;
}

void capnames_format(uint64_t set, char ret_text[CAPNAMES_TEXT_BYTES])
{
	char *at = ret_text;

	if (set == 0 || set == CREDS_CAP_ALL) {
		memcpy(ret_text, set ? "all" : "none", set ? sizeof("all") : sizeof("none"));
		return;
	}
	for (unsigned cap = 0; cap < CREDS_CAP_COUNT; cap++) {
		size_t len = strlen(names[cap]);

		if (!(set >> cap & 1))
			continue;
		if (at != ret_text)
			*at++ = ',';
		memcpy(at, names[cap], len);
		at += len;
	}
	*at = '\0';
}

/* Every name is shorter than its row, so this many bytes hold them all and a comma each. */
_Static_assert(CAPNAMES_TEXT_BYTES >= sizeof(names) / 20 * 15, "room for the names");
