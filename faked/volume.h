/* SPDX-License-Identifier: MIT
 * volume.h - volumes: filesystems that keep their number whatever device number they have in this
 * boot.
 */
#ifndef FAKED_VOLUME_H
#define FAKED_VOLUME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mounts.h"
#include "store.h"
#include "util.h"

enum volume_kind {
	VOLUME_FSID = 1,   /* f_type and f_fsid */
	VOLUME_UUID = 2,   /* f_type and the UUID of the filesystem */
	VOLUME_NAME = 3,   /* a network filesystem or overlay: what its source is called */
	VOLUME_DEVICE = 4, /* nothing lasting: this device in this boot */
};

/* What tells one filesystem from another. `boot` and `dev` are zero but where they are part of
 * it. */
struct volume_id {
	uint8_t kind; /* enum volume_kind */
	uint32_t type;
	uint8_t id[16];
	uint8_t boot_id[UTIL_BOOT_ID_BYTES];
	uint64_t dev;
};

#define VOLUME_ID_BYTES (1u + 4u + 16u + UTIL_BOOT_ID_BYTES + 8u)

void volume_id_encode(const struct volume_id *id, uint8_t ret_bytes[VOLUME_ID_BYTES]);
int volume_id_decode(const void *bytes, size_t size, struct volume_id *ret_id);

/* Identify the filesystem of device `dev`. `mount` is its row of the mount table or NULL; `fd` is a
 * file on it, which may be O_PATH. Never waits for a network. */
void volume_identify(const struct mount *mount, int fd, uint64_t dev,
		     const uint8_t boot_id[UTIL_BOOT_ID_BYTES], struct volume_id *ret_id);

/* True for filesystems that statfs(2) may wait for. */
bool volume_is_remote(const char *type);

struct volume {
	uint32_t number;
	uint64_t dev;	   /* 0 = not mounted as far as we know */
	uint64_t mount_id; /* the mount it was identified by, never used twice; 0 = not known */
	bool listed;	   /* the mount table has it; else it lies in another mount namespace */
	struct volume_id id;
};

struct volumes {
	struct volume *rows;
	size_t n;
	bool behind; /* devices are mounted that may hold a known volume and were not looked at */
	uint8_t boot_id[UTIL_BOOT_ID_BYTES];
};

/* Fill from the store. */
int volumes_load(struct volumes *volumes, struct store *store,
		 const uint8_t boot_id[UTIL_BOOT_ID_BYTES]);
void volumes_done(struct volumes *volumes);

/* Find out anew which device holds which known volume. 0 or -errno. */
int volumes_refresh(struct volumes *volumes, int mounts_fd);

/* Only see whether each device still holds the volume that it held. Whoever meets a new device asks
 * for it. 0 or -errno. */
int volumes_recheck(struct volumes *volumes, int mounts_fd);

/* volumes_refresh() if a recheck left something out. 0 or -errno. */
int volumes_catch_up(struct volumes *volumes, int mounts_fd);

/* The volume of a device, of which `fd` is a file or -1; -ENOENT when it cannot be identified or
 * has no number yet and `store` is NULL. A new number is put into the store, not committed. */
int volumes_find(struct volumes *volumes, int mounts_fd, uint64_t dev, int fd, struct store *store,
		 uint32_t *ret_number);

/* Device of a volume, 0 when it is not mounted or not known. */
uint64_t volumes_device(const struct volumes *volumes, uint32_t number);

/* True for an overlay, where the first change of a file copies it up. */
bool volume_copies_up(const struct volumes *volumes, uint32_t number);

#endif
