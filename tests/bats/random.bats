#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The same random calls as real root and, by an ordinary user, under fakeid: every answer and the trees
# that are left agree. FAKEID_SEED, FAKEID_SEEDS (how many) and FAKEID_STEPS ask for others, or for more.

load lib
: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

bats_require_minimum_version 1.5.0

setup_file() {
	compare_setup || return
	export WALK=$abs_top_builddir/tests/diff/walk_random
}

teardown_file() {
	end_daemon "$WORK/of-root"
	fakeid_teardown
}

compare() {
	"$abs_top_srcdir/tests/diff/compare" "$@" 3>&-
}

seeds() {
	compare seeds "$1" "${FAKEID_SEED:-1}" "${FAKEID_SEEDS:-20}" "${FAKEID_STEPS:-300}"
}

@test "the comparison itself sees a difference, and none between root and root" {
	COMPARE_AS='' compare seeds disk 1 3 300
	# A user who is nobody's root: the comparison must notice.
	COMPARE_AS="setpriv --reuid $TEST_UID --regid $TEST_UID --clear-groups" run -1 compare seeds disk 1 3 300
	[[ "$output" == *"3 of 3 sequences differ"* ]]
}

@test "random calls answer as for real root on ext4" {
	seeds disk
}

@test "random calls answer as for real root on tmpfs" {
	seeds tmpfs
}

@test "random calls answer as for real root on overlayfs" {
	seeds overlay
}

@test "a real root has the same answers under fakeid as without it" {
	local FAKEID_DIR=$WORK/of-root
	export FAKEID_DIR COMPARE_UID=0 COMPARE_AS="fakeid --"
	compare seeds disk "${FAKEID_SEED:-1}" 4 "${FAKEID_STEPS:-300}"
	compare file disk "$abs_top_srcdir"/tests/diff/regressions/*.seq
}

@test "sequences that once differed still agree" {
	local fs
	for fs in disk tmpfs overlay; do
		compare file $fs "$abs_top_srcdir"/tests/diff/regressions/*.seq
	done
}
