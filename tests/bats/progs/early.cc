// SPDX-License-Identifier: MIT
// early.cc - a library whose static object looks at a file and an id while the program starts. The loader
// initialises it before a preload, which nothing depends on. Compiled by process.bats, with EARLY_MAIN as
// the program that uses it.
#include <sys/stat.h>
#include <unistd.h>

#ifdef EARLY_MAIN

#include <cstdio>

extern "C" void early_answers(unsigned *uid, unsigned *gid, unsigned *euid);

int main()
{
	unsigned uid, gid, euid;

	early_answers(&uid, &gid, &euid);
	std::printf("%u:%u as %u\n", uid, gid, euid);
	return 0;
}

#else

namespace
{
struct Early {
	struct stat st {
	};
	uid_t euid;

	Early() : euid(geteuid())
	{
		if (stat("file", &st) != 0)
			st.st_uid = 99999;
	}
} early;
} // namespace

extern "C" void early_answers(unsigned *uid, unsigned *gid, unsigned *euid)
{
	*uid = early.st.st_uid;
	*gid = early.st.st_gid;
	*euid = early.euid;
}

#endif
