# lib.bash is for all bats files; these three are about the command line.
launcher_tests = tests/bats/launcher.bats tests/bats/fakeroot.bats tests/bats/errors.bats
TESTS += $(launcher_tests)
EXTRA_DIST += $(launcher_tests) tests/bats/lib.bash
