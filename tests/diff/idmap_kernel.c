/* SPDX-License-Identifier: MIT
 * idmap_kernel.c - the idmap library beside the kernel: random maps, many of them faulty, are
 * written to uid_map and gid_map of real user namespaces, up to three deep; in each, every id at
 * the edge of an extent goes through setresuid, chown, stat and their kin. Every answer and errno
 * must be the library's. Needs real root. Usage: idmap_kernel [CHAINS [SEED]]
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/securebits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idmap_kernel.h"

struct shared *shared;
const char *const map_names[FAKEID_IDKIND_N] = {"uid_map", "gid_map"};
uint64_t random_state;
static uint64_t seed;
size_t page_bytes;
int file = -1;
static int chain, host = -1; /* the way to ask the host */

uint32_t any(uint32_t below)
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * UINT64_C(2685821657736338717)) >> 32) % below;
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	printf("seed %" PRIu64 ", chain %d: ", seed, chain);
	vprintf(format, args);
	printf("\nuid map:\n%sgid map:\n%s", shared->text[0], shared->text[1]);
	va_end(args);
	fflush(stdout);
	_exit(1);
}

void must(bool fine, const char *what)
{
	if (!fine)
		fail("%s: %s", what, strerror(errno));
}

int answer(long result)
{
	return result < 0 ? -errno : (int)result;
}

void compare(const char *what, uint64_t about, int64_t kernel, int64_t ours)
{
	shared->answers++;
	if (kernel != ours)
		fail("%s %" PRIu64 ": kernel %" PRId64 ", library %" PRId64, what, about, kernel,
		     ours);
}

/* -- the host's side: looks at the file and changes its owner, in ids of the host -- */

void ask_host(struct question *question)
{
	must(write(host, question, sizeof *question) == sizeof *question &&
		     read(host, question, sizeof *question) == sizeof *question,
	     "asking the host");
}

static void serve(int from)
{
	struct question question;
	struct stat st;

	while (read(from, &question, sizeof question) == sizeof question) {
		if (question.set_owner)
			must(fchown(file, question.id[0], question.id[1]) == 0, "host: chown");
		must(fstat(file, &st) == 0, "host: stat");
		question.id[FAKEID_UID] = st.st_uid;
		question.id[FAKEID_GID] = st.st_gid;
		must(write(from, &question, sizeof question) == sizeof question, "host: answer");
	}
}

int write_proc(pid_t pid, const char *name, const char *text, size_t len)
{
	char path[60];
	int fd, r;

	(void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	must(fd >= 0, path);
	r = answer(write(fd, text, len));
	close(fd);
	return r == (int)len ? 0 : r;
}

/* Write one map; true if both sides took it, and then *ret_level holds it. */
static bool try_map(pid_t pid, enum fakeid_idkind kind, const struct level *parent,
		    struct level *ret_level)
{
	const char *text = shared->text[kind];
	size_t len = strlen(text);
	int ours = fakeid_idmap_check_write(text, len, page_bytes, &parent->absolute[kind], NULL);

	/* The parent's own upper ids are those of its absolute map; the host's are all there
	 * are. */
	compare(map_names[kind], len, write_proc(pid, map_names[kind], text, len), ours);
	if (ours < 0) {
		*(ours == -EPERM ? &shared->unmapped : &shared->invalid) += 1;
		return false;
	}
	if (fakeid_idmap_parse(text, len, FAKEID_IDMAP_PROC, 0, &ret_level->own[kind], NULL) < 0 ||
	    fakeid_idmap_compose(&ret_level->own[kind], &parent->absolute[kind],
				 &ret_level->absolute[kind]) < 0)
		fail("the library does not take its own map");
	shared->many += ret_level->own[kind].n >= 300;
	return true;
}

/* -- namespaces within namespaces -- */

static void enter(int depth, int wanted);

/* In the new namespace, mapped: give the process ids that have a place, keep its capabilities. */
static void settle(const struct level *level)
{
	uint32_t uid = level->own[FAKEID_UID].extent[0].upper;
	uint32_t gid = level->own[FAKEID_GID].extent[0].upper;

	must(prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0, "securebits");
	compare("settling, gid", gid, set_ids(FAKEID_GID, gid), 0);
	compare("settling, uid", uid, set_ids(FAKEID_UID, uid), 0);
	must(prctl(PR_SET_DUMPABLE, 1) == 0,
	     "dumpable"); /* so that /proc/PID stays ours to write */
}

static void child(int depth, int wanted, int turn)
{
	struct level *level = &shared->level[depth];
	struct question question = {.set_owner = 1};
	char go;

	must(unshare(CLONE_NEWUSER) == 0, "unshare");
	must(write(turn, "u", 1) == 1, "telling the parent");
	if (read(turn, &go, 1) != 1)
		_exit(0); /* the maps were refused */

	shared->accepted[depth]++;
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		question.id[kind] = fakeid_kid_id(level->absolute[kind].extent[0].lower);
	ask_host(&question);
	settle(level);
	check_namespace(level);
	settle(level);
	if (depth < wanted)
		enter(depth + 1, wanted);
	_exit(0);
}

/* Make the namespace of this depth, in which a child goes on. */
static void enter(int depth, int wanted)
{
	const struct level *parent = &shared->level[depth - 1];
	struct level *level = &shared->level[depth];
	bool fine = true;
	int turn[2], status;
	char ready;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, turn) == 0, "socketpair");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(turn[0]);
		child(depth, wanted, turn[1]);
	}
	close(turn[1]);
	must(read(turn[0], &ready, 1) == 1, "the child's start");

	level->has_setgroups = parent->has_setgroups;
	if (any(4) == 0) {
		compare("setgroups file", 0, write_proc(pid, "setgroups", "deny", 4), 0);
		level->has_setgroups = false;
	}
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		make_text(&parent->absolute[kind], shared->text[kind]);
		fine &= try_map(pid, kind, parent, level);
	}
	if (fine)
		must(write(turn[0], "g", 1) == 1, "telling the child");
	close(turn[0]);
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		_exit(1);
}

/* One chain: a process of its own goes down, and this one answers for the host. */
static bool run_chain(void)
{
	int ends[2], status;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "socketpair");
	must(fchown(file, 0, 0) == 0, "chown");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(ends[0]);
		host = ends[1];
		enter(1, MAX_DEPTH);
		_exit(0);
	}
	close(ends[1]);
	serve(ends[0]);
	close(ends[0]);
	must(waitpid(pid, &status, 0) == pid, "waitpid");
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool is_real_root(void)
{
	char text[100] = "";
	int fd = open("/proc/self/uid_map", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof text - 1);

	close(fd);
	return geteuid() == 0 && len > 0 && strcmp(text, "         0          0 4294967295\n") == 0;
}

int main(int argc, char **argv)
{
	int n_chains = argc > 1 ? (int)strtol(argv[1], NULL, 10) : N_CHAINS;

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 20261122;
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	file = memfd_create("idmap", MFD_CLOEXEC);
	if (shared == MAP_FAILED || file < 0 || !is_real_root() || n_chains <= 0) {
		printf("needs real root of the initial namespace, memory, and a number of "
		       "chains\n");
		return 1;
	}
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		fakeid_idmap_identity(&shared->level[0].absolute[kind]);
	shared->level[0].has_setgroups = true;

	printf("seed %" PRIu64 "\n", seed);
	fflush(stdout);
	check_by_hand();
	for (chain = 0; chain < n_chains; chain++) {
		random_state = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) +
			       (uint64_t)chain * 0x10001;
		(void)any(2);
		if (!run_chain())
			return 1;
	}
	printf("%d chains: namespaces %u, %u, %u deep; maps refused as invalid %u, as not the "
	       "parent's %u; of 300 extents %u; answers compared %u\n",
	       n_chains, shared->accepted[1], shared->accepted[2], shared->accepted[3],
	       shared->invalid, shared->unmapped, shared->many, shared->answers);
	if (n_chains >= N_CHAINS &&
	    !(shared->accepted[3] && shared->invalid && shared->unmapped && shared->many)) {
		printf("one kind of map never came up\n");
		return 1;
	}
	return 0;
}
