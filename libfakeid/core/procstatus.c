/* SPDX-License-Identifier: MIT
 * procstatus.c - see procstatus.h. The formats are those of fs/proc/array.c in the kernel.
 */
#include "core/procstatus.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct out {
	char *at;
	size_t left;
	bool full;
};

static void put(struct out *out, const char *text, size_t len)
{
	if (len > out->left) {
		out->full = true;
		return;
	}
	memcpy(out->at, text, len);
	out->at += len;
	out->left -= len;
}

static void put_decimal(struct out *out, uint32_t value)
{
	char digits[10];
	size_t n = 0;

	do
		digits[sizeof(digits) - ++n] = (char)('0' + value % 10);
	while (value /= 10);
	put(out, digits + sizeof(digits) - n, n);
}

static void put_mask(struct out *out, uint64_t mask)
{
	for (int shift = 60; shift >= 0; shift -= 4)
		put(out, &"0123456789abcdef"[mask >> shift & 15], 1);
}

static void put_ids(struct out *out, const uint32_t id[CREDS_ID_N])
{
	for (int i = 0; i < CREDS_ID_N; i++) {
		put(out, "\t", 1);
		put_decimal(out, id[i]);
	}
}

/* The blank at the end is the kernel's. */
static void put_groups(struct out *out, const struct procstatus *status)
{
	put(out, "\t", 1);
	for (uint32_t i = 0; i < status->n_groups; i++) {
		put(out, " ", i > 0);
		put_decimal(out, status->groups[i]);
	}
	put(out, " ", 1);
}

static bool begins(const char *line, size_t len, const char *key)
{
	size_t n = strlen(key);

	return len >= n && memcmp(line, key, n) == 0;
}

/* Which set a line shows, CREDS_CAPSET_N if none. */
static int capset_of(const char *line, size_t len)
{
	switch (len > 7 && line[6] == ':' ? line[3] : '\0') {
	case 'I':
		return CREDS_CAP_INHERITABLE;
	case 'P':
		return CREDS_CAP_PERMITTED;
	case 'E':
		return CREDS_CAP_EFFECTIVE;
	case 'B':
		return CREDS_CAP_BOUNDING;
	case 'A':
		return CREDS_CAP_AMBIENT;
	default:
		return CREDS_CAPSET_N;
	}
}

/* The new value of a line, or false where the old one stays. */
static bool put_value(struct out *out, const char *line, size_t len,
		      const struct procstatus *status)
{
	if (begins(line, len, "Uid:")) {
		put(out, line, 4);
		put_ids(out, status->id[FAKEID_UID]);
	} else if (begins(line, len, "Gid:")) {
		put(out, line, 4);
		put_ids(out, status->id[FAKEID_GID]);
	} else if (begins(line, len, "Groups:")) {
		put(out, line, 7);
		put_groups(out, status);
	} else if (status->creds && begins(line, len, "Cap") &&
		   capset_of(line, len) != CREDS_CAPSET_N) {
		put(out, line, 7);
		put(out, "\t", 1);
		put_mask(out, status->creds->cap[capset_of(line, len)]);
	} else if (status->creds && begins(line, len, "NoNewPrivs:")) {
		put(out, line, 11);
		put(out, status->creds->no_new_privs ? "\t1" : "\t0", 2);
	} else {
		return false;
	}
	return true;
}

/* The four numbers behind "Uid:". */
static bool take_ids(const char *at, const char *end, uint32_t ret_id[CREDS_ID_N])
{
	for (int i = 0; i < CREDS_ID_N; i++) {
		uint64_t value = 0;

		if (at == end || *at++ != '\t')
			return false;
		for (; at < end && *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++)
			value = value * 10 + (uint64_t)(*at - '0');
		if (value > UINT32_MAX)
			return false;
		ret_id[i] = (uint32_t)value;
	}
	return at == end;
}

int procstatus_ids(const char *text, size_t len, uint32_t ret_id[FAKEID_IDKIND_N][CREDS_ID_N])
{
	bool found[FAKEID_IDKIND_N] = {0};

	for (size_t at = 0; at < len && !(found[FAKEID_UID] && found[FAKEID_GID]);) {
		const char *line = text + at;
		const char *newline = memchr(line, '\n', len - at);
		size_t n = newline ? (size_t)(newline - line) : len - at;

		if (begins(line, n, "Uid:"))
			found[FAKEID_UID] = take_ids(line + 4, line + n, ret_id[FAKEID_UID]);
		else if (begins(line, n, "Gid:"))
			found[FAKEID_GID] = take_ids(line + 4, line + n, ret_id[FAKEID_GID]);
		at += n + 1;
	}
	return found[FAKEID_UID] && found[FAKEID_GID] ? 0 : -EINVAL;
}

int procstatus_make(const char *text, size_t len, const struct procstatus *status, char *ret_text,
		    size_t size, size_t *ret_len)
{
	struct out out = {.at = ret_text, .left = size};

	for (size_t at = 0; at < len;) {
		const char *line = text + at;
		const char *newline = memchr(line, '\n', len - at);
		size_t n = newline ? (size_t)(newline - line) : len - at;

		if (!put_value(&out, line, n, status))
			put(&out, line, n);
		put(&out, "\n", newline != NULL);
		at += n + 1;
	}
	if (out.full)
		return -E2BIG;
	*ret_len = (size_t)(out.at - ret_text);
	return 0;
}
