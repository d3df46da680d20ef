/* SPDX-License-Identifier: MIT
 * announce.c - tell other processes our ids and capabilities, in the environment block.
 */
#include "shim/announce.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include <fakeid/wire.h>

#include "core/idline.h"
#include "shim/process.h"

#define PREFIX FAKEID_ENV_IDS "="
#define BLOCK_BYTES_MAX (8u << 20) /* more arguments and environment no kernel takes */

static struct {
	char *value; /* in the block; NULL = nowhere to write */
	_Atomic uint32_t n_asked;
} line;

/* The block lies on the stack, below the name of the program, and stays mapped. A string from
 * elsewhere, of a preload that was here before us, is not what the kernel serves. */
static bool is_in_block(const char *value, uintptr_t name)
{
	uintptr_t at = (uintptr_t)value;

	return at < name && name - at < BLOCK_BYTES_MAX;
}

void announce_start(char *value, uintptr_t name)
{
	if (!value || !is_in_block(value, name) || strlen(value) != IDLINE_BYTES)
		return;
	line.value = value;
	announce();
}

static void write_line(char *value)
{
	char now[IDLINE_BYTES];
	struct creds creds;

	/* Programs that show a title in ps write over the block. */
	if (memcmp(value - (sizeof(PREFIX) - 1), PREFIX, sizeof(PREFIX) - 1) != 0)
		return;
	process_creds_copy_thread(0, &creds);
	idline_format(&creds, now);
	/* A page that is not written to is not copied after a fork. */
	if (memcmp(value, now, sizeof(now)) != 0)
		memcpy(value, now, sizeof(now));
}

void announce(void)
{
	uint32_t n_asked;

	if (!line.value)
		return;
	atomic_fetch_add(&line.n_asked, 1);
	/* Nobody waits, and a longjmp leaves nothing behind: whoever was overtaken writes again. */
	do {
		n_asked = atomic_load(&line.n_asked);
		write_line(line.value);
	} while (atomic_load(&line.n_asked) != n_asked);
}
