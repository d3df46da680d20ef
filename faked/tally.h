/* SPDX-License-Identifier: MIT
 * tally.h - records counted in slices, for a request that is made again once they are.
 */
#ifndef FAKED_TALLY_H
#define FAKED_TALLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct daemon;
struct tally;

/* Records of a filesystem namespace: 0 or -errno. Where they are many and not counted yet, `*tally`
 * begins to and -EINPROGRESS is returned; `tally` NULL: at once, whoever waits. */
int tally_records(struct daemon *daemon, struct tally **tally, uint32_t fsns, uint64_t *ret_count);

/* Go on until about `until_ns`. True: there is more to count. What fails is told by the count. */
bool tally_slice(struct daemon *daemon, struct tally *tally, int64_t until_ns);

/* The request to make again. 0 or -ENOMEM. */
int tally_keep_frame(struct tally *tally, const void *frame, size_t size);
const void *tally_frame(const struct tally *tally, size_t *ret_size);
void tally_free(struct tally *tally);

#endif
