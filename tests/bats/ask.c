/* SPDX-License-Identifier: MIT
 * ask.c - speaks to faked from the tests: one verb a call, answers as lines, exit 0 or 1 with the
 * name of the error on stdout. Also publishes into the index as wrapped programs do.
 *
 *   ask DIR hello TAG|- [COMMAND...]   open a session (- = nameless) and keep it while COMMAND runs
 *   ask DIR sync|status|stop
 *   ask DIR volume FSNS FILE
 *   ask DIR put FSNS FILE-OR-VOLUME:INO UID    publish a record, growing as needed
 *   ask DIR get FSNS VOLUME:INO                uid of a record
 *   ask DIR write FSNS VOLUME FIRST COUNT      publish many; print each number once acknowledged
 *   ask DIR check FSNS VOLUME FILE             all numbers in FILE are in the index
 *   ask DIR list FSNS                          rows of the store
 *   ask DIR xset|xget|xlist|xdel FSNS VOLUME:INO NAME [VALUE]
 *   ask DIR raw HEX                            send bytes, print the reply's status
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fakeid/wire.h>

#include "core/cursor.h"
#include "core/index.h"

#define DEADLINE_US 10000000
#define STEP_US 10000

static const char *state_dir;
static uint8_t reply[WIRE_FRAME_MAX_BYTES];
static size_t reply_size;

static int fail(int r)
{
	(void)printf("%s\n", strerrorname_np(-r));
	return 1;
}

static int connect_once(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char path[4096];
	int run, fd, r = 0;

	(void)snprintf(path, sizeof(path), "%s/" FAKEID_RUN_NAME, state_dir);
	run = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (run < 0)
		return -errno;

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "/proc/self/fd/%d/%s", run,
		       FAKEID_SOCKET_NAME);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		r = -errno;
	(void)close(run);
	if (r < 0) {
		(void)close(fd);
		return r;
	}

	return fd;
}

static int send_frame(int fd, const void *bytes, size_t size, int passed)
{
	union {
		struct cmsghdr align;
		uint8_t bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	struct iovec iov = {(void *)bytes, size};
	struct msghdr message = {.msg_iov = &iov, .msg_iovlen = 1};

	if (passed >= 0) {
		struct cmsghdr *c;

		message.msg_control = control.bytes;
		message.msg_controllen = sizeof(control.bytes);
		c = CMSG_FIRSTHDR(&message);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed, sizeof(int));
	}
	return sendmsg(fd, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* One reply; its body is left in `reply`. */
static int receive(int fd)
{
	ssize_t n = recv(fd, reply, sizeof(reply), 0);
	struct reader r = {reply, n > 0 ? (size_t)n : 0, false};
	int status;

	(void)read_u32(&r);
	status = (int)read_u32(&r);
	if (n <= 0 || read_u32(&r) != r.left || r.bad)
		return -EPIPE;

	reply_size = r.left;
	memmove(reply, r.at, r.left);
	return status;
}

static int exchange(int fd, enum wire_op op, const void *body, size_t size, int passed)
{
	static uint8_t frame[WIRE_FRAME_MAX_BYTES];
	struct writer w = {frame, sizeof(frame), false};
	int r;

	write_u16(&w, WIRE_PROTOCOL);
	write_u16(&w, (uint16_t)op);
	write_u32(&w, 0);
	write_u32(&w, (uint32_t)size);
	write_bytes(&w, body, size);
	r = send_frame(fd, frame, (size_t)(w.at - frame), passed);
	return r < 0 ? r : receive(fd);
}

/* Retries while no daemon answers: the tests kill it. */
static int ask(enum wire_op op, const void *body, size_t size, int passed)
{
	int r = -EIO;

	for (long waited = 0; waited < DEADLINE_US; waited += STEP_US) {
		int fd = connect_once();

		r = fd < 0 ? fd : exchange(fd, op, body, size, passed);
		if (fd >= 0)
			(void)close(fd);
		if (r != -EPIPE && r != -ECONNREFUSED && r != -ENOENT && r != -ECONNRESET)
			return r;
		if (r == -ENOENT && fd >= 0)
			return r;
		(void)usleep(STEP_US);
	}
	return r;
}

struct body {
	uint8_t bytes[WIRE_FRAME_MAX_BYTES];
	struct writer w;
};

static struct writer *begin(struct body *body)
{
	body->w = (struct writer){body->bytes, sizeof(body->bytes), false};
	return &body->w;
}

static int ask_body(enum wire_op op, const struct body *body, int passed)
{
	return ask(op, body->bytes, (size_t)(body->w.at - body->bytes), passed);
}

static int map_name(uint32_t fsns, const char *format, struct index *ret_index)
{
	char name[64], path[4200];
	struct stat st;
	void *memory;
	int fd;

	(void)snprintf(name, sizeof(name),
		       strcmp(format, "next") ? FAKEID_SEGMENT_FORMAT : FAKEID_SEGMENT_NEXT_FORMAT,
		       fsns);
	(void)snprintf(path, sizeof(path), "%s/" FAKEID_RUN_NAME "/%s", state_dir, name);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;

	if (fstat(fd, &st) < 0)
		return -errno;

	memory = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (memory == MAP_FAILED)
		return -errno;

	return index_open(memory, (size_t)st.st_size, ret_index);
}

static struct index cur, next;
static struct index_view view;

/* Mappings are never undone: this program is short. */
static int attach(uint32_t fsns)
{
	int r = -EIO;

	for (long waited = 0; waited < DEADLINE_US; waited += STEP_US) {
		r = map_name(fsns, "", &cur);
		if (r == 0 && atomic_load(&cur.header->state) == INDEX_LIVE) {
			view = (struct index_view){&cur, NULL};
			if (atomic_load(&cur.header->next_generation) != 0 &&
			    map_name(fsns, "next", &next) == 0)
				view.next = &next;
			return 0;
		}
		(void)usleep(STEP_US);
	}
	return r == 0 ? -ESTALE : r;
}

static int ask_grow(uint32_t fsns)
{
	struct body body;
	struct writer *w = begin(&body);

	write_u32(w, fsns);
	write_u64(w, index_newest(&view));
	return ask_body(WIRE_GROW, &body, -1);
}

static int ask_fetch(uint32_t fsns, struct record_key key)
{
	struct body body;
	struct writer *w = begin(&body);

	write_u32(w, fsns);
	write_u32(w, key.volume);
	write_u64(w, key.ino);
	return ask_body(WIRE_FETCH, &body, -1);
}

static int publish(uint32_t fsns, struct record_key key, const struct record *record)
{
	for (int tries = 0; tries < 100000; tries++) {
		struct record old;
		uint64_t version = 0;
		int r = index_find(&view, key, &old, &version);

		if (r == -EINPROGRESS) {
			r = ask_fetch(fsns, key);
			if (r < 0)
				return r;
			continue;
		}
		if (r == 0 || r == -ENOENT)
			r = index_publish(&view, key, version, record);
		if (r == -EXFULL) {
			r = ask_grow(fsns);
			if (r < 0)
				return r;
			r = -ESTALE;
		}
		if (r == -ESTALE) {
			r = attach(fsns);
			if (r < 0)
				return r;
			continue;
		}
		if (r != -EAGAIN)
			return r;
	}
	return -EIO;
}

static int find(uint32_t fsns, struct record_key key, struct record *ret_record)
{
	int r = -ESTALE;

	for (int tries = 0; tries < 1000 && (r == -ESTALE || r == -EINPROGRESS); tries++) {
		uint64_t version;

		r = index_find(&view, key, ret_record, &version);
		if ((r == -ESTALE && attach(fsns) < 0) ||
		    (r == -EINPROGRESS && ask_fetch(fsns, key) < 0))
			break;
	}
	return r;
}

static struct record record_of(uint64_t number)
{
	return (struct record){.uid = {number % 60000},
			       .gid = {number % 50000},
			       .mode = 04755,
			       .btime_ns = 5,
			       .flags = RECORD_UID | RECORD_GID | RECORD_MODE};
}

static int ask_volume(uint32_t fsns, const char *file, uint32_t *ret_volume)
{
	int fd = open(file, O_PATH | O_CLOEXEC), r;
	struct body body;
	struct writer *w = begin(&body);
	struct reader answer;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;

	write_u32(w, fsns);
	write_u64(w, st.st_dev);
	r = ask_body(WIRE_VOLUME, &body, fd);
	(void)close(fd);
	if (r < 0)
		return r;

	answer = (struct reader){reply, reply_size, false};
	*ret_volume = read_u32(&answer);
	return 0;
}

static struct record_key key_of(const char *text)
{
	char *colon;
	struct record_key key = {.volume = (uint32_t)strtoul(text, &colon, 10)};

	key.ino = *colon ? strtoull(colon + 1, NULL, 10) : 0;
	return key;
}

static int do_hello(int argc, char **argv)
{
	const char *tag = strcmp(argv[0], "-") == 0 ? "" : argv[0];
	struct body body;
	struct writer *w = begin(&body);
	struct reader answer;
	int fd = connect_once(), r, status;
	char text[16];
	pid_t child;

	if (fd < 0)
		return fail(fd);

	write_u32(w, *tag == '\0' || *tag == '#' ? WIRE_HELLO_NAMELESS : 0);
	write_u32(w, 0);
	tag += *tag == '#';
	write_u16(w, (uint16_t)strlen(tag));
	write_bytes(w, tag, strlen(tag));
	r = exchange(fd, WIRE_HELLO, body.bytes, (size_t)(w->at - body.bytes), -1);
	if (r < 0)
		return fail(r);

	answer = (struct reader){reply, reply_size, false};
	(void)snprintf(text, sizeof(text), "%u", read_u32(&answer));
	if (argc < 2) {
		(void)puts(text);
		return 0;
	}

	child = fork();
	if (child == 0) {
		(void)setenv("NS", text, 1);
		(void)execvp(argv[1], argv + 1);
		_exit(127);
	}
	(void)waitpid(child, &status, 0);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

static int do_sync(int argc, char **argv)
{
	struct body body;
	struct writer *w = begin(&body);
	int r;

	write_u32(w, argc > 0 ? (uint32_t)strtoul(argv[0], NULL, 10) : 0);
	r = ask_body(WIRE_SYNC, &body, -1);
	return r < 0 ? fail(r) : 0;
}

static int do_status(int argc, char **argv)
{
	struct body body;
	struct writer *w = begin(&body);
	int r;

	write_u32(w, argc > 0 ? (uint32_t)strtoul(argv[0], NULL, 10) : 0);
	r = ask_body(WIRE_STATUS, &body, -1);
	if (r < 0)
		return fail(r);

	(void)fwrite(reply, 1, reply_size, stdout);
	return 0;
}

static int do_stop(int argc, char **argv)
{
	int r = ask(WIRE_STOP, "", 0, -1);

	(void)argc;
	(void)argv;
	return r < 0 ? fail(r) : 0;
}

static int do_volume(int argc, char **argv)
{
	uint32_t volume;
	int r = argc < 2 ? -EINVAL
			 : ask_volume((uint32_t)strtoul(argv[0], NULL, 10), argv[1], &volume);

	if (r < 0)
		return fail(r);

	(void)printf("%u\n", volume);
	return 0;
}

static int do_put(int argc, char **argv)
{
	uint32_t fsns = (uint32_t)strtoul(argv[0], NULL, 10);
	struct record record = record_of(argc > 2 ? strtoull(argv[2], NULL, 10) : 0);
	int r = attach(fsns);

	if (argc > 3 && strcmp(argv[3], "none") == 0)
		record.flags = RECORD_NONE;
	if (argc > 3 && strcmp(argv[3], "doomed") == 0)
		record.flags |= RECORD_DOOMED;
	if (r == 0)
		r = publish(fsns, key_of(argv[1]), &record);
	return r < 0 ? fail(r) : 0;
}

static int do_get(int argc, char **argv)
{
	uint32_t fsns = (uint32_t)strtoul(argv[0], NULL, 10);
	struct record record;
	int r = argc < 2 ? -EINVAL : attach(fsns);

	if (r == 0)
		r = find(fsns, key_of(argv[1]), &record);
	if (r < 0)
		return fail(r);

	(void)printf("%llu\n", (unsigned long long)record.uid.value);
	return 0;
}

static int do_write(int argc, char **argv)
{
	uint32_t fsns = (uint32_t)strtoul(argv[0], NULL, 10);
	struct record_key key = {.volume = (uint32_t)strtoul(argc > 1 ? argv[1] : "0", NULL, 10)};
	uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 0;
	uint64_t count = argc > 3 ? strtoull(argv[3], NULL, 10) : 0;
	int r = attach(fsns);

	for (uint64_t i = first; r == 0 && i < first + count; i++) {
		struct record record = record_of(i);
		char line[32];
		int n = snprintf(line, sizeof(line), "%llu\n", (unsigned long long)i);

		key.ino = i;
		r = publish(fsns, key, &record);
		if (r == 0 && write(STDOUT_FILENO, line, (size_t)n) != n)
			return 1;
	}
	return r < 0 ? fail(r) : 0;
}

static int do_check(int argc, char **argv)
{
	uint32_t fsns = (uint32_t)strtoul(argv[0], NULL, 10);
	struct record_key key = {.volume = (uint32_t)strtoul(argc > 1 ? argv[1] : "0", NULL, 10)};
	FILE *file = argc > 2 ? fopen(argv[2], "re") : NULL;
	unsigned long long number;
	unsigned int n_checked = 0, n_bad = 0;
	int r = file ? attach(fsns) : -EINVAL;

	while (r == 0 && fscanf(file, "%llu", &number) == 1) {
		const struct record expected = record_of(number);
		struct record record;

		key.ino = number;
		n_checked++;
		if (find(fsns, key, &record) != 0 || record.uid.value != expected.uid.value ||
		    record.gid.value != expected.gid.value || record.flags != expected.flags)
			n_bad++;
	}
	if (r < 0)
		return fail(r);

	(void)fclose(file);
	(void)printf("checked %u bad %u\n", n_checked, n_bad);
	return n_bad > 0 || n_checked == 0;
}

static int do_list(int argc, char **argv)
{
	uint32_t fsns = (uint32_t)strtoul(argc > 0 ? argv[0] : "0", NULL, 10);
	struct record_key after = {0};

	for (;;) {
		struct body body;
		struct writer *w = begin(&body);
		struct reader rows;
		int r;

		write_u32(w, fsns);
		write_u32(w, after.volume);
		write_u64(w, after.ino);
		r = ask_body(WIRE_EXPORT, &body, -1);
		if (r < 0)
			return fail(r);

		rows = (struct reader){reply, reply_size, false};
		if (rows.left == 0)
			return 0;

		while (rows.left > 0 && !rows.bad) {
			unsigned long long dev = read_u64(&rows);
			struct record record;
			uint32_t found;

			if (record_decode_key(read_bytes(&rows, RECORD_KEY_BYTES), RECORD_KEY_BYTES,
					      &found, &after) < 0 ||
			    record_decode(read_bytes(&rows, RECORD_VALUE_BYTES), RECORD_VALUE_BYTES,
					  &record) < 0)
				return fail(-EBADMSG);

			(void)printf("%s %u:%llu %llu\n", dev ? "mounted" : "away", after.volume,
				     (unsigned long long)after.ino,
				     (unsigned long long)record.uid.value);
		}
	}
}

static int do_xattr(const char *verb, int argc, char **argv)
{
	static const struct {
		const char *verb;
		enum wire_op op;
	} verbs[] = {{"xget", WIRE_XATTR_GET},	  {"xlist", WIRE_XATTR_LIST},
		     {"xset", WIRE_XATTR_SET},	  {"xdel", WIRE_XATTR_REMOVE},
		     {"xcreate", WIRE_XATTR_SET}, {"xreplace", WIRE_XATTR_SET}};
	const char *name = argc > 2 ? argv[2] : "", *value = argc > 3 ? argv[3] : "";
	struct body body;
	struct writer *w = begin(&body);
	size_t at = 0;
	struct record_key key = key_of(argv[1]);
	const char *btime = getenv("BTIME");
	int r;

	while (strcmp(verbs[at].verb, verb) != 0)
		at++;
	write_u32(w, (uint32_t)strtoul(argv[0], NULL, 10));
	write_u32(w, key.volume);
	write_u64(w, key.ino);
	write_u64(w, btime ? strtoull(btime, NULL, 10) : 5);
	if (verbs[at].op == WIRE_XATTR_SET)
		write_u32(w, strcmp(verb, "xcreate") == 0    ? 1
			     : strcmp(verb, "xreplace") == 0 ? 2
							     : 0);
	if (verbs[at].op != WIRE_XATTR_LIST) {
		write_u16(w, (uint16_t)strlen(name));
		write_bytes(w, name, strlen(name));
	}
	if (verbs[at].op == WIRE_XATTR_SET)
		write_bytes(w, value, strlen(value));
	r = ask_body(verbs[at].op, &body, -1);
	if (r < 0)
		return fail(r);

	if (verbs[at].op == WIRE_XATTR_SET || verbs[at].op == WIRE_XATTR_REMOVE) {
		struct reader answer = {reply, reply_size, false};

		(void)printf("%u\n", read_u32(&answer));
		return 0;
	}

	for (size_t i = 0; i < reply_size; i++)
		(void)putchar(reply[i] ? reply[i] : '\n');
	return 0;
}

static int do_raw(int argc, char **argv)
{
	uint8_t bytes[4096];
	size_t n = 0;
	int fd = connect_once(), r;

	if (fd < 0 || argc < 1)
		return fail(fd);

	for (const char *at = argv[0]; at[0] && at[1] && n < sizeof(bytes); at += 2) {
		const char pair[3] = {at[0], at[1], 0};

		bytes[n++] = (uint8_t)strtoul(pair, NULL, 16);
	}
	r = send_frame(fd, bytes, n, -1);
	if (r == 0)
		r = receive(fd);
	return r < 0 ? fail(r) : 0;
}

static const struct {
	const char *verb;
	int (*run)(int argc, char **argv);
	int n_min;
} verbs[] = {
	{"hello", do_hello, 1}, {"sync", do_sync, 0},	  {"status", do_status, 0},
	{"stop", do_stop, 0},	{"volume", do_volume, 2}, {"put", do_put, 2},
	{"get", do_get, 2},	{"write", do_write, 4},	  {"check", do_check, 3},
	{"list", do_list, 1},	{"raw", do_raw, 1},
};

int main(int argc, char **argv)
{
	if (argc < 3)
		return 2;

	state_dir = argv[1];
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++) {
		if (strcmp(argv[2], verbs[i].verb) == 0 && argc - 3 >= verbs[i].n_min)
			return verbs[i].run(argc - 3, argv + 3);
	}
	if (argv[2][0] == 'x' && argc >= 5)
		return do_xattr(argv[2], argc - 3, argv + 3);

	(void)fprintf(stderr, "ask: unknown verb or too few arguments: %s\n", argv[2]);
	return 2;
}
