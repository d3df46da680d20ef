/* SPDX-License-Identifier: MIT
 * program.c - what the file of a new program does to its credentials: setuid, setgid,
 * security.capability, as they show here. Of a script the interpreter counts.
 */
#include "calls/program.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "calls/gate.h"
#include "core/xattrs.h"
#include "shim/attach.h"
#include "shim/client.h"
#include "shim/file.h"
#include "shim/kernel.h"
#include "shim/permit.h"
#include "shim/process.h"
#include "shim/sys.h"
#include "shim/text.h"

#define HEAD_BYTES 256u /* the kernel reads no more of a script */
#define DEPTH_MAX 5	/* interpreters that are scripts: one more than the kernel runs */
#define ST_NOSUID_FLAG 2
#define CAPABILITY_NAME "security.capability"

struct look {
	int dirfd, at_flags;
	const char *path;
	int fd; /* open on it, or -1; `is_ours`: to be closed */
	bool is_ours;
	struct file file;
	char head[HEAD_BYTES + 1]; /* what it begins with, and a NUL */
	char name[PATH_MAX];	   /* of an interpreter, or of what PATH led to */
};

/* Root as he begins, to whom no file of root's gives or takes anything. */
static bool is_fresh_root(const struct creds *creds)
{
	static const uint32_t root[FAKEID_IDKIND_N][CREDS_ID_N];

	return memcmp(creds->id, root, sizeof root) == 0 &&
	       memcmp(creds->cap, creds_root_caps, sizeof creds_root_caps) == 0 &&
	       !creds->securebits && !creds->no_new_privs;
}

/* Without records all files show as root's; in a namespace with maps they may show as anybody's. */
static int may_matter(const struct creds *creds)
{
	uint32_t flags;

	if (process_filtered())
		return 0;
	if (process.view.mapped || !is_fresh_root(creds))
		return 1;
	if (attach_flags(&flags) < 0)
		return -EIO;
	return !!(flags & INDEX_MAY(INDEX_HAS_SUID | INDEX_HAS_CAPS));
}

/* As execvp(3) searches: the first file of that name that can be run. */
static bool find_in_path(const char *name, char ret_path[PATH_MAX])
{
	const char *path = NULL;
	size_t name_len = strlen(name);

	for (char **e = environ; e && *e && !path; e++)
		if (strncmp(*e, "PATH=", 5) == 0)
			path = *e + 5;
	if (!path)
		path = "/bin:/usr/bin";

	for (;; path++) {
		size_t len = strcspn(path, ":");
		struct statx stx;

		if (len + name_len + 2 <= PATH_MAX) {
			memcpy(ret_path, path, len);
			ret_path[len] = '/';
			memcpy(ret_path + len + (len > 0), name, name_len + 1);
			if (kernel_statx(AT_FDCWD, ret_path, 0, 0, &stx) == 0 &&
			    S_ISREG(stx.stx_mode) &&
			    SYS3(SYS_faccessat, AT_FDCWD, ret_path, X_OK) == 0)
				return true;
		}
		path += len;
		if (!*path)
			return false;
	}
}

static void look_done(struct look *look)
{
	if (look->is_ours)
		(void)SYS1(SYS_close, look->fd); /* only read from */
	look->is_ours = false;
	look->fd = -1;
}

/* Open what is named, a regular file, and read its head. One that cannot be read has none: it is no
 * script. */
static void read_head(struct look *look)
{
	char name[KERNEL_FD_NAME_BYTES];
	const char *path = look->path;
	int dirfd = look->dirfd, flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	long n = 0;

	if (!*path) {
		kernel_fd_name(look->dirfd, name);
		path = name;
		dirfd = AT_FDCWD;
	} else if (look->at_flags & AT_SYMLINK_NOFOLLOW) {
		flags |= O_NOFOLLOW;
	}
	/* A look is no access, where the file is the real user's. */
	look->fd = (int)SYS4(SYS_openat, dirfd, path, flags | O_NOATIME, 0);
	if (look->fd == -EPERM)
		look->fd = (int)SYS4(SYS_openat, dirfd, path, flags, 0);
	if (look->fd < 0)
		look->fd = (int)SYS4(SYS_openat, dirfd, path, (flags & ~O_NONBLOCK) | O_PATH, 0);
	look->is_ours = look->fd >= 0;
	if (look->is_ours)
		n = SYS4(SYS_pread64, look->fd, look->head, HEAD_BYTES, 0);
	look->head[n > 0 ? n : 0] = '\0';
}

/* The interpreter of a script, as load_script() of the kernel finds it, becomes what is looked
 * at. */
static bool follow_script(struct look *look)
{
	const char *at = look->head;
	size_t len;

	if (at[0] != '#' || at[1] != '!')
		return false;
	at += 2;
	at += strspn(at, " \t");
	len = strcspn(at, " \t\n");
	if (len == 0)
		return false;
	memcpy(look->name, at, len);
	look->name[len] = '\0';
	look_done(look);
	look->dirfd = AT_FDCWD;
	look->at_flags = 0;
	look->path = look->name;
	return true;
}

/* The last of the interpreters, or the program itself. 1, 0 where there is nothing to go by, or
 * -EIO. */
static int find_file(struct look *look)
{
	for (int depth = 0; depth <= DEPTH_MAX; depth++) {
		int r = file_look(look->dirfd, look->path, look->at_flags, &look->file);

		if (r == -EIO)
			return r;
		if (r < 0 || !S_ISREG(look->file.stx.stx_mode) ||
		    (look->file.record.flags & RECORD_NODE))
			return 0;
		read_head(look);
		if (!follow_script(look))
			return 1;
	}
	return 0;
}

/* Its security.capability: what the daemon keeps goes before what is on disk. Size, or negative
 * errno. */
static long get_capability(const struct look *look, uint8_t ret_value[XATTRS_CAPABILITY_MAX_BYTES])
{
	const struct client_file key = {process.fsns, look->file.key, look->file.record.btime_ns};
	char name[KERNEL_FD_NAME_BYTES];
	uint8_t body[64];
	struct writer w = {.at = body, .left = sizeof body};
	size_t size = XATTRS_CAPABILITY_MAX_BYTES;
	int r = -ENODATA;

	if (look->file.record.flags & RECORD_XATTRS) {
		client_write_file(&w, &key);
		write_u16(&w, sizeof CAPABILITY_NAME - 1);
		write_bytes(&w, CAPABILITY_NAME, sizeof CAPABILITY_NAME - 1);
		r = client_ask(WIRE_XATTR_GET, body, sizeof body - w.left, NULL, 0, -1, ret_value,
			       &size);
	}
	if (r != -ENODATA)
		return r < 0 ? r : (long)size;
	if (look->fd < 0)
		return -ENODATA;
	kernel_fd_name(look->fd, name);
	return SYS4(SYS_getxattr, name, CAPABILITY_NAME, ret_value, XATTRS_CAPABILITY_MAX_BYTES);
}

static bool is_nosuid(const struct look *look)
{
	struct statfs fs;

	return look->fd >= 0 && SYS2(SYS_fstatfs, look->fd, &fs) == 0 &&
	       (fs.f_flags & ST_NOSUID_FLAG);
}

static void take_bits(const struct look *look, struct creds_file *ret_file)
{
	struct statx stx = look->file.stx;

	file_show(&look->file, &stx);
	if (!(stx.stx_mode & (S_ISUID | S_ISGID)) || !file_is_in_reach(&look->file))
		return;
	ret_file->setuid = stx.stx_mode & S_ISUID;
	ret_file->setgid = (stx.stx_mode & S_ISGID) && (stx.stx_mode & S_IXGRP);
	ret_file->uid = stx.stx_uid;
	ret_file->gid = stx.stx_gid;
}

static int take_caps(const struct look *look, struct creds_file *ret_file)
{
	uint8_t value[XATTRS_CAPABILITY_MAX_BYTES];
	long size = get_capability(look, value);

	if (size == -EIO)
		return -EIO;
	return size > 0 ? creds_file_caps(value, (size_t)size, ret_file) : 0;
}

/* would_dump(): may this process run it and not read it? */
static bool is_unreadable(const struct look *look)
{
	struct access_subject who;

	if (!permit_limited())
		return false;
	permit_subject(&who);
	return permit_ask(&who, &look->file, look->dirfd, look->path, look->at_flags, ACCESS_READ) <
	       0;
}

/* Not inlined: what it needs of the stack, the exec itself need not have as well. */
static __attribute__((noinline)) int look_at(const struct program *program,
					     struct creds_file *ret_file)
{
	struct look look;
	int r = 0;

	look.dirfd = program->dirfd;
	look.path = program->path;
	look.at_flags = program->at_flags;
	look.fd = -1;
	look.is_ours = false;
	if (program->search && !strchr(program->path, '/')) {
		if (!*program->path || !find_in_path(program->path, look.name))
			return 0;
		look.path = look.name;
	}
	r = find_file(&look);
	if (r > 0) {
		take_bits(&look, ret_file);
		r = take_caps(&look, ret_file);
		if ((ret_file->setuid || ret_file->setgid || ret_file->has_caps) &&
		    is_nosuid(&look))
			*ret_file = (struct creds_file){0};
		ret_file->unreadable = is_unreadable(&look);
	}
	if (r == 0)
		r = ret_file->setuid || ret_file->setgid || ret_file->has_caps ||
		    ret_file->unreadable;
	look_done(&look);
	return r;
}

int program_look(const struct program *program, const struct creds *creds,
		 struct creds_file *ret_file)
{
	int r = program->path ? may_matter(creds) : 0;

	if (r <= 0)
		return r;
	*ret_file = (struct creds_file){0};
	return look_at(program, ret_file);
}

/* Of a script, what is to run it; which may be one again. */
static __attribute__((noinline)) bool find_interpreter(const struct program *script,
						       char ret_path[HEAD_BYTES])
{
	struct look look;
	bool found;

	look.dirfd = script->dirfd;
	look.path = script->path;
	look.at_flags = script->at_flags;
	look.fd = -1;
	look.is_ours = false;
	read_head(&look);
	found = follow_script(&look);
	look_done(&look);
	if (found)
		memcpy(ret_path, look.name, strlen(look.name) + 1);
	return found;
}

int program_may_run(int dirfd, const char *path, int at_flags)
{
	struct program program = {.dirfd = dirfd, .path = path, .at_flags = at_flags};
	char interpreter[HEAD_BYTES];
	int r = gate_exec(dirfd, path, at_flags);

	for (int depth = 0; r == 0 && path && depth < DEPTH_MAX; depth++) {
		if (!find_interpreter(&program, interpreter))
			break;
		program = (struct program){.dirfd = AT_FDCWD, .path = interpreter};
		r = gate_exec(AT_FDCWD, interpreter, 0);
	}
	return r;
}

/* Where a search goes on, as in libc. */
static bool is_elsewhere(long r)
{
	return r == -EACCES || r == -ENOENT || r == -ESTALE || r == -ENOTDIR || r == -ENODEV ||
	       r == -ETIMEDOUT;
}

long program_search(const char *file, program_try_fn *try, void *data)
{
	const char *at = getenv("PATH");
	char path[PATH_MAX];
	bool denied = false;
	long r;

	at = at ? at : "/bin:/usr/bin";
	for (;;) {
		size_t len = strcspn(at, ":");
		struct text t = text_into(path, sizeof path);

		text_add_bytes(&t, at, len);
		text_add(&t, len ? "/" : "./");
		text_add(&t, file);
		r = text_end(&t) ? try(data, path) : -ENAMETOOLONG;
		if (r != -ENAMETOOLONG && !is_elsewhere(r))
			return r;
		denied |= r == -EACCES;
		if (!at[len])
			return denied ? -EACCES : r;
		at += len + 1;
	}
}
