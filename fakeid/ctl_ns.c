/* SPDX-License-Identifier: MIT
 * ctl_ns.c - `fakeidctl ns`: namespaces made, looked at, changed, removed. What it prints:
 * ctl_ns_print.c.
 */
#include "ctl_ns.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "ctl_keys.h"
#include "nsask.h"
#include "nsexplain.h"
#include "options.h"
#include "spec_fit.h"
#include "tag.h"

static int ns_create_command(struct ctl *ctl, char **words, struct trouble *trouble)
{
	struct nsspec *none = NULL;
	int r = spec_fit(&ctl->spec, &ctl->session, words[0], SPEC_CAPS_FRESH, "fakeidctl",
			 trouble);

	if (r < 0)
		return r;
	if (!ctl->spec.wish) {
		none = malloc(sizeof(*none));
		if (!none)
			return trouble_set(trouble, -ENOMEM, "ns create: %s", strerror(ENOMEM));
		nsspec_init(none);
	}
	r = ns_create(&ctl->session, words[0], none ? none : ctl->spec.wish);
	free(none);
	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_CREATE, words[0], r, trouble) : 0;
}

static int ns_set_command(struct ctl *ctl, char **words, struct trouble *trouble)
{
	int r;

	if (!ctl->spec.wish)
		return trouble_set(
			trouble, -EINVAL,
			"ns set: it needs options that say what to change: see fakeidctl "
			"--help");
	r = spec_fit(&ctl->spec, &ctl->session, words[0], SPEC_CAPS_THERE, "fakeidctl", trouble);
	if (r < 0)
		return r;
	r = ns_set(&ctl->session, words[0], ctl->spec.wish);
	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_SET, words[0], r, trouble) : 0;
}

static int ns_rename_command(struct ctl *ctl, char **words, struct trouble *trouble)
{
	int r = ns_rename(&ctl->session, words[0], words[1]);

	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_RENAME, words[r == -EEXIST], r,
				  trouble)
		     : 0;
}

static int ns_remove_command(struct ctl *ctl, char **words, struct trouble *trouble)
{
	int r = ns_remove(&ctl->session, words[0], ctl->force);

	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_REMOVE, words[0], r, trouble) : 0;
}

/* `show` alone, inside a session, is about the session's own, which may have no tag. */
static int ns_show_command(struct ctl *ctl, char **words, struct trouble *trouble)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct about about;
	int r = -ENOMEM;

	if (!words[0] && !ctl->in_session)
		return trouble_set(trouble, -EINVAL,
				   "ns show: it needs a tag: see fakeidctl --help");

	if (spec)
		r = ns_get(&ctl->session, 0, words[0] ? 0 : ctl->session.ns,
			   words[0] ? words[0] : "", &about, spec);
	if (r < 0)
		return ns_explain(&ctl->session.state, WIRE_NS_GET, words[0], r, trouble);

	if (ctl->json) {
		ns_print_json(&about, spec);
		printf("\n");
	} else {
		ns_print(&about, spec);
		r = about.tag[0] ? keys_print(&ctl->session, about.tag, "key ") : 0;
	}
	return r < 0 ? ns_explain(&ctl->session.state, WIRE_NS_GET, words[0], r, trouble) : 0;
}

/* The rows so far. Parents have smaller numbers than children, so they come first. */
struct list {
	struct ns_row *rows;
	size_t n, capacity;
	uint32_t root; /* only this one and what descends from it; 0 = all */
	bool json;
};

static bool belongs(const struct list *list, const struct about *about)
{
	if (!list->root || about->ns == list->root)
		return true;
	for (size_t i = list->n; i-- > 0;)
		if (list->rows[i].about.ns == about->parent)
			return true;
	return false;
}

static int add_row(struct list *list, const struct about *about, const struct nsspec *spec)
{
	struct ns_row *grown;

	if (list->n == list->capacity) {
		list->capacity = list->capacity ? 2 * list->capacity : 64;
		grown = realloc(list->rows, list->capacity * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		list->rows = grown;
	}
	if (list->json) {
		printf("%s", list->n ? "," : "");
		ns_print_json(about, spec);
	}
	ns_row_fill(about, spec, &list->rows[list->n++]);
	return 0;
}

static int ns_list_command(struct ctl *ctl, char **words, struct trouble *trouble)
{
	autofree struct nsspec *spec = malloc(sizeof(*spec));
	struct list list = {.root = ctl->session.inside, .json = ctl->json};
	struct about about = {.ns = 0};
	int r = spec ? 0 : -ENOMEM;

	(void)words; /* it takes none */
	if (ctl->json)
		printf("{\"namespaces\":[");
	while (r == 0) {
		r = ns_get(&ctl->session, WIRE_GET_NEXT, about.ns, "", &about, spec);
		if (r == 0 && belongs(&list, &about))
			r = add_row(&list, &about, spec);
	}
	if (ctl->json)
		printf("]}\n");
	else if (r == -ENOENT)
		ns_print_rows(list.rows, list.n);
	free(list.rows);
	if (r != -ENOENT) /* which is the end of the list */
		return trouble_set(trouble, r, "ns list: no answer from the daemon: %s: %s",
				   ctl->session.state.path, strerror(-r));
	return 0;
}

static const struct command {
	const char *name;
	int (*run)(struct ctl *ctl, char **words, struct trouble *trouble);
	unsigned least, most; /* words, all of them tags */
	bool has_spec, has_force, has_json;
} commands[] = {
	{"create", ns_create_command, 1, 1, true, false, false},
	{"list", ns_list_command, 0, 0, false, false, true},
	{"show", ns_show_command, 0, 1, false, false, true},
	{"set", ns_set_command, 1, 1, true, false, false},
	{"rename", ns_rename_command, 2, 2, false, false, false},
	{"remove", ns_remove_command, 1, 1, false, true, false},
};

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; name && i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(name, commands[i].name) == 0)
			return &commands[i];
	return NULL;
}

static int check_words(const struct command *command, const struct ctl *ctl, char **words,
		       struct trouble *trouble)
{
	const char *surplus = NULL;
	unsigned n = 0;
	int r;

	for (; words[n]; n++) {
		r = tag_check(words[n], trouble);
		if (r < 0)
			return r;
	}
	if (n < command->least)
		return trouble_set(trouble, -EINVAL, "ns %s: it needs %s: see fakeidctl --help",
				   command->name, command->least == 1 ? "a tag" : "two tags");
	if (n > command->most)
		return trouble_set(trouble, -EINVAL,
				   "ns %s: it takes no '%s': see fakeidctl --help", command->name,
				   words[command->most]);
	if (ctl->json && !command->has_json)
		surplus = "--json";
	if (ctl->force && !command->has_force)
		surplus = "--force";
	if ((ctl->spec.wish || ctl->spec.split) && !command->has_spec)
		surplus = "options for maps and files";
	if (surplus)
		return trouble_set(trouble, -EINVAL, "ns %s: it has no %s: see fakeidctl --help",
				   command->name, surplus);
	return 0;
}

int ctl_ns(struct ctl *ctl, char **words, struct trouble *trouble)
{
	const struct command *command = find_command(words[0]);
	int r;

	if (!command)
		return trouble_set(
			trouble, -EINVAL,
			"ns: it needs one of create, list, show, set, rename, remove: see "
			"fakeidctl --help");

	r = check_words(command, ctl, words + 1, trouble);
	if (r == 0)
		r = ctl_begin(ctl, trouble);
	return r < 0 ? r : command->run(ctl, words + 1, trouble);
}
