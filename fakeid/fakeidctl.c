/* SPDX-License-Identifier: MIT
 * fakeidctl.c - look after the daemon and what it stores: options, and which command is meant.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl.h"
#include "ctl_keys.h"
#include "options.h"
#include "print.h"
#include "tag.h"

static const char help[] =
	"Usage: fakeidctl [options] command\n"
	"  status         what the daemon serves and how much it stores\n"
	"  stat PATH...   owner, mode and device of files: as shown inside, and what of it is "
	"stored\n"
	"  gc PATH...     drop the records of files that were removed outside; PATH...: all places "
	"of "
	"its files\n"
	"  stop           commit everything and end the daemon\n"
	"  ns COMMAND     create TAG, list, show TAG, set TAG, rename TAG NEW or remove TAG: id "
	"spaces\n"
	"  grant TAG --to TAG2, revoke TAG --to TAG2, keys [TAG]\n"
	"                 what TAG2 may do with files of TAG that it has no ids for\n"
	"  map COMMAND    show, check, split, compose, invert, lookup or alloc id maps\n"
	"\n"
	"  -n, --namespace TAG    status, stat, gc: the id space to ask about (default: that of "
	"the\n"
	"                         session, else all for status and " OPTIONS_TAG_DEFAULT
	" for the others)\n"
	"      --json             status, gc, ns list, ns show, keys, map: as one JSON object\n"
	"      --force            ns remove, gc: even while processes live in it; gc: even if "
	"nothing is left\n"
	"      --dry-run          gc: only say what would go\n"
	"      --to TAG2          grant, revoke: who gets the key, or has it\n"
	"      --caps LIST        grant: capabilities that count over these files\n"
	"      --uid A:B, --gid A:B  grant: user (group) A of TAG is B to TAG2 (repeat for more)\n"
	"  -h, --help             print this\n"
	"  -v, -V, --version      print the version\n"
	"\n"
	"ns create, ns set: what the id space is made of\n" SPEC_HELP;

enum long_only { OPT_JSON = 256, OPT_FORCE, OPT_DRY_RUN, OPT_TO, OPT_UID, OPT_GID };

static const struct option long_options[] = {
	{"namespace", required_argument, NULL, 'n'},
	{"json", no_argument, NULL, OPT_JSON},
	{"force", no_argument, NULL, OPT_FORCE},
	{"dry-run", no_argument, NULL, OPT_DRY_RUN},
	{"to", required_argument, NULL, OPT_TO},
	{"uid", required_argument, NULL, OPT_UID},
	{"gid", required_argument, NULL, OPT_GID},
	SPEC_LONG_OPTIONS{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

enum {
	TAKES_WORDS = 1 << 0,
	TAKES_TAG = 1 << 1, /* -n */
	TAKES_JSON = 1 << 2,
	TAKES_NS = 1 << 3,	/* what namespaces are made of; it looks itself */
	NEEDS_NOTHING = 1 << 4, /* neither state nor daemon */
	TAKES_FORCE = 1 << 5,
	TAKES_DRY_RUN = 1 << 6,
	TAKES_TO = 1 << 7,
	TAKES_KEY = 1 << 8, /* --uid, --gid, and --caps, at which it looks itself */
};

struct command {
	const char *name;
	int (*run)(struct ctl *ctl, char **words, struct trouble *trouble);
	unsigned takes;
};

static const struct command commands[] = {
	{"status", ctl_status, TAKES_TAG | TAKES_JSON},
	{"stat", ctl_stat, TAKES_WORDS | TAKES_TAG},
	{"stop", ctl_stop, 0},
	{"gc", ctl_gc, TAKES_WORDS | TAKES_TAG | TAKES_JSON | TAKES_FORCE | TAKES_DRY_RUN},
	{"ns", ctl_ns, TAKES_WORDS | TAKES_JSON | TAKES_NS | TAKES_FORCE},
	{"grant", ctl_grant, TAKES_WORDS | TAKES_TO | TAKES_KEY},
	{"revoke", ctl_revoke, TAKES_WORDS | TAKES_TO},
	{"keys", ctl_keys, TAKES_WORDS | TAKES_JSON},
	{"map", ctl_map, TAKES_WORDS | TAKES_JSON | NEEDS_NOTHING},
};

static int fail(const struct trouble *trouble)
{
	trouble_print("fakeidctl", trouble);
	return 1;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int take_option(int found, struct ctl *ctl, char **argv, struct trouble *trouble)
{
	if (spec_is_option(found))
		return spec_take(&ctl->spec, found, optarg, trouble);

	switch (found) {
	case 'n':
		ctl->tag = optarg;
		return tag_check(optarg, trouble);
	case OPT_JSON:
		ctl->json = true;
		return 0;
	case OPT_FORCE:
		ctl->force = true;
		return 0;
	case OPT_DRY_RUN:
		ctl->dry_run = true;
		return 0;
	case OPT_TO:
		ctl->to = optarg;
		return 0;
	case OPT_UID:
	case OPT_GID:
		return keys_take_pair(&ctl->key, found == OPT_UID ? FAKEID_UID : FAKEID_GID, optarg,
				      trouble);
	case ':':
		return trouble_set(trouble, -EINVAL,
				   "option '%s': it needs a value: see fakeidctl --help",
				   argv[optind - 1]);
	default:
		return trouble_set(trouble, -EINVAL, "option '%s': unknown: see fakeidctl --help",
				   argv[optind - 1]);
	}
}

/* 'h' or 'v' when that was asked for, 0, or negative. */
static int parse(int argc, char **argv, struct ctl *ctl, struct trouble *trouble)
{
	int found, r;

	opterr = 0;
	while ((found = getopt_long(argc, argv, ":n:hvV", long_options, NULL)) != -1) {
		if (found == 'h')
			return 'h';
		if (found == 'v' || found == 'V')
			return 'v';
		r = take_option(found, ctl, argv, trouble);
		if (r < 0)
			return r;
	}
	return spec_finish(&ctl->spec, trouble);
}

static int no_option(const char *command, const char *option, struct trouble *trouble)
{
	return trouble_set(trouble, -EINVAL, "%s: it has no %s: see fakeidctl --help", command,
			   option);
}

/* NULL when there is no such command, with the line to print. */
static const struct command *choose(int argc, char **argv, const struct ctl *ctl,
				    struct trouble *trouble)
{
	bool is_made = ctl->spec.wish || ctl->spec.split;
	const struct command *command;

	if (optind >= argc) {
		(void)trouble_set(trouble, -EINVAL, "command: none given: see fakeidctl --help");
		return NULL;
	}

	command = find_command(argv[optind]);
	if (!command)
		(void)trouble_set(trouble, -EINVAL, "command '%s': unknown: see fakeidctl --help",
				  argv[optind]);
	else if (!(command->takes & TAKES_WORDS) && optind + 1 < argc)
		(void)trouble_set(trouble, -EINVAL, "%s: it takes no '%s': see fakeidctl --help",
				  command->name, argv[optind + 1]);
	else if (ctl->json && !(command->takes & TAKES_JSON))
		(void)no_option(command->name, "--json", trouble);
	else if (ctl->tag && !(command->takes & TAKES_TAG))
		(void)no_option(command->name, "-n", trouble);
	else if (ctl->force && !(command->takes & TAKES_FORCE))
		(void)no_option(command->name, "--force", trouble);
	else if (ctl->dry_run && !(command->takes & TAKES_DRY_RUN))
		(void)no_option(command->name, "--dry-run", trouble);
	else if (ctl->to && !(command->takes & TAKES_TO))
		(void)no_option(command->name, "--to", trouble);
	else if (!key_is_empty(&ctl->key) && !(command->takes & TAKES_KEY))
		(void)no_option(command->name, "--uid and --gid", trouble);
	else if (is_made && !(command->takes & (TAKES_NS | TAKES_KEY)))
		(void)no_option(command->name, "options for maps and files", trouble);
	else
		return command;
	return NULL;
}

int main(int argc, char **argv)
{
	struct ctl ctl = {.session = {.fd = -1, .state.fd = -1}};
	const struct command *command;
	struct trouble trouble;
	int r;

	print_begin();
	r = parse(argc, argv, &ctl, &trouble);
	if (r < 0)
		return fail(&trouble);

	if (r == 'h' || r == 'v') {
		(void)(r == 'h' ? fputs(help, stdout) : printf("fakeidctl %s\n", PACKAGE_VERSION));
		return print_end("fakeidctl") == 0 ? 0 : 1;
	}
	command = choose(argc, argv, &ctl, &trouble);
	if (!command)
		return fail(&trouble);

	if (!(command->takes & NEEDS_NOTHING)) {
		ctl.in_session = session_from_env(&ctl.session);
		if (!ctl.in_session && state_choose(&ctl.session.state, &trouble) < 0)
			return fail(&trouble);
	}

	r = command->run(&ctl, argv + optind + 1, &trouble);
	if (r < 0)
		return fail(&trouble);
	return print_end("fakeidctl") == 0 ? r : 1;
}
