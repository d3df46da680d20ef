/* SPDX-License-Identifier: MIT
 * ns_kernel.c - fakeid beside the kernel's user namespaces: the same random maps for both, one to
 * three deep; in the innermost namespace the same questions, about ids at the edges of the maps and
 * about files whose owners on disk are there. Every line of the answers must be the same. Needs
 * real root, and fakeid below $abs_top_builddir. Usage: ns_kernel [SCENES [SEED]]; with SCENES 0
 * all of one scene's answers are printed: ns_kernel 0 SEED NUMBER
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <inttypes.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ns_kernel.h"

enum { N_SCENES = 90, ARGS_MAX = 120, LINE_BYTES = 600 };

static char dir[] = "/tmp/fakeid-ns-kernel-XXXXXX";
static char program[4096];
static struct scene scene;
static const bool ask_proc = true; /* /proc/self/uid_map too */

static void must(bool fine, const char *what)
{
	if (fine)
		return;
	printf("seed %" PRIu64 ", scene %u: %s: %s\n", scene.seed, scene.number, what,
	       strerror(errno));
	(void)fflush(stdout); /* or nobody hears of it */
	_exit(1);
}

/* -- the files, the same for both -- */

static void make_file(const char *side, const char *name, uint32_t uid, uint32_t gid)
{
	char path[200];
	int fd;

	(void)snprintf(path, sizeof path, "%s/%s/%s", dir, side, name);
	fd = open(path, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644);
	must(fd >= 0 && fchown(fd, uid, gid) == 0 && fchmod(fd, 0644) == 0, path);
	(void)close(fd); /* nothing was written */
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

static void make_side(const char *side, uint32_t own_uid, uint32_t own_gid)
{
	char path[200], name[16];

	(void)snprintf(path, sizeof path, "%s/%s", dir, side);
	(void)nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* that of the last scene */
	must(mkdir(path, 0777) == 0 && chmod(path, 0777) == 0, path);
	make_file(side, "own", own_uid, own_gid);
	for (uint32_t i = 0; i < scene.n_files; i++) {
		(void)snprintf(name, sizeof name, "h%u", i);
		make_file(side, name, scene.owner[i][FAKEID_UID], scene.owner[i][FAKEID_GID]);
	}
}

/* In a child: its directory, and files for its answers and for what else it says. */
static void go_to(const char *side)
{
	char out[200], err[200], path[200];

	(void)snprintf(out, sizeof out, "%s/%s.out", dir, side);
	(void)snprintf(err, sizeof err, "%s/%s.err", dir, side);
	(void)snprintf(path, sizeof path, "%s/%s", dir, side);
	must(freopen(out, "w", stdout) && freopen(err, "w", stderr), out);
	must(chdir(path) == 0, path);
	umask(022);
}

static void print_errors(const char *side)
{
	char path[200], line[LINE_BYTES];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s.err", dir, side);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof line, file))
		printf("%s says: %s", side, line);
	if (file)
		(void)fclose(file); /* was read only */
}

static void wait_for(pid_t pid, const char *what)
{
	int status = 0;

	must(pid > 0 && waitpid(pid, &status, 0) == pid, "fork");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return;
	printf("seed %" PRIu64 ", scene %u: %s ended with %#x\n", scene.seed, scene.number, what,
	       (unsigned)status);
	/* What it said on the way is in the comparison. */
}

/* -- the kernel's side -- */

static void write_map(pid_t pid, const char *name, const struct fakeid_idmap *map)
{
	static char text[FAKEID_IDMAP_TEXT_BYTES];
	char path[64];
	size_t len;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0 && fakeid_idmap_print(map, FAKEID_IDMAP_WRITE, text, sizeof text, &len) == 0 &&
		     write(fd, text, len) == (ssize_t)len,
	     path);
	(void)close(fd); /* the map is in force */
}

/* A child goes on in a new namespace of this level; the process itself writes its maps, waits and
 * ends. */
static void enter(unsigned level)
{
	int turn[2];
	char byte = 'x';
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, turn) == 0, "socketpair");
	pid = fork();
	if (pid == 0) {
		must(unshare(CLONE_NEWUSER) == 0, "unshare");
		must(write(turn[1], &byte, 1) == 1 && read(turn[1], &byte, 1) == 1, "waiting");
		must(probe_settle(scene.map[level]), "settling");
		/* So that /proc/PID stays its own to write. */
		must(prctl(PR_SET_DUMPABLE, 1) == 0, "dumpable");
		return;
	}
	must(pid > 0 && read(turn[0], &byte, 1) == 1, "the child's start");
	write_map(pid, "uid_map", &scene.map[level][FAKEID_UID]);
	write_map(pid, "gid_map", &scene.map[level][FAKEID_GID]);
	must(write(turn[0], &byte, 1) == 1, "telling the child");
	wait_for(pid, "a namespace");
	_exit(0);
}

static void run_kernel(void)
{
	pid_t pid;

	make_side("kernel", scene.own[FAKEID_UID], scene.own[FAKEID_GID]);
	pid = fork();
	if (pid == 0) {
		go_to("kernel");
		for (unsigned level = 0; level < scene.depth; level++)
			enter(level);
		probe(&scene, ask_proc);
		_exit(fflush(stdout) != 0);
	}
	wait_for(pid, "the kernel's side");
}

/* -- fakeid's -- */

static struct {
	char *at[ARGS_MAX + 1];
	char text[ARGS_MAX][64];
	unsigned n;
} args;

__attribute__((format(printf, 1, 2))) static void add_arg(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	must(args.n < ARGS_MAX, "arguments");
	args.at[args.n] = args.text[args.n];
	(void)vsnprintf(args.text[args.n], sizeof args.text[0], format, list);
	va_end(list);
	args.at[++args.n] = NULL;
}

static void add_level(unsigned level, char *fakeid)
{
	add_arg("fakeid");
	args.at[args.n - 1] = fakeid;
	add_arg("-nscene-%u-%u", scene.number, level);
	add_arg("--no-isolated");
	add_arg("--unmapped=overflow");
	add_arg("--split");
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		for (uint32_t i = 0; i < scene.asked[level][kind].n; i++) {
			const struct fakeid_idmap_extent *extent =
				&scene.asked[level][kind].extent[i];

			add_arg("--map-%s=%u:%u:%u", kind ? "gid" : "uid", extent->upper,
				fakeid_kid_id(extent->lower), extent->count);
		}
	add_arg("--");
}

static void become_test_user(void)
{
	must(setgroups(0, NULL) == 0 && setresgid(TEST_USER, TEST_USER, TEST_USER) == 0 &&
		     setresuid(TEST_USER, TEST_USER, TEST_USER) == 0,
	     "becoming the test user");
}

static void run_fakeid(const char *build)
{
	char fakeid[4200];
	pid_t pid;

	make_side("fakeid", TEST_USER, TEST_USER);
	(void)snprintf(fakeid, sizeof fakeid, "%s/fakeid/fakeid", build);
	args.n = 0;
	for (unsigned level = 0; level < scene.depth; level++)
		add_level(level, fakeid);
	add_arg("ns_kernel");
	args.at[args.n - 1] = program;
	add_arg("probe");
	add_arg("%u", (uint32_t)scene.seed);
	add_arg("%u", scene.number);
	add_arg("%u", ask_proc);
	pid = fork();
	if (pid == 0) {
		go_to("fakeid");
		become_test_user();
		(void)execv(fakeid, args.at);
		must(false, fakeid);
	}
	wait_for(pid, "fakeid's side");
}

static void stop_daemon(const char *build)
{
	char fakeidctl[4200];
	pid_t pid;

	(void)snprintf(fakeidctl, sizeof fakeidctl, "%s/fakeid/fakeidctl", build);
	pid = fork();
	if (pid == 0) {
		become_test_user();
		(void)execl(fakeidctl, "fakeidctl", "stop", NULL);
		_exit(1);
	}
	wait_for(pid, "fakeidctl stop");
}

/* -- the comparison -- */

static FILE *open_answers(const char *side)
{
	char path[200];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s.out", dir, side);
	file = fopen(path, "re");
	must(file != NULL, path);
	return file;
}

/* How many lines, or -1 if some differ. */
static int compare(bool print_all)
{
	char kernels[LINE_BYTES], ours[LINE_BYTES];
	FILE *kernel = open_answers("kernel"), *fakeid = open_answers("fakeid");
	int n = 0, n_wrong = 0;

	for (;; n++) {
		const char *a = fgets(kernels, sizeof kernels, kernel);
		const char *b = fgets(ours, sizeof ours, fakeid);

		if (!a && !b)
			break;
		if (a && b && strcmp(a, b) == 0) {
			if (print_all)
				printf("  %s", a);
			continue;
		}
		if (n_wrong++ == 0) {
			printf("seed %" PRIu64 ", scene %u:\n", scene.seed, scene.number);
			scene_print_maps(&scene);
			print_errors("kernel");
			print_errors("fakeid");
		}
		if (print_all || n_wrong <= 10)
			printf("kernel: %sfakeid: %s", a ? a : "nothing\n", b ? b : "nothing\n");
	}
	(void)fclose(kernel); /* were read only */
	(void)fclose(fakeid);
	if (n_wrong > 0)
		printf("%d of %d lines differ\n", n_wrong, n);
	return n_wrong > 0 ? -1 : n;
}

/* The same program inside fakeid. */
static int run_probe(char **argv)
{
	scene_make(strtoull(argv[2], NULL, 10), (unsigned)strtoul(argv[3], NULL, 10), &scene);
	probe(&scene, strcmp(argv[4], "1") == 0);
	return 0;
}

static void prepare(const char *build)
{
	char path[4200];

	must(mkdtemp(dir) && chmod(dir, 0755) == 0, dir);
	(void)snprintf(path, sizeof path, "%s/state", dir);
	must(mkdir(path, 0700) == 0 && chown(path, TEST_USER, TEST_USER) == 0, path);
	must(setenv("FAKEID_DIR", path, 1) == 0 && setenv("HOME", path, 1) == 0, "setenv");
	(void)snprintf(path, sizeof path, "%s/faked/faked", build);
	must(setenv("FAKEID_FAKED", path, 1) == 0, "setenv");
	(void)snprintf(path, sizeof path, "%s/.libs/libfakeid.so", build);
	must(setenv("FAKEID_LIB", path, 1) == 0, "setenv");
	must(readlink("/proc/self/exe", program, sizeof program - 1) > 0, "the program's name");
}

int main(int argc, char **argv)
{
	unsigned n_scenes = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : N_SCENES;
	uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261123;
	const char *build = getenv("abs_top_builddir");
	unsigned first = 0, n_lines = 0, n_cuts = 0;
	int n = 0;

	if (argc == 5 && strcmp(argv[1], "probe") == 0)
		return run_probe(argv);
	if (geteuid() != 0 || !build) {
		printf("needs real root, and abs_top_builddir\n");
		return 1;
	}
	if (n_scenes == 0)
		first = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	printf("seed %" PRIu64 "\n", seed);
	(void)fflush(stdout); /* before any fork */
	prepare(build);
	for (unsigned number = first; n >= 0 && number < first + (n_scenes ? n_scenes : 1);
	     number++) {
		scene_make(seed, number, &scene);
		run_kernel();
		run_fakeid(build);
		n = compare(n_scenes == 0);
		n_lines += n > 0 ? (unsigned)n : 0;
		n_cuts += scene.n_cuts;
	}
	stop_daemon(build);
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS); /* what stays is in /tmp */
	printf("%u scenes, %u extents cut, %u answers compared\n", n_scenes, n_cuts, n_lines);
	if (n >= 0 && n_scenes >= N_SCENES && n_cuts == 0)
		printf("no extent was ever cut\n");
	return n < 0 || (n_scenes >= N_SCENES && n_cuts == 0);
}
