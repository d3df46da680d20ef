# Tree walkers and extended attributes.
check_PROGRAMS += tests/bats/progs/entries tests/bats/progs/walk \
	tests/bats/progs/xattr tests/bats/progs/xattr_doors
tests_bats_progs_entries_SOURCES = tests/bats/progs/entries.c
tests_bats_progs_walk_SOURCES = tests/bats/progs/walk.c
tests_bats_progs_xattr_SOURCES = tests/bats/progs/xattr.c
tests_bats_progs_xattr_doors_SOURCES = tests/bats/progs/xattr_doors.c
TESTS += tests/bats/walk.bats tests/bats/xattr.bats
EXTRA_DIST += tests/bats/walk.bats tests/bats/xattr.bats
