/* SPDX-License-Identifier: MIT
 * index_scene.h - the situations in which the kill and pause tests let a writer publish one key,
 * and what must hold of that key, of its neighbours and of the store afterwards.
 */
#ifndef FAKEID_INDEX_SCENE_H
#define FAKEID_INDEX_SCENE_H

#include "index_step.h"

#define TARGET 5u
#define NEIGHBOUR 10u /* shares the target's first bucket; absent but for those who put it there */
#define SEED_OTHER 4  /* takes one slot */
#define NOT_TOLD (-1) /* the store heard nothing of the target */

struct scene_kind {
	const char *name;
	int64_t seed_old, seed_new; /* 0: one with a wide entry, one with a compact one */
	bool exists, deletes, overflow, announced, half_frozen, frozen, moved;
};

static const struct scene_kind scene_kinds[] = {
	{.name = "update, wide to compact", .exists = true},
	{.name = "update, compact to wide", .seed_old = 2, .seed_new = 1, .exists = true},
	{.name = "update, compact", .seed_old = 4, .seed_new = 8, .exists = true},
	{.name = "update, wide", .seed_old = 1, .seed_new = 3, .exists = true},
	{.name = "insert"},
	{.name = "insert, wide", .seed_old = 2, .seed_new = 1},
	{.name = "insert with overflow", .overflow = true},
	{.name = "delete", .exists = true, .deletes = true},
	{.name = "update of a frozen key", .exists = true, .announced = true, .frozen = true},
	{.name = "update of a moved key", .exists = true, .announced = true, .moved = true},
	{.name = "insert into frozen", .announced = true, .frozen = true},
	{.name = "delete of a frozen key",
	 .exists = true,
	 .deletes = true,
	 .announced = true,
	 .frozen = true},
	{.name = "update, half of the chain frozen",
	 .exists = true,
	 .overflow = true,
	 .announced = true,
	 .half_frozen = true},
};

#define N_SCENES ((int)(sizeof(scene_kinds) / sizeof(scene_kinds[0])))

struct scene {
	const struct scene_kind *kind;
	struct index seg, larger;
	struct index_view view;
	struct record record; /* what the writer publishes */
	uint64_t expected;
	int64_t before, after; /* what the target reads as */
	uint64_t others[40];
	uint32_t n_others;
	void *seg_copy, *larger_copy;
	_Atomic int *result; /* of the writer */
};

static inline void scene_save(struct scene *scene)
{
	free(scene->seg_copy);
	free(scene->larger_copy);
	scene->seg_copy = step_save(&scene->seg);
	scene->larger_copy = step_save(&scene->larger);
}

static inline void scene_restore(struct scene *scene)
{
	step_restore(&scene->seg, scene->seg_copy);
	step_restore(&scene->larger, scene->larger_copy);
}

static inline void scene_add_other(struct scene *scene, uint64_t ino)
{
	help_set(&scene->view, ino, SEED_OTHER);
	scene->others[scene->n_others++] = ino;
}

/* Inodes whose first bucket is the target's, until that bucket takes no more. */
static inline void scene_overflow(struct scene *scene)
{
	struct index_hash hash = index_hash(help_key(TARGET));
	uint32_t number = index_probe(&scene->seg, &hash, 0);

	for (uint64_t ino = NEIGHBOUR + 1; scene->n_others < INDEX_INSERT_SLOTS; ino++) {
		struct index_hash other = index_hash(help_key(ino));

		if (index_probe(&scene->seg, &other, 0) == number)
			scene_add_other(scene, ino);
	}
}

static inline void scene_init(struct scene *scene, const struct scene_kind *kind)
{
	const int64_t seed_old = kind->seed_old ? kind->seed_old : 1;
	const int64_t seed_new = kind->seed_new ? kind->seed_new : 2;

	*scene = (struct scene){
		.kind = kind,
		.seg = help_segment(INDEX_BUCKETS_MIN, 1),
		.larger = help_segment(INDEX_BUCKETS_MIN, 2),
		.result = step_shared(sizeof(*scene->result)),
		.before = kind->exists ? seed_old : -ENOENT,
		.after = kind->deletes ? -ENOENT : seed_new,
	};
	scene->view = (struct index_view){.cur = &scene->seg};
	if (kind->overflow)
		scene_overflow(scene);
	for (uint64_t ino = 0; ino < 4; ino++)
		scene_add_other(scene, ino);
	if (kind->exists)
		help_set(&scene->view, TARGET, (uint64_t)seed_old);
	help_flush(&scene->seg);
	scene->expected = help_version(&scene->view, TARGET);
	scene->record = kind->deletes ? help_tombstone()
				      : help_record(help_key(TARGET), (uint64_t)seed_new);
	if (kind->announced) {
		help_announce(&scene->seg, &scene->larger);
		scene->view.next = &scene->larger;
	}
	if (kind->half_frozen) {
		struct index_hash hash = index_hash(help_key(TARGET));
		struct index_bucket *first = index_bucket(&scene->seg,
							  index_probe(&scene->seg, &hash, 0));

		must(atomic_load(&first->live) & WORD_OVERFLOWED);
		atomic_fetch_or(&first->live, WORD_FROZEN);
	}
	if (kind->frozen)
		index_freeze_chain(&scene->seg, help_key(TARGET));
	if (kind->moved)
		help_move_all(&scene->seg, &scene->larger);
	scene_save(scene);
}

static inline void scene_done(struct scene *scene)
{
	free(scene->seg_copy);
	free(scene->larger_copy);
	munmap((void *)scene->result, sizeof(*scene->result));
	help_unmap(&scene->seg);
	help_unmap(&scene->larger);
}

static inline void scene_write(void *context)
{
	struct scene *scene = context;

	*scene->result = index_publish(&scene->view, help_key(TARGET), scene->expected,
				       &scene->record);
}

static inline void scene_check_others(const struct index_view *view, const struct scene *scene)
{
	for (uint32_t i = 0; i < scene->n_others; i++)
		must(help_get(view, scene->others[i]) == SEED_OTHER);
}

static inline int scene_hear(void *context, struct record_key key, const struct record *record)
{
	if (key.ino == NEIGHBOUR)
		return 0;
	if (key.ino != TARGET)
		ck_abort_msg("clean inode %llu was handed over", (unsigned long long)key.ino);
	*(int64_t *)context = record->flags & RECORD_NONE ? -ENOENT : (int64_t)record->uid.value;
	return 0;
}

/* Bring a growth to its end, if there is one. Returns the view from then on. */
static inline struct index_view scene_settle(struct scene *scene)
{
	if (!scene->view.next)
		return scene->view;

	help_move_all(&scene->seg, &scene->larger);
	atomic_store(&scene->seg.header->state, INDEX_RETIRED);
	return (struct index_view){.cur = &scene->larger};
}

/* Settle and flush. Returns what the store is told about the target. */
static inline int64_t scene_flush(struct scene *scene)
{
	struct index_view view = scene_settle(scene);
	int64_t told = NOT_TOLD;
	bool dirty = index_is_dirty(view.cur);
	int r;

	r = index_flush_begin(view.cur, scene_hear, &told);
	must(r == (dirty ? 1 : 0));
	index_flush_end(view.cur, true);
	must(!index_is_dirty(view.cur));
	scene_check_others(&view, scene);
	return told;
}

/* Everything that must hold of a region in which the target reads as `now`. Leaves it spoilt. */
static inline void scene_check(struct scene *scene, int64_t now)
{
	void *seg = step_save(&scene->seg), *larger = step_save(&scene->larger);
	int64_t told = now == scene->after ? now : NOT_TOLD;
	struct index_view view;

	/* A published change is dirty, and only that. */
	must(help_get(&scene->view, TARGET) == now);
	scene_check_others(&scene->view, scene);
	must(scene_flush(scene) == told);

	/* So it is for a daemon that has to begin with recovery. */
	step_restore(&scene->seg, seg);
	step_restore(&scene->larger, larger);
	index_flush_recover(&scene->seg);
	index_flush_recover(&scene->larger);
	must(scene_flush(scene) == told);

	/* The next writer can write. */
	step_restore(&scene->seg, seg);
	step_restore(&scene->larger, larger);
	help_set(&scene->view, TARGET, 77);
	must(help_get(&scene->view, TARGET) == 77);
	view = scene_settle(scene);
	must(help_get(&view, TARGET) == 77);
	scene_check_others(&view, scene);
	free(seg);
	free(larger);
}

#endif
