/* SPDX-License-Identifier: MIT
 * index_threads_test.c - readers, writers and a daemon that flushes and grows, all at once on one
 * index. Meant to be run under TSan, too (--enable-sanitizers=thread).
 */
#include <pthread.h>
#include <sched.h>

#include "index_help.h"

#define N_WRITERS 3u
#define N_READERS 2u
#define N_SHARED 40u  /* keys that all writers count up */
#define N_PRIVATE 60u /* keys of each writer */
#define MAX_GROWTHS 30u

/* Operations of each writer; TSan makes each of them fifty times as long. */
#if defined(__SANITIZE_THREAD__)
#define N_OPS 50000u
#else
#define N_OPS 400000u
#endif
#define N_KEYS (N_SHARED + N_WRITERS * N_PRIVATE)

static struct index segments[MAX_GROWTHS + 1];
static struct index_view views[2 * MAX_GROWTHS + 1];
static _Atomic(const struct index_view *) current;
static _Atomic uint32_t n_running, n_exfull;

/* What the store holds, by inode: the daemon's own. */
static struct record store[N_KEYS], staged[N_KEYS];

static const struct index_view *view_now(void)
{
	return atomic_load_explicit(&current, memory_order_acquire);
}

static int find(uint64_t ino, struct record *ret_record, uint64_t *ret_version)
{
	int r;

	while ((r = index_find(view_now(), help_key(ino), ret_record, ret_version)) == -ESTALE)
		sched_yield();
	must(r == 0 || r == -ENOENT);
	if (r == 0)
		must(help_is_whole(help_key(ino), ret_record));
	return r;
}

static int publish(uint64_t ino, uint64_t version, const struct record *record)
{
	int r;

	while ((r = index_publish(view_now(), help_key(ino), version, record)) == -ESTALE ||
	       r == -EXFULL) {
		if (r == -EXFULL)
			atomic_fetch_add(&n_exfull, 1);
		sched_yield();
	}
	must(r == 0 || r == -EAGAIN);
	return r;
}

/* Count a shared key up; only the version keeps two writers from the same step. */
static void count_up(uint64_t ino)
{
	struct record record;
	uint64_t version;
	int r;

	do {
		uint64_t seed = find(ino, &record, &version) == 0 ? record.uid.value : 0;

		record = help_record(help_key(ino), seed + 1);
		r = publish(ino, version, &record);
	} while (r != 0);
}

static void write_private(uint64_t ino, uint64_t seed)
{
	struct record record, found;
	uint64_t version, after;
	int r;

	find(ino, &found, &version);
	record = seed % 4 ? help_record(help_key(ino), seed) : help_tombstone();
	r = publish(ino, version, &record);
	if (r != 0) {
		/* Only the daemon can have been in the way: it freed a tombstone. */
		must(find(ino, &found, &version) == -ENOENT);
		must(publish(ino, version, &record) == 0);
	}
	r = find(ino, &found, &after);
	must(r == (seed % 4 ? 0 : -ENOENT));
	if (r == 0)
		must(help_equal(&found, &record));
	must(after != version || r != 0);
}

static void *writer(void *argument)
{
	uint64_t number = (uint64_t)(uintptr_t)argument, random = 0x5eed + number;

	for (uint64_t i = 0; i < N_OPS; i++) {
		uint64_t choice = help_random(&random);

		if (choice % 2)
			count_up((choice >> 8) % N_SHARED);
		else
			write_private(N_SHARED + number * N_PRIVATE + (choice >> 8) % N_PRIVATE, i);
	}
	atomic_fetch_sub(&n_running, 1);
	return NULL;
}

static void *reader(void *argument)
{
	uint64_t random = 0xbeef + (uint64_t)(uintptr_t)argument;
	uint64_t last[N_SHARED] = {0};

	while (atomic_load(&n_running)) {
		uint64_t ino = help_random(&random) % N_KEYS;
		struct record record;
		uint64_t version;
		int r = find(ino, &record, &version);

		/* A counter never goes back, and never goes away. */
		if (ino < N_SHARED) {
			uint64_t seed = r == 0 ? record.uid.value : 0;

			must(seed >= last[ino]);
			last[ino] = seed;
		}
	}
	return NULL;
}

static int stage(void *context, struct record_key key, const struct record *record)
{
	(void)context;
	must(key.ino < N_KEYS);
	must(record->flags == RECORD_NONE || help_is_whole(key, record));
	if (key.ino < N_SHARED)
		must(record->uid.value >= staged[key.ino].uid.value);
	staged[key.ino] = *record;
	return 0;
}

static void flush(const struct index *index, unsigned int fate)
{
	memcpy(staged, store, sizeof(store));
	must(index_flush_begin(index, stage, NULL) >= 0);
	if (fate % 8 == 1) {
		index_flush_end(index, false);
	} else if (fate % 8 == 2) {
		index_flush_recover(index);
	} else {
		memcpy(store, staged, sizeof(store));
		index_flush_end(index, true);
	}
}

static void grow(uint32_t n, unsigned int *fate)
{
	const struct index *from = &segments[n], *to = &segments[n + 1];

	segments[n + 1] = help_segment(INDEX_BUCKETS_MIN << (n % 3), n + 2);
	help_announce(from, to);
	views[2 * n + 1] = (struct index_view){.cur = from, .next = to};
	atomic_store_explicit(&current, &views[2 * n + 1], memory_order_release);
	for (uint32_t i = 0; i < from->n_buckets; i++) {
		must(index_move_bucket(from, to, i) == 0);
		if (i % 16 == 0)
			flush(from, ++*fate);
	}
	atomic_store(&from->header->state, INDEX_RETIRED);
	views[2 * n + 2] = (struct index_view){.cur = to};
	atomic_store_explicit(&current, &views[2 * n + 2], memory_order_release);
}

/* Runs in the test's own thread until the writers are done. Returns the last segment. */
static const struct index *be_the_daemon(void)
{
	uint32_t n_growths = 0;
	unsigned int fate = 0;

	while (atomic_load(&n_running)) {
		for (int i = 0; i < 20; i++)
			flush(&segments[n_growths], ++fate);
		sched_yield();
		if (n_growths < MAX_GROWTHS)
			grow(n_growths++, &fate);
	}
	printf("%u growths, %u flushes, %u times -EXFULL\n", n_growths, fate,
	       atomic_load(&n_exfull));
	ck_assert_uint_gt(n_growths, 2);
	return &segments[n_growths];
}

static void check_end(const struct index *last)
{
	uint64_t sum = 0, expected = 0;

	for (uint32_t number = 0; number < N_WRITERS; number++) {
		uint64_t random = 0x5eed + number;

		for (uint32_t i = 0; i < N_OPS; i++)
			expected += help_random(&random) % 2;
	}
	flush(last, 0);
	ck_assert(!index_is_dirty(last));
	for (uint64_t ino = 0; ino < N_KEYS; ino++) {
		struct record record;
		uint64_t version;
		int r = find(ino, &record, &version);

		if (ino < N_SHARED)
			sum += record.uid.value;
		if (r == 0)
			ck_assert(help_equal(&record, &store[ino]));
		else
			ck_assert(store[ino].flags == RECORD_NONE || store[ino].flags == 0);
	}
	ck_assert_msg(sum == expected, "%llu updates counted, %llu made", (unsigned long long)sum,
		      (unsigned long long)expected);
}

START_TEST(test_nothing_is_torn_lost_or_brought_back)
{
	pthread_t threads[N_WRITERS + N_READERS];

	segments[0] = help_segment(INDEX_BUCKETS_MIN, 1);
	views[0] = (struct index_view){.cur = &segments[0]};
	atomic_store(&current, &views[0]);
	atomic_store(&n_running, N_WRITERS);
	for (uintptr_t i = 0; i < N_WRITERS + N_READERS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, i < N_WRITERS ? writer : reader,
						(void *)i),
				 0);
	const struct index *last = be_the_daemon();

	for (uintptr_t i = 0; i < N_WRITERS + N_READERS; i++)
		pthread_join(threads[i], NULL);
	check_end(last);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index threads");
	TCase *tcase = tcase_create("threads");

	tcase_set_timeout(tcase, 100);
	tcase_add_test(tcase, test_nothing_is_torn_lost_or_brought_back);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
