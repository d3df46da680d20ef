/* SPDX-License-Identifier: MIT
 * walk_random.c - make sequences of calls, carry them out, print trees.
 *
 *   walk_random gen SEED STEPS       print a sequence; the same seed gives the same one for ever
 *   walk_random run DIR SEQUENCE     carry it out inside DIR, one line of output a call
 *   walk_random tree DIR             print what is in DIR
 *
 * Words that steer a sequence: `fork` and `join` enclose what a child does while its parent waits;
 * `exec` goes on in a fresh program, with the same descriptors; # begins a comment.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SEQUENCE_BYTES (1 << 22)

static const struct op *const all_ops[] = {owner_ops, name_ops, open_ops, stat_ops,
					   xattr_ops, cred_ops, raw_ops};

static char *sequence;	 /* the text, ends cut at each line as it is read */
static const char *self; /* how to start this program again */
static const char *seq_path;
static int depth; /* of forks: 0 in the first process */

static void read_sequence(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len;

	sequence = malloc(MAX_SEQUENCE_BYTES);
	if (fd < 0 || sequence == NULL)
		walk_die("cannot open %s", path);
	len = read(fd, sequence, MAX_SEQUENCE_BYTES - 1);
	if (len < 0 || len == MAX_SEQUENCE_BYTES - 1)
		walk_die("cannot read %s", path);
	sequence[len] = '\0';
	(void)close(fd);
}

/* Cut the next line out of *rest. NULL at the end. */
static char *next_line(char **rest)
{
	char *line;

	if (**rest == '\0')
		return NULL;
	line = strsep(rest, "\n");
	if (*rest == NULL)
		*rest = line + strlen(line);
	return line;
}

static void skip_to_join(char **rest, unsigned *n_lines)
{
	int inside = 1;
	char *line;

	while (inside > 0 && (line = next_line(rest)) != NULL) {
		++*n_lines;
		if (strcmp(line, "fork") == 0)
			inside++;
		else if (strcmp(line, "join") == 0)
			inside--;
	}
}

/* In the child: true. In the parent, when the child is done: false. */
static bool do_fork(void)
{
	int status;
	pid_t pid;

	(void)fflush(stdout);
	pid = fork();
	if (pid < 0)
		walk_die("fork");
	if (pid == 0) {
		depth++;
		return true;
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		printf("child ended with %#x\n", (unsigned)status);
	return false;
}

/* A fresh program goes on after line `n_lines`. */
static void do_exec(unsigned n_lines)
{
	char state[128];

	(void)snprintf(state, sizeof(state), "%u,%d,%d,%d,%d,%d", n_lines, depth, walk_slots[0],
		       walk_slots[1], walk_slots[2], walk_slots[3]);
	(void)fflush(stdout);
	execl(self, self, "run", ".", seq_path, state, (char *)NULL);
	walk_die("cannot execute %s: %s", self, strerrorname_np(errno));
}

static unsigned resume(const char *state)
{
	unsigned n_lines;

	if (sscanf(state, "%u,%d,%d,%d,%d,%d", &n_lines, &depth, &walk_slots[0], &walk_slots[1],
		   &walk_slots[2], &walk_slots[3]) != 6)
		walk_die("bad state: %s", state);
	for (int i = 0; i < WALK_N_SLOTS; i++)
		if (walk_slots[i] >= 0 && fcntl(walk_slots[i], F_GETFD) < 0)
			walk_slots[i] = -1; /* was opened with O_CLOEXEC */
	return n_lines;
}

static void do_line(char *line, unsigned n_lines)
{
	char *words[WALK_MAX_WORDS + 1];
	int n = 0;
	char *word;

	printf("%u: %s", n_lines, line);
	while ((word = strsep(&line, " ")) != NULL && n < WALK_MAX_WORDS)
		if (*word != '\0')
			words[n++] = word;
	for (size_t i = 0; i < sizeof(all_ops) / sizeof(all_ops[0]); i++)
		for (const struct op *op = all_ops[i]; op->name != NULL; op++)
			if (strcmp(op->name, words[0]) == 0) {
				if (n != op->n_args + 1)
					walk_die("line %u: %s takes %d words", n_lines, op->name,
						 op->n_args);
				op->function(words);
				return;
			}
	walk_die("line %u: unknown call %s", n_lines, words[0]);
}

static int run(const char *dir, unsigned n_skip)
{
	char *rest = sequence, *line;
	unsigned n_lines = 0;

	if (chdir(dir) < 0)
		walk_die("cannot enter %s", dir);
	while ((line = next_line(&rest)) != NULL) {
		if (++n_lines <= n_skip || line[0] == '\0' || line[0] == '#')
			continue;
		if (strcmp(line, "fork") == 0) {
			if (!do_fork())
				skip_to_join(&rest, &n_lines);
		} else if (strcmp(line, "join") == 0) {
			if (depth > 0)
				break;
		} else if (strcmp(line, "exec") == 0) {
			do_exec(n_lines);
		} else {
			do_line(line, n_lines);
		}
	}
	return fflush(stdout) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	self = argv[0];
	setlinebuf(stdout); /* a crash then shows which call it was */
	if (argc == 4 && strcmp(argv[1], "gen") == 0) {
		walk_generate((uint64_t)word_number(argv[2]), (unsigned)word_number(argv[3]));
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if ((argc == 4 || argc == 5) && strcmp(argv[1], "run") == 0) {
		seq_path = argv[3];
		read_sequence(seq_path);
		return run(argv[2], argc == 5 ? resume(argv[4]) : 0);
	}
	if (argc == 3 && strcmp(argv[1], "tree") == 0) {
		if (chdir(argv[2]) < 0)
			walk_die("cannot enter %s", argv[2]);
		return walk_tree(".");
	}
	walk_die("usage: walk_random gen SEED STEPS | run DIR SEQUENCE | tree DIR");
}
