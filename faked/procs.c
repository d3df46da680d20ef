/* SPDX-License-Identifier: MIT
 * procs.c - which processes live in which namespace.
 */
#include "procs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <fakeid/wire.h>

#include "util.h"

#define EMPTY_LOOKS 4
#define EMPTY_NS 2000000L
#define ENVIRON_BYTES_MAX (8u << 20) /* a quarter of the largest stack, as the kernel allows */

static bool take_number(const char **at, const char *end, uint32_t *ret_number)
{
	uint64_t value = 0;
	const char *c = *at;

	for (; c < end && *c >= '0' && *c <= '9' && value <= UINT32_MAX; c++)
		value = value * 10 + (uint64_t)(*c - '0');
	if (c == *at || c == end || *c != ':' || value > UINT32_MAX)
		return false;

	*at = c + 1;
	*ret_number = (uint32_t)value;
	return true;
}

bool procs_parse(const char *environment, size_t size, const char *dir, uint32_t *ret_ns)
{
	static const char name[] = FAKEID_ENV_SESSION "=";
	const char *at = environment, *end = environment + size;

	while (at < end) {
		const char *next = memchr(at, '\0', (size_t)(end - at));
		uint32_t format, ns, ignored;

		if (!next)
			return false;

		if ((size_t)(next - at) < sizeof(name) - 1 ||
		    memcmp(at, name, sizeof(name) - 1) != 0) {
			at = next + 1;
			continue;
		}
		at += sizeof(name) - 1;
		if (!take_number(&at, next, &format) || format != 1 ||
		    !take_number(&at, next, &ns) || !take_number(&at, next, &ignored) ||
		    !take_number(&at, next, &ignored) || strcmp(at, dir) != 0)
			return false;

		*ret_ns = ns;
		return true;
	}
	return false;
}

/* All of a process's environment, with a NUL behind it; the size, or -errno. */
static ssize_t read_environment(int proc_fd, const char *pid, char **buffer, size_t *capacity)
{
	char path[sizeof(((struct dirent *)NULL)->d_name) + 16];
	autoclose int fd = -1;
	size_t used = 0;

	(void)snprintf(path, sizeof(path), "%s/environ", pid);
	fd = openat(proc_fd, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	for (;;) {
		ssize_t n;

		if (*capacity - used < 4096) {
			char *larger = *capacity < ENVIRON_BYTES_MAX
					       ? realloc(*buffer, *capacity * 2)
					       : NULL;

			if (!larger)
				return -ENOMEM;

			*buffer = larger;
			*capacity *= 2;
		}
		n = read(fd, *buffer + used, *capacity - used - 1);
		if (n < 0)
			return -errno;

		if (n == 0)
			break;

		used += (size_t)n;
	}
	(*buffer)[used++] = '\0';
	return (ssize_t)used;
}

static int add(struct procs *procs, uint32_t ns)
{
	/* Doubled at each power of two. */
	if ((procs->n & (procs->n - 1)) == 0) {
		uint32_t *larger = realloc(procs->ns,
					   (procs->n ? procs->n * 2 : 1) * sizeof(*larger));

		if (!larger)
			return -ENOMEM;

		procs->ns = larger;
	}
	procs->ns[procs->n++] = ns;
	return 0;
}

/* What one look at /proc has in hand. */
struct look {
	DIR *proc;
	const char *dir;
	char *buffer;
	size_t capacity;
	struct procs found;
	struct procs empty; /* processes by number: those without an environment, for now */
};

static int look_at(struct look *look, uint32_t pid)
{
	char name[16];
	uint32_t ns;
	ssize_t size;

	(void)snprintf(name, sizeof(name), "%u", pid);
	size = read_environment(dirfd(look->proc), name, &look->buffer, &look->capacity);
	if (size == 1)
		return add(&look->empty, pid);

	if (size > 0 && procs_parse(look->buffer, (size_t)size, look->dir, &ns))
		return add(&look->found, ns);

	return 0;
}

static int look_at_all(struct look *look)
{
	const struct dirent *entry;
	int r = 0;

	while (r == 0 && (entry = readdir(look->proc))) {
		long pid;

		if (util_parse(entry->d_name, 1, INT32_MAX, &pid) == 0)
			r = look_at(look, (uint32_t)pid);
	}
	return r;
}

/* A process in the middle of execve(2) has no environment for a moment; one that has ended
 * never. */
static int look_again(struct look *look)
{
	const struct timespec pause = {.tv_nsec = EMPTY_NS};
	struct procs empty = look->empty;
	int r = 0;

	look->empty = (struct procs){NULL, 0};
	(void)nanosleep(&pause, NULL); /* shorter is fine */
	for (size_t i = 0; r == 0 && i < empty.n; i++)
		r = look_at(look, empty.ns[i]);
	procs_done(&empty);
	return r;
}

int procs_scan(const char *dir, struct procs *ret_procs)
{
	struct look look = {.dir = dir, .capacity = 65536};
	int r;

	look.buffer = malloc(look.capacity);
	look.proc = look.buffer ? opendir("/proc") : NULL;
	r = look.proc ? look_at_all(&look) : look.buffer ? -errno : -ENOMEM;
	for (int i = 0; r == 0 && look.empty.n > 0 && i < EMPTY_LOOKS; i++)
		r = look_again(&look);
	procs_done(&look.empty);
	free(look.buffer);
	if (look.proc)
		(void)closedir(look.proc); /* only read */
	if (r < 0) {
		procs_done(&look.found);
		return r;
	}
	*ret_procs = look.found;
	return 0;
}

void procs_done(struct procs *procs)
{
	free(procs->ns);
	*procs = (struct procs){NULL, 0};
}

uint32_t procs_count(const struct procs *procs, uint32_t ns)
{
	uint32_t count = 0;

	for (size_t i = 0; i < procs->n; i++)
		count += procs->ns[i] == ns;
	return count;
}
