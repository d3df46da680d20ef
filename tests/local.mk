include tests/diff/local.mk
# Check programs report by exit status; bats speaks TAP.
TEST_EXTENSIONS = .bats
# No test may hang for ever, whatever breaks: a file has twenty minutes.
BATS_LOG_COMPILER = timeout -k 10 1200 $(BATS) --tap
BATS_LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
AM_TESTS_ENVIRONMENT = abs_top_builddir='$(abs_top_builddir)' abs_top_srcdir='$(abs_top_srcdir)'; \
	export abs_top_builddir abs_top_srcdir;

include tests/bats/progs/local.mk
include tests/unit/idmap.mk
include tests/unit/namespaces.mk
TESTS += tests/bats/isolation.bats
EXTRA_DIST += tests/bats/isolation.bats
include tests/fuzz/local.mk
include tests/unit/index.mk
include tests/unit/daemon.mk

if HAVE_CHECK
# The loader's list as this program sees it, so next.c is part of it.
check_PROGRAMS += tests/unit/next_test
TESTS += tests/unit/next_test
tests_unit_next_test_SOURCES = %D%/unit/next_test.c libfakeid/shim/next.c
tests_unit_next_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_next_test_LDADD = $(CHECK_LIBS)

check_PROGRAMS += tests/unit/envlist_test
TESTS += tests/unit/envlist_test
tests_unit_envlist_test_SOURCES = %D%/unit/envlist_test.c
tests_unit_envlist_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_envlist_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/accounts_test
TESTS += tests/unit/accounts_test
tests_unit_accounts_test_SOURCES = %D%/unit/accounts_test.c fakeid/accounts.c
tests_unit_accounts_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_accounts_test_LDADD = $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/capnames_test
TESTS += tests/unit/capnames_test
tests_unit_capnames_test_SOURCES = %D%/unit/capnames_test.c
tests_unit_capnames_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_capnames_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
creds_tests = tests/unit/creds_test tests/unit/creds_caps_test tests/unit/creds_exec_test tests/unit/creds_text_test
check_PROGRAMS += $(creds_tests)
TESTS += $(creds_tests)
tests_unit_creds_test_SOURCES = %D%/unit/creds_test.c
tests_unit_creds_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_creds_caps_test_SOURCES = %D%/unit/creds_caps_test.c
tests_unit_creds_caps_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_caps_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_creds_exec_test_SOURCES = %D%/unit/creds_exec_test.c
tests_unit_creds_exec_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_exec_test_LDADD = libcore.la $(CHECK_LIBS)
tests_unit_creds_text_test_SOURCES = %D%/unit/creds_text_test.c
tests_unit_creds_text_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_creds_text_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/overlay_test
TESTS += tests/unit/overlay_test
tests_unit_overlay_test_SOURCES = %D%/unit/overlay_test.c
tests_unit_overlay_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_overlay_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/xattrs_test
TESTS += tests/unit/xattrs_test
tests_unit_xattrs_test_SOURCES = %D%/unit/xattrs_test.c
tests_unit_xattrs_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_xattrs_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/access_test
TESTS += tests/unit/access_test
tests_unit_access_test_SOURCES = %D%/unit/access_test.c
tests_unit_access_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_access_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/reach_test
TESTS += tests/unit/reach_test
tests_unit_reach_test_SOURCES = %D%/unit/reach_test.c
tests_unit_reach_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_reach_test_LDADD = libcore.la $(CHECK_LIBS)
endif

if HAVE_CHECK
check_PROGRAMS += tests/unit/crossing_test
TESTS += tests/unit/crossing_test
tests_unit_crossing_test_SOURCES = %D%/unit/crossing_test.c
tests_unit_crossing_test_CFLAGS = $(AM_CFLAGS) $(CHECK_CFLAGS)
tests_unit_crossing_test_LDADD = libcore.la $(CHECK_LIBS)
endif

# The list of calls, the headers, what is installed and what calls cost.
house_tests = tests/bats/calls.bats tests/bats/chroot.bats tests/bats/exports.bats tests/bats/headers.bats tests/bats/install.bats
TESTS += $(house_tests)
EXTRA_DIST += $(house_tests) tests/libc-calls.tsv tests/libc-families.txt

include tests/bats/walk.mk
check_PROGRAMS += tests/bats/fill
tests_bats_fill_SOURCES = %D%/bats/fill.c
tests_bats_fill_LDADD = libdaemon.la
file_tests = tests/bats/files.bats tests/bats/growth.bats tests/bats/keys.bats tests/bats/leftovers.bats tests/bats/load.bats tests/bats/reach.bats \
	tests/bats/tour.bats tests/bats/views.bats
TESTS += $(file_tests)
EXTRA_DIST += $(file_tests)

# Credentials: the probe makes the calls that ids.bats compares with real root's.
check_PROGRAMS += tests/bats/ids_probe
tests_bats_ids_probe_SOURCES = %D%/bats/ids_probe.c %D%/bats/say.h
tests_bats_ids_probe_CFLAGS = $(AM_CFLAGS) -pthread
check_PROGRAMS += tests/bats/ids_race
tests_bats_ids_race_SOURCES = %D%/bats/ids_race.c
tests_bats_ids_race_CFLAGS = $(AM_CFLAGS) -pthread
check_PROGRAMS += tests/bats/threads_probe
tests_bats_threads_probe_SOURCES = %D%/bats/threads_probe.c %D%/bats/say.h
tests_bats_threads_probe_CFLAGS = $(AM_CFLAGS) -pthread
check_PROGRAMS += tests/bats/threads_race
tests_bats_threads_race_SOURCES = %D%/bats/threads_race.c
tests_bats_threads_race_CFLAGS = $(AM_CFLAGS) -pthread
TESTS += %D%/bats/ids.bats %D%/bats/threads.bats
EXTRA_DIST += %D%/bats/ids.bats %D%/bats/threads.bats

include tests/bats/launcher.mk

# Beginning as anyone, with any capabilities, and what exec makes of setuid programs.
start_tests = tests/bats/caps.bats tests/bats/start.bats tests/bats/suid.bats
TESTS += $(start_tests)
EXTRA_DIST += $(start_tests)

# Whole programs beside a real root's run of them.
program_tests = tests/bats/programs.bats tests/bats/programs_files.bats tests/bats/programs_languages.bats
TESTS += $(program_tests)
EXTRA_DIST += $(program_tests) tests/bats/both.bash tests/bats/progs/identities.pl tests/bats/progs/identities.py \
	tests/bats/progs/separate.py

# Whole distributions and packages, and what stands between them and fakeid.
distro_tests = tests/bats/distro.bats tests/bats/fakechroot.bats
TESTS += $(distro_tests)
EXTRA_DIST += $(distro_tests)
