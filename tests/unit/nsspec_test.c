/* SPDX-License-Identifier: MIT
 * nsspec_test.c - what a namespace is made of, as bytes: there and back, cut, flipped, and refused.
 */
#include "nsspec_help.h"

#define SEED UINT64_C(0x1d3a90002)

static struct nsspec spec, back; /* too large for a stack */
static uint8_t bytes[2 * NSSPEC_BYTES_MAX], again[2 * NSSPEC_BYTES_MAX];

static size_t encode(const struct nsspec *from, uint8_t *ret_bytes)
{
	struct writer w = {ret_bytes, sizeof bytes, false};

	nsspec_encode(from, &w);
	holds(!w.bad);
	return sizeof bytes - w.left;
}

/* All of `size` bytes, in a buffer that a sanitizer knows the end of. */
static int decode(const uint8_t *from, size_t size, struct nsspec *ret_spec)
{
	uint8_t *exact = malloc(size + (size == 0));
	struct reader r = {exact, size, false};
	int result;

	holds(exact != NULL);
	memcpy(exact, from, size);
	result = nsspec_decode(&r, ret_spec);
	free(exact);
	return result < 0 ? result : read_done(&r) ? 0 : -EBADMSG;
}

START_TEST(test_decode_gives_back_what_was_encoded)
{
	uint64_t state = SEED;

	printf("seed %#jx\n", (uintmax_t)SEED);
	for (int round = 0; round < 3000; round++) {
		struct reader r = {bytes, 0, false};

		random_spec(&state, &spec);
		r.left = encode(&spec, bytes) + 5; /* more may follow */
		memset(&back, 0xa5, sizeof back);
		holds(nsspec_decode(&r, &back) == 0 && !r.bad && r.left == 5);
		holds(same_spec(&spec, &back));
	}
}
END_TEST

START_TEST(test_a_spec_cut_anywhere_is_refused)
{
	uint64_t state = SEED;

	for (int round = 0; round < 100; round++) {
		size_t size;

		random_spec(&state, &spec);
		size = encode(&spec, bytes);
		for (size_t cut = 0; cut < size; cut++)
			holds(decode(bytes, cut, &back) == -EBADMSG);
	}
}
END_TEST

START_TEST(test_a_flipped_bit_is_refused_or_another_spec)
{
	uint64_t state = SEED;
	int n_refused = 0, n_others = 0;

	for (int round = 0; round < 100; round++) {
		size_t size;

		random_spec(&state, &spec);
		size = encode(&spec, bytes);
		for (size_t bit = 0; bit < size * 8; bit++) {
			int r;

			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
			r = decode(bytes, size, &back);
			holds(r == 0 || r == -EBADMSG);
			if (r == 0)
				holds(encode(&back, again) == size &&
				      memcmp(bytes, again, size) == 0);
			*(r == 0 ? &n_others : &n_refused) += 1;
			bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		}
	}
	ck_assert_int_gt(n_refused, 1000);
	ck_assert_int_gt(n_others, 1000);
}
END_TEST

static const struct path_row {
	const char *path;
	int result;
	const char *why;
} path_rows[] = {
	{"/", 0, "the whole file system"},
	{"/a", 0, "one component"},
	{"/a/b.c/..d/...", 0, "dots in longer names are names"},
	{"/a b\n", 0, "any byte but NUL and slash is a name"},
	{"", -EBADMSG, "no path"},
	{"a", -EBADMSG, "relative"},
	{"a/b", -EBADMSG, "relative"},
	{"//", -EBADMSG, "an empty component"},
	{"//a", -EBADMSG, "an empty component in front"},
	{"/a//b", -EBADMSG, "an empty component"},
	{"/a/", -EBADMSG, "a slash at the end"},
	{"/.", -EBADMSG, "a dot"},
	{"/..", -EBADMSG, "two dots"},
	{"/./a", -EBADMSG, "a dot in front"},
	{"/a/./b", -EBADMSG, "a dot"},
	{"/a/../b", -EBADMSG, "two dots"},
	{"/a/..", -EBADMSG, "two dots at the end"},
	{"/a/.", -EBADMSG, "a dot at the end"},
};

static size_t encode_path(const char *path, size_t len)
{
	struct writer w = {bytes, sizeof bytes, false};

	nsspec_init(&spec);
	nsspec_encode(&spec, &w);
	w.at[-2] = 1; /* a path follows */
	write_u16(&w, (uint16_t)len);
	write_bytes(&w, path, len);
	write_u16(&w, 0);
	return sizeof bytes - w.left;
}

START_TEST(test_only_canonical_paths_are_read)
{
	const struct path_row *row = &path_rows[_i];
	int r = decode(bytes, encode_path(row->path, strlen(row->path)), &back);

	ck_assert_msg(r == row->result, "'%s' (%s): %d", row->path, row->why, r);
	if (r == 0)
		ck_assert_str_eq(back.paths[0].path, row->path);
}
END_TEST

START_TEST(test_a_path_has_no_nul_and_is_shorter_than_a_page)
{
	static char path[NSSPEC_PATH_BYTES + 1];

	ck_assert_int_eq(decode(bytes, encode_path("/a\0b", 4), &back), -EBADMSG);
	memset(path, 'p', sizeof path);
	path[0] = '/';
	ck_assert_int_eq(decode(bytes, encode_path(path, NSSPEC_PATH_BYTES - 1), &back), 0);
	ck_assert_uint_eq(strlen(back.paths[0].path), NSSPEC_PATH_BYTES - 1);
	ck_assert_int_eq(decode(bytes, encode_path(path, NSSPEC_PATH_BYTES), &back), -EBADMSG);
}
END_TEST

START_TEST(test_one_path_has_one_map)
{
	nsspec_init(&spec);
	spec.n_paths = 2;
	(void)strcpy(spec.paths[0].path, "/a");
	(void)strcpy(spec.paths[1].path, "/a");
	spec.paths[0].map = map_of("0:5:1");
	spec.paths[1].map = map_of("0:6:1");
	ck_assert_int_eq(decode(bytes, encode(&spec, bytes), &back), -EBADMSG);
	(void)strcpy(spec.paths[1].path, "/b");
	ck_assert_int_eq(decode(bytes, encode(&spec, bytes), &back), 0);
}
END_TEST

static const struct refused_row {
	const char *why;
	uint32_t flags, unmapped, fsns;
	const char *map; /* extents in this order, without a check */
} refused_rows[] = {
	{"an unknown flag", 1u << 2, 0, 0, ""},
	{"an unknown request flag", 1u << 17, 0, 0, ""},
	{"an unknown policy", 0, UNMAPPED_N, 0, ""},
	{"a filesystem namespace that was not chosen", 0, 0, 3, ""},
	{"an extent of nothing", 0, 0, 0, "0:5:0"},
	{"id -1", 0, 0, 0, "4294967295:5:1"},
	{"an extent that reaches -1", 0, 0, 0, "4294967294:5:2"},
	{"an extent that wraps", 0, 0, 0, "4294967290:5:10"},
	{"the same, outside", 0, 0, 0, "5:4294967290:10"},
	{"inside ids twice", 0, 0, 0, "0:5:3,2:10:1"},
	{"outside ids twice", 0, 0, 0, "0:5:3,4:7:1"},
	{"another order", 0, 0, 0, "5:5:1,0:0:1"},
};

START_TEST(test_what_encode_would_not_write_is_refused)
{
	const struct refused_row *row = &refused_rows[_i];
	int used = 0, n;

	nsspec_init(&spec);
	spec.flags = row->flags;
	spec.unmapped = row->unmapped;
	spec.fsns = row->fsns;
	for (const char *at = row->map; *at; at += used) {
		struct fakeid_idmap *map = &spec.map[FAKEID_GID];
		struct fakeid_idmap_extent *extent = &map->extent[map->n++];

		n = sscanf(at, "%u:%lu:%u%n", &extent->upper, &extent->lower.value, &extent->count,
			   &used);
		ck_assert_int_eq(n, 3);
		used += at[used] == ',';
	}
	ck_assert_msg(decode(bytes, encode(&spec, bytes), &back) == -EBADMSG, "%s", row->why);
}
END_TEST

START_TEST(test_a_capability_that_there_is_not_is_refused)
{
	for (unsigned cap = 0; cap < 64; cap++) {
		nsspec_init(&spec);
		spec.caps = UINT64_C(1) << cap;
		ck_assert_int_eq(decode(bytes, encode(&spec, bytes), &back),
				 cap < CREDS_CAP_COUNT ? 0 : -EBADMSG);
	}
}
END_TEST

/* Where an older fakeid had no capabilities, all are read; the rest is where it was. */
START_TEST(test_bytes_without_capabilities_mean_all_of_them)
{
	uint64_t state = SEED;

	for (int round = 0; round < 500; round++) {
		struct reader r = {again, 0, false};
		size_t size;

		random_spec(&state, &spec);
		size = encode(&spec, bytes);
		memcpy(again, bytes, 12);
		memcpy(again + 12, bytes + 20, size - 20);
		r.left = size - 8;
		holds(nsspec_decode_without_caps(&r, &back) == 0 && read_done(&r));
		spec.caps = CREDS_CAP_ALL;
		holds(same_spec(&spec, &back));
	}
}
END_TEST

START_TEST(test_full_maps_are_read_and_fuller_ones_are_not)
{
	nsspec_init(&spec);
	for (uint32_t i = 0; i < FAKEID_IDMAP_MAX; i++)
		spec.map[FAKEID_UID].extent[i] = (struct fakeid_idmap_extent){2 * i, 1, {3 * i}};
	spec.map[FAKEID_UID].n = FAKEID_IDMAP_MAX;
	ck_assert_int_eq(decode(bytes, encode(&spec, bytes), &back), 0);
	ck_assert_int_eq(back.map[FAKEID_UID].n, FAKEID_IDMAP_MAX);

	(void)encode(&spec, bytes);
	bytes[20] = (FAKEID_IDMAP_MAX + 1) & 0xff;
	ck_assert_int_eq(decode(bytes, sizeof bytes, &back), -EBADMSG);
	bytes[20] = bytes[21] = 0xff;
	ck_assert_int_eq(decode(bytes, sizeof bytes, &back), -EBADMSG);
}
END_TEST

START_TEST(test_a_writer_too_small_is_bad_and_not_overrun)
{
	uint64_t state = SEED;
	size_t size;

	random_spec(&state, &spec);
	size = encode(&spec, bytes);
	for (size_t room = 0; room < size; room++) {
		uint8_t *exact = malloc(room + (room == 0));
		struct writer w = {exact, room, false};

		nsspec_encode(&spec, &w);
		holds(w.bad);
		free(exact);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("nsspec");
	TCase *tcase = tcase_create("bytes");

	tcase_set_timeout(tcase, 120);
	tcase_add_test(tcase, test_decode_gives_back_what_was_encoded);
	tcase_add_test(tcase, test_a_spec_cut_anywhere_is_refused);
	tcase_add_test(tcase, test_a_flipped_bit_is_refused_or_another_spec);
	tcase_add_loop_test(tcase, test_only_canonical_paths_are_read, 0, LEN(path_rows));
	tcase_add_test(tcase, test_a_path_has_no_nul_and_is_shorter_than_a_page);
	tcase_add_test(tcase, test_one_path_has_one_map);
	tcase_add_loop_test(tcase, test_what_encode_would_not_write_is_refused, 0,
			    LEN(refused_rows));
	tcase_add_test(tcase, test_a_capability_that_there_is_not_is_refused);
	tcase_add_test(tcase, test_bytes_without_capabilities_mean_all_of_them);
	tcase_add_test(tcase, test_full_maps_are_read_and_fuller_ones_are_not);
	tcase_add_test(tcase, test_a_writer_too_small_is_bad_and_not_overrun);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
