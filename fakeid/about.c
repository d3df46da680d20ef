/* SPDX-License-Identifier: MIT
 * about.c - what the daemon knows of one namespace.
 */
#include "about.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auto.h"
#include "connect.h"
#include "core/cursor.h"

size_t about_ask_encode(uint32_t flags, uint32_t number, const char *tag,
			uint8_t ret_body[ABOUT_ASK_BYTES])
{
	struct writer w = {.at = ret_body, .left = ABOUT_ASK_BYTES};

	write_u32(&w, flags);
	write_u32(&w, number);
	about_write_tag(&w, tag);
	return ABOUT_ASK_BYTES - w.left;
}

void about_write_tag(struct writer *w, const char *tag)
{
	write_u16(w, (uint16_t)strlen(tag)); /* a tag was checked before */
	write_bytes(w, tag, strlen(tag));
}

void about_read_tag(struct reader *r, char ret_tag[WIRE_TAG_MAX + 1])
{
	size_t size = read_u16(r);
	const uint8_t *bytes = read_bytes(r, size);

	if (!bytes || size > WIRE_TAG_MAX) {
		r->bad = true;
		return;
	}
	memcpy(ret_tag, bytes, size);
	ret_tag[size] = '\0';
}

int about_decode(const void *bytes, size_t size, struct about *ret_about, struct nsspec *ret_spec)
{
	struct reader r = {.at = bytes, .left = size};
	struct about about;

	about.ns = read_u32(&r);
	about.parent = read_u32(&r);
	about.fsns = read_u32(&r);
	about.level = read_u32(&r);
	about.flags = read_u32(&r);
	about.created_s = read_u64(&r);
	about.n_records = read_u64(&r);
	about.n_sessions = read_u32(&r);
	about.n_processes = read_u32(&r);
	about.n_children = read_u32(&r);
	about_read_tag(&r, about.tag);
	about_read_tag(&r, about.parent_tag);
	about_read_tag(&r, about.fs_tag);
	if (r.bad || (ret_spec && (nsspec_decode(&r, ret_spec) < 0 || !read_done(&r))))
		return -EBADMSG;

	*ret_about = about;
	return 0;
}

int about_ask(int fd, uint32_t flags, uint32_t number, const char *tag, struct about *ret_about,
	      struct nsspec *ret_spec)
{
	autofree uint8_t *reply = malloc(WIRE_FRAME_MAX_BYTES);
	uint8_t body[ABOUT_ASK_BYTES];
	size_t size = WIRE_FRAME_MAX_BYTES;
	int r;

	if (!reply)
		return -ENOMEM;

	r = connect_ask(fd, WIRE_NS_GET, body, about_ask_encode(flags, number, tag, body), -1,
			reply, &size, WIRE_REPLY_MS);
	return r < 0 ? r : about_decode(reply, size, ret_about, ret_spec);
}
