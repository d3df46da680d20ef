/* SPDX-License-Identifier: MIT
 * index_pause_test.c - a writer, or a reader, is stopped after each of its instructions, others do
 * something to the index, and it goes on: it wins or loses cleanly, and nobody's change is lost.
 */
#include "index_scene.h"

enum intruder {
	UPDATE_ONCE,
	UPDATE_TWICE, /* back to the same slot: equal bits, another entry */
	DELETE_AND_FLUSH,
	CHANGE_NEIGHBOUR,
	FLUSH,
	FLUSH_AROUND, /* taken before the writer goes on, committed when it is done */
	FLUSH_FAILS,
	GROW,
	INTRUDER_N,
};

static const char *const intruder_names[INTRUDER_N] = {
	"one update", "two updates",	 "delete and flush", "neighbour",
	"flush",      "flush around it", "failed flush",     "growth",
};

static struct step_path path;
static struct scene scene;

/* What the store knows of the target, and what a collection has staged. */
static int64_t stored, staged;

static void begin(const struct index *index)
{
	staged = stored;
	must(index_flush_begin(index, scene_hear, &staged) >= 0);
}

static void commit(const struct index *index)
{
	stored = staged;
	index_flush_end(index, true);
}

/* Returns the seed, or -ENOENT, the intruder leaves behind; `now` if it leaves the key alone. */
static int64_t intrude(enum intruder intruder, int64_t now)
{
	const struct record none = help_tombstone();

	switch (intruder) {
	case UPDATE_ONCE:
	case UPDATE_TWICE:
		help_set(&scene.view, TARGET, 9);
		if (intruder == UPDATE_TWICE)
			help_set(&scene.view, TARGET, 9);
		return 9;
	case DELETE_AND_FLUSH:
		help_put(&scene.view, help_key(TARGET), &none);
		begin(&scene.seg);
		commit(&scene.seg);
		return -ENOENT;
	case CHANGE_NEIGHBOUR:
		help_set(&scene.view, NEIGHBOUR, 3);
		return now;
	case FLUSH:
		begin(&scene.seg);
		commit(&scene.seg);
		return now;
	case FLUSH_AROUND:
		begin(&scene.seg);
		return now;
	case FLUSH_FAILS:
		begin(&scene.seg);
		index_flush_end(&scene.seg, false);
		return now;
	case GROW:
		help_announce(&scene.seg, &scene.larger);
		help_move_all(&scene.seg, &scene.larger);
		atomic_store(&scene.seg.header->state, INDEX_RETIRED);
		begin(&scene.larger);
		commit(&scene.larger);
		return now;
	case INTRUDER_N:
		break;
	}
	ck_abort();
}

static bool is_allowed(enum intruder intruder, bool was_new, int result)
{
	switch (intruder) {
	case UPDATE_ONCE:
	case UPDATE_TWICE:
		return result == (was_new ? 0 : -EAGAIN);
	case DELETE_AND_FLUSH:
		return result == 0 || (result == -EAGAIN && !was_new);
	case GROW:
		return result == 0 || (result == -ESTALE && !was_new);
	default:
		return result == 0;
	}
}

static void check_pause(enum intruder intruder, unsigned int n)
{
	struct index_view view;
	int64_t now, left;
	bool was_new;
	pid_t pid;

	scene_restore(&scene);
	stored = NOT_TOLD;
	*scene.result = 1;
	pid = step_to(&path, n);
	now = help_get(&scene.view, TARGET);
	was_new = now == scene.after;
	must(was_new || now == scene.before);
	left = intrude(intruder, now);
	step_finish(pid);
	if (intruder == FLUSH_AROUND)
		commit(&scene.seg);
	if (!is_allowed(intruder, was_new, *scene.result))
		ck_abort_msg("%s, %s at instruction %u: result %d", scene.kind->name,
			     intruder_names[intruder], n, *scene.result);

	/* A writer that was late and won has the last word. */
	if (!was_new && *scene.result == 0)
		left = scene.after;
	view = intruder == GROW ? (struct index_view){.cur = &scene.larger} : scene_settle(&scene);
	now = help_get(&view, TARGET);
	if (now != left)
		ck_abort_msg("%s, %s at instruction %u: %lld instead of %lld", scene.kind->name,
			     intruder_names[intruder], n, (long long)now, (long long)left);
	scene_check_others(&view, &scene);
	if (intruder == CHANGE_NEIGHBOUR)
		must(help_get(&view, NEIGHBOUR) == 3);

	/* And the store hears of what was left. */
	begin(view.cur);
	commit(view.cur);
	must(!index_is_dirty(view.cur));
	if (stored != (left == scene.before ? NOT_TOLD : left) && stored != left)
		ck_abort_msg("%s, %s at instruction %u: stored %lld instead of %lld",
			     scene.kind->name, intruder_names[intruder], n, (long long)stored,
			     (long long)left);
}

/* In a growth the long ways; otherwise every intruder. */
static bool is_tried(const struct scene_kind *kind, enum intruder intruder)
{
	return !kind->announced || intruder == UPDATE_TWICE || intruder == GROW;
}

START_TEST(test_writer_paused_at_every_instruction)
{
	scene_init(&scene, &scene_kinds[_i]);
	step_learn(&path, scene_write, &scene, NULL);
	for (enum intruder intruder = 0; intruder < INTRUDER_N; intruder++) {
		if (!is_tried(scene.kind, intruder))
			continue;
		for (unsigned int n = 0; n < path.n; n++)
			check_pause(intruder, n);
	}
	printf("%s: paused at %u instructions\n", scene.kind->name, path.n);
	scene_done(&scene);
}
END_TEST

/* The last reader's find: seed, or what index_find() returned. */
static int64_t *seen;

static void read_target(void *context)
{
	struct record record;
	uint64_t version;
	int r = index_find(&scene.view, help_key(TARGET), &record, &version);

	(void)context;
	if (r == 0 && !help_is_whole(help_key(TARGET), &record))
		r = -EBADMSG;
	*seen = r == 0 ? (int64_t)record.uid.value : r;
}

/* Any value the key had while the reader was at it will do. */
START_TEST(test_reader_paused_at_every_instruction)
{
	static const enum intruder intruders[] = {UPDATE_TWICE, GROW};

	scene_init(&scene, &scene_kinds[_i]);
	seen = step_shared(sizeof(*seen));
	step_learn(&path, read_target, NULL, NULL);
	ck_assert_int_eq(*seen, scene.before);
	for (size_t i = 0; i < sizeof(intruders) / sizeof(intruders[0]); i++) {
		for (unsigned int n = 0; n < path.n; n++) {
			int64_t left;
			pid_t pid;

			scene_restore(&scene);
			pid = step_to(&path, n);
			left = intrude(intruders[i], scene.before);
			step_finish(pid);
			if (*seen != scene.before && *seen != left &&
			    !(intruders[i] == GROW && *seen == -ESTALE))
				ck_abort_msg("%s, %s at instruction %u: %lld", scene.kind->name,
					     intruder_names[intruders[i]], n, (long long)*seen);
		}
	}
	printf("%s: reader paused at %u instructions\n", scene.kind->name, path.n);
	scene_done(&scene);
}
END_TEST

/* The key is frozen and was deleted in the new segment before we begin. The growth comes to its end
 * while we are stopped, and the tombstone goes: nobody may take the frozen entry for the truth. */
START_TEST(test_deleted_stays_deleted_at_the_end_of_a_growth)
{
	const struct record none = help_tombstone();
	void (*const action)(void *) = _i ? scene_write : read_target;
	const struct scene_kind *kind = scene_kinds;

	while (!kind->frozen || !kind->exists)
		kind++;
	scene_init(&scene, kind);
	seen = step_shared(sizeof(*seen));
	help_put(&scene.view, help_key(TARGET), &none);
	scene_save(&scene);
	step_learn(&path, action, &scene, NULL);
	for (unsigned int n = 0; n < path.n; n++) {
		struct index_view after = {.cur = &scene.larger};
		pid_t pid;

		scene_restore(&scene);
		pid = step_to(&path, n);
		intrude(GROW, 0);
		must(help_version(&after, TARGET) == 0);
		step_finish(pid);
		must(help_get(&after, TARGET) == -ENOENT);
		if (_i)
			must(*scene.result == -EAGAIN || *scene.result == -ESTALE);
		else
			must(*seen == -ENOENT || *seen == -ESTALE);
	}
	scene_done(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index pause");
	TCase *tcase = tcase_create("writer");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_writer_paused_at_every_instruction, 0, N_SCENES);
	tcase_add_loop_test(tcase, test_deleted_stays_deleted_at_the_end_of_a_growth, 0, 2);
	suite_add_tcase(suite, tcase);
	tcase = tcase_create("reader");
	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_reader_paused_at_every_instruction, 0, N_SCENES);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
