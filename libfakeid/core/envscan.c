/* SPDX-License-Identifier: MIT
 * envscan.c - see envscan.h.
 */
#include "core/envscan.h"

#include <string.h>

#include <fakeid/wire.h>

#define SESSION_NAME FAKEID_ENV_SESSION "="
#define IDS_NAME FAKEID_ENV_IDS "="

enum { SESSION = 1 << 0, IDS = 1 << 1, BOTH = SESSION | IDS };

static void begin_string(struct envscan *scan)
{
	scan->state = ENVSCAN_NAME;
	scan->matches = BOTH;
	scan->n = 0;
}

void envscan_init(struct envscan *scan, const char *dir)
{
	*scan = (struct envscan){.dir = dir};
	begin_string(scan);
}

/* The name is complete; its value comes next. */
static void begin_value(struct envscan *scan, unsigned name)
{
	scan->n = 0;
	scan->state = ENVSCAN_SKIP;
	if (scan->seen & name)
		return;
	scan->seen |= name;
	if (name == SESSION) {
		scan->state = ENVSCAN_NUMBER;
		scan->field = 0;
		scan->number[0] = 0;
	} else {
		scan->state = ENVSCAN_IDS;
		scan->ids_at = scan->at + 1;
	}
}

static void take_name(struct envscan *scan, char c)
{
	/* Both names end with '=', so that no index is out of bounds while one still matches. */
	if (scan->matches & SESSION && SESSION_NAME[scan->n] != c)
		scan->matches &= ~(unsigned)SESSION;
	if (scan->matches & IDS && IDS_NAME[scan->n] != c)
		scan->matches &= ~(unsigned)IDS;
	scan->n++;
	if (!scan->matches)
		scan->state = ENVSCAN_SKIP;
	else if (c == '=')
		begin_value(scan, scan->matches);
}

static void take_number(struct envscan *scan, char c)
{
	uint64_t *number = &scan->number[scan->field];

	if (c >= '0' && c <= '9' && *number <= UINT32_MAX) {
		*number = *number * 10 + (uint64_t)(c - '0');
		scan->n++;
		return;
	}
	if (c != ':' || scan->n == 0 || *number > UINT32_MAX) {
		scan->state = ENVSCAN_SKIP;
		return;
	}
	scan->n = 0;
	if (++scan->field < ENVSCAN_NUMBERS) {
		scan->number[scan->field] = 0;
		return;
	}
	scan->state = scan->number[0] == 1 ? ENVSCAN_DIR : ENVSCAN_SKIP;
	scan->is_ours = true; /* until a character differs */
}

/* Up to and with the NUL at the end. */
static void take_dir(struct envscan *scan, char c)
{
	if (scan->is_ours && scan->dir[scan->n++] != c)
		scan->is_ours = false;
	if (c != '\0')
		return;
	scan->has_session = true;
	scan->ns = (uint32_t)scan->number[1];
	scan->flags = (uint32_t)scan->number[3];
}

static void take_ids(struct envscan *scan, char c)
{
	if (scan->n < IDLINE_BYTES && c != '\0')
		scan->ids[scan->n++] = c;
	else if (scan->n == IDLINE_BYTES && c == '\0')
		scan->has_ids = true;
	else
		scan->state = ENVSCAN_SKIP;
}

static void take(struct envscan *scan, char c)
{
	switch (scan->state) {
	case ENVSCAN_NAME:
		take_name(scan, c);
		break;
	case ENVSCAN_NUMBER:
		take_number(scan, c);
		break;
	case ENVSCAN_DIR:
		take_dir(scan, c);
		break;
	case ENVSCAN_IDS:
		take_ids(scan, c);
		break;
	case ENVSCAN_SKIP:
		break;
	}
	if (c == '\0')
		begin_string(scan);
}

bool envscan_feed(struct envscan *scan, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		if (scan->state == ENVSCAN_SKIP) {
			const char *nul = memchr(bytes + i, '\0', size - i);
			size_t gone = nul ? (size_t)(nul - (bytes + i)) : size - i;

			scan->at += gone;
			i += gone;
			if (!nul)
				break;
		}
		take(scan, bytes[i++]);
		scan->at++;
		if (scan->has_session && scan->has_ids)
			return true;
	}
	return false;
}
