# Fuzzers replay their corpus in make check; for a hunt see the head of each. That of the idmap library is in
# tests/unit/idmap.mk.
namespace_fuzzers = tests/fuzz/fuzz_nsspec tests/fuzz/fuzz_nsrow tests/fuzz/fuzz_map_command \
	tests/fuzz/fuzz_peer tests/fuzz/fuzz_accounts tests/fuzz/fuzz_key
check_PROGRAMS += $(namespace_fuzzers)
TESTS += tests/fuzz/replay-namespaces
dist_check_SCRIPTS += tests/fuzz/replay-namespaces
EXTRA_DIST += tests/fuzz/corpus/nsspec tests/fuzz/corpus/nsrow tests/fuzz/corpus/map_command \
	tests/fuzz/corpus/peer tests/fuzz/corpus/accounts tests/fuzz/corpus/key

tests_fuzz_fuzz_accounts_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_accounts.c fakeid/accounts.c

tests_fuzz_fuzz_key_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_key.c
tests_fuzz_fuzz_key_LDADD = libcore.la

tests_fuzz_fuzz_nsspec_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_nsspec.c
tests_fuzz_fuzz_nsspec_LDADD = libcore.la

tests_fuzz_fuzz_peer_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_peer.c
tests_fuzz_fuzz_peer_LDADD = libcore.la

tests_fuzz_fuzz_nsrow_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_nsrow.c
tests_fuzz_fuzz_nsrow_LDADD = libdaemon.la

tests_fuzz_fuzz_map_command_SOURCES = tests/fuzz/driver.c tests/fuzz/fuzz_map_command.c fakeid/ctl_map.c \
	fakeid/ctl_map_print.c fakeid/ctl_map_read.c fakeid/trouble.c
tests_fuzz_fuzz_map_command_LDADD = libcore.la
