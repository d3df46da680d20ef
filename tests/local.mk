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

noinst_HEADERS += %D%/unit/index_help.h
index_tests = tests/unit/index_test tests/unit/index_segment_test
check_PROGRAMS += $(index_tests)
TESTS += $(index_tests)
tests_unit_index_test_SOURCES = %D%/unit/index_test.c
tests_unit_index_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_index_segment_test_SOURCES = %D%/unit/index_segment_test.c
tests_unit_index_segment_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_segment_test_LDADD = libcore.la $(CHECK_LIBS)

check_PROGRAMS += tests/unit/envlist_test
TESTS += tests/unit/envlist_test
tests_unit_envlist_test_SOURCES = %D%/unit/envlist_test.c
tests_unit_envlist_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_envlist_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
creds_tests = tests/unit/creds_test tests/unit/creds_caps_test tests/unit/creds_text_test
check_PROGRAMS += $(creds_tests)
TESTS += $(creds_tests)
tests_unit_creds_test_SOURCES = %D%/unit/creds_test.c
tests_unit_creds_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_creds_caps_test_SOURCES = %D%/unit/creds_caps_test.c
tests_unit_creds_caps_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_caps_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_creds_text_test_SOURCES = %D%/unit/creds_text_test.c
tests_unit_creds_text_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_text_test_LDADD = libcore.la $(CHECK_LIBS)
endif
