/* SPDX-License-Identifier: MIT
 * lent.c - descriptors of host devices that were opened in the place of virtual ones.
 */
#include "shim/lent.h"

#include <stdatomic.h>

#define LENT_ROWS 16u

static struct {
	_Atomic unsigned n; /* rows ever used: 0 in almost every process */
	struct {
		_Atomic int fd;	       /* -1 = free, once n counts the row */
		uint32_t major, minor; /* of the host's device */
		struct statx placeholder;
	} rows[LENT_ROWS];
} lent;

void lent_note(int fd, uint32_t major, uint32_t minor, const struct statx *placeholder)
{
	unsigned n = atomic_load_explicit(&lent.n, memory_order_acquire);
	unsigned at = 0;

	lent_forget(fd);
	while (at < n && at < LENT_ROWS && atomic_load(&lent.rows[at].fd) >= 0)
		at++;
	/* The oldest is most likely closed by now. */
	if (at == LENT_ROWS)
		at = 0;
	lent.rows[at].major = major;
	lent.rows[at].minor = minor;
	lent.rows[at].placeholder = *placeholder;
	atomic_store_explicit(&lent.rows[at].fd, fd, memory_order_release);
	if (at >= n)
		atomic_store_explicit(&lent.n, at + 1, memory_order_release);
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

void lent_replace(int fd, struct statx *stx)
{
	int at = S_ISCHR(stx->stx_mode) ? find(fd) : -1;

	/* The number may be another file's by now, by close or dup2, which we do not see. */
	if (at >= 0 && stx->stx_rdev_major == lent.rows[at].major &&
	    stx->stx_rdev_minor == lent.rows[at].minor)
		*stx = lent.rows[at].placeholder;
}
