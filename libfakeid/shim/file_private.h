/* SPDX-License-Identifier: MIT
 * file_private.h - what file.c and file_change.c share.
 */
#ifndef FAKEID_FILE_PRIVATE_H
#define FAKEID_FILE_PRIVATE_H

#include "core/index.h"
#include "shim/file.h"

/* Without either no look-up is needed. */
#define UNBOUND_OR_RECORDS ((uint32_t)(INDEX_HAS_RECORDS | INDEX_UNBOUND))

struct disk file_disk(const struct file *file);

const struct fakeid_idmap *file_find_shift(int dirfd, const char *path, int at_flags);

uint32_t file_index_flags(const struct index_view *view);

/* Ask the daemon which volume the object's device is: once a device and boot. 0 or negative errno. */
int file_bind_volume(int dirfd, const char *path, int at_flags, uint64_t dev, uint32_t *ret_volume);

/* Find the record of file->key in the index. A record that is not the file's own is dropped, its
 * version kept: an update then replaces it. 0 (found or not) or negative errno. */
int file_find_record(struct file *file);

/* The file handle tells the files of an inode apart where there is no birth time, and where two births in
 * one tick of the clock matter: a nameless file is forgotten by nobody when it is closed. Ask for it. */
void file_find_handle(int dirfd, const char *path, int at_flags, struct file *file);

#endif
