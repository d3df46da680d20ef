/* SPDX-License-Identifier: MIT
 * rules_scene.c - what a rule is given, what it leaves, and the line that says so.
 */
#include "rules.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#define BUFFER_BYTES 262144u

static struct buffer {
	size_t used;
	char text[BUFFER_BYTES];
} * buffer;

void rules_die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	fputs("rules: ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
	_exit(2);
}

void say_start(void)
{
	if (buffer == NULL)
		buffer = mmap(NULL, sizeof(*buffer), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (buffer == MAP_FAILED)
		rules_die("mmap");
	buffer->used = 0;
}

void say(const char *format, ...)
{
	size_t room = BUFFER_BYTES - buffer->used;
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(buffer->text + buffer->used, room, format, args);
	va_end(args);
	if (len < 0 || (size_t)len >= room)
		rules_die("a line is too long");
	buffer->used += (size_t)len;
}

void say_end(void)
{
	printf("%.*s\n", (int)buffer->used, buffer->text);
	(void)fflush(stdout); /* children inherit what is left in it; a failure shows at the end */
}

void say_error(int error)
{
	const char *name = strerrorname_np(error);

	say(" %s", name != NULL ? name : "unknown");
}

const char *say_type(unsigned mode)
{
	static const char *const names[16] = {
		[S_IFREG >> 12] = "file",  [S_IFDIR >> 12] = "dir", [S_IFLNK >> 12] = "link",
		[S_IFCHR >> 12] = "chr",   [S_IFBLK >> 12] = "blk", [S_IFIFO >> 12] = "fifo",
		[S_IFSOCK >> 12] = "sock",
	};
	const char *name = names[(mode & S_IFMT) >> 12];

	return name != NULL ? name : "none";
}

static int make_socket(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path) + 1);
	r = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	(void)close(fd); /* the name stays */
	return r;
}

/* A program: sleep(1). */
static int make_program(const char *path)
{
	int from = open("/bin/sleep", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
	ssize_t n = 1;

	if (from < 0 || to < 0)
		return -1;
	while (n > 0)
		n = sendfile(to, from, NULL, 1 << 20);
	(void)close(from); /* only read */
	return close(to) == 0 ? (int)n : -1;
}

static int make_file(const char *path, off_t size)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd < 0 || ftruncate(fd, size) < 0 ? -1 : close(fd);
}

static int make(const char *type, const char *path, const char *extra)
{
	if (strcmp(type, "file") == 0)
		return make_file(path, extra != NULL ? atol(extra) : 0);
	if (strcmp(type, "dir") == 0)
		return mkdir(path, 0700);
	if (strcmp(type, "fifo") == 0)
		return mkfifo(path, 0600);
	if (strcmp(type, "sock") == 0)
		return make_socket(path);
	if (strcmp(type, "chr") == 0) /* some open as the machine's own */
		return mknod(path, S_IFCHR | 0600,
			     extra != NULL ? makedev(1, (unsigned)atoi(extra)) : makedev(60, 1));
	if (strcmp(type, "blk") == 0)
		return mknod(path, S_IFBLK | 0600, makedev(60, 2));
	if (strcmp(type, "link") == 0)
		return symlink(extra != NULL ? extra : "nowhere", path);
	if (strcmp(type, "hard") == 0)
		return link(extra, path);
	if (strcmp(type, "exe") == 0)
		return make_program(path);
	rules_die("unknown type: %s", type);
}

/* given TYPE PATH MODE UID:GID [X] */
void scene_given(struct words *w)
{
	const char *type = w->word[1];
	unsigned uid, gid, mode;
	char *path;

	if (w->n < 5 || sscanf(w->word[3], "%o", &mode) != 1 ||
	    sscanf(w->word[4], "%u:%u", &uid, &gid) != 2)
		rules_die("given what?");
	if (strcmp(type, "none") == 0)
		return;
	path = word_text(w->word[2]);
	if (make(type, path, w->n > 5 ? w->word[5] : NULL) < 0)
		rules_die("cannot make %s %s: %s", type, path, strerror(errno));
	if (strcmp(type, "hard") != 0 && lchown(path, uid, gid) < 0)
		rules_die("chown %s: %s", path, strerror(errno));
	if (strcmp(type, "hard") != 0 && strcmp(type, "link") != 0 && chmod(path, mode) < 0)
		rules_die("chmod %s: %s", path, strerror(errno));
}

typedef void entry_function(const char *path, const struct stat *st, int64_t since_ns);

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Entries by name; `before` them or after, their directory. */
static void each_entry(const char *path, bool before, entry_function *function, int64_t since_ns)
{
	struct dirent **entries = NULL;
	struct stat st;
	int n = 0;

	if (lstat(path, &st) < 0)
		rules_die("lstat %s: %s", path, strerror(errno));
	if (before)
		function(path, &st, since_ns);
	if (S_ISDIR(st.st_mode))
		n = scandir(path, &entries, NULL, by_name);
	if (n < 0)
		rules_die("scandir %s: %s", path, strerror(errno));
	for (int i = 0; i < n; i++) {
		char below[PATH_MAX];
		const char *name = entries[i]->d_name;

		if (strcmp(name, ".") != 0 && strcmp(name, "..") != 0) {
			(void)snprintf(below, sizeof(below), "%s%s%s",
				       strcmp(path, ".") == 0 ? "" : path,
				       strcmp(path, ".") == 0 ? "" : "/", name);
			each_entry(below, before, function, since_ns);
		}
		free(entries[i]);
	}
	free(entries);
	if (!before)
		function(path, &st, since_ns);
}

static void age(const char *path, const struct stat *st, int64_t since_ns)
{
	const struct timespec old[2] = {{RULES_OLD, 0}, {RULES_OLD, 0}};

	(void)st;
	(void)since_ns;
	if (utimensat(AT_FDCWD, path, old, AT_SYMLINK_NOFOLLOW) < 0)
		rules_die("utimensat %s: %s", path, strerror(errno));
}

void scene_age(void)
{
	each_entry(".", false, age, 0); /* reading a directory changes it */
}

static int64_t nanoseconds(const struct timespec *t)
{
	return t->tv_sec * 1000000000L + t->tv_nsec;
}

/* Nothing if it is what it was made with, `now`, or what it is set to. */
static void say_time(char which, const struct timespec *t, int64_t since_ns)
{
	if (nanoseconds(t) >= since_ns && t->tv_sec - since_ns / 1000000000L < 3600)
		say(" %c", which);
	else if (t->tv_sec != RULES_OLD || t->tv_nsec != 0)
		say(" %c=%ld.%09ld", which, (long)t->tv_sec, (long)t->tv_nsec);
}

static void show(const char *path, const struct stat *st, int64_t since_ns)
{
	size_t len = strlen(path);
	char target[64];
	ssize_t target_len;

	if (len > 80)
		say(" %.6s{%zu}", path, len);
	else
		say(" %s", path);
	say("=%s %04o %u:%u n%lu", say_type(st->st_mode), (unsigned)st->st_mode & 07777, st->st_uid,
	    st->st_gid, (unsigned long)st->st_nlink);
	if (!S_ISDIR(st->st_mode))
		say(" s%ld", (long)st->st_size);
	if (st->st_rdev != 0)
		say(" %u,%u", major(st->st_rdev), minor(st->st_rdev));
	say_time('m', &st->st_mtim, since_ns);
	if (nanoseconds(&st->st_ctim) >= since_ns)
		say(" c");
	/* fakeid reads links on the way that the kernel does not always read. */
	if (!S_ISLNK(st->st_mode))
		say_time('a', &st->st_atim, since_ns);
	if (S_ISLNK(st->st_mode)) {
		target_len = readlink(path, target, sizeof(target));
		say(" ->%.*s", target_len < 0 ? 0 : (int)target_len, target);
	}
	say(",");
}

void scene_show(int64_t since_ns)
{
	say(" |");
	each_entry(".", true, show, since_ns);
}
