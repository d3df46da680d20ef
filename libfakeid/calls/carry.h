/* SPDX-License-Identifier: MIT
 * carry.h - start something with an environment that keeps it inside the session.
 */
#ifndef FAKEID_CARRY_H
#define FAKEID_CARRY_H

#include <stdbool.h>
#include <stddef.h>

#include "calls/program.h"

/* Called once with the environment to use: `envp` itself where nothing has to change. */
typedef void carry_fn(void *data, char *const envp[]);

/* For a shell. Returns what `run` left, that is 0, or -ENOMEM or -E2BIG without having called it.
 * What is built lives until `run` returns. Async-signal-safe; allocates nothing that outlives a
 * successful exec in a vfork child, whose memory is its parent's, unless the environment is
 * unusually large. */
int carry_env(char *const envp[], carry_fn *run, void *data);

/* As carry_env(), for a program that is known: what its file does to the credentials is in what it gets.
 * -EPERM when the kernel would refuse to run it for that. */
int carry_program(const struct program *program, char *const envp[], carry_fn *run, void *data);

/* Memory for what does not fit the stack: 0 or -ENOMEM. */
int carry_map(size_t size, void **ret_memory);
void carry_unmap(void *memory, size_t size);

#endif
