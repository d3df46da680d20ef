/* SPDX-License-Identifier: MIT
 * walk_pair.c - the second process of a sequence: forked by `pair`, it has credentials, directory,
 * umask and descriptors of its own, and carries out the lines that begin with `other` while the
 * first one waits.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct message {
	unsigned n_lines;
	char line[240]; /* empty: it is over */
};

static struct pair {
	int tell,
		hear; /* ends of two pipes; as the second process: where to answer, and whom to hear */
	int pid;      /* of the second process, in the one that forked it; else 0 */
	int owner;
} pair = {-1, -1, 0, 0};

static bool read_whole(int fd, void *bytes, size_t size)
{
	/* what fits a pipe's atomic size comes in one piece */
	return read(fd, bytes, size) == (ssize_t)size;
}

static void answer(void)
{
	if (fflush(stdout) != 0 || write(pair.tell, "", 1) != 1)
		walk_die("cannot answer the first process");
}

void pair_serve(void)
{
	struct message m;

	while (read_whole(pair.hear, &m, sizeof(m)) && m.line[0] != '\0') {
		if (walk_is_exec(m.line))
			walk_exec(m.line, m.n_lines, "serve");
		else
			walk_line(m.line, m.n_lines, "other: ");
		answer();
	}
}

void pair_resume(void)
{
	answer();
	pair_serve();
}

static bool tell(const struct message *m)
{
	char byte;

	if (pair.tell < 0 || write(pair.tell, m, sizeof(*m)) != sizeof(*m))
		return false;
	return m->line[0] == '\0' || read_whole(pair.hear, &byte, 1);
}

void pair_tell(const char *line, unsigned n_lines)
{
	struct message m = {.n_lines = n_lines};

	if (strlen(line) >= sizeof(m.line))
		walk_die("line %u is too long", n_lines);
	memcpy(m.line, line, strlen(line) + 1);
	(void)fflush(stdout);
	if (!tell(&m))
		printf("%u: other: %s = nobody\n", n_lines, line);
}

void pair_end(void)
{
	const struct message m = {0};
	int status;

	if (pair.pid > 0 && pair.owner == (int)getpid()) {
		(void)tell(&m);
		(void)waitpid(pair.pid, &status, 0);
	}
	if (pair.tell >= 0) {
		(void)close(pair.tell);
		(void)close(pair.hear);
	}
	pair = (struct pair){-1, -1, 0, 0};
}

bool pair_begin(void)
{
	int there[2], back[2];
	int pid;

	pair_end();
	/* When the last who could read is gone depends on who else has it open; a failed write does not. */
	(void)signal(SIGPIPE, SIG_IGN);
	/* Both ends live through an exec. */
	if (pipe(there) < 0 || pipe(back) < 0)
		walk_die("pipe");
	(void)fflush(stdout);
	pid = (int)fork();
	if (pid < 0)
		walk_die("fork");
	if (pid == 0) {
		(void)close(there[1]);
		(void)close(back[0]);
		pair = (struct pair){back[1], there[0], 0, 0};
		return true;
	}
	(void)close(there[0]);
	(void)close(back[1]);
	pair = (struct pair){there[1], back[0], pid, (int)getpid()};
	return false;
}

void pair_format(char *ret_text, size_t size)
{
	(void)snprintf(ret_text, size, "%d,%d,%d,%d", pair.tell, pair.hear, pair.pid, pair.owner);
}

void pair_parse(const char *text)
{
	if (sscanf(text, "%d,%d,%d,%d", &pair.tell, &pair.hear, &pair.pid, &pair.owner) != 4)
		walk_die("bad state: %s", text);
}
