/* SPDX-License-Identifier: MIT
 * status_text.c - read the text that the daemon answers to STATUS.
 */
#include "status_text.h"

#include <stdio.h>
#include <string.h>

#define NAMESPACE "namespace "

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

static uint64_t number_of(struct piece piece)
{
	uint64_t value = 0;

	for (size_t i = 0; i < piece.size; i++)
		value = value * 10 + (uint64_t)(piece.at[i] - '0');
	return value;
}

bool status_text_find(const char *text, const char *tag, uint32_t *ret_ns)
{
	while (*text) {
		struct piece line = take_until(&text, "\n");
		const char *at = line.at + strlen(NAMESPACE);
		struct piece number;

		if (line.size < strlen(NAMESPACE) ||
		    memcmp(line.at, NAMESPACE, strlen(NAMESPACE)) != 0)
			continue;

		number = take_until(&at, " \n");
		if (is_number(number) && piece_is(take_until(&at, " \n"), "tag") &&
		    piece_is(take_until(&at, " \n"), tag)) {
			*ret_ns = (uint32_t)number_of(number);
			return true;
		}
	}
	return false;
}

static void print_string(struct piece piece)
{
	putchar('"');
	for (size_t i = 0; i < piece.size; i++) {
		unsigned char c = (unsigned char)piece.at[i];

		if (c < ' ' || c == '"' || c == '\\')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void print_member(struct piece key, struct piece value, const char *before)
{
	printf("%s", before);
	print_string(key);
	putchar(':');
	if (piece_is(value, "yes") || piece_is(value, "no"))
		printf("%s", value.at[0] == 'y' ? "true" : "false");
	else if (is_number(value))
		printf("%.*s", (int)value.size, value.at);
	else
		print_string(value);
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
