#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What Python and Perl offer for ids, files and programs, as root, as a user, as a member of a group, with effective
# ids only, with real ids only and with the filesystem's only: the same as under a real root.

load lib
load both

bats_require_minimum_version 1.5.0

setup() {
	both_setup
	# The user must be able to read it, wherever the source tree is.
	# shellcheck disable=SC2154 # automake's tests environment sets it
	cp "$abs_top_srcdir"/tests/bats/progs/identities.* .
}

teardown() {
	fakeid_teardown
}

# Each identity came to its end.
all_ended() {
	[ "$(grep -c '^ended 0$' <<<"$output")" -eq 7 ]
}

@test "Python's os, shutil, tempfile and subprocess do in each identity what they do outside" {
	both --caps "$(caps_here)" '/usr/bin/python3 ../identities.py'
	all_ended
}

@test "Perl's variables, file tests, POSIX calls and modules do in each identity what they do outside" {
	both 'perl ../identities.pl'
	all_ended
}
