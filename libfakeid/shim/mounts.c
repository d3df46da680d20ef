/* SPDX-License-Identifier: MIT
 * mounts.c - what only /proc/self/mountinfo tells about a mount: see proc(5).
 */
#include "shim/mounts.h"

#include "shim/sys.h"

struct input {
	int fd;
	long n, at;
	char text[1024];
};

/* -1 at the end. */
static int next(struct input *in)
{
	if (in->at == in->n) {
		in->n = SYS3(SYS_read, in->fd, in->text, sizeof in->text);
		in->at = 0;
		if (in->n <= 0)
			return in->n = in->at = 0, -1;
	}
	return (unsigned char)in->text[in->at++];
}

static int skip(struct input *in, int last)
{
	int c;

	do
		c = next(in);
	while (c >= 0 && c != last && c != '\n');
	return c;
}

/* Behind the words up to "-" come the type, the source, and the options of the file system
 * itself. */
static bool options_say_so(struct input *in)
{
	int c = ' ', before;

	do {
		before = c;
		c = next(in);
		if (c < 0 || c == '\n')
			return true;
	} while (before != ' ' || c != '-' || next(in) != ' ');
	if (skip(in, ' ') != ' ' || skip(in, ' ') != ' ')
		return true;
	return next(in) == 'r' && next(in) == 'o';
}

bool mounts_whole_is_read_only(uint64_t id)
{
	struct input in = {.fd = (int)SYS4(SYS_openat, AT_FDCWD, "/proc/self/mountinfo",
					   O_RDONLY | O_CLOEXEC, 0)};
	bool found = true;
	int c = in.fd < 0 ? -1 : next(&in);

	while (c >= 0) {
		uint64_t n = 0;

		for (; c >= '0' && c <= '9'; c = next(&in))
			n = n * 10 + (unsigned)(c - '0');
		if (n == id) {
			found = options_say_so(&in);
			break;
		}
		c = skip(&in, '\n') == '\n' ? next(&in) : -1;
	}
	if (in.fd >= 0)
		(void)SYS1(SYS_close, in.fd); /* only read */
	return found;
}
