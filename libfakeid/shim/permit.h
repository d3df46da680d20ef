/* SPDX-License-Identifier: MIT
 * permit.h - core/access.h for this process and a file that was looked at. Only processes that lack
 * what a root has ever come here: all that others pay is process_limited().
 */
#ifndef FAKEID_PERMIT_H
#define FAKEID_PERMIT_H

#include "core/access.h"
#include "shim/file.h"
#include "shim/process.h"

/* Has this process, the calling one whatever memory it borrows, to be checked? Never once a seccomp
 * filter of the program's own is installed: checks take system calls that it did not ask for. */
bool permit_has_limits(unsigned limits);

static inline bool permit_limited(void)
{
	return process_may_be_limited(PROCESS_LIMIT_FS) && permit_has_limits(PROCESS_LIMIT_FS);
}

/* As whom files are reached, and as whom access(2) asks. */
void permit_subject(struct access_subject *ret_who);
void permit_real_subject(struct access_subject *ret_who);

/* The file as an object, without its ACL. */
void permit_object(const struct file *file, struct access_object *ret_object);

/* Is the file this process's own, or has it the capability to do as if it were? */
bool permit_owns(const struct file *file);

/* May `who` do that to the file, which dirfd, path and at_flags name? 0, -EACCES, or what went
 * wrong with its ACL. In procfs only what belongs to another process is not left to the kernel. */
int permit_ask(const struct access_subject *who, const struct file *file, int dirfd,
	       const char *path, int at_flags, unsigned mask);

/* The mode of an object that was made in `dir`: a program that runs as the directory's group is not
 * for everybody to make. `asked` is the mode asked for, type bits included. */
uint16_t permit_mode_created(const struct file *dir, unsigned asked, uint16_t mode);

/* fs.NAME of the host, a digit; `otherwise` where it cannot be read. */
char permit_sysctl(const char *name, char otherwise);

/* Is it one of procfs? */
bool permit_is_proc(const struct file *file);

#endif
