/* SPDX-License-Identifier: MIT
 * procs.c - which processes live in which namespace.
 */
#include "procs.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include <fakeid/wire.h>

#include "util.h"

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

int procs_scan(const char *dir, struct procs *ret_procs)
{
	size_t capacity = 65536;
	autofree char *buffer = malloc(capacity);
	DIR *proc = buffer ? opendir("/proc") : NULL;
	struct procs procs = {NULL, 0};
	const struct dirent *entry;
	int r = 0;

	if (!proc)
		return buffer ? -errno : -ENOMEM;

	while (r == 0 && (entry = readdir(proc))) {
		uint32_t ns;
		ssize_t size;

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;

		size = read_environment(dirfd(proc), entry->d_name, &buffer, &capacity);
		if (size > 0 && procs_parse(buffer, (size_t)size, dir, &ns))
			r = add(&procs, ns);
	}
	(void)closedir(proc); /* only read */
	if (r < 0) {
		procs_done(&procs);
		return r;
	}
	*ret_procs = procs;
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
