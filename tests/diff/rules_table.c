/* SPDX-License-Identifier: MIT
 * rules_table.c - read a table of rules, and fill in what its variables stand for.
 */
#include "rules.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VARIABLES 8
#define MAX_VALUES 96
#define LINE_BYTES 2048

/* A rule as it is written. */
struct written {
	char *name;
	unsigned n_variables, n_lines;
	struct variable {
		char *name;
		bool repeats, used;
		unsigned n, at;
		char *value[MAX_VALUES];
	} variable[MAX_VARIABLES];
	char *line[RULES_MAX_LINES];
};

void words_split(const char *line, struct words *ret_words)
{
	char *rest = ret_words->room, *word;

	ret_words->n = 0;
	if ((size_t)snprintf(ret_words->room, sizeof(ret_words->room), "%s", line) >=
	    sizeof(ret_words->room))
		rules_die("too long: %s", line);
	while ((word = strsep(&rest, " \t~")) != NULL) {
		if (*word == '\0')
			continue;
		if (ret_words->n == RULES_MAX_WORDS)
			rules_die("too many words: %s", line);
		ret_words->word[ret_words->n++] = word;
	}
}

/* The value of the variable that `*text` begins with; `*text` is then behind it. */
static const char *value_of(struct written *rule, const char **text)
{
	bool braced = **text == '{';
	const char *name = *text + braced;
	size_t len = braced ? strcspn(name, "}")
			    : strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	*text = name + len + braced;
	for (unsigned i = 0; i < rule->n_variables; i++) {
		struct variable *v = &rule->variable[i];

		v->used |= strlen(v->name) == len && memcmp(v->name, name, len) == 0;
		if (strlen(v->name) == len && memcmp(v->name, name, len) == 0)
			return v->value[v->at];
	}
	rules_die("%s: no variable %s", rule->name, name);
}

/* A value may name another variable. */
static char *fill_in(struct written *rule, const char *text)
{
	char line[LINE_BYTES];
	size_t at = 0;

	while (*text != '\0' && at < sizeof(line) - 1) {
		char *value;

		if (*text != '$') {
			line[at++] = *text++;
			continue;
		}
		text++;
		value = fill_in(rule, value_of(rule, &text));
		at += (size_t)snprintf(line + at, sizeof(line) - at, "%s", value);
		free(value);
	}
	if (at >= sizeof(line) - 1)
		rules_die("%s: a line is too long", rule->name);
	line[at] = '\0';
	return strdup(line);
}

/* Once for each value of a variable that repeats lines. */
static void add_line(struct written *rule, const char *text, struct rule *one)
{
	struct variable *repeated = NULL;

	for (unsigned i = 0; i < rule->n_variables; i++)
		if (rule->variable[i].repeats)
			repeated = &rule->variable[i];
	if (repeated != NULL)
		repeated->used = false;
	do {
		if (one->n_lines == RULES_MAX_LINES)
			rules_die("%s: too many lines", rule->name);
		one->lines[one->n_lines++] = fill_in(rule, text);
	} while (repeated != NULL && repeated->used && ++repeated->at < repeated->n);
	if (repeated != NULL)
		repeated->at = 0;
}

static void expand_one(struct written *rule, unsigned number, rule_function *function)
{
	struct rule one = {.n_lines = 0};
	size_t at = (size_t)snprintf(one.name, sizeof(one.name), "%s", rule->name);

	for (unsigned i = 0; i < rule->n_variables; i++)
		if (!rule->variable[i].repeats)
			at += (size_t)snprintf(one.name + at, sizeof(one.name) - at, "%s%s",
					       i == 0 ? " [" : ", ",
					       rule->variable[i].value[rule->variable[i].at]);
	if (rule->n_variables > 0 && !rule->variable[0].repeats)
		at += (size_t)snprintf(one.name + at, sizeof(one.name) - at, "]");
	if (at >= sizeof(one.name))
		rules_die("%s: the name is too long", rule->name);
	for (unsigned i = 0; i < rule->n_lines; i++)
		add_line(rule, rule->line[i], &one);
	function(&one, number);
	for (unsigned i = 0; i < one.n_lines; i++)
		free(one.lines[i]);
}

/* The next choice of values; false behind the last. */
static bool step(struct written *rule)
{
	for (unsigned i = rule->n_variables; i-- > 0;) {
		if (!rule->variable[i].repeats && ++rule->variable[i].at < rule->variable[i].n)
			return true;
		rule->variable[i].at = 0;
	}
	return false;
}

static unsigned expand(struct written *rule, unsigned first, rule_function *function)
{
	unsigned n = 0;

	if (rule->name != NULL)
		do
			expand_one(rule, first + n++, function);
		while (step(rule));
	for (unsigned i = 0; i < rule->n_lines; i++)
		free(rule->line[i]);
	for (unsigned i = 0; i < rule->n_variables; i++) {
		free(rule->variable[i].name);
		for (unsigned j = 0; j < rule->variable[i].n; j++)
			free(rule->variable[i].value[j]);
	}
	free(rule->name);
	memset(rule, 0, sizeof(*rule));
	return n;
}

static void add_variable(struct written *rule, char *text, bool repeats)
{
	char *word = strsep(&text, " \t");
	unsigned i = rule->n_variables++;

	if (i == MAX_VARIABLES)
		rules_die("%s: too many variables", rule->name);
	rule->variable[i].name = strdup(word);
	rule->variable[i].repeats = repeats;
	while ((word = strsep(&text, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (rule->variable[i].n == MAX_VALUES)
			rules_die("%s: too many values", rule->name);
		rule->variable[i].value[rule->variable[i].n++] = strdup(word);
	}
}

unsigned rules_each(const char *table, unsigned first, rule_function *function)
{
	struct written rule = {0};
	char line[LINE_BYTES];
	FILE *f = fopen(table, "re");
	unsigned n = 0;

	if (f == NULL)
		rules_die("cannot open %s: %s", table, strerror(errno));
	while (fgets(line, sizeof(line), f) != NULL) {
		line[strcspn(line, "\n#")] = '\0';
		if (line[strspn(line, " \t")] == '\0')
			continue;
		if (strncmp(line, "rule ", 5) == 0) {
			n += expand(&rule, first + n, function);
			rule.name = strdup(line + 5);
		} else if (strncmp(line, "for ", 4) == 0) {
			add_variable(&rule, line + 4, false);
		} else if (strncmp(line, "each ", 5) == 0) {
			add_variable(&rule, line + 5, true);
		} else if (rule.n_lines < RULES_MAX_LINES) {
			rule.line[rule.n_lines++] = strdup(line);
		} else {
			rules_die("%s: too many lines", rule.name);
		}
	}
	n += expand(&rule, first + n, function);
	(void)fclose(f); /* was only read */
	return n;
}
