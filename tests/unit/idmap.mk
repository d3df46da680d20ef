# The idmap library: documents, properties, text; the fuzzer's corpus.
if HAVE_CHECK
idmap_tests = tests/unit/idmap_examples_test tests/unit/idmap_random_test tests/unit/idmap_subid_test \
	tests/unit/idmap_text_test
check_PROGRAMS += $(idmap_tests)
TESTS += $(idmap_tests)
tests_unit_idmap_examples_test_SOURCES = %D%/idmap_examples_test.c %D%/idmap_help.h
tests_unit_idmap_examples_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_idmap_examples_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_idmap_random_test_SOURCES = %D%/idmap_random_test.c %D%/idmap_help.h
tests_unit_idmap_random_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_idmap_random_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_idmap_subid_test_SOURCES = %D%/idmap_subid_test.c %D%/idmap_help.h
tests_unit_idmap_subid_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_idmap_subid_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_idmap_text_test_SOURCES = %D%/idmap_text_test.c %D%/idmap_help.h
tests_unit_idmap_text_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_idmap_text_test_LDADD = libcore.la $(CHECK_LIBS)
endif

TESTS += tests/bats/map.bats
EXTRA_DIST += tests/bats/map.bats

# Replays its corpus; for a hunt see the head of the file.
check_PROGRAMS += tests/fuzz/fuzz_idmap
TESTS += tests/fuzz/replay-idmap
tests_fuzz_fuzz_idmap_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_idmap.c
tests_fuzz_fuzz_idmap_LDADD = libcore.la
dist_check_SCRIPTS += tests/fuzz/replay-idmap
EXTRA_DIST += tests/fuzz/corpus/idmap
