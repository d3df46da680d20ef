/* SPDX-License-Identifier: MIT
 * creds_text.c - the value of FAKEID_CREDS: how credentials pass through exec. The text comes back
 * from an environment that any program may have edited, so it is read as strictly as a message.
 */
#include "core/creds.h"

#include <errno.h>
#include <string.h>

#define UMASK_USER 0700u

enum item {
	ITEM_UID,
	ITEM_GID,
	ITEM_GROUPS,
	ITEM_CAP,
	ITEM_SECUREBITS,
	ITEM_NO_NEW_PRIVS,
	ITEM_UNDUMPABLE,
	ITEM_SECURE,
	ITEM_UMASK,
	ITEM_N
};

static const char *const item_names[ITEM_N] = {
	"u=", "g=", "G=", "cap=", "sb=", "nnp=", "nodump=", "sec=", "umask="};

struct out {
	char *at, *end; /* `end` is kept free for the NUL */
	bool full;
};

static void put_char(struct out *out, char c)
{
	if (out->at == out->end)
		out->full = true;
	else
		*out->at++ = c;
}

static void put_text(struct out *out, const char *text)
{
	while (*text)
		put_char(out, *text++);
}

static void put_number(struct out *out, uint64_t value, unsigned base)
{
	char digits[24];
	size_t n = 0;

	do
		digits[n++] = "0123456789abcdef"[value % base];
	while (value /= base);
	while (n)
		put_char(out, digits[--n]);
}

/* Begin an item: the separator if it is not the first, and its name. */
static void put_item(struct out *out, const char *start, enum item item)
{
	if (out->at != start)
		put_char(out, ';');
	put_text(out, item_names[item]);
}

/* Runs of neighbours are written as a range: the longest lists are made of them, and an environment
 * string ends at 128 KiB. */
static void put_groups(struct out *out, const struct groups *groups)
{
	for (uint32_t i = 0, run; i < groups->n; i += run) {
		uint32_t first = groups->list[i];

		for (run = 1; i + run < groups->n && groups->list[i + run] == first + run; run++)
			;
		if (i)
			put_char(out, ',');
		put_number(out, first, 10);
		if (run > 1) {
			put_char(out, '-');
			put_number(out, first + (run - 1), 10);
		}
	}
}

int creds_format(const struct creds *creds, const struct groups *groups, uint32_t umask_user,
		 char *ret_text, size_t size, size_t *ret_len)
{
	struct out out = {ret_text, ret_text + size - 1, false};
	static const uint32_t root_id[CREDS_ID_N];

	if (!size)
		return -E2BIG;

	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		if (memcmp(creds->id[kind], root_id, sizeof root_id) == 0)
			continue;
		put_item(&out, ret_text, kind == FAKEID_UID ? ITEM_UID : ITEM_GID);
		for (int i = 0; i < CREDS_ID_N; i++) {
			put_text(&out, i ? "," : "");
			put_number(&out, creds->id[kind][i], 10);
		}
	}
	if (groups->n != 1 || groups->list[0] != 0) {
		put_item(&out, ret_text, ITEM_GROUPS);
		put_groups(&out, groups);
	}
	if (memcmp(creds->cap, creds_root_caps, sizeof creds_root_caps) != 0) {
		put_item(&out, ret_text, ITEM_CAP);
		for (int i = 0; i < CREDS_CAPSET_N; i++) {
			put_text(&out, i ? "," : "");
			put_number(&out, creds->cap[i], 16);
		}
	}
	if (creds->securebits) {
		put_item(&out, ret_text, ITEM_SECUREBITS);
		put_number(&out, creds->securebits, 16);
	}
	if (creds->no_new_privs) {
		put_item(&out, ret_text, ITEM_NO_NEW_PRIVS);
		put_char(&out, '1');
	}
	if (creds->undumpable) {
		put_item(&out, ret_text, ITEM_UNDUMPABLE);
		put_char(&out, '1');
	}
	if (creds->secure) {
		put_item(&out, ret_text, ITEM_SECURE);
		put_char(&out, '1');
	}
	if (umask_user) {
		put_item(&out, ret_text, ITEM_UMASK);
		put_number(&out, umask_user, 8);
	}
	if (out.full)
		return -E2BIG;

	*out.at = '\0';
	*ret_len = (size_t)(out.at - ret_text);
	return 0;
}

static bool take(const char **at, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(*at, text, len) != 0)
		return false;

	*at += len;
	return true;
}

/* One number of at most `max`, without leading zeros or capitals: as put_number() writes it. */
static bool take_number(const char **at, unsigned base, uint64_t max, uint64_t *ret_value)
{
	const char *start = *at;
	uint64_t value = 0;

	for (;; ++*at) {
		unsigned digit;

		if (**at >= '0' && **at <= '9')
			digit = (unsigned)(**at - '0');
		else if (**at >= 'a' && **at <= 'f')
			digit = (unsigned)(**at - 'a') + 10;
		else
			break;
		if (digit >= base || value > (max - digit) / base)
			return false;

		value = value * base + digit;
	}
	if (*at == start || (*start == '0' && *at != start + 1))
		return false;

	*ret_value = value;
	return true;
}

static bool take_ids(const char **at, uint32_t ret_id[CREDS_ID_N])
{
	for (int i = 0; i < CREDS_ID_N; i++) {
		uint64_t id;

		if ((i && !take(at, ",")) || !take_number(at, 10, FAKEID_ID_INVALID - 1, &id))
			return false;

		ret_id[i] = (uint32_t)id;
	}
	return true;
}

static bool take_groups(const char **at, struct groups *ret_groups)
{
	uint64_t first, last, previous = 0;

	ret_groups->n = 0;
	if (**at == ';' || !**at)
		return true;

	do {
		if (!take_number(at, 10, FAKEID_ID_INVALID - 1, &first) || first < previous)
			return false;

		last = first;
		if (take(at, "-") &&
		    (!take_number(at, 10, FAKEID_ID_INVALID - 1, &last) || last <= first))
			return false;
		if (last - first >= CREDS_GROUPS_MAX - ret_groups->n)
			return false;

		for (uint64_t gid = first; gid <= last; gid++)
			ret_groups->list[ret_groups->n++] = (uint32_t)gid;
		previous = last;
	} while (take(at, ","));
	return true;
}

/* The sets, and what is always true among them. */
static bool take_caps(const char **at, uint64_t ret_cap[CREDS_CAPSET_N])
{
	const uint64_t *cap = ret_cap;

	for (int i = 0; i < CREDS_CAPSET_N; i++)
		if ((i && !take(at, ",")) || !take_number(at, 16, CREDS_CAP_ALL, &ret_cap[i]))
			return false;
	return !(cap[CREDS_CAP_EFFECTIVE] & ~cap[CREDS_CAP_PERMITTED]) &&
	       !(cap[CREDS_CAP_AMBIENT] & ~(cap[CREDS_CAP_PERMITTED] & cap[CREDS_CAP_INHERITABLE]));
}

/* One item; `seen` has a bit for each that was there, because none may come twice. */
static bool take_item(const char **at, struct creds *creds, struct groups *groups,
		      uint32_t *umask_user, unsigned *seen)
{
	enum item item = 0;
	uint64_t value;

	while (!take(at, item_names[item]))
		if (++item == ITEM_N)
			return false;
	if (*seen & 1u << item)
		return false;

	*seen |= 1u << item;
	switch (item) {
	case ITEM_UID:
		return take_ids(at, creds->id[FAKEID_UID]);
	case ITEM_GID:
		return take_ids(at, creds->id[FAKEID_GID]);
	case ITEM_GROUPS:
		return take_groups(at, groups);
	case ITEM_CAP:
		return take_caps(at, creds->cap);
	case ITEM_SECUREBITS:
		if (!take_number(at, 16, CREDS_SECUREBITS, &value))
			return false;
		creds->securebits = (uint32_t)value;
		return true;
	case ITEM_NO_NEW_PRIVS:
		creds->no_new_privs = true;
		return take(at, "1");
	case ITEM_UNDUMPABLE:
		creds->undumpable = true;
		return take(at, "1");
	case ITEM_SECURE:
		creds->secure = true;
		return take(at, "1");
	default:
		if (!take_number(at, 8, UMASK_USER, &value))
			return false;
		*umask_user = (uint32_t)value;
		return !(value & ~(uint64_t)UMASK_USER);
	}
}

static void reset(struct creds *ret_creds, struct groups *ret_groups, uint32_t *ret_umask_user)
{
	creds_init_root(ret_creds, ret_groups);
	*ret_umask_user = 0;
}

int creds_parse(const char *text, struct creds *ret_creds, struct groups *ret_groups,
		uint32_t *ret_umask_user)
{
	unsigned seen = 0;
	bool fine = true;

	reset(ret_creds, ret_groups, ret_umask_user);
	if (!*text)
		return 0;

	do
		fine = take_item(&text, ret_creds, ret_groups, ret_umask_user, &seen);
	while (fine && take(&text, ";"));
	if (fine && !*text)
		return 0;

	reset(ret_creds, ret_groups, ret_umask_user);
	return -EINVAL;
}
