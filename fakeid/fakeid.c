/* SPDX-License-Identifier: MIT
 * fakeid.c - run a command that believes it is root. The parts: options, the session, the records
 * of -s and -i, the environment, the child. Only this file prints and chooses the exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "again.h"
#include "auto.h"
#include "config.h"
#include "environment.h"
#include "fakeroot_file.h"
#include "nsask.h"
#include "nsexplain.h"
#include "nsviews.h"
#include "options.h"
#include "print.h"
#include "session.h"
#include "spec_fit.h"
#include "supervise.h"

#define EXIT_OURS 125 /* as env(1): these three are not the command's */
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127

static int fail(const struct trouble *trouble)
{
	trouble_print("fakeid", trouble);
	return EXIT_OURS;
}

static int fail_exec(int error, const struct trouble *trouble)
{
	trouble_print("fakeid", trouble);
	return error == -ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN;
}

/* Scripts that look at `fakeroot -v` want to see a fakeroot. */
static int print_version(const char *name)
{
	const char *slash = strrchr(name, '/');

	if (strcmp(slash ? slash + 1 : name, "fakeroot") == 0)
		(void)printf("fakeroot version 1.31 (fakeid %s)\n", PACKAGE_VERSION);
	else
		(void)printf("fakeid %s\n", PACKAGE_VERSION);
	return print_end("fakeid") == 0 ? 0 : EXIT_OURS;
}

static int print_help(void)
{
	options_print_help();
	return print_end("fakeid") == 0 ? 0 : EXIT_OURS;
}

static char **shell(void)
{
	static char *command[2];
	char *name = getenv("SHELL");

	command[0] = name && *name ? name
				   : (char *)(uintptr_t) "/bin/sh"; /* execvp only reads it */
	return command;
}

/* Whom the options name; NULL in *ret_identity where they name nobody. */
static int find_identity(const struct options *options, const struct identity **ret_identity,
			 struct trouble *trouble)
{
	static struct identity identity; /* too large for a stack */
	int r;

	*ret_identity = NULL;
	if (!start_is_asked(&options->start))
		return 0;

	r = start_resolve(&options->start, &identity, trouble);
	if (r == 0)
		*ret_identity = &identity;
	return r;
}

/* Inside the session already, and somebody it has: an exec is enough. */
static int join_by_exec(const struct session *session, char **command)
{
	struct trouble trouble;
	int r;

	r = supervise_exec(session, command);
	return fail_exec(supervise_explain_exec(command[0], r, &trouble), &trouble);
}

static int run(struct session *session, const struct options *options, const struct nsview *space)
{
	struct fakeroot_file file = {.rest = NULL};
	struct trouble trouble;
	struct view view;
	int status;
	int r = 0;

	nsviews_files(session, space, &view);
	if (options->save)
		r = fakeroot_file_check(options->save, &trouble);
	if (r == 0 && options->load)
		r = fakeroot_file_load(&file, session, &view, options->load, &trouble);
	if (r < 0)
		return fail(&trouble);

	r = supervise_run(session, options->command, options->allow_new_privs, &status, &trouble);
	if (r < 0)
		return fail_exec(r, &trouble);

	/* First the store, then the copy: a full disk must not take both. */
	r = session_sync(session, &trouble);
	if (r == 0 && options->save)
		r = fakeroot_file_save(&file, session, &view, options->save, &trouble);
	if (r < 0)
		return fail(&trouble);
	supervise_end_as(status);
}

static int no_view(const struct session *session, int error, struct trouble *trouble)
{
	return trouble_set(trouble, error, "id space: cannot read its maps: %s/run: %s: try again",
			   session->state.path, strerror(-error));
}

/* The namespace that we are in is what the options ask for. */
static int check_same(struct session *session, struct options *options, struct trouble *trouble)
{
	autofree struct nsspec *spec = NULL;
	struct about about;
	int r;

	if (!options->spec.wish)
		return 0;

	spec = malloc(sizeof(*spec));
	r = spec ? ns_get(session, 0, session->ns, "", &about, spec) : -ENOMEM;
	if (r < 0)
		return ns_explain(&session->state, WIRE_NS_GET, options->tag, r, trouble);

	/* As given, before anything is cut or looked up. */
	if (!options->spec.fs && nsspec_check_same(options->spec.wish, session->ns, spec) == 0)
		return 0;

	r = spec_fit(&options->spec, session, *about.tag ? about.tag : NULL, SPEC_CAPS_FRESH,
		     "fakeid", trouble);
	if (r < 0)
		return r;

	if (nsspec_check_same(options->spec.wish, session->ns, spec) == 0)
		return 0;
	return ns_explain(&session->state, WIRE_HELLO, *about.tag ? about.tag : NULL, -EEXIST,
			  trouble);
}

static int join(struct session *session, struct options *options)
{
	autofree struct nsview *space = NULL;
	const struct identity *identity = NULL;
	struct trouble trouble;
	int r = check_same(session, options, &trouble);

	if (r == 0)
		r = find_identity(options, &identity, &trouble);
	if (r < 0)
		return fail(&trouble);

	if (options->real_unknown && !(session->flags & SESSION_REAL_UNKNOWN)) {
		session->flags |= SESSION_REAL_UNKNOWN;
		session->env_differs = true;
	}
	if (options->save || options->load || identity)
		r = nsviews_own(session, &space);
	if (r < 0)
		r = no_view(session, r, &trouble);
	if (r == 0)
		r = environment_join(session, space, identity, &trouble);
	if (r < 0)
		return fail(&trouble);

	session->env_differs |= identity != NULL;
	return options->save || options->load ? run(session, options, space)
					      : join_by_exec(session, options->command);
}

/* Open the namespace and run the command in it. */
static int open_and_run(struct session *session, const struct options *options, const char *tag)
{
	autofree struct nsview *space = NULL;
	const struct identity *identity;
	struct trouble trouble;
	int r = find_identity(options, &identity, &trouble);

	if (r < 0)
		return fail(&trouble);

	session->flags = options->real_unknown ? SESSION_REAL_UNKNOWN : 0;
	r = session_open(session, tag, options->spec.wish, &trouble);
	if (r < 0)
		return fail(&trouble);

	r = nsviews_own(session, &space);
	if (r < 0)
		r = no_view(session, r, &trouble);
	if (r == 0)
		r = environment_enter(session, space, identity, &trouble);
	return r < 0 ? fail(&trouble) : run(session, options, space);
}

/* -s and -i without a tag: an id space that holds the file and nothing else. At top level that is so
 * anyway; a child would see its parent's files. */
static int choose_own_files(struct options *options, struct trouble *trouble)
{
	if (options->tag || (!options->save && !options->load) || options->spec.fs)
		return 0;
	return spec_choose_own_files(&options->spec, trouble);
}

static int enter_child(struct session *around, struct options *options)
{
	struct session session = {
		.state = around->state, .fd = -1, .inside = around->ns, .env_differs = true};
	struct trouble trouble;
	int r = choose_own_files(options, &trouble);

	if (r == 0)
		r = spec_fit(&options->spec, around, options->tag, SPEC_CAPS_FRESH, "fakeid",
			     &trouble);
	return r < 0 ? fail(&trouble) : open_and_run(&session, options, options->tag);
}

/* Started inside a session: in the same namespace, unless another is asked for. */
static int enter_inside(struct session *session, struct options *options)
{
	bool child = options->is_new;
	struct trouble trouble;
	struct about about;
	int r;

	if (options->tag) {
		r = ns_get(session, 0, 0, options->tag, &about, NULL);
		if (r < 0 && r != -ENOENT) {
			(void)ns_explain(&session->state, WIRE_NS_GET, options->tag, r, &trouble);
			return fail(&trouble);
		}
		child = r == -ENOENT || about.ns != session->ns;
	}
	return child ? enter_child(session, options) : join(session, options);
}

static int enter(struct session *session, struct options *options)
{
	const char *tag = options->tag;
	struct trouble trouble;
	int r = state_choose(&session->state, &trouble);

	if (r == 0)
		r = state_open(&session->state, true, &trouble);
	if (r < 0)
		return fail(&trouble);

	if (!tag && !options->is_new && !options->save && !options->load)
		tag = OPTIONS_TAG_DEFAULT;
	if (options->spec.wish) {
		r = session_start(session, &trouble);
		if (r == 0)
			r = spec_fit(&options->spec, session, tag, SPEC_CAPS_FRESH, "fakeid",
				     &trouble);
		if (r < 0)
			return fail(&trouble);
	}
	return open_and_run(session, options, tag);
}

int main(int argc, char **argv)
{
	struct session session = {.fd = -1, .state.fd = -1};
	struct options options;
	struct trouble trouble;

	options.command = again_command(argc, argv);
	if (options.command) {
		(void)execvp(options.command[0], options.command);
		return fail_exec(supervise_explain_exec(options.command[0], -errno, &trouble),
				 &trouble);
	}
	print_begin();
	if (options_parse(argc, argv, &options, &trouble) < 0)
		return fail(&trouble);

	if (options.ask == OPTIONS_HELP)
		return print_help();
	if (options.ask == OPTIONS_VERSION)
		return print_version(argv[0] ? argv[0] : "fakeid");
	if (!options.command)
		options.command = shell();
	if (session_from_env(&session))
		return enter_inside(&session, &options);
	return enter(&session, &options);
}
