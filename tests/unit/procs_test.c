/* SPDX-License-Identifier: MIT
 * procs_test.c - which namespace a process's variables name, and that those of living processes are
 * found.
 */
#include "daemon_help.h"

#include <string.h>
#include <sys/wait.h>

#include "../../faked/procs.h"

#define LEN(array) ((int)(sizeof(array) / sizeof((array)[0])))
#define DIR "/home/u/.state"
#define NONE (-1)

/* Each variable ends in a NUL, the last one in that of the literal. */
static const struct row {
	const char *environment;
	size_t size;
	long ns;
	const char *why;
} rows[] = {
#define ENV(text) text, sizeof(text)
	{ENV("FAKEID_SESSION=1:7:8:0:" DIR), 7, "alone"},
	{ENV("HOME=/\0FAKEID_SESSION=1:7:8:0:" DIR "\0A=b"), 7, "among others"},
	{ENV("FAKEID_SESSION=1:4294967295:8:2:" DIR), 4294967295, "the largest number"},
	{ENV("FAKEID_SESSION=1:4294967296:8:2:" DIR), NONE, "larger"},
	{ENV("FAKEID_SESSION=1:99999999999999999999999:8:2:" DIR), NONE, "much larger"},
	{ENV("FAKEID_SESSION=1:7:8:4294967296:" DIR), NONE, "flags too large"},
	{ENV("FAKEID_SESSION=2:7:8:0:" DIR), NONE, "another format"},
	{ENV("FAKEID_SESSION=1:7:8:0:" DIR "/"), NONE, "another directory"},
	{ENV("FAKEID_SESSION=1:7:8:0:/home/u/.stat"), NONE, "a shorter one"},
	{ENV("FAKEID_SESSION=1:7:8:0:"), NONE, "no directory"},
	{ENV("FAKEID_SESSION=1:7:8:0"), NONE, "not even a colon"},
	{ENV("FAKEID_SESSION=1:7:8:" DIR), NONE, "a number too few"},
	{ENV("FAKEID_SESSION=1::8:0:" DIR), NONE, "a number without digits"},
	{ENV("FAKEID_SESSION=1:-7:8:0:" DIR), NONE, "a sign"},
	{ENV("FAKEID_SESSION=1: 7:8:0:" DIR), NONE, "a blank"},
	{ENV("FAKEID_SESSION=1:7x:8:0:" DIR), NONE, "a letter"},
	{ENV("FAKEID_SESSION="), NONE, "empty"},
	{ENV("FAKEID_SESSION"), NONE, "no value"},
	{ENV("xFAKEID_SESSION=1:7:8:0:" DIR), NONE, "another name"},
	{ENV("FAKEID_SESSIO=1:7:8:0:" DIR), NONE, "a shorter name"},
	{ENV("A=FAKEID_SESSION=1:7:8:0:" DIR), NONE, "in a value"},
	{ENV("FAKEID_SESSION=2\0FAKEID_SESSION=1:7:8:0:" DIR), NONE,
	 "the first counts, as getenv has it"},
	{ENV("FAKEID_SESSION=1:7:8:0:" DIR "\0FAKEID_SESSION=1:9:9:0:" DIR), 7, "the first counts"},
	{ENV("\0\0\0FAKEID_SESSION=1:7:8:0:" DIR), 7, "behind empty ones"},
	{"FAKEID_SESSION=1:7:8:0:" DIR, sizeof("FAKEID_SESSION=1:7:8:0:" DIR) - 1, NONE,
	 "without its NUL"},
	{"", 0, NONE, "nothing at all"},
	{"", 1, NONE, "an empty one"},
};

/* In a buffer that a sanitizer knows the end of. */
static bool parse(const char *environment, size_t size, uint32_t *ret_ns)
{
	char *exact = malloc(size + (size == 0));
	bool found;

	ck_assert_ptr_nonnull(exact);
	memcpy(exact, environment, size);
	found = procs_parse(exact, size, DIR, ret_ns);
	free(exact);
	return found;
}

START_TEST(test_the_namespace_of_an_environment)
{
	const struct row *row = &rows[_i];
	uint32_t ns = 77;
	bool found = parse(row->environment, row->size, &ns);

	ck_assert_msg(found == (row->ns != NONE), "%s", row->why);
	ck_assert_msg(ns == (found ? (uint32_t)row->ns : 77), "%s: %u", row->why, ns);
}
END_TEST

START_TEST(test_an_environment_cut_or_flipped_anywhere_is_read_within_its_bounds)
{
	char environment[] = "HOME=/\0FAKEID_SESSION=1:7:8:0:" DIR "\0A=b";
	uint32_t ns;

	for (size_t cut = 0; cut < sizeof environment; cut++)
		(void)parse(environment, cut, &ns); /* whatever it says */
	for (size_t bit = 0; bit < sizeof environment * 8; bit++) {
		environment[bit / 8] ^= (char)(1u << bit % 8);
		(void)parse(environment, sizeof environment, &ns); /* whatever it says */
		environment[bit / 8] ^= (char)(1u << bit % 8);
	}
}
END_TEST

/* A process that has nothing but this in its environment, and sleeps. */
static pid_t start(const char *session)
{
	char variable[256], *environment[] = {variable, NULL};
	pid_t pid;

	(void)snprintf(variable, sizeof variable, "FAKEID_SESSION=%s:%s", session, help_dir);
	pid = fork();
	if (pid == 0) {
		(void)execle("/bin/sleep", "sleep", "60", NULL, environment);
		_exit(1);
	}
	return pid;
}

static void wait_for_exec(pid_t pid)
{
	char path[64], text[64] = "";

	(void)snprintf(path, sizeof path, "/proc/%d/comm", (int)pid);
	while (strncmp(text, "sleep", 5) != 0) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		ck_assert_int_ge(fd, 0);
		ck_assert_int_gt(read(fd, text, sizeof text), 0);
		(void)close(fd); /* only read */
	}
}

START_TEST(test_living_processes_are_counted_by_namespace)
{
	const char *const sessions[] = {"1:5:5:0", "1:6:6:0", "1:5:5:0"};
	pid_t pids[LEN(sessions)];
	struct procs procs;

	for (int i = 0; i < LEN(sessions); i++)
		pids[i] = start(sessions[i]);
	for (int i = 0; i < LEN(sessions); i++)
		wait_for_exec(pids[i]);
	ck_assert_int_eq(procs_scan(help_dir, &procs), 0);
	ck_assert_uint_eq(procs_count(&procs, 5), 2);
	ck_assert_uint_eq(procs_count(&procs, 6), 1);
	ck_assert_uint_eq(procs_count(&procs, 7), 0);
	procs_done(&procs);
	ck_assert_int_eq(procs_scan("/elsewhere", &procs), 0);
	ck_assert_uint_eq(procs_count(&procs, 5), 0);
	procs_done(&procs);
	for (int i = 0; i < LEN(sessions); i++) {
		ck_assert_int_eq(kill(pids[i], SIGKILL), 0);
		ck_assert_int_eq(waitpid(pids[i], NULL, 0), pids[i]);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("procs");
	TCase *tcase = tcase_create("environments");

	tcase_add_checked_fixture(tcase, help_setup, help_teardown);
	tcase_add_loop_test(tcase, test_the_namespace_of_an_environment, 0, LEN(rows));
	tcase_add_test(tcase,
		       test_an_environment_cut_or_flipped_anywhere_is_read_within_its_bounds);
	tcase_add_test(tcase, test_living_processes_are_counted_by_namespace);
	suite_add_tcase(suite, tcase);
	return run_suite(suite);
}
