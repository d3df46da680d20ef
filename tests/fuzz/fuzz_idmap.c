/* SPDX-License-Identifier: MIT
 * fuzz_idmap.c - any bytes to the parsers of maps and subuid lines: what is accepted passes the
 * checks, prints, and reads back as the same. A hunt, from the top of the source: clang
 * -fsanitize=fuzzer,address,undefined -g -Iinclude -Ilibfakeid tests/fuzz/fuzz_idmap.c
 * libfakeid/core/idmap*.c -o fuzz_idmap && ./fuzz_idmap NEW tests/fuzz/corpus/idmap
 */
#include <stdlib.h>

#include <fakeid/idmap.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static void must(bool fine)
{
	if (!fine)
		abort();
}

static void try_map(const char *text, size_t len, enum fakeid_idmap_format format, unsigned flags)
{
	static char printed[FAKEID_IDMAP_TEXT_BYTES];
	static struct fakeid_idmap map, back;
	struct fakeid_idmap_report report = {.fault = FAKEID_IDMAP_FINE};
	struct fakeid_kid kid;
	size_t printed_len;
	uint32_t id;

	if (fakeid_idmap_parse(text, len, format, flags, &map, &report) < 0) {
		must(report.fault != FAKEID_IDMAP_FINE && report.offset < len + (len == 0));
		return;
	}
	must(fakeid_idmap_check(map.extent, map.n, flags & FAKEID_IDMAP_64, NULL) == 0);
	must(fakeid_idmap_print(&map, format, printed, sizeof printed, &printed_len) == 0);
	must(fakeid_idmap_parse(printed, printed_len, format, flags & FAKEID_IDMAP_64, &back,
				NULL) == 0);
	must(fakeid_idmap_equal(&map, &back));
	for (uint32_t i = 0; i < map.n; i++) {
		uint32_t last = map.extent[i].upper + (map.extent[i].count - 1);

		must(fakeid_idmap_down(&map, last, &kid) == 0);
		must(fakeid_idmap_up(&map, kid, &id) == 0 && id == last);
	}
	if (fakeid_idmap_invert(&map, &back) == 0)
		must(fakeid_idmap_invert(&back, &back) == 0 && fakeid_idmap_equal(&map, &back));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const char *text = (const char *)bytes;
	struct fakeid_subid subid;
	char line[512];
	size_t left = size, len;
	int r;

	for (unsigned flags = 0; flags < 4; flags++) {
		try_map(text, size, FAKEID_IDMAP_PROC, flags);
		try_map(text, size, FAKEID_IDMAP_COLON, flags);
	}
	while ((r = fakeid_subid_next(&text, &left, &subid)) != 0)
		if (r == 1 && subid.owner_len < 400)
			must(fakeid_subid_print(&subid, line, sizeof line, &len) == 0);
	must(left == 0);
	return 0;
}
