/* SPDX-License-Identifier: MIT
 * fuzz_map_command.c - any words to `fakeidctl map`: it prints, or says in one line what is wrong.
 * The first byte asks for JSON if it is odd; words end in NUL; the word @ names a file with what
 * follows the last NUL. A hunt, from the top of the source: clang
 * -fsanitize=fuzzer,address,undefined -g -D_GNU_SOURCE -Iinclude -Ilibfakeid -Ifakeid
 * tests/fuzz/fuzz_map_command.c fakeid/{ctl_map*,trouble}.c libfakeid/core/idmap*.c -o
 * fuzz_map_command && ./fuzz_map_command NEW tests/fuzz/corpus/map_command
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../../fakeid/ctl.h"

#define WORDS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

/* In memory, by the only name such a file has. */
static int make_file(const char *bytes, size_t size, char *ret_path, size_t path_size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);

	must(fd >= 0 && write(fd, bytes, size) == (ssize_t)size);
	(void)snprintf(ret_path, path_size, "/proc/self/fd/%d", fd);
	return fd;
}

/* Real files are not a fuzzer's to open. */
static bool is_file(const char *word)
{
	return strchr(word, '/') || strcmp(word, "-") == 0;
}

static void run(char **words, bool json)
{
	static FILE *nowhere;
	FILE *out = stdout, *err = stderr;
	struct ctl ctl = {.json = json};
	static struct trouble trouble;
	int r;

	if (!nowhere)
		nowhere = fopen("/dev/null", "we");
	must(nowhere != NULL);
	trouble.text[0] = '\0';
	stdout = stderr = nowhere;
	r = ctl_map(&ctl, words, &trouble);
	stdout = out;
	stderr = err;
	must(r <= 1);
	must(r >= 0 || trouble.text[0] != '\0');
	must(!strchr(trouble.text, '\n'));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	char *text = malloc(size + 1), *words[WORDS_MAX + 1], path[32];
	size_t n = 0, at = 1;
	int fd = -1;

	must(text != NULL);
	memcpy(text, bytes, size);
	text[size] = '\0';
	for (size_t len; at < size && (len = strlen(text + at)) < size - at; at += len + 1) {
		if (n == WORDS_MAX || is_file(text + at))
			goto done;
		words[n++] = text + at;
	}
	words[n] = NULL;
	for (size_t i = 0; i < n; i++)
		if (strcmp(words[i], "@") == 0) {
			if (fd < 0)
				fd = make_file(text + at, size - at, path, sizeof path);
			words[i] = path;
		}
	run(words, size > 0 && bytes[0] & 1);
done:
	if (fd >= 0)
		(void)close(fd); /* a file in memory */
	free(text);
	return 0;
}
