/* SPDX-License-Identifier: MIT
 * crossing_test.c - what is read of other processes: their line of ids, their environment block in
 * pieces, names in procfs, and status with other ids in it.
 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/envscan.h"
#include "core/idline.h"
#include "core/procpath.h"
#include "core/procstatus.h"
#include "run_suite.h"

#define DIR "/home/u/.local/state/fakeid"
#define SESSION "FAKEID_SESSION=1:3:4:2:" DIR
#define ZEROS "00000000:00000000:00000000:00000000"
#define SETS ZEROS ":" ZEROS ":" ZEROS ":00000000:00000000:00000000"
#define IDS "FAKEID_IDS=01234567:000003e8:000003e9:000003ea:000003eb:" SETS

#define N(rows) ((int)(sizeof(rows) / sizeof((rows)[0])))

static const uint32_t some_ids[FAKEID_IDKIND_N][CREDS_ID_N] = {
	{0, 1, 0x7fffffff, 0x80000000}, {0xfffffffe, 65534, 0x12345678, 0x9abcdef0}};

/* -- idline -- */

static struct creds some_creds(void)
{
	struct creds creds = {.cap = {1, CREDS_CAP_ALL, UINT64_C(1) << 40, 4, 0},
			      .no_new_privs = true,
			      .undumpable = true};

	memcpy(creds.id, some_ids, sizeof(creds.id));
	return creds;
}

START_TEST(test_line_round_trip)
{
	struct creds creds = some_creds(), back;
	char line[IDLINE_BYTES + 1] = {0};

	idline_format(&creds, line);
	ck_assert_str_eq(line + 8,
			 ":00000000:00000001:7fffffff:80000000:fffffffe:0000fffe:12345678:"
			 "9abcdef0:00000000:00000001:000001ff:ffffffff:00000100:00000000:"
			 "00000000:00000004:00000000:00000000:00000003");
	ck_assert_int_eq(idline_parse(line, &back), 0);
	ck_assert_mem_eq(back.id, some_ids, sizeof(back.id));
	ck_assert_mem_eq(back.cap, creds.cap, sizeof(back.cap));
	ck_assert(back.no_new_privs);
	ck_assert(back.undumpable);
}
END_TEST

/* What a reader can meet while the line is written: the ends of two, wherever they meet. */
START_TEST(test_half_of_a_change_is_none)
{
	struct creds some = some_creds(),
		     other = {.id = {{1000, 1000, 1000, 1000}, {1001, 1001, 1001, 1001}}};
	char a[IDLINE_BYTES], b[IDLINE_BYTES];
	struct creds creds;

	idline_format(&some, a);
	idline_format(&other, b);
	for (size_t i = 0; i < IDLINE_BYTES; i++) {
		char mixed[IDLINE_BYTES];

		memcpy(mixed, a, i);
		memcpy(mixed + i, b + i, IDLINE_BYTES - i);
		ck_assert_int_eq(idline_parse(mixed, &creds),
				 memcmp(mixed, b, sizeof(mixed)) == 0 ? 0 : -EINVAL);
	}
}
END_TEST

/* Every bit of a good line, changed. */
START_TEST(test_a_changed_line_says_nothing)
{
	struct creds some = some_creds(), creds;
	uint8_t untouched[sizeof(creds)];
	char line[IDLINE_BYTES];

	memset(&creds, 0xa5, sizeof(creds));
	memset(untouched, 0xa5, sizeof(untouched));
	for (unsigned bit = 0; bit < 8 * IDLINE_BYTES; bit++) {
		idline_format(&some, line);
		line[bit / 8] = (char)(line[bit / 8] ^ 1 << bit % 8);
		ck_assert_int_eq(idline_parse(line, &creds), -EINVAL);
		ck_assert(memcmp(&creds, untouched, sizeof(creds)) == 0);
	}
}
END_TEST

START_TEST(test_what_there_is_not_is_refused)
{
	struct creds creds = some_creds();
	char line[IDLINE_BYTES];

	creds.id[FAKEID_GID][CREDS_FS] = FAKEID_ID_INVALID;
	idline_format(&creds, line);
	ck_assert_int_eq(idline_parse(line, &creds), -EINVAL);
	creds = some_creds();
	creds.cap[CREDS_CAP_BOUNDING] = CREDS_CAP_ALL + 1;
	idline_format(&creds, line);
	ck_assert_int_eq(idline_parse(line, &creds), -EINVAL);
}
END_TEST

/* -- envscan -- */

static const struct {
	const char *why;
	const char *strings[6];
	bool has_session, is_ours, has_ids;
} blocks[] = {
	{"both", {"A=1", SESSION, "B=", IDS, "C=3"}, true, true, true},
	{"the other way round", {IDS, SESSION}, true, true, true},
	{"nothing", {"A=1"}, false, false, false},
	{"names that are longer or shorter",
	 {"FAKEID_SESSIONS=1:3:4:2:" DIR, "FAKEID_ID=0", "XFAKEID_IDS=0", "FAKEID_"},
	 false,
	 false,
	 false},
	{"a value that looks like a variable", {"X=" SESSION, SESSION}, true, true, false},
	{"another directory", {SESSION "2", IDS}, true, false, true},
	{"a shorter directory", {"FAKEID_SESSION=1:3:4:2:/home", IDS}, true, false, true},
	{"no directory", {"FAKEID_SESSION=1:3:4:2:", IDS}, true, false, true},
	{"another format", {"FAKEID_SESSION=2:3:4:2:" DIR, IDS}, false, false, true},
	{"a number too few", {"FAKEID_SESSION=1:3:4:" DIR, IDS}, false, false, true},
	{"a number that is none", {"FAKEID_SESSION=1::4:2:" DIR}, false, false, false},
	{"a number too large", {"FAKEID_SESSION=1:4294967296:4:2:" DIR}, false, false, false},
	{"the first counts", {SESSION, "FAKEID_SESSION=1:9:9:9:" DIR, IDS}, true, true, true},
	{"the first counts, even where it is none",
	 {"FAKEID_SESSION=", SESSION},
	 false,
	 false,
	 false},
	{"ids too short", {SESSION, "FAKEID_IDS=0:00000000"}, true, true, false},
	{"ids too long", {SESSION, IDS "0"}, true, true, false},
	{"empty strings", {"", "", SESSION, "", IDS}, true, true, true},
};

static size_t join(const char *const *strings, char *ret_block)
{
	size_t len = 0;

	for (int i = 0; i < 6 && strings[i]; i++) {
		memcpy(ret_block + len, strings[i], strlen(strings[i]) + 1);
		len += strlen(strings[i]) + 1;
	}
	return len;
}

static void feed(struct envscan *scan, const char *block, size_t len, size_t piece)
{
	envscan_init(scan, DIR);
	for (size_t at = 0; at < len; at += piece) {
		if (envscan_feed(scan, block + at, len - at < piece ? len - at : piece))
			break;
	}
}

START_TEST(test_block_says)
{
	char block[1024];
	size_t len = join(blocks[_i].strings, block);

	for (size_t piece = 1; piece <= len; piece++) {
		const char *why = blocks[_i].why;
		struct envscan scan;

		feed(&scan, block, len, piece);
		ck_assert_msg(scan.has_session == blocks[_i].has_session, "%s, %zu", why, piece);
		ck_assert_msg(!scan.has_session || scan.is_ours == blocks[_i].is_ours, "%s, %zu",
			      why, piece);
		ck_assert_msg(scan.has_ids == blocks[_i].has_ids, "%s, %zu", why, piece);
		if (scan.has_session)
			ck_assert_msg(scan.ns == 3 && scan.flags == 2, "%s, %zu", why, piece);
		if (scan.has_ids) {
			ck_assert_mem_eq(scan.ids, IDS + 11, IDLINE_BYTES);
			ck_assert_mem_eq(block + scan.ids_at, IDS + 11, IDLINE_BYTES);
		}
	}
}
END_TEST

START_TEST(test_a_block_that_ends_too_early_says_nothing)
{
	const char *const strings[6] = {SESSION, IDS};
	char block[1024];
	size_t len = join(strings, block);
	struct envscan scan;

	for (size_t cut = 0; cut < len; cut++) {
		feed(&scan, block, cut, 7);
		ck_assert(scan.has_session == (cut > strlen(SESSION)));
		ck_assert(!scan.has_ids);
	}
}
END_TEST

/* -- procpath -- */

static const struct {
	const char *path;
	enum procpath_file file;
} files[] = {
	{"/proc/self/status", PROCPATH_STATUS},
	{"status", PROCPATH_STATUS},
	{"../uid_map", PROCPATH_UID_MAP},
	{"/proc/1/gid_map", PROCPATH_GID_MAP},
	{"/proc/1/projid_map", PROCPATH_PROJID_MAP},
	{"setgroups", PROCPATH_SETGROUPS},
	{"/proc/self/loginuid", PROCPATH_LOGINUID},
	{"", PROCPATH_NONE},
	{"/proc/self/stat", PROCPATH_NONE},
	{"/proc/self/statusx", PROCPATH_NONE},
	{"status/", PROCPATH_NONE},
	{"xstatus", PROCPATH_NONE},
};

START_TEST(test_file_of_path)
{
	ck_assert_msg(procpath_file(files[_i].path) == files[_i].file, "%s", files[_i].path);
}
END_TEST

static const struct {
	const char *name;
	int32_t pid;
	bool is_dir;
	int32_t direct, direct_nofollow;
} names[] = {
	{"/proc/123", 123, true, 123, 123},
	{"/proc/123/", 123, false, 123, 123},
	{"/proc/123/status", 123, false, 0, 123},
	{"/proc/123/task/124/status", 123, false, 0, 0},
	{"/proc/123/..", 123, false, 0, 0},
	{"/proc/123/../7", 123, false, 0, 0},
	{"/srv/root/proc/7/status", 7, false, 0, 0},
	{"/srv/proc/x/proc/7", 7, true, 0, 0},
	{"/proc", 0, false, 0, 0},
	{"/proc/", 0, false, 0, 0},
	{"/proc/self", 0, false, 0, 0},
	{"/proc/12x/status", 0, false, 0, 0},
	{"/proc/x12", 0, false, 0, 0},
	{"/proc/0", 0, false, 0, 0},
	{"/proc/sys/kernel/1", 0, false, 0, 0},
	{"/proc/2147483647", INT32_MAX, true, INT32_MAX, INT32_MAX},
	{"/proc/2147483648", 0, false, 0, 0},
	{"/proc/99999999999999999999", 0, false, 0, 0},
	{"123/status", 0, false, 0, 0},
	{"", 0, false, 0, 0},
};

START_TEST(test_process_of_name)
{
	bool is_dir = false;

	ck_assert_msg(procpath_process(names[_i].name, &is_dir) == names[_i].pid, "%s",
		      names[_i].name);
	ck_assert_msg(is_dir == names[_i].is_dir, "%s", names[_i].name);
	ck_assert_msg(procpath_direct(names[_i].name, false) == names[_i].direct, "%s",
		      names[_i].name);
	ck_assert_msg(procpath_direct(names[_i].name, true) == names[_i].direct_nofollow, "%s",
		      names[_i].name);
}
END_TEST

static const struct {
	const char *name;
	int32_t tid;
} threads[] = {
	{"/proc/123/task/124/status", 124},
	{"/proc/123/task/124", 124},
	{"/srv/proc/x/proc/7/task/7/", 7},
	{"/proc/123/task", 0},
	{"/proc/123/task/", 0},
	{"/proc/123/task/x", 0},
	{"/proc/123/tasks/124", 0},
	{"/proc/123/status", 0},
	{"/proc/123", 0},
	{"/task/124", 0},
	{"", 0},
};

START_TEST(test_thread_of_name)
{
	ck_assert_msg(procpath_thread(threads[_i].name) == threads[_i].tid, "%s", threads[_i].name);
}
END_TEST

/* -- procstatus -- */

#define REAL                                                                                  \
	"Name:\tUid:\nUmask:\t0022\nUid:\t1\t2\t3\t4\nGid:\t5\t6\t7\t4294967295\n"            \
	"FDSize:\t64\nGroups:\t4 24 \nCapInh:\t0000000000000000\nCapPrm:\t0000000000000001\n" \
	"CapEff:\t0000000000000002\nCapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\n"   \
	"NoNewPrivs:\t1\nSeccomp:\t0\n"

static const uint32_t two_groups[] = {0, 4294967294u};

START_TEST(test_status_tells_what_it_is_given)
{
	struct creds creds = {.cap = {1, 2, 3, 4, 5}};
	struct procstatus status = {.groups = two_groups, .n_groups = 2, .creds = &creds};
	char text[sizeof(REAL) + PROCSTATUS_EXTRA_BYTES];
	size_t len;

	memcpy(status.id, some_ids, sizeof(status.id));
	ck_assert_int_eq(procstatus_make(REAL, strlen(REAL), &status, text, sizeof(text), &len), 0);
	text[len] = '\0';
	ck_assert_str_eq(text, "Name:\tUid:\nUmask:\t0022\n"
			       "Uid:\t0\t1\t2147483647\t2147483648\n"
			       "Gid:\t4294967294\t65534\t305419896\t2596069104\n"
			       "FDSize:\t64\nGroups:\t0 4294967294 \n"
			       "CapInh:\t0000000000000003\nCapPrm:\t0000000000000002\n"
			       "CapEff:\t0000000000000001\nCapBnd:\t0000000000000004\n"
			       "CapAmb:\t0000000000000005\nNoNewPrivs:\t0\nSeccomp:\t0\n");
}
END_TEST

START_TEST(test_status_keeps_what_it_is_not_given)
{
	struct procstatus status = {.n_groups = 0};
	char text[sizeof(REAL) + PROCSTATUS_EXTRA_BYTES];
	size_t len;

	ck_assert_int_eq(procstatus_make(REAL, strlen(REAL), &status, text, sizeof(text), &len), 0);
	text[len] = '\0';
	ck_assert_ptr_nonnull(strstr(text, "\nGroups:\t \nCapInh:\t0000000000000000\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nCapEff:\t0000000000000002\n"));
	ck_assert_ptr_nonnull(strstr(text, "\nNoNewPrivs:\t1\n"));
}
END_TEST

START_TEST(test_status_of_any_length_and_room)
{
	struct procstatus status = {.groups = two_groups, .n_groups = 2};
	char whole[sizeof(REAL) + PROCSTATUS_EXTRA_BYTES];
	size_t whole_len, len;

	ck_assert_int_eq(
		procstatus_make(REAL, strlen(REAL), &status, whole, sizeof(whole), &whole_len), 0);
	/* In blocks of exactly the size said, so that ASan sees a byte too much. */
	for (size_t size = 0; size <= whole_len; size++) {
		char *text = malloc(size + !size);
		int r = procstatus_make(REAL, strlen(REAL), &status, text, size, &len);

		ck_assert_int_eq(r, size < whole_len ? -E2BIG : 0);
		free(text);
	}
	for (size_t cut = 0; cut < strlen(REAL); cut++) {
		char *text = malloc(cut + !cut);

		memcpy(text, REAL, cut);
		ck_assert_int_eq(procstatus_make(text, cut, &status, whole, sizeof(whole), &len),
				 0);
		free(text);
	}
}
END_TEST

START_TEST(test_ids_of_status)
{
	const uint32_t expected[FAKEID_IDKIND_N][CREDS_ID_N] = {{1, 2, 3, 4},
								{5, 6, 7, 4294967295u}};
	static const char *const bad[] = {
		"",
		"Uid:\t1\t2\t3\t4\n",
		"Uid:\t1\t2\t3\nGid:\t5\t6\t7\t8\n",
		"Uid:\t1\t2\t3\t4\t5\nGid:\t5\t6\t7\t8\n",
		"Uid:\t1\t2\t3\t4294967296\nGid:\t5\t6\t7\t8\n",
		"Uid: 1 2 3 4\nGid:\t5\t6\t7\t8\n",
	};
	uint32_t id[FAKEID_IDKIND_N][CREDS_ID_N];

	ck_assert_int_eq(procstatus_ids(REAL, strlen(REAL), id), 0);
	ck_assert_mem_eq(id, expected, sizeof(id));
	for (int i = 0; i < N(bad); i++)
		ck_assert_msg(procstatus_ids(bad[i], strlen(bad[i]), id) == -EINVAL, "%s", bad[i]);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("crossing");
	TCase *line = tcase_create("idline"), *block = tcase_create("envscan");
	TCase *path = tcase_create("procpath"), *status = tcase_create("procstatus");

	tcase_add_test(line, test_line_round_trip);
	tcase_add_test(line, test_half_of_a_change_is_none);
	tcase_add_test(line, test_a_changed_line_says_nothing);
	tcase_add_test(line, test_what_there_is_not_is_refused);
	tcase_add_loop_test(block, test_block_says, 0, N(blocks));
	tcase_add_test(block, test_a_block_that_ends_too_early_says_nothing);
	tcase_add_loop_test(path, test_file_of_path, 0, N(files));
	tcase_add_loop_test(path, test_process_of_name, 0, N(names));
	tcase_add_loop_test(path, test_thread_of_name, 0, N(threads));
	tcase_add_test(status, test_status_tells_what_it_is_given);
	tcase_add_test(status, test_status_keeps_what_it_is_not_given);
	tcase_add_test(status, test_status_of_any_length_and_room);
	tcase_add_test(status, test_ids_of_status);
	suite_add_tcase(suite, line);
	suite_add_tcase(suite, block);
	suite_add_tcase(suite, path);
	suite_add_tcase(suite, status);
	return run_suite(suite);
}
