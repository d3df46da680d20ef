/* SPDX-License-Identifier: MIT
 * session_test.c - requests without a loop: over a socketpair, and frame by frame with every
 * truncation and every flipped bit.
 */
#include "daemon_help.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <fakeid/wire.h>

#include "core/creds.h"

#include "../../faked/dispatch.h"
#include "../../faked/persist.h"
#include "../../faked/session.h"
#include "../../faked/tag.h"

static struct daemon daemon_;
static struct session *session;
static uint8_t frame[512], reply_bytes[WIRE_FRAME_MAX_BYTES];

static void setup(void)
{
	help_setup();
	help_start(&daemon_);
	session = session_new(-1);
}

static void teardown(void)
{
	session_free(session);
	server_end(&daemon_);
	help_teardown();
}

static size_t make_frame(enum wire_op op, const void *body, size_t size)
{
	struct writer w = {frame, sizeof(frame), false};

	write_u16(&w, WIRE_PROTOCOL);
	write_u16(&w, (uint16_t)op);
	write_u32(&w, 0);
	write_u32(&w, (uint32_t)size);
	write_bytes(&w, body, size);
	ck_assert(!w.bad);
	return (size_t)(w.at - frame);
}

/* A copy in a buffer of exactly `size` bytes, so that ASan sees a decoder that reads past it. */
static int dispatch(const uint8_t *bytes, size_t size)
{
	struct writer reply = {reply_bytes, sizeof(reply_bytes) - WIRE_HEADER_BYTES, false};
	uint8_t *copy = malloc(size ? size : 1);
	int r;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, bytes, size);
	r = dispatch_frame(&daemon_, session, copy, size, -1, &reply);
	free(copy);
	return r;
}

static size_t hello_frame(void)
{
	uint8_t body[64];
	struct writer w = {body, sizeof(body), false};

	write_u32(&w, 0);
	write_u32(&w, 0);
	write_u16(&w, 3);
	write_bytes(&w, "tag", 3);
	return make_frame(WIRE_HELLO, body, (size_t)(w.at - body));
}

/* About a tag that is not there, so that the one that is stays as it is. */
static void write_namespace_request(struct writer *w, int op)
{
	static struct nsspec spec;

	if (op == WIRE_NS_GET || op == WIRE_NS_REMOVE)
		write_u32(w, 0);
	write_u32(w, 0);
	write_u16(w, 3);
	write_bytes(w, "new", 3);
	if (op == WIRE_NS_RENAME) {
		write_u16(w, 5);
		write_bytes(w, "newer", 5);
	}
	if (op == WIRE_NS_CREATE || op == WIRE_NS_SET) {
		nsspec_init(&spec);
		spec.flags |= NSSPEC_GAVE_UID;
		spec.map[FAKEID_UID].n = 1;
		spec.map[FAKEID_UID].extent[0] = (struct fakeid_idmap_extent){.count = 5,
									      .lower = {1000}};
		nsspec_encode(&spec, w);
	}
}

static void write_key_request(struct writer *w, int op)
{
	struct key key;

	write_u32(w, 0);
	if (op == WIRE_KEY_NEXT) {
		write_u64(w, 0);
		return;
	}
	write_u16(w, 3);
	write_bytes(w, "tag", 3);
	write_u16(w, 3);
	write_bytes(w, "two", 3);
	if (op == WIRE_KEY_GRANT) {
		key_init(&key);
		key.caps = 1;
		ck_assert_int_eq(key_add(&key, FAKEID_UID, (struct key_pair){33, 5}), 0);
		key_encode(&key, w);
	}
}

static const int all_ops[] = {
#define OP(number, name, who, what) number,
#include <fakeid/ops.def>
#undef OP
};
#define N_OPS ((int)(sizeof(all_ops) / sizeof(*all_ops)))

static void write_xattr_request(struct writer *w, int op)
{
	write_u32(w, 1);
	write_u32(w, 1);
	write_u64(w, 5);
	write_u64(w, 7);
	if (op == WIRE_XATTR_SET)
		write_u32(w, 0);
	if (op != WIRE_XATTR_LIST) {
		write_u16(w, 10);
		write_bytes(w, "security.x", 10);
	}
	if (op == WIRE_XATTR_SET)
		write_bytes(w, "value", 5);
}

/* A good request of each op. */
static size_t good_frame(int op)
{
	uint8_t body[256];
	struct writer w = {body, sizeof(body), false};

	switch (op) {
	case WIRE_HELLO:
		return hello_frame();
	case WIRE_SYNC:
	case WIRE_STATUS:
		write_u32(&w, 1);
		break;
	case WIRE_STOP:
		break;
	case WIRE_VOLUME:
	case WIRE_GROW:
		write_u32(&w, 1);
		write_u64(&w, 1);
		break;
	case WIRE_EXPORT:
	case WIRE_WHERE:
	case WIRE_FETCH:
		write_u32(&w, 1);
		write_u32(&w, 1);
		write_u64(&w, 0);
		break;
	case WIRE_IMPORT:
		write_u32(&w, 1);
		write_u64(&w, 1);
		write_u64(&w, 1);
		record_encode(&(struct record){.uid = {1}, .flags = RECORD_UID}, w.at);
		w.at += RECORD_VALUE_BYTES;
		break;
	case WIRE_DROP:
		write_u32(&w, 1);
		record_encode_key(1, (struct record_key){.volume = 1, .ino = 1}, w.at);
		w.at += RECORD_KEY_BYTES;
		record_encode(&(struct record){.uid = {1}, .flags = RECORD_UID}, w.at);
		w.at += RECORD_VALUE_BYTES;
		break;
	case WIRE_NS_CREATE:
	case WIRE_NS_SET:
	case WIRE_NS_RENAME:
	case WIRE_NS_REMOVE:
	case WIRE_NS_GET:
		write_namespace_request(&w, op);
		break;
	case WIRE_KEY_GRANT:
	case WIRE_KEY_REVOKE:
	case WIRE_KEY_NEXT:
		write_key_request(&w, op);
		break;
	default: /* the four of xattrs */
		write_xattr_request(&w, op);
		break;
	}
	return make_frame((enum wire_op)op, body, (size_t)(w.at - body));
}

START_TEST(test_every_truncation_is_refused)
{
	size_t size;

	ck_assert_int_eq(dispatch(frame, hello_frame()), 0);
	size = good_frame(all_ops[_i]);
	for (size_t cut = 0; cut < size; cut++)
		ck_assert_int_eq(dispatch(frame, cut), -EBADMSG);
	/* Also with a length that agrees: then the body itself is short. A value and rows may
	 * be. */
	for (size_t cut = WIRE_HEADER_BYTES; cut < size; cut++) {
		frame[8] = (uint8_t)(cut - WIRE_HEADER_BYTES);
		if (all_ops[_i] == WIRE_XATTR_SET && cut >= size - 5)
			continue;
		if ((all_ops[_i] == WIRE_IMPORT || all_ops[_i] == WIRE_DROP) &&
		    cut == WIRE_HEADER_BYTES + 4)
			continue;
		ck_assert_int_eq(dispatch(frame, cut), -EBADMSG);
	}
	ck_assert(!daemon_.stopping);
}
END_TEST

START_TEST(test_more_bytes_than_the_body_needs_are_refused)
{
	size_t size;

	ck_assert_int_eq(dispatch(frame, hello_frame()), 0);
	if (all_ops[_i] == WIRE_XATTR_SET)
		return; /* they are the value */

	size = good_frame(all_ops[_i]);
	frame[size] = 0;
	ck_assert_int_eq(dispatch(frame, size + 1), -EBADMSG);
	frame[8]++;
	ck_assert_int_eq(dispatch(frame, size + 1), -EBADMSG);
}
END_TEST

START_TEST(test_a_flipped_bit_never_harms_the_daemon)
{
	struct session *first = session;
	uint8_t good[sizeof(frame)];
	size_t size;

	ck_assert_int_eq(dispatch(frame, hello_frame()), 0);
	size = good_frame(all_ops[_i]);
	memcpy(good, frame, size);
	for (size_t bit = 0; bit < size * 8; bit++) {
		session = session_new(-1);
		memcpy(frame, good, size);
		frame[bit / 8] ^= (uint8_t)(1u << bit % 8);
		ck_assert_int_le(dispatch(frame, size), 1);
		session_free(session);
	}
	session = first;
	/* It still answers, with what it knew. */
	ck_assert_int_eq(dispatch(frame, good_frame(WIRE_STATUS)), 0);
	ck_assert_ptr_nonnull(memmem(reply_bytes, sizeof(reply_bytes), "namespace 1 tag tag", 19));
}
END_TEST

START_TEST(test_numbers_that_are_no_op_are_refused)
{
	static const int ops[] = {0, 200, 255, 65535};

	for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
		ck_assert_int_eq(dispatch(frame, make_frame((enum wire_op)ops[i], "", 0)),
				 -EOPNOTSUPP);
}
END_TEST

START_TEST(test_a_daemon_without_its_runtime_place_sends_to_the_next)
{
	ck_assert_int_eq(nftw(daemon_.place.path, help_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
	ck_assert_int_eq(dispatch(frame, hello_frame()), -ECONNRESET);
	ck_assert(daemon_.lost);
}
END_TEST

/* As a fakeid that knew no keys may leave it. */
START_TEST(test_a_key_of_a_namespace_that_is_gone_is_not_listed)
{
	struct key key;

	ck_assert_int_eq(dispatch(frame, hello_frame()), 0);
	key_init(&key);
	key.caps = 1;
	ck_assert_int_eq(store_put_key(daemon_.store, 1, 99, &key), 0);
	ck_assert_int_eq(store_put_key(daemon_.store, 98, 1, &key), 0);
	ck_assert_int_eq(dispatch(frame, good_frame(WIRE_KEY_NEXT)), -ENODATA);
}
END_TEST

START_TEST(test_tags)
{
	static const struct {
		const char *tag;
		size_t size;
		int expected;
	} rows[] = {
		{"default", 7, 0},    {"A.b_c:d/e@f+g-h9", 16, 0},
		{"a", 1, 0},	      {"-a", 2, -EINVAL},
		{"", 0, -EINVAL},     {"a b", 3, -EINVAL},
		{"a\0b", 3, -EINVAL}, {"\xc3\xa4", 2, -EINVAL},
		{"a\n", 2, -EINVAL},  {"a,b", 3, -EINVAL},
	};
	char longest[WIRE_TAG_MAX + 1];

	memset(longest, 'x', sizeof(longest));
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		ck_assert_msg(tag_check(rows[i].tag, rows[i].size) == rows[i].expected, "%s",
			      rows[i].tag);
	ck_assert_int_eq(tag_check(longest, WIRE_TAG_MAX), 0);
	ck_assert_int_eq(tag_check(longest, WIRE_TAG_MAX + 1), -EINVAL);
}
END_TEST

START_TEST(test_a_request_over_a_socket_gets_its_reply)
{
	uint8_t bytes[256];
	struct reader r;
	struct session *client;
	int fds[2];
	ssize_t n;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	client = session_new(fds[0]);
	n = (ssize_t)hello_frame();
	ck_assert_int_eq(send(fds[1], frame, (size_t)n, 0), n);
	ck_assert_int_eq(session_read(&daemon_, client), 0);
	n = recv(fds[1], bytes, sizeof(bytes), MSG_DONTWAIT);
	ck_assert_int_eq(n, WIRE_HEADER_BYTES + 24);
	r = (struct reader){bytes, (size_t)n, false};
	ck_assert_uint_eq(read_u16(&r), WIRE_PROTOCOL);
	ck_assert_uint_eq(read_u16(&r), WIRE_HELLO);
	ck_assert_uint_eq(read_u32(&r), 0);
	ck_assert_uint_eq(read_u32(&r), 24);
	ck_assert_uint_eq(read_u32(&r), 1);
	ck_assert_uint_eq(read_u32(&r), 1);
	ck_assert_uint_eq(read_u32(&r), 0);
	ck_assert_uint_eq(read_u32(&r), (uint32_t)getpid());
	ck_assert_uint_eq(read_u64(&r), CREDS_CAP_ALL);
	ck_assert(client->open);
	ck_assert_int_eq(send(fds[1], reply_bytes, sizeof(reply_bytes), 0), sizeof(reply_bytes));
	ck_assert_int_eq(session_read(&daemon_, client), 0);
	ck_assert_int_eq(recv(fds[1], bytes, sizeof(bytes), MSG_DONTWAIT), WIRE_HEADER_BYTES);
	(void)close(fds[1]);
	ck_assert_int_eq(session_read(&daemon_, client), -EPIPE);
	session_free(client);
}
END_TEST

/* One request with the only writing end of a pipe. Whether that is closed when the answer is here. */
static bool lend_a_pipe(int fd, size_t size)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {.align = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec iov = {frame, size};
	struct msghdr message = {.msg_iov = &iov,
				 .msg_iovlen = 1,
				 .msg_control = control.bytes,
				 .msg_controllen = sizeof(control.bytes)};
	char byte;
	int ends[2];
	bool closed;

	if (pipe2(ends, O_NONBLOCK) < 0)
		return false;

	memcpy(CMSG_DATA(&control.align), &ends[1], sizeof(int));
	closed = sendmsg(fd, &message, 0) == (ssize_t)size && close(ends[1]) == 0 &&
		 recv(fd, &byte, 1, 0) == 1 && read(ends[0], &byte, 1) == 0;
	(void)close(ends[0]);
	return closed;
}

START_TEST(test_a_descriptor_that_came_along_is_closed_before_the_answer)
{
	struct session *client;
	int fds[2], status, r = 0;
	size_t size = make_frame((enum wire_op)UINT16_MAX, NULL, 0);
	pid_t pid;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds), 0);
	client = session_new(fds[0]);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		(void)close(fds[0]);
		for (int i = 0; i < 5000; i++) {
			if (!lend_a_pipe(fds[1], size))
				_exit(1);
		}
		_exit(0);
	}

	(void)close(fds[1]);
	while (r == 0) {
		(void)poll(&(struct pollfd){fds[0], POLLIN, 0}, 1, -1);
		r = session_read(&daemon_, client);
	}
	ck_assert_int_eq(r, -EPIPE);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	session_free(client);
}
END_TEST

static int n_runs;

static int put_much(struct daemon *daemon, void *context)
{
	static const uint8_t value[65536];
	const unsigned int *n = context;
	int r = 0;

	n_runs++;
	for (unsigned int i = 0; r == 0 && i < *n; i++) {
		const struct store_file file = {1, {i, 1}, 1};

		r = store_put_xattr(daemon->store, &file, "security.x", 10, value, sizeof(value));
	}
	return r;
}

START_TEST(test_a_change_larger_than_the_map_makes_it_grow)
{
	unsigned int n = 2000; /* 128 MB; the map begins with 16 */
	const struct store_file last = {1, {1999, 1}, 1}, waiting = {1, {5000, 1}, 1};
	const struct journal_change change = {.file = waiting,
					      .name = "security.y",
					      .name_size = 10,
					      .value = "v",
					      .value_size = 1};
	const void *value;
	size_t size;

	/* In the journal and the open transaction, which is lost on the way. */
	ck_assert_int_eq(journal_append(&daemon_.journal, &change), 0);
	ck_assert_int_eq(persist_change(&daemon_, put_much, &n), 0);
	ck_assert_int_gt(n_runs, 1);
	ck_assert_int_eq(persist_flush(&daemon_), 0);
	ck_assert_int_eq(store_get_xattr(daemon_.store, &last, "security.x", 10, &value, &size), 0);
	ck_assert_int_eq(store_get_xattr(daemon_.store, &waiting, "security.y", 10, &value, &size),
			 0);
	ck_assert_uint_eq(daemon_.journal.size, 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("session");
	TCase *frames = tcase_create("frames");
	TCase *meaning = tcase_create("requests");

	tcase_add_checked_fixture(frames, setup, teardown);
	tcase_set_timeout(frames, 120);
	tcase_add_loop_test(frames, test_every_truncation_is_refused, 0, N_OPS);
	tcase_add_loop_test(frames, test_more_bytes_than_the_body_needs_are_refused, 0, N_OPS);
	tcase_add_loop_test(frames, test_a_flipped_bit_never_harms_the_daemon, 0, N_OPS);
	tcase_add_test(frames, test_numbers_that_are_no_op_are_refused);
	suite_add_tcase(suite, frames);
	tcase_add_checked_fixture(meaning, setup, teardown);
	tcase_set_timeout(meaning, 120);
	tcase_add_test(meaning, test_tags);
	tcase_add_test(meaning, test_a_daemon_without_its_runtime_place_sends_to_the_next);
	tcase_add_test(meaning, test_a_key_of_a_namespace_that_is_gone_is_not_listed);
	tcase_add_test(meaning, test_a_request_over_a_socket_gets_its_reply);
	tcase_add_test(meaning, test_a_descriptor_that_came_along_is_closed_before_the_answer);
	tcase_add_test(meaning, test_a_change_larger_than_the_map_makes_it_grow);
	suite_add_tcase(suite, meaning);
	return run_suite(suite);
}
