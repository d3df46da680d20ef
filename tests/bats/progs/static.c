/* SPDX-License-Identifier: MIT
 * static.c - a program without a loader: it shows the kernel's ids, inside a session as outside.
 */
#include <stdio.h>
#include <unistd.h>

int main(void)
{
	printf("%u\n", (unsigned)geteuid());
	return 0;
}
