# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# same.bash - one script, run by a real root and inside a session, in directories that stay for all of a test. One
# daemon serves all tests of a file: each has a tag ($TAG) and directories of its own, real.N and fake.N.
#
#   load lib
#   load same
#   setup_file() { same_setup_file; }
#   setup() { same_setup; }
#   teardown_file() { fakeid_teardown; }

same_setup_file() {
	fakeid_setup
	export WORK
}

same_setup() {
	umask 022
	mkdir "$WORK/real.$BATS_TEST_NUMBER"
	as_user mkdir "$WORK/fake.$BATS_TEST_NUMBER"
	# shellcheck disable=SC2034 # for the test
	TAG=t$BATS_TEST_NUMBER
	cd "$WORK" || return
}

# same [OPTION...] SCRIPT - bash says the same as real root and inside a session; OPTIONs are fakeid's. Scripts
# begin with $PRELUDE.
same() {
	local real script=${PRELUDE-}${*: -1}

	[ "$(id -u)" -eq 0 ]
	real=$(cd "real.$BATS_TEST_NUMBER" && setpriv --groups 0 --inh-caps=-all -- bash -c "$script" 2>&1) || true
	cd "fake.$BATS_TEST_NUMBER" || return
	run fid -n "$TAG" "${@:1:$#-1}" -- bash -c "$script"
	[ -n "$output" ]
	diff <(printf '%s\n' "$real") <(printf '%s\n' "$output")
}
