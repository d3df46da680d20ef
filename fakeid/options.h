/* SPDX-License-Identifier: MIT
 * options.h - the command line of fakeid: its own options and those that scripts give to fakeroot.
 */
#ifndef FAKEID_OPTIONS_H
#define FAKEID_OPTIONS_H

#include <stdbool.h>

#include "spec.h"
#include "start.h"
#include "trouble.h"

#define OPTIONS_TAG_DEFAULT "default"

enum options_ask { OPTIONS_RUN, OPTIONS_HELP, OPTIONS_VERSION };

struct options {
	enum options_ask ask;
	const char *tag;    /* -n, NULL = not given */
	bool is_new;	    /* --new */
	struct spec spec;   /* what the namespace is made of */
	struct start start; /* as whom the command begins */
	const char *save;   /* -s */
	const char *load;   /* -i */
	bool real_unknown;  /* -u */
	bool allow_new_privs;
	char **command; /* NULL-ended; NULL = a shell */
};

int options_parse(int argc, char **argv, struct options *ret_options, struct trouble *trouble);

void options_print_help(void);

#endif
