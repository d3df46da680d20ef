/* SPDX-License-Identifier: MIT
 * walk_random.c - make sequences of calls, carry them out, print trees.
 *
 *   walk_random gen SEED STEPS       print a sequence; the same seed gives the same one for ever
 *   walk_random run DIR SEQUENCE     carry it out inside DIR, one line of output a call
 *   walk_random tree DIR             print what is in DIR
 *
 * Words that steer a sequence: `fork` and `join` enclose what a child does while its parent waits;
 * `exec` goes on in a fresh program, with the same descriptors; `run FILE` likewise, in a copy of this program
 * that `program FILE` has made; `pair` forks a second process (instead of the one there was), which carries
 * out the lines that begin with `other`; # begins a comment.
 */
#include "walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_SEQUENCE_BYTES (1 << 22)

static const struct op *const all_ops[] = {owner_ops, name_ops, open_ops, stat_ops, xattr_ops,
					   cred_ops,  cap_ops,	held_ops, raw_ops};

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

bool walk_is_exec(const char *line)
{
	return strcmp(line, "exec") == 0 || strncmp(line, "run ", 4) == 0;
}

void walk_exec(const char *line, unsigned n_lines, const char *verb)
{
	static const char by_name[] = "run ";
	const char *file = strncmp(line, by_name, strlen(by_name)) == 0 ? line + strlen(by_name)
									: self;
	char state[256], others[64], *end = state;

	pair_format(others, sizeof(others));
	end += snprintf(state, sizeof(state), "%u,%d,%d", n_lines, depth, walk_home);
	for (int i = 0; i < WALK_N_SLOTS; i++)
		end += snprintf(end, (size_t)(state + sizeof(state) - end), ",%d", walk_slots[i]);
	(void)fflush(stdout);
	execl(file, self, verb, seq_path, others, state, (char *)NULL);
	printf("%u: %s", n_lines, line);
	say_result(-1);
}

static unsigned resume(const char *state)
{
	unsigned n_lines;
	int n_read;

	if (sscanf(state, "%u,%d,%d%n", &n_lines, &depth, &walk_home, &n_read) != 3)
		walk_die("bad state: %s", state);
	for (int i = 0; i < WALK_N_SLOTS; i++) {
		state += n_read;
		if (sscanf(state, ",%d%n", &walk_slots[i], &n_read) != 1)
			walk_die("bad state");
		if (walk_slots[i] >= 0 && fcntl(walk_slots[i], F_GETFD) < 0)
			walk_slots[i] = -1; /* was opened with O_CLOEXEC */
	}
	return n_lines;
}

void walk_line(char *line, unsigned n_lines, const char *who)
{
	char *words[WALK_MAX_WORDS + 1];
	int n = 0;
	char *word;

	printf("%u: %s%s", n_lines, who, line);
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

/* One line of the first process, or of a child of its; `pair` and what the second one then does
 * included. */
static void steer(char *line, unsigned n_lines)
{
	static const char for_other[] = "other ";

	if (strncmp(line, for_other, strlen(for_other)) == 0) {
		pair_tell(line + strlen(for_other), n_lines);
	} else if (strcmp(line, "pair") == 0) {
		if (!pair_begin())
			return;
		pair_serve();
		exit(fflush(stdout) == 0 ? 0 : 1);
	} else if (walk_is_exec(line)) {
		walk_exec(line, n_lines, "resume");
	} else {
		walk_line(line, n_lines, "");
	}
}

static int run(unsigned n_skip)
{
	char *rest = sequence, *line;
	unsigned n_lines = 0;

	while ((line = next_line(&rest)) != NULL) {
		if (++n_lines <= n_skip || line[0] == '\0' || line[0] == '#')
			continue;
		if (strcmp(line, "fork") == 0) {
			if (!do_fork())
				skip_to_join(&rest, &n_lines);
		} else if (strcmp(line, "join") == 0) {
			if (depth > 0)
				break;
		} else {
			steer(line, n_lines);
		}
	}
	pair_end();
	return fflush(stdout) == 0 ? 0 : 1;
}

/* Programs that go on where another was: resume, the first process or a child of its; serve, the
 * second. */
static int go_on(char **argv)
{
	unsigned n_lines;

	seq_path = argv[2];
	pair_parse(argv[3]);
	n_lines = resume(argv[4]);
	if (word_is(argv[1], "serve")) {
		pair_resume();
		return fflush(stdout) == 0 ? 0 : 1;
	}
	read_sequence(seq_path);
	return run(n_lines);
}

int main(int argc, char **argv)
{
	self = argv[0];
	setlinebuf(stdout); /* a crash then shows which call it was */
	if (argc == 4 && strcmp(argv[1], "gen") == 0) {
		walk_generate((uint64_t)word_number(argv[2]), (unsigned)word_number(argv[3]));
		return fflush(stdout) == 0 ? 0 : 1;
	}
	if (argc == 4 && strcmp(argv[1], "run") == 0) {
		seq_path = argv[3];
		read_sequence(seq_path);
		walk_home = open(argv[2], O_PATH | O_DIRECTORY);
		if (walk_home < 0 || fchdir(walk_home) < 0)
			walk_die("cannot enter %s", argv[2]);
		return run(0);
	}
	if (argc == 5 && (word_is(argv[1], "resume") || word_is(argv[1], "serve")))
		return go_on(argv);
	if (argc == 3 && strcmp(argv[1], "tree") == 0) {
		if (chdir(argv[2]) < 0)
			walk_die("cannot enter %s", argv[2]);
		return walk_tree(".");
	}
	walk_die("usage: walk_random gen SEED STEPS | run DIR SEQUENCE | tree DIR");
}
