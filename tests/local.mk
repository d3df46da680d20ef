# Check programs report by exit status; bats speaks TAP.
TEST_EXTENSIONS = .bats
BATS_LOG_COMPILER = $(BATS) --tap
BATS_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = abs_top_builddir='$(abs_top_builddir)' abs_top_srcdir='$(abs_top_srcdir)'; \
	export abs_top_builddir abs_top_srcdir;

if HAVE_CHECK
check_PROGRAMS += tests/unit/record_test
TESTS += tests/unit/record_test
tests_unit_record_test_SOURCES = %D%/unit/record_test.c
tests_unit_record_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_record_test_LDADD = libcore.la $(CHECK_LIBS)
endif
