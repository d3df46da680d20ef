/* SPDX-License-Identifier: MIT
 * idmap_kernel_check.c - inside one user namespace: what setresuid, setgroups, chown and stat
 * answer for the ids at the edges of its maps, and what /proc/self shows of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "idmap_kernel.h"

static int set_file_owner(enum fakeid_idkind kind, uint32_t id)
{
	return kind == FAKEID_UID ? fchown(file, id, (gid_t)-1) : fchown(file, (uid_t)-1, id);
}

static uint32_t shown_owner(enum fakeid_idkind kind)
{
	struct stat st;

	must(fstat(file, &st) == 0, "stat");
	return kind == FAKEID_UID ? st.st_uid : st.st_gid;
}

int set_ids(enum fakeid_idkind kind, uint32_t id)
{
	return answer(syscall(kind == FAKEID_UID ? SYS_setresuid : SYS_setresgid, id, id, id));
}

static void check_ids(enum fakeid_idkind kind, uint32_t id, int ours)
{
	uint32_t real = 1, effective = 2, saved = 3;

	compare(kind == FAKEID_UID ? "setresuid" : "setresgid", id, set_ids(kind, id), ours);
	if (ours != 0)
		return;

	if (kind == FAKEID_UID)
		must(getresuid(&real, &effective, &saved) == 0, "getresuid");
	else
		must(getresgid(&real, &effective, &saved) == 0, "getresgid");
	compare("real id", id, real, id);
	compare("effective id", id, effective, id);
	compare("saved id", id, saved, id);
}

static void check_setgroups(const struct level *level, gid_t id, int ours)
{
	gid_t got = 77;

	if (!level->has_setgroups)
		ours = -EPERM;
	compare("setgroups", id, answer(setgroups(1, &id)), ours);
	if (ours == 0) {
		compare("number of groups", id, getgroups(1, &got), 1);
		compare("group", id, got, id);
	}
}

/* An id as seen inside: may it be set, does chown take it, and what does it make of the file? */
static void check_down(const struct level *level, enum fakeid_idkind kind, uint32_t id)
{
	const struct fakeid_idmap *absolute = &level->absolute[kind];
	struct question question = {0};
	struct fakeid_kid kid, parents;
	int ours = fakeid_idmap_down(absolute, id, &kid) == 0 ? 0 : -EINVAL;

	if (id == FAKEID_ID_INVALID)
		return; /* "leave as it is" to all these calls */

	compare("down, in one step and in all", id,
		fakeid_idmap_down(&level->own[kind], id, &parents) == 0 ? 0 : -EINVAL, ours);
	check_ids(kind, id, ours);
	if (kind == FAKEID_GID)
		check_setgroups(level, id, ours);
	compare(kind == FAKEID_UID ? "chown" : "chgrp", id, answer(set_file_owner(kind, id)), ours);
	if (ours != 0)
		return;

	compare("stat after chown", id, shown_owner(kind), id);
	ask_host(&question);
	compare("the host's stat after chown", id, question.id[kind], (int64_t)kid.value);
}

/* An id of the host: what is shown inside of a file that it owns? */
static void check_up(const struct level *level, enum fakeid_idkind kind, uint32_t outside)
{
	const struct fakeid_idmap *absolute = level->absolute;
	struct question question = {.set_owner = 1, .id = {FAKEID_ID_INVALID, FAKEID_ID_INVALID}};
	uint32_t inside;

	if (outside == FAKEID_ID_INVALID)
		return;

	question.id[kind] = outside;
	ask_host(&question);
	if (fakeid_idmap_up(&absolute[kind], fakeid_kid_make(0, outside), &inside) < 0)
		inside = FAKEID_ID_OVERFLOW;
	compare("stat of a file of host id", outside, shown_owner(kind), inside);

	question.set_owner = 1;
	question.id[FAKEID_UID] = fakeid_kid_id(absolute[FAKEID_UID].extent[0].lower);
	question.id[FAKEID_GID] = fakeid_kid_id(absolute[FAKEID_GID].extent[0].lower);
	ask_host(&question); /* back to an owner that has a place inside */
}

/* The kernel keeps the order up to five extents, and sorts more. */
static void check_proc(const struct level *level, enum fakeid_idkind kind)
{
	static char kernels[FAKEID_IDMAP_TEXT_BYTES], ours[FAKEID_IDMAP_TEXT_BYTES];
	struct fakeid_idmap back;
	size_t len = 0, our_len;
	char path[40];
	ssize_t n;
	int fd;

	(void)snprintf(path, sizeof path, "/proc/self/%s", map_names[kind]);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	must(fd >= 0, path);
	while ((n = read(fd, kernels + len, sizeof kernels - 1 - len)) > 0)
		len += (size_t)n;
	must(n == 0, path);
	close(fd);
	kernels[len] = '\0';
	if (fakeid_idmap_parse(kernels, len, FAKEID_IDMAP_PROC, 0, &back, NULL) < 0 ||
	    !fakeid_idmap_equal(&back, &level->own[kind]))
		fail("%s reads %s", path, kernels);
	if (fakeid_idmap_print(&level->own[kind], FAKEID_IDMAP_PROC, ours, sizeof ours, &our_len) <
	    0)
		fail("%s: cannot be printed", path);
	compare(path, 0, (int64_t)len, (int64_t)our_len);
	if (level->own[kind].n > 5)
		compare(path, 1, strcmp(kernels, ours), 0);
}

void check_namespace(const struct level *level)
{
	const uint32_t fixed[] = {0, 1, 65534, FAKEID_ID_INVALID - 1};

	for (int kind = 0; kind < FAKEID_IDKIND_N; kind++) {
		const struct fakeid_idmap *map = &level->absolute[kind];

		check_proc(level, kind);
		for (uint32_t i = 0; i < 4; i++) {
			check_down(level, kind, fixed[i]);
			check_up(level, kind, fixed[i]);
		}
		for (uint32_t i = 0; i < map->n; i += 1 + map->n / 40) {
			uint32_t upper = map->extent[i].upper, count = map->extent[i].count;
			uint32_t lower = fakeid_kid_id(map->extent[i].lower);

			for (uint32_t edge = 0; edge < 4; edge++) {
				uint32_t offset = (edge & 2 ? count : 0) - (edge & 1);

				check_down(level, kind, upper + offset);
				check_up(level, kind, lower + offset);
			}
		}
	}
}
