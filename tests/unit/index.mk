# Records and the index: one program per concern.
if HAVE_CHECK
noinst_HEADERS += %D%/index_help.h %D%/index_scene.h %D%/index_step.h
index_tests = \
	tests/unit/record_test \
	tests/unit/index_test \
	tests/unit/index_entry_test \
	tests/unit/index_segment_test \
	tests/unit/index_flush_test \
	tests/unit/index_load_test \
	tests/unit/index_move_test \
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

tests_unit_index_entry_test_SOURCES = %D%/index_entry_test.c
tests_unit_index_entry_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_entry_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_segment_test_SOURCES = %D%/index_segment_test.c
tests_unit_index_segment_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_segment_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_flush_test_SOURCES = %D%/index_flush_test.c
tests_unit_index_flush_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_flush_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_load_test_SOURCES = %D%/index_load_test.c
tests_unit_index_load_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_load_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_move_test_SOURCES = %D%/index_move_test.c
tests_unit_index_move_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_move_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_model_test_SOURCES = %D%/index_model_test.c
tests_unit_index_model_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_model_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_threads_test_SOURCES = %D%/index_threads_test.c
tests_unit_index_threads_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS) -pthread
tests_unit_index_threads_test_LDADD = libcore.la $(CHECK_LIBS)

# Processes that are stopped and killed at every instruction. Not with sanitizers: those bring code of
# their own into each step, and threads that do not survive a fork.
index_kill_tests = \
	tests/unit/index_kill_test \
	tests/unit/index_pause_test \
	tests/unit/index_daemon_kill_test \
	tests/unit/index_random_kill_test
if !SANITIZERS
check_PROGRAMS += $(index_kill_tests)
TESTS += $(index_kill_tests)
endif

tests_unit_index_kill_test_SOURCES = %D%/index_kill_test.c
tests_unit_index_kill_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_kill_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_pause_test_SOURCES = %D%/index_pause_test.c
tests_unit_index_pause_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_pause_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_daemon_kill_test_SOURCES = %D%/index_daemon_kill_test.c
tests_unit_index_daemon_kill_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_daemon_kill_test_LDADD = libcore.la $(CHECK_LIBS)

tests_unit_index_random_kill_test_SOURCES = %D%/index_random_kill_test.c
tests_unit_index_random_kill_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_index_random_kill_test_LDADD = libcore.la $(CHECK_LIBS)
endif

# Sanitizers make every function call out.
EXTRA_DIST += %D%/core_purity
if !SANITIZERS
TESTS += tests/unit/core_purity
endif
