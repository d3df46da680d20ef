# lib.bash is for all bats files; these are about the command line.
launcher_tests = tests/bats/launcher.bats tests/bats/fakeroot.bats tests/bats/errors.bats \
	tests/bats/ctl.bats tests/bats/gc.bats tests/bats/ns.bats tests/bats/nest.bats
TESTS += $(launcher_tests)
EXTRA_DIST += $(launcher_tests) tests/bats/lib.bash tests/bats/same.bash

if HAVE_CHECK
check_PROGRAMS += tests/unit/fakeroot_line_test
TESTS += tests/unit/fakeroot_line_test
tests_unit_fakeroot_line_test_SOURCES = tests/unit/fakeroot_line_test.c fakeid/fakeroot_line.c
tests_unit_fakeroot_line_test_CPPFLAGS = $(AM_CPPFLAGS) -I$(top_srcdir)
tests_unit_fakeroot_line_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_fakeroot_line_test_LDADD = libcore.la $(CHECK_LIBS)
endif
