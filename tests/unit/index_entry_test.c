/* SPDX-License-Identifier: MIT
 * index_entry_test.c - any record comes out of the index as it went in, in one slot where it can be.
 */
#include "index_help.h"

static struct index seg;
static struct index_view view;

static void setup(void)
{
	seg = help_segment(INDEX_BUCKETS_MIN, 1);
	view = (struct index_view){.cur = &seg};
}

static void teardown(void)
{
	help_unmap(&seg);
}

/* Publish, find it, and the slots it took. */
static uint64_t round_trip(struct record_key key, const struct record *record)
{
	uint64_t before = index_count_slots(&seg), version;
	struct record found;

	ck_assert_int_eq(index_publish(&view, key, 0, record), 0);
	memset(&found, 0xA5, sizeof(found));
	ck_assert_int_eq(index_find(&view, key, &found, &version),
			 record->flags & RECORD_NONE ? -ENOENT : 0);
	ck_assert(help_equal(&found, record));
	ck_assert_uint_ne(version, 0);
	return index_count_slots(&seg) - before;
}

#define NS (UINT64_C(7) << 32)
#define TOP (ROW_NS_MASK << 32)
#define TOP_VOLUME ((1u << ROW_VOLUME_BITS) - 1)
#define BOTH (RECORD_UID | RECORD_GID)

START_TEST(test_what_takes_one_slot_and_what_takes_two)
{
	static const struct {
		const char *why;
		struct record record;
		uint64_t n_slots;
	} rows[] = {
		{"owner and group", {{NS | 3}, {NS | 4}, 5, 6, 0, 0, 0100644, BOTH}, 1},
		{"largest ids",
		 {{NS | UINT32_MAX}, {NS | UINT32_MAX}, 5, 6, 0, 0, UINT16_MAX, BOTH},
		 1},
		{"large namespaces", {{TOP | 3}, {TOP | 4}, 5, 6, 0, 0, 0, BOTH}, 1},
		{"two namespaces", {{NS | 3}, {4}, 5, 6, 0, 0, 0, BOTH}, 1},
		{"machine's ids", {{3}, {4}, 5, 6, 0, 0, 0, BOTH}, 1},
		{"owner alone", {{NS | 3}, {0}, 5, 6, 0, 0, 0, RECORD_UID}, 1},
		{"group alone", {{0}, {NS | 4}, 5, 6, 0, 0, 0, RECORD_GID}, 1},
		{"neither", {{0}, {0}, 5, 6, 0, 0, 04755, RECORD_MODE}, 1},
		{"extreme times", {{NS}, {NS}, INT64_MIN, INT64_MAX, 0, 0, 0, BOTH}, 1},
		{"time -1", {{NS}, {NS}, -1, -1, 0, 0, 0, BOTH}, 1},
		{"no birth time", {{NS}, {NS}, 0, 6, 0, 0, 0, BOTH}, 1},
		{"handle", {{NS}, {NS}, 0, 6, 0, UINT32_MAX, 0, BOTH}, 1},
		{"device without birth time",
		 {{NS}, {NS}, 0, 6, UINT32_MAX, 9, 020600, BOTH | RECORD_NODE},
		 1},
		{"deletion", {.flags = RECORD_NONE}, 1},
		{"all flags", {{NS | 3}, {NS | 4}, 5, 6, 0, 0, 0, UINT8_MAX & ~RECORD_NONE}, 1},
		{"device", {{NS}, {NS}, 5, 6, 1, 0, 020600, BOTH | RECORD_NODE}, 2},
		{"birth time and handle", {{NS}, {NS}, 5, 6, 0, 1, 0, BOTH}, 2},
		{"larger namespace of the owner", {{TOP << 1}, {NS}, 5, 6, 0, 0, 0, BOTH}, 2},
		{"larger namespace of the group", {{NS}, {UINT64_MAX}, 5, 6, 0, 0, 0, BOTH}, 2},
		{"ids that do not count", {{NS | 3}, {4}, 5, 6, 0, 0, 0, RECORD_MODE}, 1},
		{"a ninth flag", {{NS}, {NS}, 5, 6, 0, 0, 0, BOTH | 1 << 8}, 2},
		{"wide deletion", {{1}, {2}, 3, 4, 5, 6, 7, RECORD_NONE}, 2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		ck_assert_msg(round_trip((struct record_key){i, TOP_VOLUME}, &rows[i].record) ==
				      rows[i].n_slots,
			      "%s", rows[i].why);
	ck_assert_uint_eq(round_trip((struct record_key){0, TOP_VOLUME + 1}, &rows[0].record), 2);
	ck_assert_uint_eq(round_trip((struct record_key){0, UINT32_MAX}, &rows[0].record), 2);
}
END_TEST

static uint64_t pick(uint64_t *random)
{
	static const uint64_t edges[] = {0, 0, 1, UINT32_MAX, NS, NS | 3, UINT64_MAX, 1 << 15};
	uint64_t x = help_random(random);

	return x % 4 ? edges[x >> 8 & 7] : help_random(random);
}

/* Over each other, so that every kind of entry follows every other one. */
START_TEST(test_random_records_come_back)
{
	uint64_t random = 0x5eed;

	for (int i = 0; i < 200000; i++) {
		struct record_key key = {i % 3 ? (uint64_t)i % 50 : UINT64_MAX - (uint64_t)i % 5,
					 i % 7 ? VOLUME : UINT32_MAX};
		struct record record = {
			.uid = {pick(&random)},
			.gid = {pick(&random)},
			.btime_ns = (int64_t)pick(&random),
			.ctime_ns = (int64_t)pick(&random),
			.rdev = (uint32_t)pick(&random),
			.handle = (uint32_t)pick(&random),
			.mode = (uint16_t)pick(&random),
			.flags = (uint16_t)pick(&random) & ~RECORD_NONE,
		};
		struct record found;
		uint64_t version;

		help_put(&view, key, &record);
		must(index_find(&view, key, &found, &version) == 0);
		must(help_equal(&found, &record));
	}
	/* Nothing leaked: what is not live is free. */
	for (uint32_t i = 0; i < seg.n_buckets; i++) {
		struct index_bucket *bucket = index_bucket(&seg, i);

		must(atomic_load(&bucket->claimed) == (atomic_load(&bucket->live) & WORD_SLOTS));
	}
}
END_TEST

/* More volumes and namespaces than there are contexts. */
START_TEST(test_without_a_context_left_entries_are_wide)
{
	const struct record first = {{UINT64_C(1) << 32}, {UINT64_C(1) << 32}, .flags = BOTH};
	uint64_t n_compact = 0;

	for (uint32_t i = 0; i < 300; i++) {
		uint64_t ns = (uint64_t)(i % 2 + 1) << 32;
		struct record record = {{ns | i}, {ns | i}, 5, 6, 0, 0, 0100644, BOTH};

		n_compact += round_trip((struct record_key){1000 + i * 32, 1 + i / 2}, &record) ==
			     1;
	}
	ck_assert_uint_eq(n_compact, INDEX_CONTEXTS - 2);
	/* And one that has a context still gets it. */
	ck_assert_uint_eq(round_trip((struct record_key){5, 1}, &first), 1);
}
END_TEST

static int count(void *context, struct record_key key, const struct record *record)
{
	ck_assert(help_is_whole(key, record));
	++*(int *)context;
	return 0;
}

/* The second slot of an entry is nobody's entry, whatever number its words make. */
START_TEST(test_second_slot_is_no_entry)
{
	struct record wide = help_record(help_key(5), 77), found;
	struct index_place place;
	uint64_t version;
	int n = 0;

	ck_assert_uint_eq(round_trip(help_key(5), &wide), 2);
	ck_assert_int_eq(index_lookup(&seg, help_key(5), false, &place, NULL), 0);
	ck_assert_uint_eq(place.slots, 3);
	for (uint32_t tag = 0; tag < 256; tag++) {
		atomic_store(&place.bucket->tags[0], tag * UINT64_C(0x0101010101010101));
		for (uint32_t volume = 1; volume < 300; volume++) {
			struct record_key key = {wide.uid.value, volume};

			must(index_find(&view, key, &found, &version) == -ENOENT);
			must(version == 0);
		}
	}
	index_each(&seg, count, &n);
	ck_assert_int_eq(n, 1);
	ck_assert_uint_eq(index_count_dirty(&seg), 1);
	ck_assert_int_eq(help_flush(&seg), 1);
	ck_assert(!index_is_dirty(&seg));
	ck_assert_uint_eq(atomic_load(&seg.header->dirty), 0);
}
END_TEST

/* A bucket with one slot left takes no wide entry, and keeps what it has. */
START_TEST(test_one_free_slot_is_too_few_for_a_wide_entry)
{
	struct record wide = help_record(help_key(5), 9);
	struct index_place place;

	help_set(&view, 5, 4);
	ck_assert_int_eq(index_lookup(&seg, help_key(5), false, &place, NULL), 0);
	atomic_store(&place.bucket->claimed, WORD_SLOTS & ~index_bit(9));
	ck_assert_int_eq(index_publish(&view, help_key(5), place.version, &wide), -EXFULL);
	ck_assert_uint_eq(atomic_load(&place.bucket->claimed), WORD_SLOTS & ~index_bit(9));
	ck_assert_int_eq(help_get(&view, 5), 4);
	help_set(&view, 5, 8);
	ck_assert_int_eq(help_get(&view, 5), 8);
}
END_TEST

/* The growth copies both slots, and the contexts of the next segment are its own. */
START_TEST(test_growth_keeps_every_kind)
{
	struct index larger = help_segment(INDEX_BUCKETS_MIN * 2, 2);
	struct index_view after = {.cur = &larger};
	struct record other = {{NS | 3}, {NS | 4}, 5, 6, 0, 0, 0100644, BOTH}, found;
	uint64_t version;

	(void)round_trip((struct record_key){9, 1234}, &other);
	for (uint64_t i = 0; i < 100; i++)
		help_set(&view, i, i);
	help_announce(&seg, &larger);
	for (uint32_t i = seg.n_buckets; i-- > 0;)
		must(index_move_bucket(&seg, &larger, i) == 0);
	atomic_store(&seg.header->state, INDEX_RETIRED);
	for (uint64_t i = 0; i < 100; i++)
		ck_assert_int_eq(help_get(&after, i), (int64_t)i);
	ck_assert_int_eq(index_find(&after, (struct record_key){9, 1234}, &found, &version), 0);
	ck_assert(help_equal(&found, &other));
	ck_assert_uint_eq(index_count_slots(&larger), index_count_slots(&seg));
	help_unmap(&larger);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index entry");
	TCase *tcase = tcase_create("rules");

	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, test_what_takes_one_slot_and_what_takes_two);
	tcase_add_test(tcase, test_random_records_come_back);
	tcase_add_test(tcase, test_without_a_context_left_entries_are_wide);
	tcase_add_test(tcase, test_second_slot_is_no_entry);
	tcase_add_test(tcase, test_one_free_slot_is_too_few_for_a_wide_entry);
	tcase_add_test(tcase, test_growth_keeps_every_kind);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
