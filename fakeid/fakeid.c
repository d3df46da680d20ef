/* SPDX-License-Identifier: MIT
 * fakeid.c - run a command that believes it is root. The parts: options, the session, the records of -s
 * and -i, the environment, the child. Only this file prints and chooses the exit status.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "environment.h"
#include "fakeroot_file.h"
#include "options.h"
#include "session.h"
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
	return fflush(stdout) == 0 ? 0 : EXIT_OURS;
}

static int print_help(void)
{
	options_print_help();
	return fflush(stdout) == 0 ? 0 : EXIT_OURS;
}

static char **shell(void)
{
	static char *command[2];
	char *name = getenv("SHELL");

	command[0] = name && *name ? name
				   : (char *)(uintptr_t) "/bin/sh"; /* execvp only reads it */
	return command;
}

/* Inside the session already: nothing is asked for that an exec would not give. */
static int join_by_exec(const struct session *session, char **command)
{
	struct trouble trouble;
	int r = environment_join(session, &trouble);

	if (r < 0)
		return fail(&trouble);

	r = supervise_exec(session, command);
	return fail_exec(supervise_explain_exec(command[0], r, &trouble), &trouble);
}

static int run(struct session *session, const struct options *options)
{
	struct fakeroot_file file = {.rest = NULL};
	struct trouble trouble;
	int status;
	int r = 0;

	if (options->save)
		r = fakeroot_file_check(options->save, &trouble);
	if (r == 0 && options->load)
		r = fakeroot_file_load(&file, session, options->load, &trouble);
	if (r < 0)
		return fail(&trouble);

	r = supervise_run(session, options->command, options->allow_new_privs, &status, &trouble);
	if (r < 0)
		return fail_exec(r, &trouble);

	/* First the store, then the copy: a full disk must not take both. */
	r = session_sync(session, &trouble);
	if (r == 0 && options->save)
		r = fakeroot_file_save(&file, session, options->save, &trouble);
	if (r < 0)
		return fail(&trouble);
	supervise_end_as(status);
}

/* Is `tag` the namespace that we are in? */
static int check_same(struct session *session, const char *tag, struct trouble *trouble)
{
	uint32_t ns;
	int r = session_find_tag(session, tag, session->fsns, &ns, trouble);

	if (r < 0)
		return r;

	if (r == 0 || ns != session->ns)
		return trouble_set(
			trouble, -EINVAL,
			"tag '%s': this is a session of another tag already: a session inside "
			"a session keeps its tag: leave out -n",
			tag);
	return 0;
}

static int join(struct session *session, struct options *options)
{
	struct trouble trouble;
	int r = options->tag ? check_same(session, options->tag, &trouble) : 0;

	if (r < 0)
		return fail(&trouble);

	if (options->real_unknown && !(session->flags & SESSION_REAL_UNKNOWN)) {
		session->flags |= SESSION_REAL_UNKNOWN;
		session->flags_differ = true;
	}
	if (!options->save && !options->load)
		return join_by_exec(session, options->command);

	r = environment_join(session, &trouble);
	if (r < 0)
		return fail(&trouble);
	return run(session, options);
}

static int enter(struct session *session, const struct options *options)
{
	const char *tag = options->tag;
	struct trouble trouble;
	int r = state_choose(&session->state, &trouble);

	if (r < 0)
		return fail(&trouble);

	r = state_open(&session->state, true, &trouble);
	if (r < 0)
		return fail(&trouble);

	if (!tag && !options->save && !options->load)
		tag = OPTIONS_TAG_DEFAULT;
	session->flags = options->real_unknown ? SESSION_REAL_UNKNOWN : 0;
	r = session_open(session, tag, &trouble);
	if (r < 0)
		return fail(&trouble);

	r = environment_enter(session, &trouble);
	if (r < 0)
		return fail(&trouble);
	return run(session, options);
}

/* Where 0, 1 or 2 is closed the next descriptor would get its number, and messages would go into a socket.
 * The stand-ins close at exec: the command finds what we found. */
static void fill_standard_fds(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0)
			(void)open("/dev/null",
				   O_RDWR | O_CLOEXEC); /* the lowest number is this one */
}

int main(int argc, char **argv)
{
	struct session session = {.fd = -1, .state.fd = -1};
	struct options options;
	struct trouble trouble;

	fill_standard_fds();
	if (options_parse(argc, argv, &options, &trouble) < 0)
		return fail(&trouble);

	if (options.ask == OPTIONS_HELP)
		return print_help();
	if (options.ask == OPTIONS_VERSION)
		return print_version(argv[0] ? argv[0] : "fakeid");
	if (!options.command)
		options.command = shell();
	if (session_from_env(&session))
		return join(&session, &options);
	return enter(&session, &options);
}
