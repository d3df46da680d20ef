/* SPDX-License-Identifier: MIT
 * spawn_files.h - what the file actions of posix_spawn(3) open and enter.
 */
#ifndef FAKEID_SPAWN_FILES_H
#define FAKEID_SPAWN_FILES_H

#include <spawn.h>
#include <stdbool.h>
#include <stddef.h>

#define SPAWN_NOWHERE (-1)

struct spawn_files {
	const posix_spawn_file_actions_t *actions; /* for libc to carry out */
	int cwd; /* where the child is after them: AT_FDCWD, a descriptor, or SPAWN_NOWHERE */
	bool is_new;
	int above; /* the least number for a descriptor of ours */
	posix_spawn_file_actions_t ours;
	void *memory;
	size_t size;
};

/* 0, or the negative errno of the first action that the kernel would refuse; whatever else is wrong
 * with them libc says. */
int spawn_files_begin(struct spawn_files *files, const posix_spawn_file_actions_t *actions);
void spawn_files_end(struct spawn_files *files);
#define SPAWN_FILES __attribute__((cleanup(spawn_files_end)))

#endif
