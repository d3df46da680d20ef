/* SPDX-License-Identifier: MIT
 * lent.h - descriptors of host devices that were opened in the place of virtual ones, and of texts
 * in the place of files of procfs, so that fstat and its relatives answer for what was meant.
 * Forgotten at exec, and not known for duplicates.
 */
#ifndef FAKEID_LENT_H
#define FAKEID_LENT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

/* `fd` is open on the host's device major:minor; `placeholder` is what the disk says of the virtual
 * one. */
void lent_note(int fd, uint32_t major, uint32_t minor, const struct statx *placeholder);

/* `fd` is open on the regular file `text`; `placeholder` is what the kernel says of the file
 * meant. */
void lent_note_text(int fd, const struct statx *text, const struct statx *placeholder);

/* Is there any row at all? False in almost every process. */
bool lent_some(void);

/* `fd` was opened anew. */
void lent_forget(int fd);

/* What is known of `from` is true of `to` from now on. */
void lent_move(int from, int to);

/* Make `stx`, the kernel's answer for descriptor `fd`, that of the placeholder if it was lent. */
void lent_replace(int fd, struct statx *stx);

#endif
