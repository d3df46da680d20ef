/* SPDX-License-Identifier: MIT
 * creds.h - virtual credentials and the kernel's rules for changing them. Pure:
 * (credentials, request) -> credentials or negative errno. A request that fails changes nothing.
 */
#ifndef FAKEID_CREDS_H
#define FAKEID_CREDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <fakeid/kid.h>

enum creds_id { CREDS_REAL, CREDS_EFFECTIVE, CREDS_SAVED, CREDS_FS, CREDS_ID_N };

enum creds_capset {
	CREDS_CAP_EFFECTIVE,
	CREDS_CAP_PERMITTED,
	CREDS_CAP_INHERITABLE,
	CREDS_CAP_BOUNDING,
	CREDS_CAP_AMBIENT,
	CREDS_CAPSET_N
};

/* As Linux 5.9 and later. An older host shows this many all the same, because they are the
 * namespace's and not the host's. */
#define CREDS_CAP_COUNT 41u
#define CREDS_CAP_ALL ((UINT64_C(1) << CREDS_CAP_COUNT) - 1)

struct creds {
	uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N]; /* ids inside the namespace */
	uint64_t cap[CREDS_CAPSET_N];		  /* bit N = capability N of capabilities(7) */
	uint32_t securebits;			  /* SECBIT_*, SECBIT_KEEP_CAPS among them */
	bool no_new_privs;
	bool undumpable; /* by exec or by itself it has become another: what /proc has of it is root's */
	bool secure; /* AT_SECURE: by exec it has become more than who started it */
};

#define CREDS_GROUPS_MAX 65536u /* NGROUPS_MAX of the kernel */

struct groups {
	uint32_t n;
	uint32_t list[CREDS_GROUPS_MAX]; /* only the first n are ever touched; sorted */
};

#define CREDS_SECUREBITS 0xfffu /* every securebit there is, and its lock */

/* A fresh root: ids 0, every capability but nothing inheritable or ambient, groups [0]. */
extern const uint64_t creds_root_caps[CREDS_CAPSET_N];
void creds_init_root(struct creds *ret_creds, struct groups *ret_groups);

/* -- creds.c: ids and groups; 0, -EPERM or -EINVAL -- */

/* setuid(2) and setgid(2). */
int creds_setid(struct creds *creds, enum fakeid_idkind kind, uint32_t id);

/* setreuid(2) and setregid(2); -1 leaves an id alone. */
int creds_setreid(struct creds *creds, enum fakeid_idkind kind, uint32_t real, uint32_t effective);

/* setresuid(2) and setresgid(2); -1 leaves an id alone. */
int creds_setresid(struct creds *creds, enum fakeid_idkind kind, uint32_t real, uint32_t effective,
		   uint32_t saved);

/* seteuid(3) and setegid(3), which are not system calls: -1 is -EINVAL. */
int creds_seteid(struct creds *creds, enum fakeid_idkind kind, uint32_t effective);

/* setfsuid(2) and setfsgid(2): the file system id as it was, whether or not it was changed. */
uint32_t creds_setfsid(struct creds *creds, enum fakeid_idkind kind, uint32_t id);

/* setgroups(2): 0 if `creds` may install this list, else -EPERM or -EINVAL. */
int creds_check_setgroups(const struct creds *creds, const uint32_t *list, size_t n);

/* Fill `ret_groups` with a list that was checked, in the order getgroups(2) shows. */
void creds_fill_groups(struct groups *ret_groups, const uint32_t *list, size_t n);

bool groups_has(const struct groups *groups, uint32_t gid);

/* -- creds_caps.c: capabilities, securebits -- */

static inline bool creds_has_cap(const struct creds *creds, unsigned cap)
{
	return creds->cap[CREDS_CAP_EFFECTIVE] >> cap & 1;
}

/* capset(2). Bits past the last capability are ignored, as the kernel does. 0 or -EPERM. */
int creds_capset(struct creds *creds, uint64_t effective, uint64_t permitted, uint64_t inheritable);

/* True for the prctl(2) options that creds_prctl() knows. */
bool creds_is_prctl(int option);

/* Result of prctl(2): >= 0, -EPERM or -EINVAL. `arg` holds arg2 to arg5. */
int creds_prctl(struct creds *creds, int option, const unsigned long arg[4]);

/* -- creds_exec.c: exec -- */

/* What execve(2) goes by, of the file that becomes the program: of a script, the interpreter.
 * Nothing of it counts where the file system is mounted nosuid. */
struct creds_file {
	bool setuid, setgid; /* the ids below are given; setgid only where the group may execute */
	uint32_t uid, gid;
	bool has_caps, caps_effective; /* security.capability */
	bool unreadable;	       /* to who runs it: whatever the mount says */
	uint64_t permitted, inheritable;
};

/* Read security.capability into `file`. 0, or -EINVAL for what is no such value; what counts for
 * another root only (version 3 with his id) counts as none. */
int creds_file_caps(const void *value, size_t size, struct creds_file *file);

/* What execve(2) makes of the credentials; `file` NULL: its file says nothing. 0, or -EPERM when
 * the file asks for capabilities that this process can never have; then they keep their values. */
int creds_exec(struct creds *creds, const struct groups *groups, const struct creds_file *file);

/* -- creds_text.c: the value of FAKEID_CREDS -- */

/* Room that always suffices for everything but the groups, and for each group. */
#define CREDS_TEXT_BASE_BYTES 320u
#define CREDS_TEXT_GROUP_BYTES 11u

/* Items `u=R,E,S,F;g=R,E,S,F;G=4,24-30;cap=E,P,I,B,A;sb=N;nnp=1;nodump=1;sec=1;umask=700`, only
 * those that differ from a fresh root's: an empty text for a fresh root. Ids in decimal, cap and sb
 * in hexadecimal, umask (the 0700 bits of the virtual one) in octal. Writes a NUL at the end that
 * *ret_len does not count. Returns 0, or -E2BIG when `size` is too small; then the buffer's content
 * is undefined. */
int creds_format(const struct creds *creds, const struct groups *groups, uint32_t umask_user,
		 char *ret_text, size_t size, size_t *ret_len);

/* The opposite. Returns 0, or -EINVAL for a text that no process could have written; then the
 * outputs are those of a fresh root. */
int creds_parse(const char *text, struct creds *ret_creds, struct groups *ret_groups,
		uint32_t *ret_umask_user);

#endif
