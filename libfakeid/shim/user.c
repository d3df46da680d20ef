/* SPDX-License-Identifier: MIT
 * user.c - memory that a program names in a call, and that may not be there.
 */
#include "shim/user.h"

#include <errno.h>
#include <sys/uio.h>

#include "shim/sys.h"

/* Where the kernel does not do it, or may not be asked, the program gets what it asked for. */
static int copy(long number, struct iovec ours, struct iovec theirs)
{
	long r = -ENOSYS;

	if (!process_filtered())
		r = SYS6(number, SYS0(SYS_getpid), &ours, 1, &theirs, 1, 0);
	if (r == -ENOSYS || r == -EPERM) {
		if (number == SYS_process_vm_readv)
			memcpy(ours.iov_base, theirs.iov_base, ours.iov_len);
		else
			memcpy(theirs.iov_base, ours.iov_base, ours.iov_len);
		return 0;
	}
	return r >= 0 && (size_t)r == ours.iov_len ? 0 : -EFAULT;
}

int user_read(void *to, const void *from, size_t size)
{
	return copy(SYS_process_vm_readv, (struct iovec){to, size},
		    (struct iovec){(void *)from, size});
}

bool user_can_read(const void *from, size_t size)
{
	char piece[1024];

	for (size_t at = 0; at < size; at += sizeof piece) {
		size_t left = size - at;

		if (user_read(piece, (const char *)from + at,
			      left < sizeof piece ? left : sizeof piece) < 0)
			return false;
	}
	return true;
}

static void know_page(uintptr_t page)
{
	atomic_store_explicit(&process.user_pages[page % PROCESS_PAGES], page,
			      memory_order_relaxed);
}

int user_write(void *to, const void *from, size_t size)
{
	int r = copy(SYS_process_vm_writev, (struct iovec){(void *)from, size},
		     (struct iovec){to, size});

	if (r == 0) {
		know_page((uintptr_t)to >> 12);
		know_page(((uintptr_t)to + size - 1) >> 12);
	}
	return r;
}
