/* SPDX-License-Identifier: MIT
 * rules_calls.c - carry out one call of a rule, and say what it answered.
 */
#include "rules.h"
#include "rules_linux.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>
#include <utime.h>

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif

static long positive_error(int error)
{
	if (error == 0)
		return 0;
	errno = error;
	return -1;
}

typedef int socket_call(int fd, const struct sockaddr *address, socklen_t size);

static long with_socket(socket_call *call, const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int r, error;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		rules_die("socket %s", path);
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = call(fd, (const struct sockaddr *)&address, sizeof(address));
	error = errno;
	(void)close(fd); /* nothing was sent */
	errno = error;
	return r;
}

static long bind_to(const char *path)
{
	return with_socket(bind, path);
}

static long connect_to(const char *path)
{
	return with_socket(connect, path);
}

/* How many entries. */
static long list(const char *path)
{
	DIR *dir = opendir(path);
	long n = 0;

	if (dir == NULL)
		return -1;
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir); /* only read */
	return n;
}

/* execve(2) in a child that lives `seconds`: its errno comes through a pipe, which an exec
 * closes. */
static pid_t start(const char *path, char *seconds)
{
	char *const argv[] = {(char *)"sleep", seconds, NULL};
	int ends[2], error = 0;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		rules_die("pipe");
	pid = fork();
	if (pid == 0) {
		if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
			(void)execve(path, argv, environ);
		_exit(write(ends[1], &errno, sizeof(errno)) == sizeof(errno) ? 0 : 1);
	}
	(void)close(ends[1]);
	if (read(ends[0], &error, sizeof(error)) == sizeof(error)) {
		(void)waitpid(pid, NULL, 0);
		pid = -1;
	}
	(void)close(ends[0]);
	errno = error;
	return pid;
}

static long run(const char *path)
{
	int status;
	pid_t pid = start(path, (char *)"0");

	return pid < 0 ? -1 : waitpid(pid, &status, 0) == pid ? status : -1;
}

/* Goes on until the rule's process ends. */
static long running(const char *path)
{
	return start(path, (char *)"100") < 0 ? -1 : 0;
}

#define P(n) ((const char *)a[n])
#define B(n) ((void *)a[n])
#define I(n) ((int)a[n])
#define M(n) ((unsigned)a[n])
#define N(n) ((size_t)a[n])

#define CALL(name, answer, arguments, expression) \
	static long call_##name(const long *a)    \
	{                                         \
		return expression;                \
	}
#define RAW(number, answer, arguments)                                      \
	static long call_##number(const long *a)                            \
	{                                                                   \
		return syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]); \
	}
#include "rules_calls.def"
#undef CALL
#undef RAW

static const struct row {
	const char *name;
	const char *answer;
	const char *arguments;
	long (*function)(const long *a);
} rows[] = {
#define CALL(name, answer, arguments, expression) {#name, answer, arguments, call_##name},
#define RAW(number, answer, arguments) {#number, answer, arguments, call_##number},
#include "rules_calls.def"
#undef CALL
#undef RAW
};

static void keep(int fd)
{
	for (int i = 0; i < RULES_N_SLOTS; i++)
		if (rules_slots[i] < 0) {
			rules_slots[i] = fd;
			return;
		}
	(void)close(fd); /* of no use to later calls */
}

static void answer(const struct row *row, long result, const long *a)
{
	const char *room = strchr(row->arguments, 'b');
	const struct stat *st;

	if (result < 0 && result >= -4095) {
		say_error(errno);
	} else if (row->answer[0] == 'd') {
		say(" fd");
		keep((int)result);
	} else if (row->answer[0] == 'l' && result > 0) {
		say(" %ld %.*s", result, (int)result, (const char *)a[room - row->arguments]);
	} else if (row->answer[0] == 's') {
		st = (const struct stat *)a[room - row->arguments];
		say(" %s %04o %u:%u n%lu s%ld r%u,%u", say_type(st->st_mode), st->st_mode & 07777u,
		    st->st_uid, st->st_gid, (unsigned long)st->st_nlink, (long)st->st_size,
		    major(st->st_rdev), minor(st->st_rdev));
	} else {
		say(" %ld", result);
	}
	say(";");
}

void call_do(struct words *w)
{
	long a[6] = {0};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct row *row = &rows[i];

		if (strcmp(row->name, w->word[1]) != 0)
			continue;
		if (w->n != strlen(row->arguments) + 2)
			rules_die("%s takes %zu words", row->name, strlen(row->arguments));
		say(" %s", row->name);
		for (unsigned n = 0; n + 2 < w->n; n++)
			say(" %s", w->word[n + 2]);
		say(" =");
		for (unsigned n = 0; n + 2 < w->n; n++)
			if (!word_argument(row->arguments[n], w->word[n + 2], &a[n]))
				rules_die("%s: what kind of argument?", row->name);
		errno = 0;
		answer(row, row->function(a), a);
		return;
	}
	rules_die("unknown call: %s", w->word[1]);
}
