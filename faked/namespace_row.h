/* SPDX-License-Identifier: MIT
 * namespace_row.h - the bytes of a namespace in the store. Pure.
 */
#ifndef FAKED_NAMESPACE_ROW_H
#define FAKED_NAMESPACE_ROW_H

#include "store.h"

#define NAMESPACE_ROW_BYTES_MAX \
	(26u + sizeof(((struct store_namespace *)NULL)->tag) + NSSPEC_BYTES_MAX)

/* -EMSGSIZE: the spec is larger than NSSPEC_BYTES_MAX. */
int namespace_row_encode(const struct store_namespace *entry, const struct nsspec *spec,
			 uint8_t ret_bytes[NAMESPACE_ROW_BYTES_MAX], size_t *ret_size);

/* All but the number, which is the row's key. `ret_spec` may be NULL: then it is not looked at. Returns 0, or
 * -EBADMSG for what no fakeid wrote; then *ret_spec is undefined. */
int namespace_row_decode(const void *bytes, size_t size, struct store_namespace *ret,
			 struct nsspec *ret_spec);

#endif
