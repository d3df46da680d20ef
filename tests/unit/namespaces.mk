# The id model of namespaces: what they are made of, id spaces, views of files, rows in the store.
if HAVE_CHECK
noinst_HEADERS += %D%/ns_help.h %D%/nsspec_help.h %D%/nsview_model.h
namespace_tests = \
	tests/unit/nsspec_test \
	tests/unit/nsspec_wish_test \
	tests/unit/idspace_test \
	tests/unit/key_test \
	tests/unit/nsview_test \
	tests/unit/place_test \
	tests/unit/view_test \
	tests/unit/store_keys_test \
	tests/unit/store_namespaces_test \
	tests/unit/procs_test
check_PROGRAMS += $(namespace_tests)
TESTS += $(namespace_tests)

tests_unit_nsspec_test_SOURCES = %D%/nsspec_test.c
tests_unit_nsspec_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_nsspec_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_nsspec_wish_test_SOURCES = %D%/nsspec_wish_test.c
tests_unit_nsspec_wish_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_nsspec_wish_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_idspace_test_SOURCES = %D%/idspace_test.c
tests_unit_idspace_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_idspace_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_key_test_SOURCES = %D%/key_test.c
tests_unit_key_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_key_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_nsview_test_SOURCES = %D%/nsview_test.c
tests_unit_nsview_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_nsview_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_view_test_SOURCES = %D%/view_test.c
tests_unit_view_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_view_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_place_test_SOURCES = %D%/place_test.c
tests_unit_place_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_place_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_store_keys_test_SOURCES = %D%/store_keys_test.c
tests_unit_store_keys_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_store_keys_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_store_namespaces_test_SOURCES = %D%/store_namespaces_test.c
tests_unit_store_namespaces_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_store_namespaces_test_LDADD = libdaemon.la $(CHECK_LIBS)

tests_unit_procs_test_SOURCES = %D%/procs_test.c
tests_unit_procs_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_procs_test_LDADD = libdaemon.la $(CHECK_LIBS)
endif
