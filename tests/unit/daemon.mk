# The daemon: its parts one by one, and the client that the bats files ask it with.
check_PROGRAMS += tests/bats/ask
tests_bats_ask_SOURCES = tests/bats/ask.c
tests_bats_ask_LDADD = libcore.la

daemon_bats = tests/bats/daemon.bats
TESTS += $(daemon_bats)
EXTRA_DIST += $(daemon_bats)
