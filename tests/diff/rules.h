/* SPDX-License-Identifier: MIT
 * rules.h - the tables of tests/diff/rules: who may do what to which file, and what is left
 * afterwards. The language is described in rules.c.
 */
#ifndef FAKEID_TESTS_RULES_H
#define FAKEID_TESTS_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define RULES_MAX_WORDS 12
#define RULES_MAX_LINES 256
#define RULES_N_SLOTS 8
#define RULES_OLD 1000000000L /* the times of all that was made before */

/* One rule of a table with every variable filled in. */
struct rule {
	char name[512];
	unsigned n_lines;
	char *lines[RULES_MAX_LINES];
};

struct words {
	unsigned n;
	char *word[RULES_MAX_WORDS];
	char room[2048];
};

/* Called for each. */
typedef void rule_function(const struct rule *rule, unsigned number);

/* -- tables (rules_table.c) -- */
unsigned rules_each(const char *table, unsigned first, rule_function *function);
void words_split(const char *line, struct words *ret_words);

/* -- what a rule finds and leaves (rules_scene.c) -- */
void scene_given(struct words *w);
void scene_age(void); /* of the current directory and all below */
void scene_show(int64_t since_ns);

/* -- calls (rules_calls.c) and their arguments (rules_words.c) -- */
void call_do(struct words *w);
extern int rules_slots[RULES_N_SLOTS];
bool word_argument(char kind, char *word, long *ret_value);
long word_flags(const char *word, int base);
char *word_text(const char *word); /* {255} is a long name, {/4095} a long way */

/* -- output: a buffer that a process which dies leaves behind -- */
void say_start(void);
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void say_end(void);
void say_error(int error);
const char *say_type(unsigned mode);
__attribute__((noreturn, format(printf, 1, 2))) void rules_die(const char *format, ...);

#endif
