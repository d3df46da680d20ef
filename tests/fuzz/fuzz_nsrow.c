/* SPDX-License-Identifier: MIT
 * fuzz_nsrow.c - any bytes as the row of a namespace in the store: what is read keeps its bounds,
 * and is written back as the same bytes. A hunt, from the top of the source: clang
 * -fsanitize=fuzzer,address,undefined -g -D_GNU_SOURCE -Iinclude -Ilibfakeid -Ifaked
 * tests/fuzz/fuzz_nsrow.c faked/namespace_row.c libfakeid/core/{idmap*,nsspec}.c -o fuzz_nsrow &&
 * ./fuzz_nsrow NEW tests/fuzz/corpus/nsrow
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../faked/namespace_row.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct nsspec spec, again_spec;
	static uint8_t again[NAMESPACE_ROW_BYTES_MAX];
	struct store_namespace entry = {.number = 7}, head = {.number = 7};
	size_t again_size = 0;
	int r = namespace_row_decode(bytes, size, &entry, &spec);

	must(r == 0 || r == -EBADMSG);
	if (r < 0)
		return 0;

	must(entry.number == 7 && entry.tag_size <= sizeof entry.tag);
	must(namespace_row_decode(bytes, size, &head, NULL) == 0);
	must(memcmp(&entry, &head, sizeof entry) == 0);
	r = namespace_row_encode(&entry, &spec, again, &again_size);
	if (size > NAMESPACE_ROW_BYTES_MAX - sizeof entry.tag) {
		must(r == 0 || r == -EMSGSIZE);
		return 0;
	}
	must(r == 0);
	if (bytes[0] == 3) /* older versions become version 3 */
		must(again_size == size && memcmp(again, bytes, size) == 0);
	must(namespace_row_decode(again, again_size, &head, &again_spec) == 0);
	must(memcmp(&entry, &head, sizeof entry) == 0);
	return 0;
}
