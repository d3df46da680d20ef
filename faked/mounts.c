/* SPDX-License-Identifier: MIT
 * mounts.c - reading /proc/self/mountinfo: see proc_pid_mountinfo(5).
 */
#include "mounts.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

/* linux/mount.h has them from 6.8 on. */
#define STATMOUNT_CALL 457
struct mount_request {
	uint32_t size, spare;
	uint64_t mount_id, wanted;
};
#define STATMOUNT_BYTES 512

#define MOUNTS_MAX_BYTES ((size_t)64 << 20)

/* Blanks, newlines and backslashes stand as three octal digits. In place: it only gets shorter. */
static void unescape(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (text[0] == '\\' && text[1] >= '0' && text[1] <= '3' && text[2] >= '0' &&
		    text[2] <= '7' && text[3] >= '0' && text[3] <= '7') {
			*to++ = (char)((text[1] - '0') * 64 + (text[2] - '0') * 8 +
				       (text[3] - '0'));
			text += 3;
		} else {
			*to++ = *text;
		}
	}
	*to = '\0';
}

static char *next_word(char **at)
{
	char *word = *at;

	if (!word)
		return NULL;

	*at = strchr(word, ' ');
	if (*at)
		*(*at)++ = '\0';
	return word;
}

static bool parse_number(const char **at, unsigned int *ret_number)
{
	unsigned int number = 0;
	const char *begin = *at;

	for (; **at >= '0' && **at <= '9'; ++*at) {
		if (number > (1u << 24))
			return false;
		number = number * 10 + (unsigned int)(**at - '0');
	}
	*ret_number = number;
	return *at > begin;
}

static bool parse_device(const char *text, uint64_t *ret_dev)
{
	unsigned int major, minor;

	if (!parse_number(&text, &major) || *text++ != ':' || !parse_number(&text, &minor) || *text)
		return false;

	*ret_dev = makedev(major, minor);
	return true;
}

/* 36 35 98:0 /root /point options [tags] - type source options */
static bool parse_line(char *line, struct mount *ret_mount)
{
	struct mount mount;
	char *word, *point;

	(void)next_word(&line);
	(void)next_word(&line);
	word = next_word(&line);
	if (!word || !parse_device(word, &mount.dev))
		return false;

	(void)next_word(&line);
	point = next_word(&line);
	do
		word = next_word(&line);
	while (word && strcmp(word, "-") != 0);
	mount.type = next_word(&line);
	mount.source = next_word(&line);
	mount.options = line;
	if (!point || !mount.type || !mount.source || !mount.options)
		return false;

	unescape(point);
	mount.point = point;
	*ret_mount = mount;
	return true;
}

int mounts_parse(char *text, size_t size, struct mounts *ret_mounts)
{
	struct mounts mounts = {.text = text};
	size_t n_lines = 2; /* the last may lack its newline, and add_root() may want one more */

	text[size] = '\0';
	for (size_t i = 0; i < size; i++)
		n_lines += text[i] == '\n';
	mounts.rows = calloc(n_lines, sizeof(*mounts.rows));
	if (!mounts.rows) {
		free(text);
		return -ENOMEM;
	}

	for (char *line = text, *end; line && *line; line = end) {
		end = strchr(line, '\n');
		if (end)
			*end++ = '\0';
		if (parse_line(line, &mounts.rows[mounts.n]))
			mounts.n++;
	}
	*ret_mounts = mounts;
	return 0;
}

/* In a chroot the filesystem of "/" need not be among the mounts that can be seen from there. */
static void add_root(struct mounts *mounts)
{
	struct stat st;

	if (stat("/", &st) < 0)
		return;

	for (size_t i = 0; i < mounts->n; i++) {
		if (mounts->rows[i].dev == st.st_dev)
			return;
	}
	mounts->rows[mounts->n++] = (struct mount){
		.dev = st.st_dev, .point = "/", .type = "", .source = "", .options = ""};
}

int mounts_read(int fd, struct mounts *ret_mounts)
{
	size_t size = 0, capacity = 16384;
	int r;
	char *text = malloc(capacity);

	if (text && lseek(fd, 0, SEEK_SET) < 0) {
		free(text);
		return -errno;
	}

	while (text) {
		ssize_t n = read(fd, text + size, capacity - 1 - size);
		char *larger;

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || capacity > MOUNTS_MAX_BYTES) {
			free(text);
			return n < 0 ? -errno : -EFBIG;
		}
		if (n == 0) {
			r = mounts_parse(text, size, ret_mounts);
			if (r == 0)
				add_root(ret_mounts);
			return r;
		}

		size += (size_t)n;
		if (capacity - 1 > size)
			continue;

		capacity *= 2;
		larger = realloc(text, capacity);
		if (!larger)
			free(text);
		text = larger;
	}
	return -ENOMEM;
}

void mounts_done(struct mounts *mounts)
{
	free(mounts->text);
	free(mounts->rows);
	*mounts = (struct mounts){0};
}

bool mount_exists(uint64_t unique_id)
{
	struct mount_request request = {.size = sizeof(request), .mount_id = unique_id};
	uint64_t answer[STATMOUNT_BYTES / sizeof(uint64_t)];

	return unique_id != 0 && syscall(STATMOUNT_CALL, &request, answer, sizeof(answer), 0) == 0;
}
