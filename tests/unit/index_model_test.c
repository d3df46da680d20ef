/* SPDX-License-Identifier: MIT
 * index_model_test.c - random operations on the index beside a plain array that says what must come
 * out, with a store that commits, fails and dies, and with one growth after the other.
 */
#include "index_help.h"

#define N_KEYS 700u
#define N_STEPS 60000u

static const uint64_t seeds[] = {1, 0x5eed, 0xfeedface};

struct model_entry {
	struct record record;
	uint64_t version; /* 0: never seen or tombstone freed */
	bool exists;
};

struct model {
	struct model_entry entries[N_KEYS];
	struct record store[N_KEYS], staged[N_KEYS];
	bool in_store[N_KEYS], in_staged[N_KEYS];
	struct index segments[2];
	struct index_view view;
	uint64_t random, generation, n_growths, n_exfull;
	uint32_t n_moved; /* buckets of this growth */
};

/* Dense runs, strides and far numbers, on two volumes. */
static struct record_key key_of(uint32_t k)
{
	return (struct record_key){
		.ino = k < 400	 ? 1000 + k / 2
		       : k < 600 ? (uint64_t)k * 64
				 : (uint64_t)k << 40,
		.volume = VOLUME + k % 2,
	};
}

static int stage(void *context, struct record_key key, const struct record *record)
{
	struct model *model = context;
	uint32_t k = key.ino < 2000		     ? (uint32_t)((key.ino - 1000) * 2)
		     : key.ino < (UINT64_C(1) << 40) ? (uint32_t)(key.ino / 64)
						     : (uint32_t)(key.ino >> 40);

	if (k < 400)
		k += key.volume == VOLUME ? 0 : 1;
	ck_assert_uint_lt(k, N_KEYS);
	ck_assert_uint_eq(key_of(k).ino, key.ino);
	ck_assert_uint_eq(key_of(k).volume, key.volume);
	model->staged[k] = *record;
	model->in_staged[k] = !(record->flags & RECORD_NONE);
	return 0;
}

static void check_key(struct model *model, uint32_t k)
{
	struct model_entry *entry = &model->entries[k];
	struct record record;
	uint64_t version;
	int r = index_find(&model->view, key_of(k), &record, &version);

	ck_assert_int_eq(r, entry->exists ? 0 : -ENOENT);
	if (r == 0)
		ck_assert(help_equal(&record, &entry->record));
	/* A tombstone is freed when the store has it; a record keeps its version for good. */
	if (!entry->exists && version == 0)
		entry->version = 0;
	ck_assert_uint_eq(version, entry->version);
}

static void finish_growth(struct model *model)
{
	struct index *from = (struct index *)model->view.cur;

	for (; model->n_moved < from->n_buckets; model->n_moved++)
		ck_assert_int_eq(index_move_bucket(from, model->view.next, model->n_moved), 0);
	atomic_store(&from->header->state, INDEX_RETIRED);
	model->view.cur = model->view.next;
	model->view.next = NULL;
	help_unmap(from);
	model->n_growths++;
}

static void start_growth(struct model *model)
{
	struct index *to = model->view.cur == &model->segments[0] ? &model->segments[1]
								  : &model->segments[0];

	*to = help_segment(INDEX_BUCKETS_MIN << (help_random(&model->random) % 3 ? 1 : 2),
			   ++model->generation);
	help_announce(model->view.cur, to);
	model->view.next = to;
	model->n_moved = 0;
}

static void write_key(struct model *model, uint32_t k)
{
	struct model_entry *entry = &model->entries[k];
	uint64_t choice = help_random(&model->random), version = 0;
	uint64_t seed = k % 16 ? choice >> 32 << 1
			       : choice >> 8; /* some change between two kinds */
	struct record record = help_record(key_of(k), seed), found;
	int r;

	check_key(model, k);
	if (choice % 8 == 0) {
		r = index_publish(&model->view, key_of(k), entry->version ^ (1 + choice % 5),
				  &record);
		ck_assert_int_eq(r, -EAGAIN);
		return;
	}
	if (choice % 8 < 3)
		record = help_tombstone();
	r = index_publish(&model->view, key_of(k), entry->version, &record);
	if (r == -EXFULL) {
		model->n_exfull++;
		if (!model->view.next)
			start_growth(model);
		finish_growth(model);
		return;
	}
	ck_assert_int_eq(r, 0);
	r = index_find(&model->view, key_of(k), &found, &version);
	ck_assert_int_eq(r, record.flags & RECORD_NONE ? -ENOENT : 0);
	ck_assert_uint_ne(version, 0);
	ck_assert_uint_ne(version, entry->version);
	*entry = (struct model_entry){record, version, r == 0};
}

/* While a growth runs, only the old segment may be flushed. */
static void flush(struct model *model)
{
	uint64_t fate = help_random(&model->random) % 4;

	memcpy(model->staged, model->store, sizeof(model->store));
	memcpy(model->in_staged, model->in_store, sizeof(model->in_store));
	ck_assert_int_ge(index_flush_begin(model->view.cur, stage, model), 0);
	/* Somebody writes while the store commits. */
	for (int i = 0; i < 5 && fate != 3; i++)
		write_key(model, (uint32_t)(help_random(&model->random) % N_KEYS));
	if (fate < 2) {
		memcpy(model->store, model->staged, sizeof(model->store));
		memcpy(model->in_store, model->in_staged, sizeof(model->in_store));
		index_flush_end(model->view.cur, true);
	} else if (fate == 2) {
		index_flush_end(model->view.cur, false);
	} else {
		index_flush_recover(model->view.cur);
	}
}

static void check_store(struct model *model)
{
	memcpy(model->staged, model->store, sizeof(model->store));
	memcpy(model->in_staged, model->in_store, sizeof(model->in_store));
	ck_assert_int_ge(index_flush_begin(model->view.cur, stage, model), 0);
	index_flush_end(model->view.cur, true);
	ck_assert(!index_is_dirty(model->view.cur));
	for (uint32_t k = 0; k < N_KEYS; k++) {
		check_key(model, k);
		ck_assert_int_eq(model->in_staged[k], model->entries[k].exists);
		if (model->in_staged[k])
			ck_assert(help_equal(&model->staged[k], &model->entries[k].record));
	}
	memcpy(model->store, model->staged, sizeof(model->store));
	memcpy(model->in_store, model->in_staged, sizeof(model->in_store));
}

/* A growth that begins or ends under a collection would belong to another daemon's life: flush()
 * lets writes finish one only through -EXFULL, which these sizes do not reach. */
START_TEST(test_index_does_what_the_array_says)
{
	static struct model model;

	memset(&model, 0, sizeof(model));
	model.random = seeds[_i];
	model.generation = 1;
	model.segments[0] = help_segment(INDEX_BUCKETS_MIN * 2, 1);
	model.view.cur = &model.segments[0];
	for (uint32_t step = 0; step < N_STEPS; step++) {
		uint64_t choice = help_random(&model.random) % 1000;

		if (choice < 600)
			write_key(&model, (uint32_t)(help_random(&model.random) % N_KEYS));
		else if (choice < 970)
			check_key(&model, (uint32_t)(help_random(&model.random) % N_KEYS));
		else if (choice < 980)
			flush(&model);
		else if (choice < 982 && !model.view.next)
			start_growth(&model);
		else if (model.view.next && model.n_moved < model.view.cur->n_buckets)
			/* Some twice, as after a crash. */
			ck_assert_int_eq(
				index_move_bucket(model.view.cur, model.view.next,
						  choice % 3 ? model.n_moved++ : model.n_moved),
				0);
		else if (model.view.next)
			finish_growth(&model);
		if (step % 10000 == 0 && !model.view.next)
			check_store(&model);
	}
	if (model.view.next)
		finish_growth(&model);
	check_store(&model);
	printf("seed %#llx: %llu growths, %llu times -EXFULL\n", (unsigned long long)seeds[_i],
	       (unsigned long long)model.n_growths, (unsigned long long)model.n_exfull);
	ck_assert_uint_gt(model.n_growths, 3);
	ck_assert_uint_eq(model.n_exfull, 0);
	help_unmap(model.view.cur);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index model");
	TCase *tcase = tcase_create("model");

	tcase_set_timeout(tcase, 60);
	tcase_add_loop_test(tcase, test_index_does_what_the_array_says, 0,
			    (int)(sizeof(seeds) / sizeof(seeds[0])));
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
