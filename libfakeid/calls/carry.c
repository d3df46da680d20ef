/* SPDX-License-Identifier: MIT
 * carry.c - where the environment for a new program is put together: on the stack, in steps that
 * fit, or in a mapping of its own. Never in the heap: a vfork child may have interrupted malloc.
 */
#include "calls/carry.h"

#include <errno.h>
#include <sys/mman.h>

#include <fakeid/wire.h>

#include "core/envlist.h"
#include "core/idline.h"
#include "shim/next.h"
#include "shim/process.h"
#include "shim/seen.h"
#include "shim/sys.h"
#include "shim/text.h"

#define SMALL_BYTES 4096u   /* fits a thread with the smallest stack, and a signal stack */
#define MIDDLE_BYTES 65536u /* some thousand variables */
#define TEXT_BYTES 1024u    /* credentials with few groups */

#define KEY_BYTES 16u

struct carriage {
	char *const *envp;
	struct envlist_want want;
	struct envlist_plan plan;
	char ids[IDLINE_BYTES + 1]; /* ends with a NUL from the start */
	const struct program *program;
	carry_fn *run;
	void *data;
};

static void run_in(const struct carriage *c, void *memory)
{
	c->run(c->data, envlist_build(c->envp, &c->want, &c->plan, memory));
}

/* Not inlined, or every exec would pay for the largest frame. */
static __attribute__((noinline)) void run_small(const struct carriage *c)
{
	_Alignas(char *) char memory[SMALL_BYTES];

	run_in(c, memory);
}

static __attribute__((noinline)) void run_middle(const struct carriage *c)
{
	_Alignas(char *) char memory[MIDDLE_BYTES];

	run_in(c, memory);
}

int carry_map(size_t size, void **ret_memory)
{
	long r = SYS6(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);

	if (r < 0 && r > -4096)
		return -ENOMEM;

	*ret_memory = (void *)r;
	return 0;
}

void carry_unmap(void *memory, size_t size)
{
	/* Cannot fail for a mapping of ours. */
	(void)SYS2(SYS_munmap, memory, size);
}

static int run_with_creds(struct carriage *c, const char *creds)
{
	void *memory;
	int r;

	c->want.creds = *creds ? creds : NULL;
	envlist_plan(c->envp, &c->want, &c->plan);
	if (!c->plan.differs) {
		c->run(c->data, c->envp);
		return 0;
	}
	if (c->plan.size <= SMALL_BYTES) {
		run_small(c);
		return 0;
	}
	if (c->plan.size <= MIDDLE_BYTES) {
		run_middle(c);
		return 0;
	}

	r = carry_map(c->plan.size, &memory);
	if (r < 0)
		return r;

	run_in(c, memory);
	carry_unmap(memory, c->plan.size);
	return 0;
}

static int format_and_run(struct carriage *c, const struct groups *groups, char *text, size_t size)
{
	struct creds creds;
	struct creds_file file;
	uint32_t umask_user = process_umask_user();
	size_t len;
	int r;

	process_creds_copy(&creds);
	r = program_look(c->program, &creds, &file);
	if (r >= 0)
		r = creds_exec(&creds, groups, r > 0 ? &file : NULL);
	if (r < 0)
		return r;
	r = creds_format(&creds, groups, umask_user, text, size, &len);
	if (r < 0)
		return r;

	idline_format(&creds, c->ids);
	c->want.ids = c->ids;
	c->want.secure = creds.secure;
	return run_with_creds(c, text);
}

int carry_program(const struct program *program, char *const envp[], carry_fn *run, void *data)
{
	struct carriage c = {.envp = envp, .program = program, .run = run, .data = data};
	const struct groups *groups;
	char key[KEY_BYTES], small[TEXT_BYTES];
	struct text number = text_into(key, sizeof key);
	void *text;
	size_t size;
	int r;

	if (!process_on()) {
		run(data, envp);
		return 0;
	}
	seen_forget_all(); /* those that a vfork child has seen are not its parent's */
	text_add_number(&number, process.ns);
	(void)text_end(&number); /* a 32 bit number fits */
	c.want.session = process.session;
	c.want.key = key;
	c.want.preload = next_own_path();

	groups = process_groups();
	size = CREDS_TEXT_BASE_BYTES + groups->n * (size_t)CREDS_TEXT_GROUP_BYTES;
	if (size <= sizeof small)
		return format_and_run(&c, groups, small, sizeof small);

	r = carry_map(size, &text);
	if (r < 0)
		return r;

	r = format_and_run(&c, groups, text, size);
	carry_unmap(text, size);
	return r;
}

int carry_env(char *const envp[], carry_fn *run, void *data)
{
	static const struct program shell = {.dirfd = AT_FDCWD, .path = "/bin/sh"};

	return carry_program(&shell, envp, run, data);
}
