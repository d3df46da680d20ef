/* SPDX-License-Identifier: MIT
 * idline.c - see idline.h.
 */
#include "core/idline.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

#define N_IDS (FAKEID_IDKIND_N * CREDS_ID_N)
#define DIGITS 8

/* Every bit of every word reaches every bit of the sum. */
static uint32_t sum_of(const uint32_t word[IDLINE_WORDS])
{
	uint64_t sum = UINT64_C(0x9e3779b97f4a7c15);

	for (unsigned i = 0; i < IDLINE_WORDS; i++) {
		sum = (sum ^ word[i]) * UINT64_C(0xd6e8feb86659fd93);
		sum ^= sum >> 32;
	}
	return (uint32_t)sum;
}

/* All eight digits at once: this happens at each change and each start of a program. */
static char *put_number(char *at, uint32_t value)
{
	uint64_t digits = value, letters;

	digits = (digits << 16 | digits) & UINT64_C(0x0000ffff0000ffff);
	digits = (digits << 8 | digits) & UINT64_C(0x00ff00ff00ff00ff);
	digits = (digits << 4 | digits) & UINT64_C(0x0f0f0f0f0f0f0f0f);
	letters = (digits + UINT64_C(0x0606060606060606)) >> 4 & UINT64_C(0x0101010101010101);
	digits = htobe64(digits + UINT64_C(0x3030303030303030) + letters * ('a' - '9' - 1));
	memcpy(at, &digits, DIGITS);
	return at + DIGITS;
}

/* Hot: to lie where the other code of a start does. */
__attribute__((hot)) void idline_format(const struct creds *creds, char *ret_line)
{
	uint32_t word[IDLINE_WORDS];
	char *at;

	memcpy(word, creds->id, sizeof(creds->id));
	for (unsigned i = 0; i < CREDS_CAPSET_N; i++) {
		word[N_IDS + 2 * i] = (uint32_t)(creds->cap[i] >> 32);
		word[N_IDS + 2 * i + 1] = (uint32_t)creds->cap[i];
	}
	word[IDLINE_WORDS - 1] = (uint32_t)creds->no_new_privs | (uint32_t)creds->undumpable << 1;
	at = put_number(ret_line, sum_of(word));
	for (unsigned i = 0; i < IDLINE_WORDS; i++) {
		*at++ = ':';
		at = put_number(at, word[i]);
	}
}

/* As put_number() writes it: no capitals. */
static int take_number(const char **at, uint32_t *ret_value)
{
	uint32_t value = 0;

	for (int i = 0; i < DIGITS; i++) {
		char c = *(*at)++;

		if (c >= '0' && c <= '9')
			value = value << 4 | (uint32_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			value = value << 4 | (uint32_t)(c - 'a' + 10);
		else
			return -EINVAL;
	}
	*ret_value = value;
	return 0;
}

int idline_parse(const char *line, struct creds *ret_creds)
{
	struct creds creds = {0};
	uint32_t word[IDLINE_WORDS], sum;

	if (take_number(&line, &sum) < 0)
		return -EINVAL;
	for (unsigned i = 0; i < IDLINE_WORDS; i++)
		if (*line++ != ':' || take_number(&line, &word[i]) < 0 ||
		    (i < N_IDS && word[i] == FAKEID_ID_INVALID))
			return -EINVAL;
	memcpy(creds.id, word, sizeof(creds.id));
	for (unsigned i = 0; i < CREDS_CAPSET_N; i++) {
		creds.cap[i] = (uint64_t)word[N_IDS + 2 * i] << 32 | word[N_IDS + 2 * i + 1];
		if (creds.cap[i] & ~CREDS_CAP_ALL)
			return -EINVAL;
	}
	creds.no_new_privs = word[IDLINE_WORDS - 1] & 1;
	creds.undumpable = word[IDLINE_WORDS - 1] & 2;
	if (sum != sum_of(word) || word[IDLINE_WORDS - 1] > 3)
		return -EINVAL;

	*ret_creds = creds;
	return 0;
}
