/* SPDX-License-Identifier: MIT
 * file.h - one file as kernel and index know it: look it up, show it, change its record. All calls
 * that touch ownership go through here.
 */
#ifndef FAKEID_FILE_H
#define FAKEID_FILE_H

#include <stdbool.h>
#include <sys/stat.h>

#include "core/overlay.h"
#include "core/record.h"
#include "shim/process.h"

struct file {
	struct statx stx;      /* as the kernel says */
	uint64_t dev;	       /* its device, packed; file_look() has it */
	struct record_key key; /* volume 0 = a device that holds no record */
	uint64_t version;
	struct record record; /* flags 0 = none */
	uint32_t handle;      /* as in struct disk */
	bool stale_xattrs;    /* the daemon may hold xattrs of an earlier file of the inode */
	const struct fakeid_idmap *shift; /* the path idmap that holds it, or NULL */
};

/* statx the object and look its record up. `at_flags` as fstatat(2). 0 or negative errno. Costs the
 * one system call; a record whose birth time is not the file's is somebody else's and not shown. */
int file_look(int dirfd, const char *path, int at_flags, struct file *ret_file);

/* The same in a view that the caller has attached to, and for a program's own statx: what `mask`
 * asks for is in ret_file->stx too. */
int file_look_in(struct index_view *view, int dirfd, const char *path, int at_flags, unsigned mask,
		 struct file *ret_file);

/* The same, attaching to a view. */
int file_look_statx(int dirfd, const char *path, int at_flags, unsigned mask,
		    struct file *ret_file);

/* As file_look(), for an update: makes sure that the file has a final identity (copies it up on
 * overlayfs), that its volume is known, and that there is room. -ENOSPC or -EIO before anything is
 * changed. */
int file_look_for_update(int dirfd, const char *path, int at_flags, struct file *ret_file);

/* How this file shows its ids here: as every file does, unless a path idmap holds it, for which
 * there is `room`. */
const struct view *file_view(const struct file *file, struct view *room);

/* Its group, also one that has no place here. */
struct fakeid_kid file_group(const struct file *file);

/* The capabilities of this namespace that count over files of this owner (this group). */
uint64_t file_caps(const struct file *file, enum fakeid_idkind kind);

/* Does capability `cap` of this namespace count for the file, over owner and group both? */
bool file_counts(const struct file *file, unsigned cap);

/* Is `id` what its owner (its group) is by a key alone? */
bool file_is_equal(const struct file *file, enum fakeid_idkind kind, uint32_t id);

/* Have its owner and group both a place here? */
bool file_is_in_reach(const struct file *file);

/* Is its owner the user that this process acts as? */
bool file_is_own(const struct file *file);

/* May this process leave the file, of group `gid` here (-1: of the group it has), its setgid bit:
 * is it in the group, or has it CAP_FSETID over the file? in_group_or_capable() of the kernel. */
bool file_keeps_setgid(const struct file *file, uint32_t gid);

/* The bits that a change of owner or content takes from the file, seen from this process: setuid,
 * and setgid unless it may be left. setattr_should_drop_suidgid() of the kernel, before it asks for
 * CAP_FSETID. */
uint16_t file_bits_to_drop(const struct file *file);

/* Put the virtual ids, mode, rdev and ctime into a statx answer. */
void file_show(const struct file *file, struct statx *stx);

/* Work the change into the newest record of the file and publish it; looks up again as often as
 * another process was first. The file must come from file_look_for_update(). */
int file_change(struct file *file, const struct change *change);

/* The same; whether anything differs then. */
int file_change_told(struct file *file, const struct change *change, bool *ret_changed);

/* Before a change that the disk is not told of: -EROFS on a mount that nobody can write, else 0.
 * Three system calls for each mount that a process changes something on. */
int file_ask_mount(const struct file *file, int dirfd, const char *path, int at_flags);

static inline int file_stays_writable(const struct file *file, int dirfd, const char *path,
				      int at_flags)
{
	uint64_t id = file->stx.stx_mnt_id;

	if (__builtin_expect(atomic_load_explicit(&process.writable_mount[id % PROCESS_MOUNTS],
						  memory_order_relaxed) == id,
			     1))
		return 0;
	return file_ask_mount(file, dirfd, path, at_flags);
}

/* A change to what is there already: the disk's ctime is moved, if it is not that of now. */
void file_touch(const struct file *file, int dirfd, const char *path, int at_flags);

/* Before a call that may take the last name of `path`: what file_doom() needs. Costs nothing where
 * the namespace has no records. Returns true if there is something to doom afterwards. */
bool file_may_doom(int dirfd, const char *path, struct file *ret_file);
void file_doom(struct file *file);

/* Overlay a plain struct stat that libc filled itself (fts, nftw). `path` names the same object for
 * the second look that proves a hit; no call is made on a miss. 0 or negative errno. */
int file_patch_stat(int dirfd, const char *path, int at_flags, struct stat *st);

/* d_type for a directory entry that reads as a regular file: DT_UNKNOWN if some volume has a
 * virtual device at `ino`, else DT_REG. Pure memory. */
unsigned char file_entry_type(uint64_t ino);

/* True when file_created() has to be called for an object made with these mode bits. */
bool file_creation_needs_record(unsigned asked);

/* A new object: give it the creator's ids (or the group of a setgid directory) and, where they
 * cannot be on disk, its mode bits. `asked` is the mode the program asked for, type bits included.
 * The object is `fd` where that is not -1, else what dirfd and path name; its directory is that of
 * `path`, or with FILE_NAMELESS in `asked` (O_TMPFILE) `path` itself. 0 or negative errno. */
#define FILE_NAMELESS 0x80000000u
#define FILE_MASKED 0x40000000u /* beside `asked`: the umask counts whatever the directory's ACL */
#define FILE_EXCLUSIVE 0x20000000u /* beside `asked`: O_EXCL, so `path` was no symlink */
int file_created(int dirfd, const char *path, int fd, unsigned asked);

/* -ENOSPC or -EIO if a record could not be stored now; asked before a real change that needs one. */
int file_room(void);

/* The same before an object is made, of which dirfd, path and `asked` say as much as file_created()
 * is told; `path` may be NULL. -EOVERFLOW too, where the creator's ids have no place among those of
 * files. */
int file_creation_room(int dirfd, const char *path, unsigned asked);

/* That -EOVERFLOW alone, or 0. */
int file_creator_fits(int dirfd, const char *path, unsigned asked);

#endif
