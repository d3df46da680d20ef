/* SPDX-License-Identifier: MIT
 * lchowns.c - bench/run's writer: change the owner of every entry of a directory, ROUNDS times, and
 * each time to another owner, so that each call has something to record.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int rounds = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;

	if (rounds < 1 || chdir(argv[1]) < 0) {
		fprintf(stderr, "usage: lchowns DIR ROUNDS\n");
		return 2;
	}

	for (int round = 0; round < rounds; round++) {
		DIR *dir = opendir(".");
		struct dirent *entry;

		if (!dir) {
			perror("opendir");
			return 1;
		}
		while ((entry = readdir(dir)) != NULL) {
			if (entry->d_name[0] == '.')
				continue;
			if (lchown(entry->d_name, (uid_t)(100 + round), 7) < 0) {
				perror(entry->d_name);
				return 1;
			}
		}
		closedir(dir);
	}
	return 0;
}
