/* SPDX-License-Identifier: MIT
 * ctl_ns.h - what `fakeidctl ns` prints: lines or JSON, to stdout.
 */
#ifndef FAKEID_CTL_NS_H
#define FAKEID_CTL_NS_H

#include <stddef.h>

#include "about.h"

/* Lines `name value`; maps one extent a line, in the words of the options. */
void ns_print(const struct about *about, const struct nsspec *spec);

/* One JSON object, without a line break. */
void ns_print_json(const struct about *about, const struct nsspec *spec);

/* Its member for capabilities, and one for a namespace by number and tag (null for the host). */
void ns_print_caps_json(uint64_t caps);
void ns_print_other_json(const char *name, uint32_t number, const char *tag);

/* A line of the list. */
struct ns_row {
	struct about about;
	bool isolated;
	char maps[96]; /* in short */
};

void ns_row_fill(const struct about *about, const struct nsspec *spec, struct ns_row *ret_row);
void ns_print_rows(const struct ns_row *rows, size_t n);

#endif
