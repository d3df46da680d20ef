# The programs that crossing.bats, exec.bats, process.bats and signals.bats run inside a session.
bats_progs = \
	tests/bats/progs/cross \
	tests/bats/progs/edges \
	tests/bats/progs/fds \
	tests/bats/progs/filter \
	tests/bats/progs/forks \
	tests/bats/progs/limits \
	tests/bats/progs/others \
	tests/bats/progs/owners \
	tests/bats/progs/spellings \
	tests/bats/progs/starved \
	tests/bats/progs/static \
	tests/bats/progs/storm \
	tests/bats/progs/threads \
	tests/bats/progs/writes
check_PROGRAMS += $(bats_progs)
noinst_HEADERS += %D%/cross.h %D%/expect.h %D%/others.h
tests_bats_progs_cross_SOURCES = %D%/cross.c %D%/cross_message.c %D%/cross_proc.c %D%/cross_sockets.c
tests_bats_progs_edges_SOURCES = %D%/edges.c
tests_bats_progs_fds_SOURCES = %D%/fds.c
tests_bats_progs_filter_SOURCES = %D%/filter.c
tests_bats_progs_forks_SOURCES = %D%/forks.c
tests_bats_progs_limits_SOURCES = %D%/limits.c
tests_bats_progs_others_SOURCES = %D%/others.c %D%/others_look.c
tests_bats_progs_owners_SOURCES = %D%/owners.c
tests_bats_progs_spellings_SOURCES = %D%/spellings.c
tests_bats_progs_starved_SOURCES = %D%/starved.c
tests_bats_progs_static_SOURCES = %D%/static.c
# What makes it a program without a loader.
tests_bats_progs_static_LDFLAGS = $(AM_LDFLAGS) -all-static
tests_bats_progs_storm_SOURCES = %D%/storm.c
tests_bats_progs_threads_SOURCES = %D%/threads.c
tests_bats_progs_writes_SOURCES = %D%/writes.c

TESTS += tests/bats/access.bats tests/bats/crossing.bats tests/bats/exec.bats tests/bats/process.bats tests/bats/signals.bats \
	tests/bats/write.bats
EXTRA_DIST += tests/bats/access.bats tests/bats/crossing.bats tests/bats/exec.bats tests/bats/process.bats tests/bats/signals.bats \
	tests/bats/write.bats %D%/early.cc
