/* SPDX-License-Identifier: MIT
 * fakeroot_load.c - the file of -i: read as a whole before the command runs, or not at all.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "core/cursor.h"
#include "device.h"
#include "fakeroot_file.h"
#include "fakeroot_line.h"

#define ROW_BYTES (8u + 8u + RECORD_VALUE_BYTES)
#define BATCH_ROWS 1000u

_Static_assert(4 + BATCH_ROWS * ROW_BYTES <= 65536u, "a batch fits one message");

/* Rows of one device, so that the daemon takes all of them or none. */
struct batch {
	uint64_t dev;
	uint32_t n_rows;
	uint8_t body[4 + BATCH_ROWS * ROW_BYTES];
	char lines[BATCH_ROWS * FAKEROOT_LINE_MAX];
	size_t lines_size;
};

static int keep_lines(struct fakeroot_file *file, const struct batch *batch)
{
	char *grown = realloc(file->rest, file->rest_size + batch->lines_size);

	if (!grown)
		return -ENOMEM;

	memcpy(grown + file->rest_size, batch->lines, batch->lines_size);
	file->rest = grown;
	file->rest_size += batch->lines_size;
	return 0;
}

static int send_batch(struct fakeroot_file *file, struct session *session, struct batch *batch)
{
	struct writer w = {.at = batch->body, .left = 4};
	uint8_t reply[4] = {0};
	size_t size = sizeof(reply);
	struct reader r = {.at = reply, .left = sizeof(reply)};
	uint32_t taken;
	int status;

	if (batch->n_rows == 0)
		return 0;

	device_introduce(session, batch->dev);
	write_u32(&w, session->fsns);
	status = session_ask(session, WIRE_IMPORT, batch->body, 4 + batch->n_rows * ROW_BYTES, -1,
			     reply, &size, CONNECT_COMMIT_MS);
	if (status < 0)
		return status;

	taken = read_u32(&r);
	if (size != sizeof(reply) || (taken != 0 && taken != batch->n_rows))
		return -EBADMSG;
	if (taken == 0)
		status = keep_lines(file, batch);
	batch->n_rows = 0;
	batch->lines_size = 0;
	return status;
}

static void add_row(struct batch *batch, const struct fakeroot_line *line,
		    const struct record *record)
{
	struct writer w = {.at = batch->body + 4 + (size_t)batch->n_rows * ROW_BYTES,
			   .left = ROW_BYTES};
	uint8_t value[RECORD_VALUE_BYTES];

	record_encode(record, value);
	write_u64(&w, line->dev);
	write_u64(&w, line->ino);
	write_bytes(&w, value, sizeof(value));
	batch->dev = line->dev;
	batch->n_rows++;
	batch->lines_size += fakeroot_line_format(line, batch->lines + batch->lines_size);
}

static int read_line(const char *text, const struct view *view, const char *path, unsigned number,
		     struct fakeroot_line *ret_line, struct record *ret_record,
		     struct trouble *trouble)
{
	int r = fakeroot_line_parse(text, ret_line);

	if (r == 0)
		r = fakeroot_line_to_record(ret_line, view, ret_record);
	if (r == -ENXIO)
		return trouble_set(
			trouble, r,
			"load %s: line %u: this id space has no user %u or no group %u: give "
			"it other maps",
			path, number, ret_line->uid, ret_line->gid);
	if (r < 0)
		return trouble_set(
			trouble, r,
			"load %s: line %u is not one of fakeroot's: correct or remove it", path,
			number);
	return 0;
}

static int load_lines(struct fakeroot_file *file, struct session *session, const struct view *view,
		      FILE *in, const char *path, struct batch *batch, struct trouble *trouble)
{
	autofree char *text = NULL;
	struct fakeroot_line line;
	struct record record;
	size_t capacity = 0;
	int r;

	for (unsigned number = 1; getline(&text, &capacity, in) > 0; number++) {
		text[strcspn(text, "\n")] = '\0';
		r = read_line(text, view, path, number, &line, &record, trouble);
		if (r < 0)
			return r;

		if (batch->n_rows == BATCH_ROWS || (batch->n_rows && batch->dev != line.dev))
			r = send_batch(file, session, batch);
		if (r < 0)
			return trouble_set(trouble, r, "load %s: %s: try again", path,
					   strerror(-r));

		add_row(batch, &line, &record);
	}
	if (ferror(in))
		return trouble_set(trouble, -EIO, "load %s: %s: check the file", path,
				   strerror(errno));

	r = send_batch(file, session, batch);
	if (r < 0)
		return trouble_set(trouble, r, "load %s: %s: try again", path, strerror(-r));
	return 0;
}

int fakeroot_file_load(struct fakeroot_file *file, struct session *session, const struct view *view,
		       const char *path, struct trouble *trouble)
{
	autofclose FILE *in = fopen(path, "re");
	static struct batch batch; /* too large for a stack */

	if (!in && errno == ENOENT) {
		(void)trouble_set(trouble, -ENOENT,
				  "load %s: it does not exist: starting without it", path);
		trouble_print("fakeid", trouble);
		return 0;
	}
	if (!in)
		return trouble_set(trouble, -errno, "load %s: %s: check the file", path,
				   strerror(errno));

	return load_lines(file, session, view, in, path, &batch, trouble);
}
