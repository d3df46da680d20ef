/* SPDX-License-Identifier: MIT
 * legacy.h - prototypes of entry points that libc exports and its headers do not declare: no
 * longer, never, or only in other versions of glibc.
 */
#ifndef FAKEID_LEGACY_H
#define FAKEID_LEGACY_H

#include <linux/capability.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/types.h>

struct iovec;
struct statfs;
int __statfs(const char *path, struct statfs *fs);
int __xstat(int version, const char *path, struct stat *st);
int __xstat64(int version, const char *path, struct stat64 *st);
int __lxstat(int version, const char *path, struct stat *st);
int __lxstat64(int version, const char *path, struct stat64 *st);
int __fxstat(int version, int fd, struct stat *st);
int __fxstat64(int version, int fd, struct stat64 *st);
int __fxstatat(int version, int dirfd, const char *path, struct stat *st, int flags);
int __fxstatat64(int version, int dirfd, const char *path, struct stat64 *st, int flags);
int __xmknod(int version, const char *path, mode_t mode, dev_t *dev);
int __xmknodat(int version, int dirfd, const char *path, mode_t mode, dev_t *dev);

/* Fortified and older spellings of open. */
int __open(const char *path, int flags, ...);
int __open64(const char *path, int flags, ...);
int __open_2(const char *path, int flags);
int __open64_2(const char *path, int flags);
int __openat_2(int dirfd, const char *path, int flags);
int __openat64_2(int dirfd, const char *path, int flags);

FILE *__setmntent(const char *path, const char *mode);

#ifndef SYS_fchmodat2
#define SYS_fchmodat2 452
#endif
#ifndef SYS_faccessat2
#define SYS_faccessat2 439
#endif

/* Only libcap's header declares these two. */
int capget(struct __user_cap_header_struct *header, struct __user_cap_data_struct *data);
int capset(struct __user_cap_header_struct *header, const struct __user_cap_data_struct *data);

/* Fortified readlink, realpath, getgroups, and how a fortified call ends the program. */
ssize_t __readlink_chk(const char *path, char *buffer, size_t size, size_t room);
ssize_t __readlinkat_chk(int dirfd, const char *path, char *buffer, size_t size, size_t room);
char *__realpath_chk(const char *path, char *resolved, size_t room);
int __getgroups_chk(int size, gid_t *list, size_t list_size);
void __chk_fail(void) __attribute__((noreturn));

/* Fortified dprintf. */
int __dprintf_chk(int fd, int flag, const char *format, ...);
int __vdprintf_chk(int fd, int flag, const char *format, va_list list);

/* Since glibc 2.34. */
pid_t _Fork(void);
int execveat(int dirfd, const char *path, char *const argv[], char *const envp[], int flags);

/* Since glibc 2.36; its header of mounts and the kernel's do not go together. */
int open_tree(int dirfd, const char *path, unsigned flags);
int mount(const char *source, const char *target, const char *type, unsigned long flags,
	  const void *data);
int umount(const char *target);
int umount2(const char *target, int flags);

/* Since glibc 2.39. */
int pidfd_spawn(int *pidfd, const char *path, const posix_spawn_file_actions_t *actions,
		const posix_spawnattr_t *attr, char *const argv[], char *const envp[]);
int pidfd_spawnp(int *pidfd, const char *file, const posix_spawn_file_actions_t *actions,
		 const posix_spawnattr_t *attr, char *const argv[], char *const envp[]);

/* Since glibc 2.36, in a header of its own. */
int pidfd_send_signal(int fd, int sig, siginfo_t *info, unsigned flags);
int pidfd_getfd(int fd, int of_other, unsigned flags);

/* Since glibc 2.36. */
ssize_t process_madvise(int fd, const struct iovec *pieces, size_t n, int advice, unsigned flags);

/* Since glibc 2.41. */
struct sched_attr;
int sched_setattr(pid_t pid, struct sched_attr *attr, unsigned flags);

/* Second names that old programs were linked with. */
pid_t __fork(void);
int __sched_setscheduler(pid_t pid, int policy, const struct sched_param *param);
FILE *_IO_popen(const char *command, const char *mode);
ssize_t __write(int fd, const void *bytes, size_t size);
ssize_t __pwrite64(int fd, const void *bytes, size_t size, off64_t at);
int __dup2(int fd, int to);
int __fcntl(int fd, int command, ...);
int _IO_fclose(FILE *stream);

#endif
