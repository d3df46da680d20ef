/* SPDX-License-Identifier: MIT
 * fuzz_key.c - any bytes as a key, in a message or in the store: what is read keeps its bounds, is
 * written back as the same bytes, and can be put on a ring. A hunt, from the top of the source:
 * clang -fsanitize=fuzzer,address,undefined -g -D_GNU_SOURCE -Iinclude -Ilibfakeid
 * tests/fuzz/fuzz_key.c libfakeid/core/{idmap*,idspace,key,keyring}.c -o fuzz_key &&
 * ./fuzz_key NEW tests/fuzz/corpus/key
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct keyring ring;
	static struct idspace files[FAKEID_IDKIND_N];
	static uint8_t again[KEY_BYTES_MAX];
	struct reader r = {bytes, size, false};
	struct writer w = {again, sizeof again, false};
	struct key key;
	int result = key_decode(&r, &key);

	must(result == 0 || result == -EBADMSG);
	if (result < 0)
		return 0;

	key_encode(&key, &w);
	must(!w.bad && sizeof again - w.left == size - r.left);
	must(memcmp(again, bytes, size - r.left) == 0);

	memset(&ring, 0, sizeof ring);
	files[FAKEID_UID].own = files[FAKEID_GID].own = 7;
	must(keyring_add(&ring, &key, files) == 0);
	for (int at = 0; at < FAKEID_IDKIND_N; at++) {
		enum fakeid_idkind kind = (enum fakeid_idkind)at;

		must(keyring_caps(&ring, kind, fakeid_kid_make(7, 0)) == key.caps);
		for (uint32_t i = 0; i < key.n_pairs[kind]; i++) {
			const struct key_pair *pair = &key.pairs[kind][i];
			uint32_t id;

			must(keyring_up(&ring, kind, fakeid_kid_make(7, pair->from), &id) == 0);
			must(id == pair->to);
		}
	}
	return 0;
}
