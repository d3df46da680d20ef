/* SPDX-License-Identifier: MIT
 * ns_kernel_probe.c - the questions: what every call says of the ids at the edges of the maps, and
 * of the files that ids of the host own. One line each, with the result, the error and what is
 * there afterwards.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "ns_kernel.h"

static const char *const kind_name[FAKEID_IDKIND_N] = {"uid", "gid"};

static const char *answer(long result)
{
	return result < 0 ? strerrorname_np(errno) : "ok";
}

/* -- what is there -- */

static void print_file(const char *path)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		printf(" [%s: %s]", path, answer(-1));
	else
		printf(" [%s %u:%u %o]", path, st.st_uid, st.st_gid, st.st_mode);
}

static void print_process(void)
{
	uid_t uid[3] = {1, 2, 3};
	gid_t gid[3] = {1, 2, 3}, groups[8];
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {{0}};
	int n = getgroups(8, groups);

	if (getresuid(&uid[0], &uid[1], &uid[2]) < 0 || getresgid(&gid[0], &gid[1], &gid[2]) < 0 ||
	    syscall(SYS_capget, &header, caps) < 0)
		printf(" [%s]", answer(-1));
	printf(" [%u %u %u %u, %u %u %u %u, caps %x%08x", uid[0], uid[1], uid[2],
	       (unsigned)setfsuid((uid_t)-1), gid[0], gid[1], gid[2], (unsigned)setfsgid((gid_t)-1),
	       caps[1].effective, caps[0].effective);
	for (int i = 0; i < n; i++)
		printf(" %u", groups[i]);
	printf("]");
}

/* -- changes of a process, each in one of its own -- */

enum { SET_ALL, SET_EFFECTIVE, SET_REAL, SET_ONE, SET_FS, SET_GROUPS, SET_N };

static const char *const set_name[FAKEID_IDKIND_N][SET_N] = {
	{"setresuid", "seteuid", "setreuid", "setuid", "setfsuid", ""},
	{"setresgid", "setegid", "setregid", "setgid", "setfsgid", "setgroups"}};

static long set(int kind, int how, uint32_t id)
{
	bool uid = kind == FAKEID_UID;
	gid_t group = id;

	switch (how) {
	case SET_ALL:
		return uid ? setresuid(id, id, id) : setresgid(id, id, id);
	case SET_EFFECTIVE:
		return uid ? seteuid(id) : setegid(id);
	case SET_REAL:
		return uid ? setreuid(id, (uid_t)-1) : setregid(id, (gid_t)-1);
	case SET_ONE:
		return uid ? setuid(id) : setgid(id);
	case SET_FS:
		return uid ? setfsuid(id) : setfsgid(id); /* the one before: never an error */
	default:
		return setgroups(1, &group);
	}
}

/* Run it in a child, so that nothing stays. */
static void apart(void (*run)(const struct scene *, int, int, uint32_t), const struct scene *scene,
		  int kind, int how, uint32_t id)
{
	pid_t pid;
	int status;

	(void)fflush(stdout); /* or the child would write it too */
	pid = fork();
	if (pid == 0) {
		run(scene, kind, how, id);
		printf("\n");
		(void)fflush(stdout); /* what cannot be written is missed in the comparison */
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		printf("a child of the probe failed\n");
}

static void ask_set(const struct scene *scene, int kind, int how, uint32_t id)
{
	long result;

	(void)scene;
	/* As most programs are: ids change the capabilities. */
	(void)prctl(PR_SET_SECUREBITS, 0); /* printed with the rest, if it failed */
	result = set(kind, how, id);
	if (how == SET_FS)
		printf("%s %u: %ld", set_name[kind][how], id, result);
	else
		printf("%s %u: %s", set_name[kind][how], id, answer(result));
	print_process();
}

/* A new file by a process with this id for files. */
static void ask_create(const struct scene *scene, int kind, int how, uint32_t id)
{
	int fd;

	(void)scene;
	(void)how;
	(void)set(kind, SET_FS, id);
	fd = open("new", O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0640);
	printf("new file as %s %u: %s", kind_name[kind], id, answer(fd));
	print_file("new");
	(void)unlink("new"); /* may not be there */
}

/* -- changes of files -- */

static const char *file_name(uint32_t number)
{
	static char name[16];

	(void)snprintf(name, sizeof name, "h%u", number);
	return name;
}

static void ask_chown(const char *path, uint32_t uid, uint32_t gid)
{
	printf("chown %u:%u %s: %s", uid, gid, path, answer(chown(path, uid, gid)));
	print_file(path);
	printf("\n");
}

/* An ACL that names an id; and what is read back, each entry as tag, bits and id. */
static void ask_acl(const char *path, uint16_t tag, uint32_t id)
{
	struct {
		uint32_t version;
		struct {
			uint16_t tag, perm;
			uint32_t id;
		} entry[5];
	} acl = {2,
		 {{0x01, 6, NO_CHANGE},
		  {tag, 4, id},
		  {0x04, 4, NO_CHANGE},
		  {0x10, 4, NO_CHANGE},
		  {0x20, 0, NO_CHANGE}}};
	ssize_t size;

	if (tag == 0x08) { /* named groups come behind the owning one */
		acl.entry[1] = acl.entry[2];
		acl.entry[2].tag = tag;
		acl.entry[2].id = id;
	}
	printf("ACL with %s %u for %s: %s", tag == 0x08 ? "group" : "user", id, path,
	       answer(setxattr(path, "system.posix_acl_access", &acl, sizeof acl, 0)));
	size = getxattr(path, "system.posix_acl_access", &acl, sizeof acl);
	printf(", read: %s", answer(size));
	for (ssize_t i = 0; i < (size - 4) / 8; i++)
		printf(" %u:%o:%u", acl.entry[i].tag, acl.entry[i].perm, acl.entry[i].id);
	print_file(path);
	printf("\n");
}

static void ask_capability(const char *path)
{
	/* VFS_CAP_REVISION_2, cap_net_raw permitted and effective. */
	const uint32_t value[5] = {0x02000001, 1u << CAP_NET_RAW, 0, 0, 0};
	uint32_t back[6];
	ssize_t size;

	printf("capability for %s: %s", path,
	       answer(setxattr(path, "security.capability", value, sizeof value, 0)));
	size = getxattr(path, "security.capability", back, sizeof back);
	printf(", read: %s", answer(size));
	if (size == sizeof value)
		printf(" %s", memcmp(back, value, sizeof value) == 0 ? "the same" : "another");
	print_file(path);
	printf("\n");
}

static void ask_file(const struct scene *scene, uint32_t number)
{
	const char *path = file_name(number);
	const uint32_t *uids = scene->id[FAKEID_UID], *gids = scene->id[FAKEID_GID];
	uint32_t n_uids = scene->n_ids[FAKEID_UID], n_gids = scene->n_ids[FAKEID_GID];

	printf("stat:");
	print_file(path);
	printf("\n");
	printf("chmod 6755 %s: %s", path, answer(chmod(path, 06755)));
	print_file(path);
	printf("\nchmod 640 %s: %s", path, answer(chmod(path, 0640)));
	print_file(path);
	printf("\n");
	ask_capability(path);
	ask_acl(path, 0x02, uids[(number + 3) % n_uids]);
	ask_acl(path, 0x08, gids[(number + 3) % n_gids]);
	ask_chown(path, NO_CHANGE, NO_CHANGE);
	ask_chown(path, uids[number % n_uids], NO_CHANGE);
	ask_chown(path, NO_CHANGE, gids[number % n_gids]);
	ask_chown(path, uids[(number + 1) % n_uids], gids[(number + 2) % n_gids]);
	/* And that of the kernel's own making: an id that both have, if there is one. */
	ask_chown(path, scene->map[scene->depth - 1][FAKEID_UID].extent[0].upper,
		  scene->map[scene->depth - 1][FAKEID_GID].extent[0].upper);
}

static void print_proc(const char *path)
{
	char line[200];
	FILE *file = fopen(path, "re");

	printf("%s: %s\n", path, file ? "" : answer(-1));
	while (file && fgets(line, sizeof line, file))
		printf("%s", line);
	if (file)
		(void)fclose(file); /* was read only */
}

bool probe_settle(const struct fakeid_idmap map[FAKEID_IDKIND_N])
{
	uint32_t uid = map[FAKEID_UID].extent[0].upper, gid = map[FAKEID_GID].extent[0].upper;

	return prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == 0 && setgroups(0, NULL) == 0 &&
	       setresgid(gid, gid, gid) == 0 && setresuid(uid, uid, uid) == 0;
}

void probe(const struct scene *scene, bool proc)
{
	printf("settle: %s", answer(probe_settle(scene->map[scene->depth - 1]) ? 0 : -1));
	print_process();
	print_file("own");
	printf("\n");
	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++)
		for (uint32_t i = 0; i < scene->n_ids[kind]; i++) {
			uint32_t id = scene->id[kind][i];

			ask_chown("own", kind == FAKEID_UID ? id : NO_CHANGE,
				  kind == FAKEID_GID ? id : NO_CHANGE);
			for (int how = 0; how < (kind == FAKEID_UID ? SET_GROUPS : SET_N); how++)
				apart(ask_set, scene, kind, how, id);
			apart(ask_create, scene, kind, 0, id);
		}
	for (uint32_t i = 0; i < scene->n_files; i++)
		ask_file(scene, i);
	if (proc) {
		print_proc("/proc/self/uid_map");
		print_proc("/proc/self/gid_map");
	}
}
