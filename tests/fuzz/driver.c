/* SPDX-License-Identifier: MIT
 * driver.c - runs a fuzzer over files, for builds without libFuzzer: each as it is, and with every
 * byte changed once. Usage: fuzz_X FILE...
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

/* In memory of its exact size, so that a sanitizer sees a byte read beyond. */
static void run(const uint8_t *bytes, size_t size)
{
	uint8_t *exact = malloc(size + (size == 0));

	if (!exact)
		abort();
	memcpy(exact, bytes, size);
	(void)LLVMFuzzerTestOneInput(exact, size); /* always 0: a fuzzer aborts at a fault */
	free(exact);
}

int main(int argc, char **argv)
{
	static uint8_t bytes[65536];
	unsigned long n_runs = 0;

	for (int i = 1; i < argc; i++) {
		FILE *file = fopen(argv[i], "r");
		size_t size;

		if (!file) {
			perror(argv[i]);
			return 1;
		}
		size = fread(bytes, 1, sizeof bytes, file);
		(void)fclose(file); /* was read only */
		run(bytes, size);
		for (size_t at = 0; at < size; at++) {
			bytes[at] ^= (uint8_t)(1u << at % 8);
			run(bytes, size);
			bytes[at] ^= (uint8_t)(1u << at % 8);
		}
		n_runs += size + 1;
	}
	printf("%d files, %lu runs\n", argc - 1, n_runs);
	return n_runs == 0;
}
