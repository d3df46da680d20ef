/* SPDX-License-Identifier: MIT
 * status_text.c - read the text that the daemon answers to STATUS.
 */
#include "status_text.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "print.h"

/* A piece of the text. */
struct piece {
	const char *at;
	size_t size;
};

static struct piece take_until(const char **at, const char *ends)
{
	struct piece piece = {*at, strcspn(*at, ends)};

	*at += piece.size;
	if (**at)
		(*at)++;
	return piece;
}

static bool piece_is(struct piece piece, const char *text)
{
	return piece.size == strlen(text) && memcmp(piece.at, text, piece.size) == 0;
}

static bool is_number(struct piece piece)
{
	for (size_t i = 0; i < piece.size; i++)
		if (piece.at[i] < '0' || piece.at[i] > '9')
			return false;
	return piece.size > 0 && piece.size <= 18 && (piece.size == 1 || piece.at[0] != '0');
}

static void print_member(struct piece key, struct piece value, const char *before)
{
	printf("%s", before);
	print_json_string(key.at, key.size);
	putchar(':');
	if (piece_is(value, "yes") || piece_is(value, "no"))
		printf("%s", value.at[0] == 'y' ? "true" : "false");
	else if (is_number(value))
		printf("%.*s", (int)value.size, value.at);
	else
		print_json_string(value.at, value.size);
}

/* `at` is behind the word namespace. */
static void print_namespace(const char *at, const char *before)
{
	struct piece key = {"number", 6};
	bool in_use = strncmp(at + strcspn(at, "\n") - strlen("not in use"), "not in use", 10) != 0;

	print_member(key, take_until(&at, " \n"), before);
	while (*at && at[-1] != '\n') {
		key = take_until(&at, " \n");
		if (piece_is(key, "not"))
			break;
		print_member(key, take_until(&at, " \n"), ",");
	}
	printf(",\"in_use\":%s}", in_use ? "true" : "false");
}

void status_text_print_json(const char *text)
{
	const char *before = "{\"running\":true,";
	bool in_list = false;

	while (*text) {
		const char *at = text;
		struct piece key = take_until(&at, " \n");

		if (piece_is(key, "namespace")) {
			print_namespace(at, in_list ? ",{" : ",\"namespaces\":[{");
			in_list = true;
		} else if (!in_list) {
			print_member(key, take_until(&at, "\n"), before);
			before = ",";
		}
		(void)take_until(&text, "\n");
	}
	printf(in_list ? "]}\n" : ",\"namespaces\":[]}\n");
}
