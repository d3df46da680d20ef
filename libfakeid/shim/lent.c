/* SPDX-License-Identifier: MIT
 * lent.c - descriptors of host devices that were opened in the place of virtual ones, and of texts
 * in the place of files of procfs.
 */
#include "shim/lent.h"

#include <stdatomic.h>

#define LENT_ROWS 16u

struct lent_row {
	_Atomic int fd; /* -1 = free, once n counts the row */
	bool is_text;
	uint32_t major, minor; /* of the host's device, or of the one that the text is on */
	uint64_t ino;	       /* of the text */
	struct statx placeholder;
};

static struct {
	_Atomic unsigned n; /* rows ever used: 0 in almost every process */
	struct lent_row rows[LENT_ROWS];
} lent;

bool lent_some(void)
{
	return atomic_load_explicit(&lent.n, memory_order_acquire) > 0;
}

static void note(int fd, const struct lent_row *row)
{
	unsigned n = atomic_load_explicit(&lent.n, memory_order_acquire);
	unsigned at = 0;

	lent_forget(fd);
	while (at < n && at < LENT_ROWS && atomic_load(&lent.rows[at].fd) >= 0)
		at++;
	/* The oldest is most likely closed by now. */
	if (at == LENT_ROWS)
		at = 0;
	lent.rows[at] = *row;
	atomic_store_explicit(&lent.rows[at].fd, fd, memory_order_release);
	if (at >= n)
		atomic_store_explicit(&lent.n, at + 1, memory_order_release);
}

void lent_note(int fd, uint32_t major, uint32_t minor, const struct statx *placeholder)
{
	const struct lent_row row = {
		.fd = -1, .major = major, .minor = minor, .placeholder = *placeholder};

	note(fd, &row);
}

void lent_note_text(int fd, const struct statx *text, const struct statx *placeholder)
{
	const struct lent_row row = {.fd = -1,
				     .is_text = true,
				     .major = text->stx_dev_major,
				     .minor = text->stx_dev_minor,
				     .ino = text->stx_ino,
				     .placeholder = *placeholder};

	note(fd, &row);
}

static int find(int fd)
{
	unsigned n = atomic_load_explicit(&lent.n, memory_order_acquire);

	for (unsigned i = 0; i < n; i++) {
		if (atomic_load_explicit(&lent.rows[i].fd, memory_order_acquire) == fd)
			return (int)i;
	}
	return -1;
}

void lent_forget(int fd)
{
	int at = find(fd);

	if (at >= 0)
		atomic_store_explicit(&lent.rows[at].fd, -1, memory_order_release);
}

void lent_move(int from, int to)
{
	int at = find(from);

	lent_forget(to);
	if (at >= 0)
		atomic_store_explicit(&lent.rows[at].fd, to, memory_order_release);
}

/* The number may be another file's by now, by close or dup2, which we do not see. */
static bool is_lent(const struct lent_row *row, const struct statx *stx)
{
	if (row->is_text)
		return S_ISREG(stx->stx_mode) && stx->stx_ino == row->ino &&
		       stx->stx_dev_major == row->major && stx->stx_dev_minor == row->minor;
	return S_ISCHR(stx->stx_mode) && stx->stx_rdev_major == row->major &&
	       stx->stx_rdev_minor == row->minor;
}

void lent_replace(int fd, struct statx *stx)
{
	int at = find(fd);

	if (at >= 0 && is_lent(&lent.rows[at], stx))
		*stx = lent.rows[at].placeholder;
}
