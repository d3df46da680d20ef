/* SPDX-License-Identifier: MIT
 * shell.c - system, popen and wordexp: libc hands this program's own environment to a shell. Where that
 * lacks what keeps the shell in the session, the command puts it back itself; other threads read
 * environ, so it is not ours to edit.
 */
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <fakeid/wire.h>

#include "calls/carry.h"
#include "shim/next.h"
#include "shim/wraps.h"

static const char *const session_names[] = {
	"LD_PRELOAD", FAKEID_ENV_SESSION, FAKEID_ENV_CREDS, FAKEID_ENV_IDS, FAKEID_ENV_KEY,
};

#define SESSION_NAMES_N (sizeof session_names / sizeof session_names[0])

/* `at` NULL counts only. */
struct script {
	char *at;
	size_t size;
};

static void script_add(struct script *script, const char *text, size_t len)
{
	if (script->at)
		memcpy(script->at + script->size, text, len);
	script->size += len;
}

static void script_add_quoted(struct script *script, const char *text)
{
	script_add(script, "'", 1);
	for (const char *quote; (quote = strchr(text, '\'')); text = quote + 1) {
		script_add(script, text, (size_t)(quote - text));
		script_add(script, "'\\''", 4);
	}
	script_add(script, text, strlen(text));
	script_add(script, "'", 1);
}

/* The last of a name, which is the one that the loader takes. */
static const char *value_of(const char *name, char *const envp[])
{
	const size_t len = strlen(name);
	const char *value = NULL;

	for (char *const *e = envp; *e; e++) {
		if (strncmp(*e, name, len) == 0 && (*e)[len] == '=')
			value = *e + len + 1;
	}
	return value;
}

/* One more shell runs `command`, under the name that libc's would have had. */
static void script_write(struct script *script, const char *command, char *const envp[])
{
	static const char tail[] = " sh";

	for (size_t i = 0; i < SESSION_NAMES_N; i++) {
		const char *name = session_names[i];
		const char *value = value_of(name, envp);
		const char *verb = value ? "export " : "unset ";

		script_add(script, verb, strlen(verb));
		script_add(script, name, strlen(name));
		if (value) {
			script_add(script, "=", 1);
			script_add_quoted(script, value);
		}
		script_add(script, ";", 1);
	}
	script_add(script, "exec /bin/sh -c ", sizeof "exec /bin/sh -c " - 1);
	script_add_quoted(script, command);
	script_add(script, tail, sizeof tail);
}

struct shell_request {
	const char *command;
	const char *mode; /* popen; NULL = system */
	int status;
	FILE *stream;
};

static void shell_start(struct shell_request *q, const char *command)
{
	if (q->mode)
		q->stream = NEXT(popen)(command, q->mode);
	else
		q->status = NEXT(system)(command);
}

static void shell_run(void *data, char *const envp[])
{
	struct shell_request *q = data;
	struct script script = {0};
	void *memory;
	size_t size;
	int r;

	if (envp == environ) {
		shell_start(q, q->command);
		return;
	}
	script_write(&script, q->command, envp);
	size = script.size;

	r = carry_map(size, &memory);
	if (r < 0) {
		errno = -r;
		return;
	}
	script = (struct script){.at = memory};
	script_write(&script, q->command, envp);
	shell_start(q, memory);
	carry_unmap(memory, size);
}

int wrap_system(const char *command)
{
	struct shell_request q = {.command = command, .status = -1};
	int r;

	if (!command)
		return NEXT(system)(command);

	r = carry_env(environ, shell_run, &q);
	if (r < 0)
		errno = -r;
	return q.status;
}

FILE *wrap_popen(const char *command, const char *mode)
{
	struct shell_request q = {.command = command, .mode = mode};
	int r = carry_env(environ, shell_run, &q);

	if (r < 0)
		errno = -r;
	return q.stream;
}

FILE *wrap__IO_popen(const char *command, const char *mode)
{
	return wrap_popen(command, mode);
}

/* -- wordexp -- */

struct words_request {
	const char *words;
	wordexp_t *ret_words;
	int flags;
	int result;
};

/* A list that stays good when libc moves it: `${name:=word}` makes wordexp call setenv. */
static int copy_list(char *const envp[], char ***ret_list, size_t *ret_size)
{
	size_t n = 0, size = 0;
	char **list, *text;
	void *memory;
	int r;

	for (; envp[n]; n++)
		size += strlen(envp[n]) + 1;
	size += (n + 1) * sizeof(char *);

	r = carry_map(size, &memory);
	if (r < 0)
		return r;

	list = memory;
	text = (char *)(list + n + 1);
	for (size_t i = 0; i < n; i++) {
		size_t len = strlen(envp[i]) + 1;

		list[i] = memcpy(text, envp[i], len);
		text += len;
	}
	*ret_list = list;
	*ret_size = size;
	return 0;
}

/* The words cannot carry variables to the shell as a command can, so for as long as it runs `environ`
 * names a copy that has them. If libc made a new list of it meanwhile, that one stays, and the strings
 * it shares with ours. */
static void words_run(void *data, char *const envp[])
{
	struct words_request *q = data;
	char **own = environ, **list;
	size_t size;

	if (envp == own) {
		q->result = NEXT(wordexp)(q->words, q->ret_words, q->flags);
		return;
	}
	if (copy_list(envp, &list, &size) < 0)
		return;

	environ = list;
	q->result = NEXT(wordexp)(q->words, q->ret_words, q->flags);
	if (environ == list) {
		environ = own;
		carry_unmap(list, size);
	}
}

int wrap_wordexp(const char *words, wordexp_t *ret_words, int flags)
{
	struct words_request q = {words, ret_words, flags, WRDE_NOSPACE};

	/* Only a command substitution starts a shell. */
	if (flags & WRDE_NOCMD || (!strstr(words, "$(") && !strchr(words, '`')))
		return NEXT(wordexp)(words, ret_words, flags);

	/* What carry_env() reports is one more lack of memory. */
	(void)carry_env(environ, words_run, &q);
	return q.result;
}
