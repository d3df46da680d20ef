/* SPDX-License-Identifier: MIT
 * shell.c - system, popen and wordexp: libc starts a shell with this program's own environment.
 * Where that lacks what keeps the shell in the session, as the one we are now, `environ` names
 * another list while the shell is started.
 */
#include <errno.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "calls/carry.h"
#include "shim/next.h"
#include "shim/wraps.h"

struct shell_request {
	void (*start)(struct shell_request *q);
	const char *command;
	const char *mode; /* popen */
	int status;	  /* system */
	FILE *stream;
	wordexp_t *words;
	int flags, result; /* wordexp */
	int error;
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

/* Another thread may be reading the list that was just put away: the one before it goes instead. */
static void put_away(char **list, size_t size)
{
	static struct spent {
		char **list;
		size_t size;
	} spent;
	static atomic_flag busy = ATOMIC_FLAG_INIT;
	struct spent old;

	if (atomic_flag_test_and_set(&busy))
		return; /* two at once: a few pages stay */
	old = spent;
	spent = (struct spent){list, size};
	atomic_flag_clear(&busy);
	if (old.list)
		carry_unmap(old.list, old.size);
}

/* If libc made a new list meanwhile that one stays, and the strings it shares with ours. */
static void shell_run(void *data, char *const envp[])
{
	struct shell_request *q = data;
	char **own = environ, **list;
	size_t size;

	if (envp == own) {
		q->start(q);
		return;
	}
	q->error = copy_list(envp, &list, &size);
	if (q->error < 0)
		return;

	environ = list;
	q->start(q);
	if (environ == list) {
		environ = own;
		put_away(list, size);
	}
}

/* 0, or negative errno if nothing was started. */
static int shell_start(struct shell_request *q)
{
	int r = carry_env(environ, shell_run, q);

	return r < 0 ? r : q->error;
}

static void start_system(struct shell_request *q)
{
	q->status = NEXT(system)(q->command);
}

int wrap_system(const char *command)
{
	struct shell_request q = {.start = start_system, .command = command, .status = -1};
	int r;

	if (!command)
		return NEXT(system)(command);

	r = shell_start(&q);
	if (r < 0)
		errno = -r;
	return q.status;
}

static void start_popen(struct shell_request *q)
{
	q->stream = NEXT(popen)(q->command, q->mode);
}

FILE *wrap_popen(const char *command, const char *mode)
{
	struct shell_request q = {.start = start_popen, .command = command, .mode = mode};
	int r = shell_start(&q);

	if (r < 0)
		errno = -r;
	return q.stream;
}

FILE *wrap__IO_popen(const char *command, const char *mode)
{
	return wrap_popen(command, mode);
}

static void start_words(struct shell_request *q)
{
	q->result = NEXT(wordexp)(q->command, q->words, q->flags);
}

int wrap_wordexp(const char *words, wordexp_t *ret_words, int flags)
{
	struct shell_request q = {.start = start_words,
				  .command = words,
				  .words = ret_words,
				  .flags = flags,
				  .result = WRDE_NOSPACE};

	/* Only a command substitution starts a shell. */
	if (flags & WRDE_NOCMD || (!strstr(words, "$(") && !strchr(words, '`')))
		return NEXT(wordexp)(words, ret_words, flags);

	(void)shell_start(&q); /* what goes wrong is one more lack of memory */
	return q.result;
}
