/* SPDX-License-Identifier: MIT
 * idmap_kernel_text.c - texts by hand: what the kernel and the library say of each.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idmap_kernel.h"

static const struct {
	const char *text;
	bool only_kernel; /* it takes numbers modulo 2^32, and ends at a NUL; the library refuses */
} by_hand[] = {
	{"", false},
	{"\n", false},
	{" ", false},
	{"0 0 1", false},
	{"0 0 1\n", false},
	{"0 0 1\n\n", false},
	{"\n0 0 1\n", false},
	{"0 0 1\n1 1 1", false},
	{" \t\v\f\r0\t0\v1\r\n", false},
	{"0 0", false},
	{"0 0 \n", false},
	{"0 0 1 1\n", false},
	{"0 0 1x\n", false},
	{"0x1 0 1\n", false},
	{"+1 0 1\n", false},
	{"-1 0 1\n", false},
	{"000000000000000000000000000 00 01\n", false},
	{"0:0:1\n", false},
	{"0 0 0\n", false},
	{"4294967294 0 1\n", false},
	{"4294967294 0 2\n", false},
	{"4294967295 0 1\n", false},
	{"0 4294967294 1\n", false},
	{"0 4294967294 2\n", false},
	{"0 4294967295 1\n", false},
	{"0 0 4294967295\n", false},
	{"1 0 4294967295\n", false},
	{"0 1 4294967295\n", false},
	{"0 1 4294967294\n", false},
	{"0 0 4294967296\n", false},
	{"4294967296 0 1\n", true},
	{"0 4294967297 1\n", true},
	{"0 0 4294967297\n", true},
	{"18446744073709551616 0 1\n", true},
	{"0 10 5\n5 15 5\n", false},
	{"5 15 5\n0 10 5\n", false},
	{"0 10 5\n4 20 5\n", false},
	{"0 10 5\n5 14 5\n", false},
	{"0 10 5\n5 9 2\n", false},
	{"0 10 5\n5 20 5\n0 30 0\n", false},
};

static int kernels_answer(const char *text, size_t len)
{
	int turn[2], r;
	char ready;
	pid_t pid;

	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, turn) == 0, "socketpair");
	pid = fork();
	must(pid >= 0, "fork");
	if (pid == 0) {
		close(turn[0]);
		must(unshare(CLONE_NEWUSER) == 0 && write(turn[1], "u", 1) == 1, "unshare");
		_exit(read(turn[1], &ready, 1) != 0);
	}
	close(turn[1]);
	must(read(turn[0], &ready, 1) == 1, "the child's start");
	r = write_proc(pid, "uid_map", text, len);
	close(turn[0]);
	must(waitpid(pid, NULL, 0) == pid, "waitpid");
	return r;
}

void check_by_hand(void)
{
	static char text[2 * TEXT_BYTES];
	size_t len = 0;

	for (size_t i = 0; i < sizeof by_hand / sizeof by_hand[0]; i++) {
		const char *line = by_hand[i].text;
		int ours = fakeid_idmap_check_write(line, strlen(line), page_bytes, NULL, NULL);

		(void)snprintf(shared->text[0], TEXT_BYTES, "%s", line);
		if (by_hand[i].only_kernel)
			compare("too large for the library", i, ours, -EINVAL);
		compare("text by hand", i, kernels_answer(line, strlen(line)),
			by_hand[i].only_kernel ? 0 : ours);
	}

	/* A page, and a byte less: blanks at the end of a line are fine. */
	memset(text, ' ', page_bytes);
	memcpy(text, "0 0 1", 5);
	for (size_t n = page_bytes - 2; n <= page_bytes; n++)
		compare("text of bytes", n, kernels_answer(text, n),
			fakeid_idmap_check_write(text, n, page_bytes, NULL, NULL));

	for (unsigned i = 0; i < 342; i++) {
		len += (size_t)snprintf(text + len, sizeof text - len, "%u %u 1\n", i, i);
		if (i >= 338)
			compare("lines", i + 1, kernels_answer(text, len),
				fakeid_idmap_check_write(text, len, page_bytes, NULL, NULL));
	}
}
