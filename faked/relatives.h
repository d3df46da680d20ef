/* SPDX-License-Identifier: MIT
 * relatives.h - how many namespaces lie in one, and how many others see its files.
 */
#ifndef FAKED_RELATIVES_H
#define FAKED_RELATIVES_H

#include <stddef.h>
#include <stdint.h>

struct daemon;

struct relatives {
	struct relative *at; /* sorted by whose they are */
	size_t n, capacity;
	uint64_t version; /* store_namespaces_version() that they are true of; 0: of none */
};

/* 0 or -errno. Those who come to its files as its children are not counted as users too. */
int relatives_count(struct daemon *daemon, uint32_t number, uint32_t *ret_children,
		    uint32_t *ret_users);
void relatives_done(struct relatives *relatives);

#endif
