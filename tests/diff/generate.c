/* SPDX-License-Identifier: MIT
 * generate.c - random sequences: the numbers, the mix of calls, and children that change their ids.
 */
#include "generate.h"
#include "walk.h"

bool as_user;

static uint64_t state;

/* splitmix64: one add and three mixes, the same on every machine */
static uint64_t next_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

unsigned below(unsigned n)
{
	return (unsigned)(next_random() % n);
}

bool one_in(unsigned n)
{
	return below(n) == 0;
}

static const char *const ids[] = {"-1",	  "0",	  "0",	   "1",		"1000",
				  "1000", "1001", "65534", "4294967294"};

static void gen_set_id(void)
{
	static const char *const one[] = {"setuid",   "seteuid",  "setgid",	"setegid",
					  "setfsuid", "setfsgid", "SYS_setuid", "SYS_setgid"};
	static const char *const two[] = {"setreuid", "setregid", "SYS_setreuid", "SYS_setregid"};
	static const char *const three[] = {"setresuid", "setresgid", "SYS_setresuid",
					    "SYS_setresgid"};
	static const char *const groups[] = {
		"none", "0", "1", "1000,7", "65534,4294967294,5", "9,8,7,6,5,4,3,2,1,0"};

	switch (below(9)) {
	case 0:
	case 1:
		printf("%s %s %s %s\n", PICK(three), PICK(ids), PICK(ids), PICK(ids));
		break;
	case 2:
	case 3:
		printf("%s %s %s\n", PICK(two), PICK(ids), PICK(ids));
		break;
	case 4:
		printf("%s %s\n", one_in(3) ? "SYS_setgroups" : "setgroups", PICK(groups));
		break;
	case 5:
		printf("keepcaps %u\n", below(2));
		break;
	default:
		printf("%s %s\n", PICK(one), PICK(ids));
	}
	printf("creds\n");
}

/* New files in a directory that everybody may write, each name used once. */
static void gen_new_file(unsigned serial)
{
	switch (below(8)) {
	case 0:
		printf("mkdir w/%u 0755\n", serial);
		break;
	case 1:
		printf("mkfifo w/%u 0644\n", serial);
		break;
	case 2:
		printf("symlink target w/%u\n", serial);
		break;
	case 3:
		printf("mknod w/%u S_IFREG|0644 0:0\n", serial);
		break;
	case 4:
		printf("bind w/%u\n", serial);
		break;
	case 5:
		printf("fopen f3 w/%u w\n", serial);
		break;
	case 6:
		printf("open f3 openat . w O_TMPFILE|O_RDWR 0644\nlinkat . @f3 . w/%u "
		       "AT_SYMLINK_FOLLOW\n",
		       serial);
		break;
	default:
		printf("open f3 open . w/%u O_CREAT|O_WRONLY|O_EXCL 0644\n", serial);
	}
	printf("owner w/%u\n", serial);
}

static void gen_child(unsigned *serial)
{
	unsigned n = 2 + below(8);

	/* Only root's part of the sequence has ever touched w, so both runs agree who may write
	 * there. */
	printf("lchown w %s %s\nchmod w %s\n", PICK(ids), PICK(ids), one_in(2) ? "02777" : "0777");
	printf("umask 022\nfork\n");
	while (n-- > 0) {
		if (one_in(8))
			printf("exec\ncreds\n");
		else if (one_in(3))
			gen_new_file((*serial)++);
		else if (one_in(5))
			gen_cap_change();
		else
			gen_set_id();
	}
	printf("join\ncreds\n");
}

void gen_file_call(void)
{
	unsigned sum = 0, chosen;
	const struct generator *g;

	for (g = file_generators; g->weight > 0; g++)
		sum += g->weight;
	chosen = below(sum);
	for (g = file_generators; chosen >= g->weight; g++)
		chosen -= g->weight;
	g->print();
}

void walk_generate(uint64_t seed, unsigned n_steps)
{
	unsigned serial = 0;

	state = seed;
	printf("# seed %llu, %u steps\n", (unsigned long long)seed, n_steps);
	printf("umask 022\nmkdir w 0777\nmkdir d 0755\nmkdir e 02755\n"
	       "open f4 open . d O_RDONLY|O_DIRECTORY 0\nopen f5 open . e/a O_RDWR|O_CREAT 0664\n");
	for (unsigned i = 0; i < n_steps; i++) {
		if (one_in(80))
			gen_child(&serial);
		else if (one_in(20))
			gen_user();
		else if (one_in(20))
			gen_capable();
		else if (one_in(50))
			gen_pair();
		else if (one_in(150))
			printf("exec\n");
		else
			gen_turn();
	}
}
