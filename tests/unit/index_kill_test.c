/* SPDX-License-Identifier: MIT
 * index_kill_test.c - a writer is killed after each of its instructions: the key is the old one or
 * the new one, the store hears of the new one, nothing else changes, and the next writer can write.
 */
#include "index_scene.h"

static struct step_path path;

START_TEST(test_writer_killed_at_every_instruction)
{
	struct scene scene;
	bool was_new = false;

	scene_init(&scene, &scene_kinds[_i]);
	step_learn(&path, scene_write, &scene, NULL);
	for (unsigned int n = 0; n < path.n; n++) {
		int64_t now;

		scene_restore(&scene);
		step_kill(step_to(&path, n));
		now = help_get(&scene.view, TARGET);
		ck_assert_msg(now == scene.before || now == scene.after, "%s, instruction %u: %lld",
			      scene.kind->name, n, (long long)now);
		/* Once it is there, it is there. */
		must(!was_new || now == scene.after);
		was_new = now == scene.after;
		scene_check(&scene, now);
	}
	ck_assert_msg(was_new, "the writer ended and nothing changed");
	printf("%s: killed at %u instructions\n", scene.kind->name, path.n);
	scene_done(&scene);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("index kill");
	TCase *tcase = tcase_create("writer");

	tcase_set_timeout(tcase, 120);
	tcase_add_loop_test(tcase, test_writer_killed_at_every_instruction, 0, N_SCENES);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
