/* SPDX-License-Identifier: MIT
 * generate.h - what the parts of the sequence generator share.
 */
#ifndef FAKEID_TESTS_GENERATE_H
#define FAKEID_TESTS_GENERATE_H

#include <stdbool.h>

/* A kind of call, and how often it comes up compared with the others. */
struct generator {
	unsigned weight;
	void (*print)(void);
};

extern const struct generator file_generators[]; /* ends with weight 0 */

/* True for what is done by who gave up root or some of its capabilities. */
extern bool as_user;

unsigned below(unsigned n);
bool one_in(unsigned n);

/* Words of a call (generate_files.c). path: mostly a name, sometimes a descriptor's or an odd one;
 * own_path: for calls that change a link itself, so not one of the kernel's in /proc. */
const char *path(void);
const char *own_path(void);
const char *slot(void);

void gen_xattr(void);
void gen_held(void);
void gen_file_call(void); /* any of file_generators */

/* -- who acts (generate_actors.c) -- */
void gen_user(void);	/* a child that becomes a user */
void gen_capable(void); /* a child that loses capabilities, or keeps some as a user */
void gen_pair(void);	/* a new second process */
void gen_turn(void);	/* a call of the first process, or of the second if there is one */
void gen_cap_change(void);

#define PICK(list) ((list)[below(sizeof(list) / sizeof((list)[0]))])

#endif
