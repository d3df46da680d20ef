/* SPDX-License-Identifier: MIT
 * ctl_keys.c - `fakeidctl grant`, `revoke` and `keys`.
 */
#include "ctl_keys.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "core/capnames.h"
#include "core/cursor.h"
#include "ctl_ns.h"
#include "nsask.h"
#include "nsexplain.h"
#include "options.h"
#include "tag.h"

/* A number that 32 bits hold, and what ends it. */
static bool take_id(const char **at, char end, uint32_t *ret_id)
{
	uint64_t id = 0;
	const char *c = *at;

	for (; *c >= '0' && *c <= '9' && id <= UINT32_MAX; c++)
		id = id * 10 + (uint64_t)(*c - '0');
	if (c == *at || *c != end || id >= FAKEID_ID_INVALID)
		return false;
	*at = c + 1;
	*ret_id = (uint32_t)id;
	return true;
}

int keys_take_pair(struct key *key, enum fakeid_idkind kind, const char *value,
		   struct trouble *trouble)
{
	const char *option = kind == FAKEID_UID ? "--uid" : "--gid", *at = value;
	struct key_pair pair;
	int r;

	if (!take_id(&at, ':', &pair.from) || !take_id(&at, '\0', &pair.to))
		return trouble_set(trouble, -EINVAL,
				   "option '%s': '%s': not two ids: use A:B, A an id of the tag, B "
				   "one of the holder",
				   option, value);
	r = key_add(key, kind, pair);
	if (r == -EEXIST)
		return trouble_set(trouble, r, "option '%s': '%s': %u has been given before",
				   option, value, pair.from);
	if (r < 0)
		return trouble_set(trouble, r, "option '%s': more than %u: give fewer", option,
				   KEY_PAIRS_MAX);
	return 0;
}

/* `key` NULL: revoke. */
static int ask_change(struct session *session, const char *tag, const char *to,
		      const struct key *key)
{
	uint8_t body[4 + 2 * (2 + WIRE_TAG_MAX) + KEY_BYTES_MAX];
	struct writer w = {.at = body, .left = sizeof(body)};
	size_t size = 0;

	write_u32(&w, session->inside);
	about_write_tag(&w, tag);
	about_write_tag(&w, to);
	if (key)
		key_encode(key, &w);
	return session_ask(session, key ? WIRE_KEY_GRANT : WIRE_KEY_REVOKE, body,
			   sizeof(body) - w.left, -1, NULL, &size, CONNECT_COMMIT_MS);
}

/* A line of the list. */
struct row {
	uint32_t from, to;
	char from_tag[WIRE_TAG_MAX + 1], to_tag[WIRE_TAG_MAX + 1];
	struct key key;
};

/* The one behind that of `row`. */
static int ask_next(struct session *session, struct row *row)
{
	uint8_t body[12], reply[2 * (4 + 2 + WIRE_TAG_MAX) + KEY_BYTES_MAX];
	struct writer w = {.at = body, .left = sizeof(body)};
	struct reader in = {reply, sizeof(reply), false};
	int r;

	write_u32(&w, session->inside);
	write_u32(&w, row->from);
	write_u32(&w, row->to);
	r = session_ask(session, WIRE_KEY_NEXT, body, sizeof(body), -1, reply, &in.left,
			WIRE_REPLY_MS);
	if (r < 0)
		return r;

	row->from = read_u32(&in);
	about_read_tag(&in, row->from_tag);
	row->to = read_u32(&in);
	about_read_tag(&in, row->to_tag);
	r = in.bad ? -EBADMSG : key_decode(&in, &row->key);
	return r < 0 || !read_done(&in) ? -EBADMSG : 0;
}

static void print_pairs(const char *name, const struct key *key, enum fakeid_idkind kind)
{
	printf(" %s ", name);
	for (uint32_t i = 0; i < key->n_pairs[kind]; i++)
		printf("%s%" PRIu32 ":%" PRIu32, i ? "," : "", key->pairs[kind][i].from,
		       key->pairs[kind][i].to);
	if (key->n_pairs[kind] == 0)
		printf("-");
}

/* The next one that `tag` (NULL: anybody) has granted or holds. 0, -ENODATA behind the last one,
 * or another negative errno. */
static int ask_next_of(struct session *session, const char *tag, struct row *row)
{
	int r;

	do
		r = ask_next(session, row);
	while (r == 0 && tag && strcmp(tag, row->from_tag) != 0 && strcmp(tag, row->to_tag) != 0);
	return r;
}

int keys_print(struct session *session, const char *tag, const char *before)
{
	struct row row = {.from = 0};
	char caps[CAPNAMES_TEXT_BYTES];
	int r;

	while ((r = ask_next_of(session, tag, &row)) == 0) {
		capnames_format(row.key.caps, caps);
		printf("%s%s to %s caps %s", before, row.from_tag, row.to_tag, caps);
		print_pairs("uid", &row.key, FAKEID_UID);
		print_pairs("gid", &row.key, FAKEID_GID);
		printf("\n");
	}
	return r == -ENODATA ? 0 : r;
}

static void print_pairs_json(const char *name, const struct key *key, enum fakeid_idkind kind)
{
	printf(",\"%s\":[", name);
	for (uint32_t i = 0; i < key->n_pairs[kind]; i++)
		printf("%s{\"from\":%" PRIu32 ",\"to\":%" PRIu32 "}", i ? "," : "",
		       key->pairs[kind][i].from, key->pairs[kind][i].to);
	printf("]");
}

static int print_json(struct session *session, const char *tag)
{
	struct row row = {.from = 0};
	const char *comma = "";
	int r;

	printf("{\"keys\":[");
	while ((r = ask_next_of(session, tag, &row)) == 0) {
		printf("%s{", comma);
		ns_print_other_json("from", row.from, row.from_tag);
		printf(",");
		ns_print_other_json("to", row.to, row.to_tag);
		printf(",");
		ns_print_caps_json(row.key.caps);
		print_pairs_json("uid", &row.key, FAKEID_UID);
		print_pairs_json("gid", &row.key, FAKEID_GID);
		printf("}");
		comma = ",";
	}
	printf("]}\n");
	return r == -ENODATA ? 0 : r;
}

static int need_tag(struct ctl *ctl, const char *tag, bool holds, struct trouble *trouble)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct about about;
	int r = spec ? ns_get(&ctl->session, 0, 0, tag, &about, spec) : -ENOMEM;

	if (r == -ENOENT && holds && strcmp(tag, "host") == 0)
		return trouble_set(trouble, r,
				   "tag 'host': the machine itself can hold no key: programs "
				   "outside of fakeid see none of its ids");
	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_GET, tag, r, trouble) : 0;
}

static const struct {
	int error;
	const char *text;
} reasons[] = {
	{EINVAL, "they are the same: name another with --to"},
	{EXDEV, "one of them is not inside the namespace of this session: leave the session"},
	{ENOLINK, "they see no files in common: one has to be made with --fs, or inside the other"},
	{EALREADY, "the holder sees only files of its own, for which it needs no key"},
	{ERANGE, "one of the ids is none that files of the tag can have, or none of the holder's"},
	{EEXIST, "the holder has a name for one of the ids already: see fakeidctl ns show"},
	{E2BIG, "it is more than the holder can hold: give less, or revoke another key"},
	{ENODATA, "there is no such key: see fakeidctl keys"},
};

static int explain(const struct ctl *ctl, const char *tag, int error, struct trouble *trouble)
{
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].error == -error)
			return trouble_set(trouble, error, "key of '%s' to '%s': %s", tag, ctl->to,
					   reasons[i].text);
	return ns_explain(&ctl->session.state, WIRE_NS_GET, tag, error, trouble);
}

/* TAG and --to OTHER are there, and can be tags. */
static int check_both(const struct ctl *ctl, const char *command, char **words,
		      struct trouble *trouble)
{
	int r;

	if (!words[0] || !ctl->to)
		return trouble_set(trouble, -EINVAL,
				   "%s: it needs a tag, and --to TAG: see fakeidctl --help",
				   command);
	if (words[1])
		return trouble_set(trouble, -EINVAL, "%s: it takes no '%s': see fakeidctl --help",
				   command, words[1]);
	r = tag_check(words[0], trouble);
	if (r == 0)
		r = tag_check(ctl->to, trouble);
	if (r == 0 && strcmp(words[0], ctl->to) == 0)
		r = explain(ctl, words[0], -EINVAL, trouble);
	return r;
}

/* Both are tags of namespaces. */
static int need_both(struct ctl *ctl, char **words, struct trouble *trouble)
{
	int r = ctl_begin(ctl, trouble);

	if (r == 0)
		r = need_tag(ctl, words[0], false, trouble);
	return r < 0 ? r : need_tag(ctl, ctl->to, true, trouble);
}

int ctl_grant(struct ctl *ctl, char **words, struct trouble *trouble)
{
	const struct nsspec *wish = ctl->spec.wish;
	int r = check_both(ctl, "grant", words, trouble);

	if (r < 0)
		return r;
	if (wish && ((wish->flags & NSSPEC_FLAGS_GAVE) != NSSPEC_GAVE_CAPS || ctl->spec.caps_kept))
		return trouble_set(trouble, -EINVAL,
				   "grant: it has no options for maps and files: see fakeidctl "
				   "--help");
	ctl->key.caps = wish ? wish->caps : 0;
	if (key_is_empty(&ctl->key))
		return trouble_set(trouble, -EINVAL,
				   "grant: nothing is granted: give --caps, --uid or --gid");
	r = need_both(ctl, words, trouble);
	if (r < 0)
		return r;
	r = ask_change(&ctl->session, words[0], ctl->to, &ctl->key);
	return r < 0 ? explain(ctl, words[0], r, trouble) : 0;
}

int ctl_revoke(struct ctl *ctl, char **words, struct trouble *trouble)
{
	int r = check_both(ctl, "revoke", words, trouble);

	if (r == 0)
		r = need_both(ctl, words, trouble);
	if (r < 0)
		return r;
	r = ask_change(&ctl->session, words[0], ctl->to, NULL);
	return r < 0 ? explain(ctl, words[0], r, trouble) : 0;
}

int ctl_keys(struct ctl *ctl, char **words, struct trouble *trouble)
{
	int r = words[0] ? tag_check(words[0], trouble) : 0;

	if (r == 0 && words[0] && words[1])
		r = trouble_set(trouble, -EINVAL, "keys: it takes no '%s': see fakeidctl --help",
				words[1]);
	if (r == 0)
		r = ctl_begin(ctl, trouble);
	if (r == 0 && words[0])
		r = need_tag(ctl, words[0], false, trouble);
	if (r < 0)
		return r;
	r = ctl->json ? print_json(&ctl->session, words[0])
		      : keys_print(&ctl->session, words[0], "");
	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_GET, words[0], r, trouble) : 0;
}
