/* SPDX-License-Identifier: MIT
 * index_random_kill_test.c - several writer processes and a daemon that flushes and grows, each of
 * them killed and replaced at random for some seconds. No acknowledged update is missing at the
 * end, neither in the index nor in the store.
 */
#include <sched.h>

#include "index_step.h"

#define N_WRITERS 3u
#define N_ROLES (N_WRITERS + 1) /* the last one is the daemon */
#define N_KEYS 48u
#define N_KILLS 150u
#define MAX_SEGMENTS 200u
#define SEED UINT64_C(0x5eed0007)

struct shared {
	_Atomic uint32_t n;	 /* the segment in use */
	_Atomic uint32_t moving; /* n + 1: it is being moved there */
	_Atomic uint64_t acked[N_KEYS];
	_Atomic uint64_t n_exfull, n_flushes;
	_Atomic uint32_t broken;  /* a child saw something it must not see; its line */
	_Atomic uint32_t current; /* the store's valid copy */
	struct record store[2][N_KEYS];
};

static struct shared *shared;
static struct index segments[MAX_SEGMENTS];

/* Children report through shared memory: they have no business in Check's pipe. */
#define must_child(condition)                                    \
	do {                                                     \
		if (!(condition)) {                              \
			atomic_store(&shared->broken, __LINE__); \
			_exit(1);                                \
		}                                                \
	} while (0)

static struct index_view view_now(void)
{
	uint32_t n = atomic_load(&shared->n), moving = atomic_load(&shared->moving);

	return (struct index_view){
		.cur = &segments[n],
		.next = moving == n + 1 ? &segments[n + 1] : NULL,
	};
}

static void be_writer(uint64_t random)
{
	for (;;) {
		uint64_t ino = help_random(&random) % N_KEYS, seed, version;
		struct record_key key = help_key(ino);
		struct index_view view = view_now();
		struct record record;
		int r = index_find(&view, key, &record, &version);

		if (r == -ESTALE)
			continue;
		must_child(r == -ENOENT || (r == 0 && help_is_whole(key, &record)));
		seed = r == 0 ? record.uid.value : 0;
		record = help_record(key, seed + 1);
		r = index_publish(&view, key, version, &record);
		if (r == 0) {
			atomic_fetch_add(&shared->acked[ino], 1);
		} else if (r == -EXFULL) {
			atomic_fetch_add(&shared->n_exfull, 1);
			sched_yield();
		} else {
			must_child(r == -EAGAIN || r == -ESTALE);
		}
	}
}

static int stage(void *context, struct record_key key, const struct record *record)
{
	struct record *copy = context;

	must_child(key.ino < N_KEYS && help_is_whole(key, record));
	must_child(record->uid.value >= copy[key.ino].uid.value);
	copy[key.ino] = *record;
	return 0;
}

static void flush(const struct index *index)
{
	uint32_t current = atomic_load(&shared->current);
	struct record *copy = shared->store[1 - current];

	memcpy(copy, shared->store[current], sizeof(shared->store[0]));
	must_child(index_flush_begin(index, stage, copy) >= 0);
	atomic_store(&shared->current, 1 - current);
	index_flush_end(index, true);
	atomic_fetch_add(&shared->n_flushes, 1);
}

/* From wherever the last daemon stopped. */
static void grow(void)
{
	static const uint8_t boot_id[16];
	uint32_t n = atomic_load(&shared->n);
	const struct index *from = &segments[n], *to = &segments[n + 1];

	if (n + 2 > MAX_SEGMENTS)
		return;

	if (atomic_load(&from->header->state) != INDEX_RETIRED) {
		if (!atomic_load(&from->header->next_generation)) {
			index_format(to->header, INDEX_BUCKETS_MIN, FSNS, n + 2, boot_id);
			atomic_store(&to->header->state, INDEX_LIVE);
			help_announce(from, to);
		}
		atomic_store(&shared->moving, n + 1);
		for (uint32_t i = 0; i < from->n_buckets; i++) {
			must_child(index_move_bucket(from, to, i) == 0);
			if (i % 8 == 0)
				flush(from);
		}
		atomic_store(&from->header->state, INDEX_RETIRED);
	}
	atomic_store(&shared->n, n + 1);
}

static void recover(void)
{
	const struct index *index = &segments[atomic_load(&shared->n)];

	index_flush_recover(index);
	if (atomic_load(&index->header->next_generation))
		grow();
	index_flush_recover(&segments[atomic_load(&shared->n)]);
}

static void be_daemon(void)
{
	recover();
	for (;;) {
		uint64_t full = atomic_load(&shared->n_exfull);

		for (int i = 0; i < 1500 && atomic_load(&shared->n_exfull) == full; i++) {
			flush(&segments[atomic_load(&shared->n)]);
			sched_yield();
		}
		grow();
	}
}

static pid_t start(uint32_t role, uint64_t *random)
{
	uint64_t own = help_random(random);
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		if (role < N_WRITERS)
			be_writer(own);
		else
			be_daemon();
	}
	return pid;
}

/* Returns how many writers were killed. */
static uint32_t kill_at_random(uint64_t *random)
{
	pid_t pids[N_ROLES];
	uint32_t n_writers = N_WRITERS; /* they all are, in the end */

	for (uint32_t role = 0; role < N_ROLES; role++)
		pids[role] = start(role, random);
	for (uint32_t i = 0; i < N_KILLS && !atomic_load(&shared->broken); i++) {
		uint32_t role = (uint32_t)(help_random(random) % N_ROLES);

		usleep((useconds_t)(help_random(random) % 15000));
		kill(pids[role], SIGKILL);
		ck_assert_int_eq(waitpid(pids[role], NULL, 0), pids[role]);
		n_writers += role < N_WRITERS;
		pids[role] = start(role, random);
	}
	for (uint32_t role = 0; role < N_ROLES; role++) {
		kill(pids[role], SIGKILL);
		ck_assert_int_eq(waitpid(pids[role], NULL, 0), pids[role]);
	}
	return n_writers;
}

START_TEST(test_no_acknowledged_update_is_lost)
{
	uint64_t random = SEED, n_acked = 0, n_counted = 0;
	uint32_t n_killed;
	struct index_view view;

	shared = step_shared(sizeof(*shared));
	for (uint32_t i = 0; i < MAX_SEGMENTS; i++)
		segments[i] = help_segment(INDEX_BUCKETS_MIN, i + 1);
	n_killed = kill_at_random(&random);
	ck_assert_msg(!atomic_load(&shared->broken), "a child stopped at line %u",
		      atomic_load(&shared->broken));

	recover();
	view = view_now();
	flush(view.cur);
	ck_assert(!index_is_dirty(view.cur));
	for (uint64_t ino = 0; ino < N_KEYS; ino++) {
		uint64_t acked = atomic_load(&shared->acked[ino]);
		int64_t counted = help_get(&view, ino);

		ck_assert_int_ge(counted, (int64_t)acked);
		ck_assert_uint_eq(shared->store[atomic_load(&shared->current)][ino].uid.value,
				  (uint64_t)counted);
		n_acked += acked;
		n_counted += (uint64_t)counted;
	}
	printf("seed %#llx: %llu updates, %u writers killed, %llu flushes, %u growths, "
	       "%llu times -EXFULL\n",
	       (unsigned long long)SEED, (unsigned long long)n_acked, n_killed,
	       (unsigned long long)atomic_load(&shared->n_flushes), atomic_load(&shared->n),
	       (unsigned long long)atomic_load(&shared->n_exfull));
	ck_assert_uint_gt(n_acked, N_KILLS);
	/* A killed writer may have made one update it did not live to report. */
	ck_assert_uint_le(n_counted, n_acked + n_killed);
	ck_assert_uint_gt(atomic_load(&shared->n), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index random kill");
	TCase *tcase = tcase_create("processes");

	printf("seed %#llx\n", (unsigned long long)SEED);
	tcase_set_timeout(tcase, 60);
	tcase_add_test(tcase, test_no_acknowledged_update_is_lost);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
