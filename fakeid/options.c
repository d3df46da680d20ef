/* SPDX-License-Identifier: MIT
 * options.c - the command line of fakeid: its own options and those that scripts give to fakeroot.
 */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include <fakeid/wire.h>

#include "tag.h"

enum long_only {
	OPT_ALLOW_NEW_PRIVS = 256,
	OPT_NEW,
	OPT_USER,
	OPT_GROUPS,
	OPT_CLEAR_GROUPS,
	OPT_INIT_CAPS,
	OPT_ROOT
};

/* "+": options end at the first word that is none, or `fakeid ls -l` would be ours to explain.
 * ":": we print our own message about a missing value. */
static const char short_options[] = "+:n:s:i:ub:l:f:hvV";

static const struct option long_options[] = {
	{"namespace", required_argument, NULL, 'n'},
	{"new", no_argument, NULL, OPT_NEW},
	{"user", required_argument, NULL, OPT_USER},
	{"groups", required_argument, NULL, OPT_GROUPS},
	{"clear-groups", no_argument, NULL, OPT_CLEAR_GROUPS},
	{"init-caps", required_argument, NULL, OPT_INIT_CAPS},
	{"root", required_argument, NULL, OPT_ROOT},
	SPEC_LONG_OPTIONS{"save", required_argument, NULL, 's'},
	{"load", required_argument, NULL, 'i'},
	{"unknown-is-real", no_argument, NULL, 'u'},
	{"fd-base", required_argument, NULL, 'b'},
	{"lib", required_argument, NULL, 'l'},
	{"faked", required_argument, NULL, 'f'},
	{"allow-new-privs", no_argument, NULL, OPT_ALLOW_NEW_PRIVS},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'v'},
	{NULL, 0, NULL, 0},
};

static const char help[] =
	"Usage: fakeid [options] [--] [command [arguments]]\n"
	"Run a command that believes it is root. What it does to owners, modes and devices\n"
	"is kept for the next command with the same tag. Without a command: a shell.\n"
	"\n"
	"  -n, --namespace TAG    the id space to run in (default: " OPTIONS_TAG_DEFAULT ")\n"
	"      --new              one without a name, gone with its last process\n"
	"      --user USER[:GROUP]  begin as this user instead of root: names or numbers\n"
	"      --groups LIST, --clear-groups\n"
	"                         with these supplementary groups, or none\n"
	"      --init-caps LIST   with these capabilities (all, none)\n"
	"      --root DIR         the names are those of DIR/etc/passwd and DIR/etc/group\n"
	"  -s, --save FILE        write its records to FILE afterwards, as fakeroot does\n"
	"  -i, --load FILE        read records from FILE first, as fakeroot does\n"
	"                         (-s, -i without -n: an id space that holds FILE and nothing "
	"else)\n"
	"  -u, --unknown-is-real  files without a record show their real owner\n"
	"      --allow-new-privs  let setuid programs have their real privileges\n"
	"  -b, --fd-base N, -l, --lib LIB, -f, --faked PROGRAM\n"
	"                         accepted for fakeroot's sake, without effect\n"
	"  -h, --help             print this\n"
	"  -v, -V, --version      print the version\n"
	"\n"
	"What an id space is made of, when it is made:\n" SPEC_HELP;

void options_print_help(void)
{
	(void)fputs(help, stdout); /* main looks at stdout once, at its end */
}

static int bad_option(char **argv, int found, struct trouble *trouble)
{
	const char *word = argv[optind - 1];

	if (found == ':' && strncmp(word, "--", 2) == 0)
		return trouble_set(trouble, -EINVAL,
				   "option '%s': it needs a value: see fakeid --help", word);
	if (found == ':')
		return trouble_set(trouble, -EINVAL,
				   "option '-%c': it needs a value: see fakeid --help", optopt);
	if (optopt > 0 && optopt < OPT_ALLOW_NEW_PRIVS && strncmp(word, "--", 2) != 0)
		return trouble_set(trouble, -EINVAL, "option '-%c': unknown: see fakeid --help",
				   optopt);
	if (optopt > 0)
		return trouble_set(trouble, -EINVAL,
				   "option '%s': it takes no value: see fakeid --help", word);
	return trouble_set(trouble, -EINVAL, "option '%s': unknown: see fakeid --help", word);
}

/* An option's value that must not be empty. */
static int take_value(const char **ret_value, const char *what, struct trouble *trouble)
{
	if (!*optarg)
		return trouble_set(trouble, -EINVAL,
				   "option '%s': its value is empty: see fakeid --help", what);
	*ret_value = optarg;
	return 0;
}

static int take_option(int found, char **argv, struct options *options, struct trouble *trouble)
{
	if (spec_is_option(found))
		return spec_take(&options->spec, found, optarg, trouble);

	switch (found) {
	case 'n':
		options->tag = optarg;
		return tag_check(optarg, trouble);
	case 's':
		return take_value(&options->save, "-s", trouble);
	case 'i':
		return take_value(&options->load, "-i", trouble);
	case 'u':
		options->real_unknown = true;
		return 0;
	case OPT_USER:
		options->start.user = optarg;
		return 0;
	case OPT_GROUPS:
		return take_value(&options->start.groups, "--groups", trouble);
	case OPT_CLEAR_GROUPS:
		options->start.clear_groups = true;
		return 0;
	case OPT_INIT_CAPS:
		options->start.init_caps = optarg;
		return 0;
	case OPT_ROOT:
		return take_value(&options->start.root, "--root", trouble);
	case OPT_NEW:
		options->is_new = true;
		return 0;
	case OPT_ALLOW_NEW_PRIVS:
		options->allow_new_privs = true;
		return 0;
	case 'b':
	case 'l':
	case 'f':
		return 0; /* fakeroot's: scripts pass them, nothing here depends on them */
	case 'h':
		options->ask = OPTIONS_HELP;
		return 0;
	case 'v':
	case 'V':
		options->ask = OPTIONS_VERSION;
		return 0;
	default:
		return bad_option(argv, found, trouble);
	}
}

int options_parse(int argc, char **argv, struct options *ret_options, struct trouble *trouble)
{
	struct options options = {.ask = OPTIONS_RUN};
	int found;
	int r;

	opterr = 0;
	/* The first of --help and --version wins, as in fakeroot: what follows is not looked at. */
	while (options.ask == OPTIONS_RUN &&
	       (found = getopt_long(argc, argv, short_options, long_options, NULL)) != -1) {
		r = take_option(found, argv, &options, trouble);
		if (r < 0)
			return r;
	}

	if (options.ask == OPTIONS_RUN && options.is_new && options.tag)
		return trouble_set(
			trouble, -EINVAL,
			"option '--new': not together with -n: leave out one of the two");
	r = spec_finish(&options.spec, trouble);
	if (r == 0 && options.ask == OPTIONS_RUN)
		r = start_check(&options.start, trouble);
	if (r < 0)
		return r;

	if (optind < argc)
		options.command = argv + optind;
	*ret_options = options;
	return 0;
}
