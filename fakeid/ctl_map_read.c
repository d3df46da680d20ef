/* SPDX-License-Identifier: MIT
 * ctl_map_read.c - where the maps of `fakeidctl map` come from: words, files, standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "auto.h"
#include "ctl_map.h"

#define FILE_BYTES_MAX (1u << 20) /* of /etc/subuid, say */

int map_read_file(const char *path, char **ret_text, size_t *ret_len, struct trouble *trouble)
{
	autoclose int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
						  : open(path, O_RDONLY | O_CLOEXEC);
	autofree char *text = malloc(FILE_BYTES_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		return trouble_set(trouble, -ENOMEM, "map: out of memory");
	if (fd < 0)
		return trouble_set(trouble, -errno, "map: %s: %s: check the file", path,
				   strerror(errno));

	while (n > 0 && len < FILE_BYTES_MAX) {
		n = read(fd, text + len, FILE_BYTES_MAX - len);
		if (n < 0)
			return trouble_set(trouble, -errno, "map: %s: %s: check the file", path,
					   strerror(errno));
		len += (size_t)n;
	}
	if (len == FILE_BYTES_MAX)
		return trouble_set(trouble, -EFBIG, "map: %s: larger than 1 MiB: check the file",
				   path);

	text[len] = '\0';
	*ret_text = text;
	*ret_len = len;
	text = NULL;
	return 0;
}

/* The text of a map: a file where the word has a slash or is "-", else the word, commas for
 * newlines. */
static int read_text(const char *word, char **ret_text, size_t *ret_len, struct trouble *trouble)
{
	char *text;

	if (strchr(word, '/') || strcmp(word, "-") == 0)
		return map_read_file(word, ret_text, ret_len, trouble);
	if (*word && !strpbrk(word, ": \t\n"))
		return trouble_set(trouble, -EINVAL,
				   "map: '%s': no map: use inside:outside:count, or ./%s for a "
				   "file",
				   word, word);

	text = strdup(word);
	if (!text)
		return trouble_set(trouble, -ENOMEM, "map: out of memory");

	*ret_len = strlen(text);
	for (size_t i = 0; i < *ret_len; i++)
		if (text[i] == ',')
			text[i] = '\n';
	*ret_text = text;
	return 0;
}

int map_read(const char *word, unsigned flags, struct fakeid_idmap *ret_map,
	     struct fakeid_idmap_report *ret_report, struct trouble *trouble)
{
	struct fakeid_idmap_report report = {.fault = FAKEID_IDMAP_FINE};
	autofree char *text = NULL;
	size_t len;
	int r = read_text(word, &text, &len, trouble);

	if (r < 0)
		return r;

	r = fakeid_idmap_parse(text, len,
			       memchr(text, ':', len) ? FAKEID_IDMAP_COLON : FAKEID_IDMAP_PROC,
			       flags, ret_map, &report);
	if (r < 0) {
		(void)trouble_set(trouble, r, "map: %s: extent %u: %s", word, report.extent + 1,
				  fakeid_idmap_fault_text(report.fault));
		*ret_report = report;
	}
	return r;
}

int map_take(const char *word, struct fakeid_idmap *ret_map, struct trouble *trouble)
{
	struct fakeid_idmap_report ignored;

	return map_read(word, FAKEID_IDMAP_64, ret_map, &ignored, trouble);
}
