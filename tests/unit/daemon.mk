# The daemon: its parts one by one, and the client that the bats files ask it with.
check_PROGRAMS += tests/bats/ask
tests_bats_ask_SOURCES = tests/bats/ask.c
tests_bats_ask_LDADD = libcore.la

daemon_bats = tests/bats/daemon.bats
TESTS += $(daemon_bats)
EXTRA_DIST += $(daemon_bats)

if HAVE_CHECK
noinst_HEADERS += tests/unit/daemon_help.h tests/unit/run_suite.h tests/unit/space_help.h
daemon_tests = tests/unit/store_test tests/unit/journal_test tests/unit/session_test tests/unit/volume_test \
	tests/unit/space_test tests/unit/space_xattrs_test
check_PROGRAMS += $(daemon_tests)
TESTS += $(daemon_tests)

tests_unit_store_test_SOURCES = tests/unit/store_test.c
tests_unit_store_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_store_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_journal_test_SOURCES = tests/unit/journal_test.c
tests_unit_journal_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_journal_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_session_test_SOURCES = tests/unit/session_test.c
tests_unit_session_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_session_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_space_test_SOURCES = tests/unit/space_test.c
tests_unit_space_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_space_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_space_xattrs_test_SOURCES = tests/unit/space_xattrs_test.c
tests_unit_space_xattrs_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_space_xattrs_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_volume_test_SOURCES = tests/unit/volume_test.c
tests_unit_volume_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_volume_test_LDADD = libdaemon.la $(CHECK_LIBS)
endif
