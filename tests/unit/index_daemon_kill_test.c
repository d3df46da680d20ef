/* SPDX-License-Identifier: MIT
 * index_daemon_kill_test.c - the daemon is killed, or stopped while others write, after each
 * instruction of a flush, a recovery and a growth. Readers see the truth all the time, and the next
 * daemon brings all of it into the store.
 */
#include "index_step.h"

#define N_INOS 64u
#define NOTHING (-ENOENT)

/* A store with atomic commits, in shared memory. */
struct store {
	int64_t copies[2][N_INOS]; /* seed of each inode's record */
	_Atomic unsigned int current;
};

static struct index seg, larger;
static struct store *store;
static int64_t truth[N_INOS];
static struct step_path path;
static void *seg_copy, *larger_copy;
static struct store store_copy;

static int stage(void *context, struct record_key key, const struct record *record)
{
	int64_t *copy = context;

	must(key.ino < N_INOS);
	copy[key.ino] = record->flags & RECORD_NONE ? NOTHING : (int64_t)record->uid.value;
	return 0;
}

static void begin(const struct index *index)
{
	unsigned int current = atomic_load(&store->current);
	int64_t *copy = store->copies[1 - current];

	/* By hand: a path through memcpy depends on alignment and processor. */
	for (unsigned int i = 0; i < N_INOS; i++)
		((volatile int64_t *)copy)[i] = store->copies[current][i];
	must(index_flush_begin(index, stage, copy) >= 0);
}

static void commit(const struct index *index)
{
	atomic_store(&store->current, 1 - atomic_load(&store->current));
	index_flush_end(index, true);
}

static void flush(void *unused)
{
	(void)unused;
	begin(&seg);
	commit(&seg);
}

static void flush_in_vain(void *unused)
{
	(void)unused;
	begin(&seg);
	index_flush_end(&seg, false);
}

static void recover(void *unused)
{
	(void)unused;
	index_flush_recover(&seg);
}

static void grow(void *unused)
{
	(void)unused;
	/* The other buckets are empty, and long to walk by instructions. */
	for (uint32_t i = 0; i < seg.n_buckets; i++) {
		if (atomic_load(&index_bucket(&seg, i)->live) & WORD_SLOTS)
			must(index_move_bucket(&seg, &larger, i) == 0);
	}
	atomic_store(&seg.header->state, INDEX_RETIRED);
}

static const struct {
	const char *name;
	void (*action)(void *);
	bool in_flight, announced;
} jobs[] = {
	{"flush", flush, false, false},
	{"flush in vain", flush_in_vain, false, false},
	{"recovery", recover, true, false},
	{"growth", grow, false, true},
	{"growth after a crash", grow, true, true},
};

static struct index_view view_now(void)
{
	if (atomic_load(&seg.header->state) == INDEX_RETIRED)
		return (struct index_view){.cur = &larger};
	return (struct index_view){
		.cur = &seg,
		.next = atomic_load(&seg.header->next_generation) ? &larger : NULL,
	};
}

static void set(uint64_t ino, int64_t seed)
{
	struct index_view view = view_now();
	struct record record = seed == NOTHING ? help_tombstone()
					       : help_record(help_key(ino), (uint64_t)seed);

	help_put(&view, help_key(ino), &record);
	truth[ino] = seed;
}

static void check_truth(void)
{
	struct index_view view = view_now();

	for (uint64_t ino = 0; ino < N_INOS; ino++)
		must(help_get(&view, ino) == truth[ino]);
}

/* What the next daemon does with what it finds; then the store must hold the truth. */
static void check_next_daemon(void)
{
	struct index_view view;

	if (atomic_load(&seg.header->next_generation) &&
	    atomic_load(&seg.header->state) != INDEX_RETIRED) {
		help_move_all(&seg, &larger);
		atomic_store(&seg.header->state, INDEX_RETIRED);
	}
	view = view_now();
	index_flush_recover(view.cur);
	begin(view.cur);
	commit(view.cur);
	must(!index_is_dirty(view.cur));
	check_truth();
	for (uint64_t ino = 0; ino < N_INOS; ino++)
		must(store->copies[atomic_load(&store->current)][ino] == truth[ino]);
	/* Tombstones are gone. */
	for (uint64_t ino = 0; ino < N_INOS; ino++)
		must(truth[ino] != NOTHING || help_version(&view, ino) == 0);
}

static void save(void)
{
	free(seg_copy);
	free(larger_copy);
	seg_copy = step_save(&seg);
	larger_copy = step_save(&larger);
	store_copy = *store;
}

static void restore(void)
{
	step_restore(&seg, seg_copy);
	step_restore(&larger, larger_copy);
	*store = store_copy;
}

static void prepare(int job)
{
	seg = help_segment(INDEX_BUCKETS_MIN, 1);
	larger = help_segment(INDEX_BUCKETS_MIN, 2);
	store = step_shared(sizeof(*store));
	for (unsigned int i = 0; i < N_INOS; i++)
		truth[i] = store->copies[0][i] = NOTHING;
	for (uint64_t ino = 0; ino < 4; ino++)
		set(ino, 1);
	flush(NULL);
	set(1, 2);
	set(2, NOTHING);
	set(3, NOTHING);
	set(5, 2);
	set(40, 2);
	if (jobs[job].in_flight)
		begin(&seg);
	if (jobs[job].announced)
		help_announce(&seg, &larger);
	save();
}

static void done(void)
{
	munmap(store, sizeof(*store));
	help_unmap(&seg);
	help_unmap(&larger);
}

/* Called with the daemon stopped after its n-th instruction; puts memory back for the next. */
static void killed_here(void *unused, unsigned int n)
{
	(void)unused;
	(void)n;
	save();
	check_truth();
	check_next_daemon();
	restore();

	/* And with writers in between. */
	set(1, 5);
	check_next_daemon();
	truth[1] = 2;
	restore();
}

START_TEST(test_daemon_killed_at_every_instruction)
{
	prepare(_i);
	step_learn(&path, jobs[_i].action, NULL, killed_here);
	printf("%s: killed at %u instructions\n", jobs[_i].name, path.n);
	check_next_daemon();
	done();
}
END_TEST

START_TEST(test_daemon_paused_at_every_instruction)
{
	int64_t before[N_INOS];

	prepare(_i);
	memcpy(before, truth, sizeof(before));
	step_learn(&path, jobs[_i].action, NULL, NULL);
	for (unsigned int n = 0; n < path.n; n++) {
		pid_t pid;

		restore();
		memcpy(truth, before, sizeof(truth));
		pid = step_to(&path, n);
		set(0, NOTHING);
		set(1, 6);
		set(2, 7);
		set(6, 8);
		set(6, 9);
		check_truth();
		step_finish(pid);
		check_truth();
		check_next_daemon();
	}
	printf("%s: paused at %u instructions\n", jobs[_i].name, path.n);
	done();
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index daemon kill");
	TCase *tcase = tcase_create("daemon");
	int n_jobs = (int)(sizeof(jobs) / sizeof(jobs[0]));

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_daemon_killed_at_every_instruction, 0, n_jobs);
	tcase_add_loop_test(tcase, test_daemon_paused_at_every_instruction, 0, n_jobs);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
