/* SPDX-License-Identifier: MIT
 * walk.h - the little language of tests/diff: one call a line, in words. walk_random makes such
 * sequences, and carries them out one line of output a call, so that real root's answers and
 * fakeid's can be compared with diff(1).
 */
#ifndef FAKEID_TESTS_WALK_H
#define FAKEID_TESTS_WALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#define WALK_MAX_WORDS 10
#define WALK_N_SLOTS 6	  /* descriptors that a sequence can hold: f0 to f5 */
#define WALK_FIRST_HELD 4 /* f4 and f5 keep what they have when another open fails */

/* words: words[0] is the name of the call; the rest are as many as `n_args` says. */
typedef void op_function(char **words);

struct op {
	const char *name;
	int n_args;
	op_function *function;
};

/* Each file of calls ends its table with a row of NULL. */
extern const struct op owner_ops[];
extern const struct op name_ops[];
extern const struct op open_ops[];
extern const struct op stat_ops[];
extern const struct op xattr_ops[];
extern const struct op cred_ops[];
extern const struct op cap_ops[];
extern const struct op held_ops[];
extern const struct op raw_ops[];

/* -- words (walk_words.c): every one ends the program when it meets a word it does not know -- */
long word_number(const char *word);	/* decimal, 0octal, -1 */
unsigned word_mode(const char *word);	/* octal, or S_IFCHR|0644 */
uint64_t word_device(const char *word); /* major:minor */
long word_flags(const char *word);	/* O_CREAT|O_EXCL, AT_EMPTY_PATH, 0 */
const char *word_path(
	const char *word);     /* %e = empty, @f0 = /proc/self/fd/N; valid for two calls */
int word_fd(const char *word); /* f0 to f5, or . for AT_FDCWD */
bool word_is(const char *word, const char *what);
__attribute__((noreturn, format(printf, 1, 2))) void walk_die(const char *format, ...);

/* -- results, each of them the end of a line -- */
void say_result(long result); /* negative: prints errno's name */
void say_descriptor(int fd);  /* as say_result(), without the number: it depends on the process */
void say_stat(int result, const struct stat *st);
const char *type_name(unsigned mode);

/* -- slots (walk_open.c) -- */
extern int walk_slots[WALK_N_SLOTS];
void slot_put(const char *word, int fd);

extern int walk_home; /* the directory that the sequence began in */

/* -- steering (walk_random.c) -- */

/* Carry out one call, `who` before it in the output. */
void walk_line(char *line, unsigned n_lines, const char *who);

/* Go on in a fresh program, as `exec` or `run FILE` say, in its part `verb`; returns only if that
 * fails. */
bool walk_is_exec(const char *line);
void walk_exec(const char *line, unsigned n_lines, const char *verb);

/* -- the second process (walk_pair.c) -- */
bool pair_begin(void); /* true in the second process, which then is to pair_serve() */
void pair_serve(void);
void pair_resume(void);				    /* the same after an exec */
void pair_tell(const char *line, unsigned n_lines); /* returns when it is carried out */
void pair_end(void);				    /* of the one that this process began */
void pair_format(char *ret_text, size_t size);
void pair_parse(const char *text);

/* A symbol that the headers no longer declare (the __xstat generation); NULL if libc has none. */
void *walk_symbol(const char *name);

/* Print every entry below `path` with owner, mode, links, xattrs. Returns 0, or 1 on an error. */
int walk_tree(const char *path);

/* Print a sequence. */
void walk_generate(uint64_t seed, unsigned n_steps);

#endif
