#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The tables of tests/diff/rules: who may do what to a file of which type, with which answer, and what is left of
# it. Carried out by a real root and, by an ordinary user, under fakeid; every line must be the same.

load lib

bats_require_minimum_version 1.5.0

: "${abs_top_builddir:?run by make check}" "${abs_top_srcdir:?run by make check}"

setup_file() {
	compare_setup || return
	export RULES=$abs_top_builddir/tests/diff/rules_run
}

teardown_file() {
	fakeid_teardown
}

# rules FS TABLE... - and show, in any case, how many there were.
rules() {
	local fs=$1 name status=0 tables=()
	shift
	for name in "$@"; do tables+=("$abs_top_srcdir/tests/diff/rules/$name.rules"); done
	"$abs_top_srcdir/tests/diff/compare-rules" "$fs" "${tables[@]}" >"$WORK/out" 2>&1 3>&- || status=$?
	cat "$WORK/out"
	echo "# $(tail -n 1 "$WORK/out")" >&3
	return "$status"
}

@test "the comparison of rules sees a user who is nobody's root" {
	export COMPARE_AS="setpriv --reuid $TEST_UID --regid $TEST_UID --clear-groups"
	run -1 rules tmpfs pointers
	[[ "$output" == *"rules differ on tmpfs"* ]]
}

@test "rules answer as for a real root on tmpfs" {
	rules tmpfs chmod chown open make remove change inode ids links pointers paths names
}

@test "rules answer as for a real root on ext4" {
	rules disk chmod inode links make remove paths
}

@test "rules answer as for a real root on overlayfs" {
	rules overlay make remove pointers
}

@test "what is mounted read-only stays as it is" {
	rules read-only closed
	rules closed closed
}
