/* SPDX-License-Identifier: MIT
 * status_text.h - read the text that the daemon answers to STATUS. Lines `key value`, then a line
 * for each namespace: `namespace N tag T` and either `key value` pairs or `not in use`; a tag of
 * `-` is none.
 */
#ifndef FAKEID_STATUS_TEXT_H
#define FAKEID_STATUS_TEXT_H

#define STATUS_TEXT_MAX 65536u

/* Print the text as one JSON object. */
void status_text_print_json(const char *text);

#endif
