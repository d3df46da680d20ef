/* SPDX-License-Identifier: MIT
 * fakeidctl.c - look after the daemon and what it stores: options, and which command is meant.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "ctl.h"
#include "options.h"

static const char help[] =
	"Usage: fakeidctl [options] command\n"
	"  status         what the daemon serves and how much it stores\n"
	"  stat PATH...   owner, mode and device of files: as shown inside, and what of it is "
	"stored\n"
	"  stop           commit everything and end the daemon\n"
	"  map COMMAND    show, check, split, compose, invert, lookup or alloc id maps\n"
	"\n"
	"  -n, --namespace TAG  the id space to ask about (default: " OPTIONS_TAG_DEFAULT ")\n"
	"      --json           status as one JSON object\n"
	"  -h, --help           print this\n"
	"  -v, -V, --version    print the version\n";

static const struct option long_options[] = {
	{"namespace", required_argument, NULL, 'n'},
	{"json", no_argument, NULL, 'j'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

struct command {
	const char *name;
	int (*run)(struct ctl *ctl, char **words, struct trouble *trouble);
	bool takes_words;
};

static const struct command commands[] = {
	{"status", ctl_status, false},
	{"stat", ctl_stat, true},
	{"stop", ctl_stop, false},
	{"map", ctl_map, true},
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

/* 'h' or 'v' when that was asked for, 0, or negative. */
static int parse(int argc, char **argv, struct ctl *ctl, struct trouble *trouble)
{
	int found, r;

	opterr = 0;
	while ((found = getopt_long(argc, argv, ":n:hvV", long_options, NULL)) != -1) {
		switch (found) {
		case 'n':
			ctl->tag = optarg;
			r = options_check_tag(optarg, trouble);
			if (r < 0)
				return r;
			break;
		case 'j':
			ctl->json = true;
			break;
		case 'h':
			return 'h';
		case 'v':
		case 'V':
			return 'v';
		case ':':
			return trouble_set(trouble, -EINVAL,
					   "option '%s': it needs a value: see fakeidctl --help",
					   argv[optind - 1]);
		default:
			return trouble_set(trouble, -EINVAL,
					   "option '%s': unknown: see fakeidctl --help",
					   argv[optind - 1]);
		}
	}
	return 0;
}

/* NULL when there is no such command, with the line to print. */
static const struct command *choose(int argc, char **argv, const struct ctl *ctl,
				    struct trouble *trouble)
{
	const struct command *command;

	if (optind >= argc) {
		(void)trouble_set(trouble, -EINVAL, "command: none given: see fakeidctl --help");
		return NULL;
	}

	command = find_command(argv[optind]);
	if (!command)
		(void)trouble_set(trouble, -EINVAL, "command '%s': unknown: see fakeidctl --help",
				  argv[optind]);
	else if (!command->takes_words && optind + 1 < argc)
		(void)trouble_set(trouble, -EINVAL, "%s: it takes no '%s': see fakeidctl --help",
				  command->name, argv[optind + 1]);
	else if (ctl->json && command->run != ctl_status && command->run != ctl_map)
		(void)trouble_set(trouble, -EINVAL, "%s: it has no --json: see fakeidctl --help",
				  command->name);
	else
		return command;
	return NULL;
}

int main(int argc, char **argv)
{
	struct ctl ctl = {.session = {.fd = -1, .state.fd = -1}};
	const struct command *command;
	struct trouble trouble;
	int r = parse(argc, argv, &ctl, &trouble);

	if (r < 0)
		return fail(&trouble);

	if (r == 'h' || r == 'v') {
		(void)(r == 'h' ? fputs(help, stdout) : printf("fakeidctl %s\n", PACKAGE_VERSION));
		return fflush(stdout) == 0 ? 0 : 1;
	}
	command = choose(argc, argv, &ctl, &trouble);
	if (!command)
		return fail(&trouble);

	if (command->run == ctl_map) { /* needs neither state nor daemon */
		r = ctl_map(&ctl, argv + optind + 1, &trouble);
		if (r < 0)
			return fail(&trouble);
		return fflush(stdout) == 0 ? r : 1;
	}

	ctl.in_session = session_from_env(&ctl.session);
	if (!ctl.in_session && state_choose(&ctl.session.state, &trouble) < 0)
		return fail(&trouble);

	r = command->run(&ctl, argv + optind + 1, &trouble);
	if (r < 0)
		return fail(&trouble);
	return fflush(stdout) == 0 ? r : 1;
}
