/* SPDX-License-Identifier: MIT
 * about.h - what the daemon knows of one namespace: NS_GET on a connection. nsask.h asks for
 * sessions.
 */
#ifndef FAKEID_ABOUT_H
#define FAKEID_ABOUT_H

#include <stdint.h>

#include <fakeid/wire.h>

#include "core/cursor.h"
#include "core/nsspec.h"

struct about {
	uint32_t ns, parent, fsns, level;
	uint32_t flags; /* enum session_flags, of sessions in it */
	uint64_t created_s, n_records;
	uint32_t n_sessions, n_processes, n_children;
	char tag[WIRE_TAG_MAX + 1]; /* empty: nameless */
	char parent_tag[WIRE_TAG_MAX + 1], fs_tag[WIRE_TAG_MAX + 1];
};

/* Of a request: flags (WIRE_GET_*), number and tag, as wire.h says. */
#define ABOUT_ASK_BYTES (4u + 4u + 2u + WIRE_TAG_MAX)

size_t about_ask_encode(uint32_t flags, uint32_t number, const char *tag,
			uint8_t ret_body[ABOUT_ASK_BYTES]);

/* A tag in a message. Reading spoils `r` where there is none that fits; *ret_tag is then not to be
 * used. */
void about_write_tag(struct writer *w, const char *tag);
void about_read_tag(struct reader *r, char ret_tag[WIRE_TAG_MAX + 1]);

/* Read the answer; `ret_spec` may be NULL. 0 or -EBADMSG. */
int about_decode(const void *bytes, size_t size, struct about *ret_about, struct nsspec *ret_spec);

/* Ask on a connection. As connect_ask(). */
int about_ask(int fd, uint32_t flags, uint32_t number, const char *tag, struct about *ret_about,
	      struct nsspec *ret_spec);

#endif
