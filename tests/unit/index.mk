# Records and the index: one program per concern.
if HAVE_CHECK
noinst_HEADERS += %D%/index_help.h
index_tests = \
	tests/unit/record_test \
	tests/unit/index_test \
	tests/unit/index_segment_test \
	tests/unit/index_flush_test \
	tests/unit/index_model_test \
	tests/unit/index_threads_test
check_PROGRAMS += $(index_tests)
TESTS += $(index_tests)

tests_unit_record_test_SOURCES = %D%/record_test.c
tests_unit_record_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_record_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_test_SOURCES = %D%/index_test.c
tests_unit_index_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_segment_test_SOURCES = %D%/index_segment_test.c
tests_unit_index_segment_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_segment_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_flush_test_SOURCES = %D%/index_flush_test.c
tests_unit_index_flush_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_flush_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_model_test_SOURCES = %D%/index_model_test.c
tests_unit_index_model_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_model_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_threads_test_SOURCES = %D%/index_threads_test.c
tests_unit_index_threads_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -pthread
tests_unit_index_threads_test_LDADD = libcore.la $(CHECK_LIBS)
endif
