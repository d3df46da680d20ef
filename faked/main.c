/* SPDX-License-Identifier: MIT
 * main.c - options, the background, the lock, and telling whoever started us how it went. The only
 * file that prints usage.
 */
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <fakeid/wire.h>

#include "config.h"
#include "daemon.h"
#include "process.h"
#include "server.h"

#define EXIT_OWN_ERROR 125
#define LOCK_TRIES 500
#define LOCK_TRY_US 20000

struct options {
	const char *dir, *wish;
	long ready_fd; /* -1: nobody waits */
	long idle_s;
	bool foreground;
};

static volatile sig_atomic_t stop_asked;

static void on_stop(int signal_number)
{
	(void)signal_number; /* all mean the same */
	stop_asked = 1;
}

/* "ok" or "error: text" and a newline: what whoever started us reads from its descriptor. */
static void report(int fd, const char *error)
{
	char line[PATH_MAX + 512]; /* the reason comes behind the path */
	int n = error ? snprintf(line, sizeof(line), "error: %.*s\n", PATH_MAX + 400, error)
		      : snprintf(line, sizeof(line), "ok\n");

	if (fd >= 0)
		(void)util_write(fd, line, (size_t)n); /* nobody may be waiting any more */
}

static int take_lock(struct daemon *daemon)
{
	autoclose int fd = openat(daemon->dirfd, FAKEID_LOCK_NAME,
				  O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return -errno;

	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -errno;

	daemon->lock_fd = TAKE(fd, -1);
	return 0;
}

static int write_lock(const struct daemon *daemon)
{
	char text[256], host[65] = "";
	int n, r;

	(void)gethostname(host, sizeof(host) - 1); /* for people to read */
	n = snprintf(text, sizeof(text), "%d %s ", getpid(), host);
	for (size_t i = 0; i < sizeof(daemon->boot_id); i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%02x", daemon->boot_id[i]);
	text[n++] = '\n';
	/* Written over: emptied and filled again it would cost milliseconds on ext4. */
	r = util_write(daemon->lock_fd, text, (size_t)n);
	if (r == 0 && ftruncate(daemon->lock_fd, n) < 0)
		r = -errno;
	return r;
}

static bool somebody_answers(const struct daemon *daemon)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	autoclose int run = openat(daemon->dirfd, FAKEID_RUN_NAME,
				   O_PATH | O_DIRECTORY | O_CLOEXEC);
	autoclose int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (run < 0 || fd < 0)
		return false;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", run,
		       FAKEID_SOCKET_NAME);
	return connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

/* 0: the lock is ours. -EALREADY: a living daemon has it, and answers. */
static int lock_or_find(struct daemon *daemon)
{
	int r = -EWOULDBLOCK;

	for (int i = 0; i < LOCK_TRIES && r == -EWOULDBLOCK; i++) {
		if (i > 0)
			(void)usleep(LOCK_TRY_US);
		r = take_lock(daemon);
		if (r == -EWOULDBLOCK && somebody_answers(daemon))
			return -EALREADY;
	}
	return r;
}

static int fail(const struct daemon *daemon, int fd, const char *what, int r)
{
	char text[PATH_MAX + 400];

	(void)snprintf(text, sizeof(text), "%s: %s%s%s", daemon->dir, what,
		       r == -EREMOTE ? "" : ": ", r == -EREMOTE ? "" : strerror(-r));
	report(fd, text);
	return EXIT_OWN_ERROR;
}

static int serve(struct daemon *daemon, const struct options *options, int report_fd)
{
	const char *text;
	int r = place_open_state(daemon->dir, &daemon->dirfd, &text);

	if (r < 0)
		return fail(daemon, report_fd, text, r);

	r = lock_or_find(daemon);
	if (r == -EALREADY) {
		report(report_fd, NULL);
		return 0;
	}
	if (r < 0)
		return fail(daemon, report_fd,
			    r == -EWOULDBLOCK ? "another daemon holds the lock and does not answer"
					      : "cannot take the lock; see to the file lock there",
			    r);

	r = util_boot_id(daemon->boot_id);
	if (r < 0)
		return fail(daemon, report_fd, "cannot read the boot id; is /proc mounted?", r);

	r = write_lock(daemon);
	if (r < 0)
		return fail(daemon, report_fd, "cannot write the lock", r);

	r = server_start(daemon, options->wish, &text);
	/* What lies in the runtime place may be all there is of a damaged store: leave it alone. */
	if (r < 0)
		return fail(daemon, report_fd, text, r);

	report(report_fd, NULL);
	util_close(&report_fd);
	server_run(daemon, &stop_asked);
	server_end(daemon);
	return 0;
}

/* The parent of the daemon-to-be: pass its one line on, and say so if it died without one. */
static int wait_for(int pipe_fd, const struct options *options)
{
	char line[PATH_MAX + 512];
	const char *text;
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(line) - 1 &&
	       (n = read(pipe_fd, line + used, sizeof(line) - 1 - used)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		used += n > 0 ? (size_t)n : 0;
		if (used > 0 && line[used - 1] == '\n')
			break;
	}
	line[used] = '\0';
	if (used == 0)
		used = (size_t)snprintf(line, sizeof(line),
					"error: %s: the daemon died at its start\n", options->dir);
	if (options->ready_fd >= 0)
		(void)util_write((int)options->ready_fd, line,
				 used); /* nobody may be waiting any more */
	if (strcmp(line, "ok\n") == 0)
		return 0;

	text = strstr(line, ": ");
	(void)fprintf(stderr, "faked: %s", text ? text + 2 : line);
	return EXIT_OWN_ERROR;
}

static int go_background(struct daemon *daemon, const struct options *options)
{
	int fds[2], r;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC) < 0) {
		(void)fprintf(stderr, "faked: pipe: %s\n", strerror(errno));
		return EXIT_OWN_ERROR;
	}

	child = fork();
	if (child < 0) {
		(void)fprintf(stderr, "faked: fork: %s\n", strerror(errno));
		return EXIT_OWN_ERROR;
	}

	if (child > 0) {
		(void)close(fds[1]); /* the child's end */
		return wait_for(fds[0], options);
	}

	process_leave_terminal(fds[1]);
	process_catch_signals(on_stop);
	r = serve(daemon, options, fds[1]);
	_exit(r);
}

/* Whoever reads a descriptor has nothing to do with our others; else they may be somebody's. */
static int stay(struct daemon *daemon, const struct options *options)
{
	bool waited = options->ready_fd >= 0;
	/* A copy, because it is closed once we serve: stderr has to stay. */
	int fd = fcntl(waited ? (int)options->ready_fd : STDERR_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd < 0)
		return EXIT_OWN_ERROR;

	if (waited)
		process_leave_terminal(fd);
	process_catch_signals(on_stop);
	return serve(daemon, options, fd);
}

static const char usage[] =
	"Usage: faked --dir DIR [OPTION]...\n"
	"Keep the ownership records of one state directory. Started by fakeid(1).\n"
	"\n"
	"  --dir DIR       the state directory\n"
	"  --ready-fd N    write \"ok\" or \"error: TEXT\" there, and close all others\n"
	"  --foreground    do not fork\n"
	"  --idle SECONDS  exit when nobody needed it for so long (30)\n"
	"  --runtime DIR   put the runtime place below DIR\n"
	"  --help          show this and exit\n"
	"  --version       show the version and exit\n";

enum { OPT_DIR = 1, OPT_READY, OPT_FOREGROUND, OPT_IDLE, OPT_RUNTIME, OPT_HELP, OPT_VERSION };

static const struct option long_options[] = {
	{"dir", required_argument, NULL, OPT_DIR},
	{"ready-fd", required_argument, NULL, OPT_READY},
	{"foreground", no_argument, NULL, OPT_FOREGROUND},
	{"idle", required_argument, NULL, OPT_IDLE},
	{"runtime", required_argument, NULL, OPT_RUNTIME},
	{"help", no_argument, NULL, OPT_HELP},
	{"version", no_argument, NULL, OPT_VERSION},
	{NULL, 0, NULL, 0},
};

/* One line on stderr; the name with its dashes. */
__attribute__((format(printf, 1, 2))) static int wrong(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	(void)fputs("faked: ", stderr); /* what cannot be shown cannot be told */
	(void)vfprintf(stderr, format, list);
	(void)fputs(": see faked --help\n", stderr);
	va_end(list);
	return -EINVAL;
}

static int take_number(const char *name, long *ret_value)
{
	if (util_parse(optarg, 0, 1 << 30, ret_value) < 0)
		return wrong("option '%s': '%s': not a number", name, optarg);
	return 0;
}

static int take_option(int c, char **argv, struct options *options)
{
	switch (c) {
	case OPT_DIR:
		options->dir = optarg;
		return 0;
	case OPT_READY:
		return take_number("--ready-fd", &options->ready_fd);
	case OPT_FOREGROUND:
		options->foreground = true;
		return 0;
	case OPT_IDLE:
		return take_number("--idle", &options->idle_s);
	case OPT_RUNTIME:
		options->wish = optarg;
		return optarg[0] == '/'
			       ? 0
			       : wrong("option '--runtime': '%s': not an absolute path", optarg);
	case ':':
		return wrong("option '%s': it needs a value", argv[optind - 1]);
	default: /* getopt_long sets optopt to the number of an option that it knows */
		return wrong("option '%s': %s", argv[optind - 1],
			     optopt >= OPT_DIR && optopt <= OPT_VERSION ? "it takes no value"
									: "unknown");
	}
}

/* 0: go on; 1: all done; -EINVAL: said on stderr. */
static int parse(int argc, char **argv, struct options *options)
{
	int c, r = 0;

	opterr = 0;
	while (r == 0 && (c = getopt_long(argc, argv, ":", long_options, NULL)) != -1) {
		if (c == OPT_HELP || c == OPT_VERSION) {
			/* What cannot be shown cannot be told. */
			(void)fputs(c == OPT_HELP ? usage : "faked " PACKAGE_VERSION "\n", stdout);
			return 1;
		}
		r = take_option(c, argv, options);
	}
	if (r == 0 && optind < argc)
		r = wrong("argument '%s': it takes none", argv[optind]);
	if (r == 0 && !options->dir)
		r = wrong("option '--dir': it is missing");
	return r;
}

/* Before there is anything to serve: to whoever waits, or reads stderr. */
static int refuse(const struct options *options, int error)
{
	char text[PATH_MAX + 128];

	(void)snprintf(text, sizeof(text), "%.*s: cannot be made: %s", PATH_MAX, options->dir,
		       strerror(error));
	if (options->ready_fd >= 0)
		report((int)options->ready_fd, text);
	else
		(void)fprintf(stderr, "faked: %s\n", text);
	return EXIT_OWN_ERROR;
}

/* Absolute before we leave the directory; the last part is not followed if it is a link. */
static int resolve(const char *dir, char *ret_path, size_t size)
{
	autofree char *cwd = dir[0] == '/' ? NULL : getcwd(NULL, 0);

	if (dir[0] != '/' && !cwd)
		return -errno;

	return (size_t)snprintf(ret_path, size, "%s%s%s", cwd ? cwd : "", cwd ? "/" : "", dir) <
			       size
		       ? 0
		       : -ENAMETOOLONG;
}

int main(int argc, char **argv)
{
	static char dir[4096];
	static struct daemon daemon;
	struct options options = {.ready_fd = -1, .idle_s = 30};
	int r;

	process_fill_descriptors();
	r = parse(argc, argv, &options);
	if (r != 0)
		return r < 0 ? EXIT_OWN_ERROR : 0;

	r = resolve(options.dir, dir, sizeof(dir));
	if (r < 0)
		return refuse(&options, -r);

	daemon = (struct daemon){.dir = dir,
				 .dirfd = -1,
				 .lock_fd = -1,
				 .started_ms = util_now_ms(),
				 .idle_s = options.idle_s,
				 .listen_fd = -1,
				 .mounts_fd = -1,
				 .place = {.dirfd = -1},
				 .journal = {.fd = -1}};
	(void)umask(077); /* cannot fail */
	options.dir = dir;
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return refuse(&options, errno);

	if (chdir("/") < 0)
		return EXIT_OWN_ERROR;

	process_lift_limits();
	if (!options.foreground)
		return go_background(&daemon, &options);

	return stay(&daemon, &options);
}
